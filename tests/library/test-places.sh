#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What libvirt, systemd, AppArmor and SELinux read is installed where they look for it, whatever the prefix is.
#   test-places.sh MESON...
set -eu -o pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
echo 1..4

meson=("$@")

# configure NAME PREFIX OPTION...: installs what others read below $work/NAME/root; nothing is compiled. Meson creates a
# link only to a file that is there.
configure () {
    local name=$1 prefix=$2
    shift 2
    mkdir -p "$work/$name/root$prefix/sbin"
    : >"$work/$name/root$prefix/sbin/vgpu-gate-hook"
    if ! "${meson[@]}" setup -Dtests=false "$@" "$work/$name/build" "$VGATE_SRCDIR" >"$work/$name/log" 2>&1 ||
        ! "${meson[@]}" install -C "$work/$name/build" --no-rebuild --quiet --tags integration \
            --destdir "$work/$name/root" >>"$work/$name/log" 2>&1; then
        sed 's/^/# /' "$work/$name/log"
        exit 1
    fi
}

# verdict NUMBER NAME PREFIX HOOKS UNITS APPARMOR [OTHER-FILE...]
verdict () {
    local number=$1 name=$2 root=$work/$2/root prefix=$3 hooks=$4 units=$5 apparmor=$6
    local expected found
    shift 6
    expected=$(printf '%s\n' "$hooks/qemu.d/50-vgpu-gate" "$units/vgpu-gated.service" "$units/vgpu-gate-bus.service" \
        "$units/vgpu-gate-devices.service" "$units/vgpu-gate-bus.socket" "$apparmor/abstractions/libvirt-qemu.d/vgpu-gate" "$prefix/sbin/vgpu-gate-hook" "$@" | sort)
    found=$(cd "$root" && find . ! -type d | sed 's/^.//' | sort)
    if [ "$found" = "$expected" ] &&
        [ "$(readlink "$root$hooks/qemu.d/50-vgpu-gate")" = "$prefix/sbin/vgpu-gate-hook" ]; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        diff <(echo "$expected") <(echo "$found") | sed 's/^/# /'
        readlink "$root$hooks/qemu.d/50-vgpu-gate" | sed 's/^/# the link: /'
    fi
}

units=$(pkg-config --variable=systemdsystemunitdir systemd || echo /usr/lib/systemd/system)
configure plain /usr/local
verdict 1 plain /usr/local /etc/libvirt/hooks /usr/local/lib/systemd/system /etc/apparmor.d
configure usr /usr --prefix=/usr
verdict 2 usr /usr /etc/libvirt/hooks "$units" /etc/apparmor.d
configure opt /opt/gate --prefix=/opt/gate --sysconfdir=/opt/gate/etc
verdict 3 opt /opt/gate /etc/libvirt/hooks /opt/gate/lib/systemd/system /etc/apparmor.d
configure chosen /opt/gate --prefix=/opt/gate -Dhooksdir=/opt/libvirt/hooks -Dsystemunitdir=/opt/units -Dapparmordir=/opt/apparmor -Dselinux=true
verdict 4 chosen /opt/gate /opt/libvirt/hooks /opt/units /opt/apparmor \
    /opt/gate/share/selinux/packages/vgpu-gate.cil /opt/units/vgpu-gate-bus.service.d/selinux.conf
