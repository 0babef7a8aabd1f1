# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What of Debian 13 the labs are made from: the image of the small VM, another one with what an administrator's host
# has, and the root in which the project and two kernel modules are built for both. In that one is also the QEMU that
# emulates them: it takes two thirds of the time that Debian 12's takes.

# shellcheck disable=SC2034  # this and the next ones: used by `build`
image_packages=(libvirt-daemon libvirt-daemon-common libvirt-daemon-driver-qemu libvirt-clients
    qemu-system-x86 qemu-system-data seabios ipxe-qemu dbus-daemon
    libglib2.0-0t64 libjson-glib-1.0-0 libvirt-glib-1.0-0 libxml2 libxml2-utils
    iproute2 kmod mount procps python3 util-linux)

# systemd is the first process there, and libvirtd its service, under AppArmor.
# shellcheck disable=SC2034
debian_packages=(systemd-sysv udev dbus dbus-daemon dbus-broker apparmor libvirt-daemon-system
    qemu-system-x86 qemu-system-data seabios ipxe-qemu
    libglib2.0-0t64 libjson-glib-1.0-0 libvirt-glib-1.0-0 libxml2
    iproute2 kmod procps python3 util-linux)

# shellcheck disable=SC2034
builder_packages=(linux-image-amd64 linux-headers-amd64 linux-source-6.12
    gcc make libc6-dev dpkg-dev debhelper kmod cpio xz-utils busybox-static
    meson ninja-build pkgconf python3 libglib2.0-dev libjson-glib-dev libxml2-dev libvirt-dev libvirt-glib-1.0-dev
    libsystemd-dev liblpsolve55-dev libxml2-utils mandoc procps strace dbus-daemon
    qemu-system-x86 seabios)
