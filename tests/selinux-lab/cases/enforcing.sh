# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# What vgpu-gate does on a host that enforces, and the audit log of it.

image=/var/lib/libvirt/guest.save

test_each_program_in_its_domain () {
    [ "$(on a cat /sys/fs/selinux/enforce)" = 1 ] || fail 'SELinux does not enforce'
    domain_is virtd_t '^/usr/sbin/libvirtd'
    domain_is vgpu_gated_t '^/usr/sbin/vgpu-gated'
    domain_is vgpu_gate_bus_t '^/usr/bin/dbus-daemon --config-file=/usr/share/vgpu-gate'
    [ "$(on a stat -c %C /run/vgpu-gate/bus)" = system_u:object_r:vgpu_gate_bus_socket_t:s0 ] ||
        fail "the bus's socket has the label $(on a stat -c %C /run/vgpu-gate/bus)"
    nothing_denied
}

sealed () {
    [ -n "$(attribute a "$1" '/*/seal/@value')" ]
}

# returns_to_another_device DEVICE: the guest's device is gone when it returns. The hook creates one, and removes it.
returns_to_another_device () {
    local device
    printf '\n[placement]\nmode=apply\n' | on a tee -a /etc/vgpu-gate/vgpu-gate.conf >/dev/null
    on a virsh -q save asking $image
    on a sh -c "echo 1 >/sys/bus/mdev/devices/$1/remove"
    on a setsebool vgpu_gate_hook_create_devices on
    on a virsh -q restore $image
    guest_answers a asking
    device=$(on a virsh -q dumpxml asking | sed -n "/<hostdev/,/<\/hostdev>/s/.* uuid='\([^']*\)'.*/\1/p")
    on a test -e "/sys/bus/mdev/devices/$device"
    on a virsh -q destroy asking
    ! on a test -e "/sys/bus/mdev/devices/$device" || fail "device $device is left"
    on a setsebool vgpu_gate_hook_create_devices off
}

# A QEMU that SELinux confines asks vgpu-gated at the switch-over of a save and of a restore; the hook is asked before.
# Both use the fleet key, which has a type of its own. (One guest for all of it: its start takes longest.)
test_a_guest_that_leaves_and_returns () {
    local device
    on a sh -c 'umask 077; head -c 32 /dev/urandom >/etc/vgpu-gate/fleet.key'
    [[ $(on a stat -c %C /etc/vgpu-gate/fleet.key) == *:vgpu_gate_key_t:* ]] || fail "$(on a ls -Z /etc/vgpu-gate)"
    host_configure a seal <<<'key-file=/etc/vgpu-gate/fleet.key'
    on a systemctl restart vgpu-gated
    device=$(device_make a)
    guest_define a asking "$device"
    guest_ask a asking
    guest_start_captured a asking
    sealed asking || fail 'the metadata is not sealed:' "$(element a asking)"
    domain_is svirt_t 'qemu-system.* guest=asking,'
    on a virsh -q save asking $image
    host_update a --driver 535.261.03 --range 7.1-18.1
    expect_refused 303 asking '26\.1.*18\.1' on a virsh restore $image
    [ -n "$(journal a -o json -t vgpu-gate VGPU_GATE_CODE=VGATE-303 VGPU_GATE_DECISION=refused)" ] ||
        fail 'the decision is not in the journal'
    host_update a --driver 580.95.05 --range 18.1-26.1
    on a virsh -q restore $image
    log_has a 'VGATE-001: asking: at switch-over: allowed'
    guest_answers a asking
    returns_to_another_device "$device"
    nothing_denied
}

# What is applied at boot has a domain of its own; what an administrator asks for has that of the administrator.
test_declared_devices () {
    printf '%s\n' "[gpu $gpu]" 'types=NVIDIA H100XM-20C x 1' | on a tee /etc/vgpu-gate/devices.conf >/dev/null
    on a systemctl start vgpu-gate-devices
    [ "$(unit_property a vgpu-gate-devices Result)" = success ] ||
        fail "$(on a systemctl status --no-pager vgpu-gate-devices)"
    [ -n "$(on a ls /sys/bus/mdev/devices)" ] || fail 'there is no device'
    on a vgpu-gate switchover status
    on a vgpu-gate agent status >/dev/null
    nothing_denied
}
