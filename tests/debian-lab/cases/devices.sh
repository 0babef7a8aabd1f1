# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# The devices that are declared for a host, as systemd has them made at boot: before libvirt starts guests by itself.

# Prints the UUID that the declared device has after each boot.
declare_a_device () {
    # shellcheck disable=SC2016  # to be expanded in there
    on "$1" bash -eu -c '
        printf "%s\n" "[host]" wait=120 "[gpu '"$gpu"']" "types=NVIDIA H100XM-20C x 1" >/etc/vgpu-gate/devices.conf
        vgpu-gate devices apply >/dev/null
        device=$(ls /sys/bus/mdev/devices)
        echo 1 >"/sys/bus/mdev/devices/$device/remove"
        echo "$device"'
}

# What systemd does at boot, where a driver comes late. (libvirt starts guests by itself once a boot; it notes that.)
test_they_are_there_before_a_guest_starts_by_itself () {
    local device
    device=$(declare_a_device a)
    guest_define a early "$device"
    on a virsh -q autostart early
    # shellcheck disable=SC2016  # to be expanded in there
    on a bash -eu -c '
        sockets=$(systemctl list-units --plain --no-legend "libvirtd*.socket" | cut -d " " -f 1)
        # it would have a socket start libvirtd again
        systemctl stop vgpu-gated
        systemctl stop $sockets libvirtd vgpu-gate-devices
        rm /run/libvirt/qemu/autostarted
        vgpu-sim fail nvmlInit_v2 9
        (sleep 10; vgpu-sim heal) >/dev/null 2>&1 &
        systemctl start $sockets vgpu-gate-devices libvirtd vgpu-gated' || fail 'systemd does not start them'
    unit_is a vgpu-gate-devices Result success || fail "$(on a systemctl status vgpu-gate-devices)"
    on a test -e "/sys/bus/mdev/devices/$device" || fail 'the declared device is not there'
    within 30 it_runs a early || fail 'it was not started by itself:' "$(journal a -u libvirtd)"
    [ "$(unit_property a vgpu-gate-devices ActiveEnterTimestampMonotonic)" -le \
        "$(unit_property a libvirtd ExecMainStartTimestampMonotonic)" ] || fail 'libvirtd was started before'
    [[ $(on a vgpu-gate devices status) == *"$device"* ]] || fail "$(on a vgpu-gate devices status)"
}

it_runs () {
    [ "$(on "$1" virsh -q domstate "$2")" = running ]
}
