# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The packages of Debian 12 that the project needs, and their purpose.

# From dpkg-dev meson gets the directory of Debian's libraries; without it, meson uses one in which neither programs nor
# pkg-config look for ours.
# shellcheck disable=SC2034  # used by those who read this file
packages_build=(gcc libc6-dev dpkg-dev meson ninja-build pkgconf python3
    libglib2.0-dev libjson-glib-dev libxml2-dev libvirt-dev libvirt-glib-1.0-dev libsystemd-dev liblpsolve55-dev)

# Not libvirt-daemon-system: the lab runs only libvirtd, and without that package Debian has no service to start, no
# user to add and no network to configure on the machine where the lab runs for a minute. dbus-daemon, too, is only the
# program: the system's bus is another package.
# shellcheck disable=SC2034
packages_lab=(binutils libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients qemu-system-x86 dbus-daemon
    iproute2 libxml2-utils mount procps util-linux)

# The packages of Debian 13 for its image are in tests/mdev-lab/recipe.
# shellcheck disable=SC2034
packages_mdev_lab=(binutils mmdebstrap e2fsprogs gzip rsync tar util-linux xz-utils)

# systemd for systemd-analyze, which checks our units; abigail-tools for abidw and abidiff; python3-jsonschema for the
# schemas of JSON; bash-completion and zsh for completion in the shells; chromium, its driver and python3-selenium for the
# page of the matrix, and curl for axe-core, of which Debian has no package; reuse for the licenses; secilc and
# python3-setools for SELinux's policy.
# shellcheck disable=SC2034
packages_test=(abigail-tools ansible ansible-lint bash-completion ccache chromium chromium-driver clang clang-format curl libclang-rt-dev
    libxml2-utils mandoc python3-jsonschema python3-selenium python3-setools reuse secilc shellcheck strace systemd
    zsh)

is_installed () {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Installs those of the named packages that are missing; if none is, apt is not run.
install_packages () {
    local missing=() package
    if ! command -v apt-get >/dev/null; then
        echo "there is no apt-get; what has to be installed is what Debian 12 calls: $*" >&2
        return 0
    fi
    for package; do
        is_installed "$package" || missing+=("$package")
    done
    [ "${#missing[@]}" -gt 0 ] || return 0
    echo "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}" >/dev/null
}
