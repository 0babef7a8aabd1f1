# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the programs of the mdev lab share: the places of their files, and the requirements of a machine.

mdev_lab=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
# shellcheck source=SCRIPTDIR/../lab/common.sh
. "$mdev_lab/../lab/common.sh"
# shellcheck source=SCRIPTDIR/../lab/requirements.sh
. "$mdev_lab/../lab/requirements.sh"

# What is built once: the images of small VMs, by their recipe, and the project's build for them, by its source. Root
# runs these files, so no other user may be able to create the directory.
cache=${VGPU_GATE_MDEV_LAB_CACHE:-/var/cache/vgpu-gate-mdev-lab}
# The small VM that `up` starts.
# shellcheck disable=SC2034  # used by those who read this file
vm_state=${VGPU_GATE_MDEV_LAB:-/var/tmp/vgpu-gate-mdev-lab-up}
# The second is for the two small VMs that a lab has.
readonly build_mib=4096 memory_mib=3072

# The hash of the content of all files below directory $1, and of their names and modes; options for find may follow.
hash_of () {
    local directory=$1 listed
    shift
    listed=$(mktemp)
    # One process hashes all of them: for a thousand files, one each takes many seconds.
    (
        cd "$directory" || exit
        find . "$@" -type f -printf '%P %m\n' | LC_ALL=C sort >"$listed"
        sed 's/ [0-7]*$//' "$listed" | xargs -d '\n' sha256sum | sed 's/ .*/  -/' | paste -d ' ' "$listed" -
    ) | sha256sum | cut -c 1-16
    rm -f "$listed"
}

# The image's directory. The recipe's hash is computed once: an edit in the meantime does not change the build.
image=${VGPU_GATE_MDEV_LAB_IMAGE:-$cache/$(hash_of "$mdev_lab/recipe")}

missing_program () {
    local program
    for program; do
        command -v "$program" >/dev/null || {
            printf '%s\n' "$program"
            return
        }
    done
}

# How this machine's apt reaches Debian's packages, $1 being a pattern for the last part of the address.
mirror () {
    # shellcheck disable=SC2016  # it is apt that expands it
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | sed -n "s,/$1/*\$,/$1,p" | sort -u |
        head -n 1
}

mirror_answers () {
    local directory status=0
    directory=$(mktemp -d)
    /usr/lib/apt/apt-helper download-file "$1/dists/trixie/InRelease" "$directory/InRelease" >/dev/null 2>&1 || status=$?
    rm -rf "$directory"
    return "$status"
}

# Prints why the lab cannot run on this machine, or nothing.
reason_to_skip () {
    local program available obstacle
    obstacle=$(lab_obstacle)
    [ -z "$obstacle" ] || {
        echo "$obstacle"
        return
    }
    program=$(missing_program as ld python3 rsync setpriv flock unshare chroot)
    [ -z "$program" ] || {
        echo "'$program' is missing; see tests/packages.sh"
        return
    }
    available=$(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo)
    [ "$available" -ge "$memory_mib" ] || {
        echo "it needs $memory_mib MiB of memory; $available MiB are free"
        return
    }
    [ -e "$image/complete" ] || reason_not_to_make "$cache" "$build_mib" mke2fs
}

# reason_not_to_make DIRECTORY MIB PROGRAM...: prints why a root cannot be made there, or nothing
reason_not_to_make () {
    local directory=$1 needed=$2 program available
    program=$(missing_program mmdebstrap apt-get "${@:3}")
    [ -z "$program" ] || {
        echo "'$program' is missing; see tests/packages.sh"
        return
    }
    until [ -d "$directory" ]; do
        directory=$(dirname "$directory")
    done
    available=$(df --output=avail -BM "$directory" | tail -n 1 | tr -dc 0-9)
    [ "$available" -ge "$needed" ] || {
        echo "$directory has $available MiB free, and $needed MiB are needed"
        return
    }
    mirror_answers "$(mirror debian)" || echo 'no mirror of Debian answers for Debian 13 (trixie)'
}

