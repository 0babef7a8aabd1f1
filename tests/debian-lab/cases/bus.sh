# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# The private bus as systemd starts it, used by a QEMU that AppArmor confines.

image=/var/lib/libvirt/asking.save

# As in the guide; before any guest whose QEMU uses the bus.
use_broker () {
    on "$1" bash -eu -c '
        mkdir -p /run/systemd/system/vgpu-gate-bus.service.d
        ln -s /usr/share/vgpu-gate/dbus-broker.conf /run/systemd/system/vgpu-gate-bus.service.d/
        systemctl daemon-reload
        systemctl restart vgpu-gate-bus'
    wait_served "$1"
}

# moves NAME PROGRAM: a guest whose QEMU uses the bus is saved, restored and migrated; its bus is a PROGRAM
moves () {
    [[ $(on a readlink "/proc/$(unit_property a vgpu-gate-bus MainPID)/exe") == */"$2" ]] ||
        fail "the bus is not $2:" "$(on a systemctl status vgpu-gate-bus)"
    guest_define a "$1" "$(device_make a)"
    guest_ask a "$1"
    guest_start_captured a "$1"
    on a virsh -q save "$1" $image
    on a virsh -q restore $image
    log_has a "VGATE-001: $1: at switch-over: allowed"
    wait_captured a "$1" 26.1
    go a "$1"
    guest_moved a "$1"
    log_has b "VGATE-001: $1: at switch-over: allowed"
    no_complaint a
    no_complaint b
}

# A working bus logs no errors. ("Ready" is what dbus-broker logs when it starts.)
no_complaint () {
    local complaints
    complaints=$(journal "$1" -o cat _SYSTEMD_UNIT=vgpu-gate-bus.service | grep -v '^Ready$' || true)
    [ -z "$complaints" ] || fail "the bus of host $1 says:" "$complaints"
}

test_dbus_daemon () {
    moves asking dbus-daemon
}

test_dbus_broker () {
    use_broker a
    use_broker b
    moves brokered dbus-broker-launch
}
