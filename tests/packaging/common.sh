# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The roots in which packages are built and installed. Each is made once and kept in the cache; what runs in it writes
# to a file system in memory.

packaging=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
source_tree=$(cd "$packaging/../.." && pwd)
# shellcheck source=SCRIPTDIR/../mdev-lab/common.sh
. "$packaging/../mdev-lab/common.sh"

# Root runs these files, so no other user may be able to create the directory.
roots=${VGPU_GATE_ROOTS_CACHE:-/var/cache/vgpu-gate-roots}
readonly roots_mib=4096
# nobody, who builds the packages
readonly builder=65534

# What is in a root. An installation root has the compiler for the test of the library, and autopkgtest; of what our own
# packages depend on it has only the files of the packages, so that their installation downloads nothing.
build_tools=(build-essential ccache cpio debhelper lintian rpm rpmlint)
test_tools=(autopkgtest gcc libc6-dev pkgconf)
# shellcheck disable=SC2034  # used by customise-install
dependencies=(dbus-daemon libglib2.0-dev libjson-glib-1.0-0 libsystemd0 libvirt-glib-1.0-0 libvirt0 libxml2)

# root_of KIND RELEASE: prints the directory of the root. Another recipe or other build dependencies make another root.
root_of () {
    local recipe
    recipe=$({
        echo "${build_tools[*]} ${test_tools[*]} ${dependencies[*]}"
        cat "$packaging/customise-$1"
        sed '/^$/q' "$source_tree/packaging/debian/control"
    } | sha256sum | cut -c 1-16)
    echo "$roots/$1-$2-$recipe"
}

# Prints why the tests cannot run on this machine, or nothing.
obstacle () {
    local reason pair
    reason=$(lab_obstacle)
    [ -n "$reason" ] ||
        reason=$(missing_program dpkg-deb python3 tar unshare | sed "s,.*,'&' is missing; see tests/packages.sh,")
    for pair in build:bookworm install:bookworm install:trixie; do
        [ -n "$reason" ] || [ -e "$(root_of "${pair%:*}" "${pair#*:}")/complete" ] ||
            reason=$(reason_not_to_make "$roots" "$roots_mib")
    done
    echo "$reason"
}

# Directories of this machine, each with its place in the root: DIRECTORY:PLACE.
bound=()

# in_root ROOT COMMAND...: runs it in the root, with the bound directories; other changes are gone afterwards.
in_root () {
    # shellcheck disable=SC2016  # to be expanded in there
    BOUND="${bound[*]}" "$packaging/../lab/own-mounts" unshare --pid --fork --kill-child bash -eu -c '
        root=$1
        shift
        mount -t tmpfs -o size=4G changes /mnt
        mkdir /mnt/upper /mnt/work /mnt/root
        mount -t overlay -o "lowerdir=$root,upperdir=/mnt/upper,workdir=/mnt/work" root /mnt/root
        mount -t proc proc /mnt/root/proc
        mount -t tmpfs run /mnt/root/run
        mount -t tmpfs shm /mnt/root/dev/shm
        mkdir -p /mnt/root/dev/pts
        mount -t devpts -o newinstance,ptmxmode=0666 pts /mnt/root/dev/pts
        ln -sf pts/ptmx /mnt/root/dev/ptmx
        cp /etc/resolv.conf /mnt/root/etc/resolv.conf
        for pair in $BOUND; do
            mkdir -p "/mnt/root${pair#*:}"
            mount --bind "${pair%%:*}" "/mnt/root${pair#*:}"
        done
        exec chroot /mnt/root env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
            DEBIAN_FRONTEND=noninteractive "$@"' in_root "$@"
}

# make_root KIND RELEASE PACKAGE...: unless it exists. Roots of the same kind and release that have another recipe are
# removed. What mmdebstrap mounts is seen nowhere else. A mirror that is some weeks behind is good enough.
make_root () {
    local kind=$1 release=$2 root security old
    shift 2
    root=$(root_of "$kind" "$release")
    [ ! -e "$root/complete" ] || return 0
    for old in "$roots/$kind-$release-"*; do
        # a directory that was made here
        [ ! -e "$old/this-is-a-vgpu-gate-root" ] || rm -rf -- "$old"
    done
    mkdir "$root"
    touch "$root/this-is-a-vgpu-gate-root"
    security="deb $(mirror debian-security) $release-security main"
    # shellcheck disable=SC2016  # to be expanded by the shell of the hook
    "$packaging/../lab/own-mounts" mmdebstrap --mode=root --variant=minbase --components=main \
        --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --dpkgopt='path-exclude=/usr/share/man/*' --skip=cleanup/apt/lists \
        --include="$(IFS=,; echo "$*")" --customize-hook="$packaging/customise-$kind \"\$1\"" \
        --customize-hook='rm "$1"/etc/dpkg/dpkg.cfg.d/99mmdebstrap' \
        "$release" "$root/root" "deb $(mirror debian) $release main" "$security" >"$root/log" 2>&1 </dev/null || {
        tail -n 30 "$root/log" >&2
        say_and_exit "the root cannot be made; all of it: $root/log"
    }
    touch "$root/complete"
}

make_roots () {
    local lock
    mkdir -p "$roots"
    install -d -o "$builder" -g "$builder" "$roots/ccache"
    exec {lock}>"$roots/lock"
    flock "$lock"
    make_root build bookworm "${build_tools[@]}"
    make_root install bookworm "${test_tools[@]}"
    make_root install trixie "${test_tools[@]}"
    exec {lock}>&-
}

# Apart from the others, because testing changes every day, and can be broken on one: in a shell of its own, which that
# ends. A new one is made with a new recipe only.
make_testing_root () (
    exec {lock}>"$roots/lock"
    flock "$lock"
    make_root build testing build-essential ccache
)