# Those of other recipes, and what an interrupted build left. This removes directories with all their content: only
# those that were made here.
remove_images () {
    local mark
    for mark in "$cache"/*/this-is-a-vgpu-gate-mdev-lab; do
        [ ! -e "$mark" ] || rm -rf -- "${mark%/*}"
    done
}

# Builds the image unless it exists.
make_image () {
    local began=$SECONDS
    [ ! -e "$image/complete" ] || return 0
    remove_images
    mkdir "$image"
    touch "$image/this-is-a-vgpu-gate-mdev-lab"
    "$mdev_lab/recipe/build" "$image" "$(mirror debian)" "$(mirror debian-security)" \
        >"$image/log" 2>&1 </dev/null || {
        tail -n 30 "$image/log" >&2
        say_and_exit "the image cannot be built; all of it: $image/log"
    }
    echo "$((SECONDS - began)) s" >"$image/complete"
}

# Builds what the small VM boots from and what is installed in it, unless it exists. Two concurrent builds take turns.
prepare () {
    local lock
    mkdir -p "$cache"
    exec {lock}>"$cache/lock"
    flock "$lock"
    make_image
    VGPU_GATE_MDEV_LAB_IMAGE=$image "$mdev_lab/project"
    exec {lock}>&-
}

# A small VM: its disk, the part of the lab that is its first process, additions to the kernel's command line, and
# options for QEMU. Another lab has others.
vm_disk=root.img vm_lab=mdev-lab
vm_parameters=(audit=0)
vm_options=(-nic none)

# Starts a small VM, with the project and the scripts that run inside it on a second disk, into directory $1. Options for
# setpriv may follow.
start_vm () {
    local state=$1 builder=$image/builder
    shift
    "$mdev_lab/../lab/firmware" "$state/firmware.bin"
    tar -cf "$state/payload.tar" --transform='s,^firmware\.bin$,tests/lab/&,' -C "$mdev_lab/../.." \
        tests/lab tests/mdev-lab tests/debian-lab examples -C "$builder/srv/vgpu-gate" installed packages \
        -C "$state" firmware.bin
    # QEMU of the builder, run by the builder's loader, so that it needs nothing of this machine but its files. An
    # emulated processor is the same everywhere, and this one has no features that take long to emulate; two of them in
    # one machine gain less than they take from the rest of this machine. The image is not written to: changes go to a
    # temporary file.
    QEMU_MODULE_DIR=$builder/usr/lib/x86_64-linux-gnu/qemu \
        setsid setpriv "$@" "$builder/lib64/ld-linux-x86-64.so.2" --library-path "$builder/usr/lib/x86_64-linux-gnu" \
        "$builder/usr/bin/qemu-system-x86_64" -L "$builder/usr/share/qemu" -L "$builder/usr/share/seabios" \
        -name vgpu-gate-mdev-lab -nodefaults -no-user-config -no-reboot \
        -machine q35,usb=off -accel tcg,tb-size=1024 -cpu Nehalem -smp 1 -m 1024 \
        -kernel "$image/vmlinuz" -initrd "$image/initrd.gz" \
        -append "console=ttyS0 quiet loglevel=4 nokaslr mitigations=off tsc=reliable clocksource=tsc panic=-1 $(
        )lab=$vm_lab ${vm_parameters[*]}" \
        -drive "file=$image/$vm_disk,if=none,id=root,format=raw,snapshot=on,cache=unsafe" \
        -device virtio-blk-pci,drive=root \
        -drive "file=$state/payload.tar,if=none,id=payload,format=raw,readonly=on" \
        -device virtio-blk-pci,drive=payload \
        -device virtio-serial-pci -chardev "socket,id=agent,path=$state/agent,server=on,wait=off" \
        -device virtserialport,chardev=agent,name=agent \
        "${vm_options[@]}" -vga none -display none -serial "file:$state/console" \
        </dev/null >"$state/qemu.log" 2>&1 &
    printf '%s %s\n' $! "$(start_time $!)" >"$state/vm.pid"
    # suppresses the message of the shell that it was killed
    disown
}

# Returns when the small VM of directory $1 takes commands.
wait_vm () {
    local state=$1 began=$SECONDS
    until grep -qs 'init: ready' "$state/console"; do
        vm_pid "$state" >/dev/null || say_and_exit "the small VM ended:"$'\n'"$(cat "$state/qemu.log" "$state/console")"
        [ "$((SECONDS - began))" -lt 1500 ] ||
            say_and_exit "the small VM does not come up:"$'\n'"$(cat "$state/console")"
        sleep 0.1
    done
}

# As start_vm, but returns when the VM takes commands.
boot_vm () {
    start_vm "$@"
    wait_vm "$1"
}

# Prints the PID of the small VM of directory $1, or fails if it does not run.
vm_pid () {
    local pid since
    { read -r pid since <"$1/vm.pid"; } 2>/dev/null || return 1
    [ "$(start_time "$pid")" = "$since" ] || return 1
    printf '%s\n' "$pid"
}

end_vm () {
    local pid
    pid=$(vm_pid "$1") || return 0
    kill -KILL "$pid" 2>/dev/null || true
    for _ in {1..500}; do
        vm_pid "$1" >/dev/null || return 0
        sleep 0.02
    done
    say_and_exit "the small VM does not end: process $pid is still there"
}
