# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# libvirtd and its guests confined by AppArmor, with Debian's unchanged profiles.

image=/var/lib/libvirt/guest.save

# Prints AppArmor's denials on host $1 in this case.
denied () {
    journal "$1" -k -o cat | grep 'apparmor="DENIED"' || true
}

# AppArmor denied nothing to libvirtd, to a guest or to us.
nothing_denied () {
    local host
    for host in a b; do
        [ -z "$(denied "$host")" ] || fail "AppArmor has denied on host $host:" "$(denied "$host")"
    done
}

# profile_of HOST PATTERN: of the process whose command line matches
profile_of () {
    on "$1" bash -c "cat /proc/\$(pgrep -o -f '$2')/attr/current"
}

is_confined () {
    [ "$(profile_of "$1" '^/usr/sbin/libvirtd')" = 'libvirtd (enforce)' ] ||
        fail "libvirtd on host $1 has profile '$(profile_of "$1" '^/usr/sbin/libvirtd')'"
}

test_libvirtd_and_guest_are_confined () {
    is_confined a
    is_confined b
    guest_run a confined
    [ "$(profile_of a 'qemu-system.* guest=confined,')" = "libvirt-$(uuid_of confined) (enforce)" ] ||
        fail "QEMU has profile '$(profile_of a 'qemu-system.* guest=confined,')'"
    # depends on the kernel of this host
    [[ $(on a apparmor_parser --preprocess "/etc/apparmor.d/libvirt/libvirt-$(uuid_of confined)") == *'/run/vgpu-gate/bus rw,'* ]] ||
        fail 'its profile does not let it to the bus'
    [ "$(on a ps -o user= -C qemu-system-x86_64)" != root ] || fail 'QEMU runs as root'
    nothing_denied
}

# The way back is that of the plan that empties host b, executed line by line: it creates the guest's device.
test_there_and_back () {
    local plan=$VGPU_GATE_LAB/plan.sh
    guest_run a welcome
    go a welcome
    guest_moved a welcome
    wait_attribute b welcome '/*/capture/@host' host-b
    collect_fleet b:welcome
    tar -cf - -C "$fleet" . | on b sh -c 'mkdir /run/fleet && tar -xf - -C /run/fleet'
    on b vgpu-gate drain host-b --fleet /run/fleet --uri 'qemu+tcp://%h/system' --virsh >"$plan" ||
        fail 'the plan does not empty host b:' "$(<"$plan")"
    [[ $(<"$plan") == *'ssh -n host-a vgpu-gate device make '* ]] || fail 'the plan creates no device:' "$(<"$plan")"
    execute_lines "$plan" b
    [ -z "$(on b virsh -q list --all --name)" ] || fail 'host b is not empty:' "$(on b virsh -q list --all)"
    guest_moved b welcome
    nothing_denied
}

test_a_refused_migration () {
    guest_run a barred
    host_update b --gpu "$gpu" --ecc off
    expect_refused 304 barred 'ECC is on at the source, off here' go a barred
    guest_answers a barred
    no_qemu b barred
    [ -n "$(journal b -o json -t vgpu-gate VGPU_GATE_CODE=VGATE-304 VGPU_GATE_DECISION=refused)" ] ||
        fail 'the decision does not stand in the journal'
    nothing_denied
}

test_save_and_restore () {
    guest_run a saved
    on a virsh -q save saved $image
    host_update a --driver 535.261.03 --range 7.1-18.1
    expect_refused 303 saved '26\.1.*18\.1' on a virsh restore $image
    host_update a --driver 580.95.05 --range 18.1-26.1
    on a virsh -q restore $image
    guest_answers a saved
    nothing_denied
}

# The hook creates the device, and removes it.
test_a_device_that_is_made () {
    local device
    printf '\n[placement]\nmode=apply\n' | on b tee -a /etc/vgpu-gate/vgpu-gate.conf >/dev/null
    guest_run a furnished
    migrate a furnished
    guest_moved a furnished
    device=$(on b virsh -q dumpxml furnished | sed -n "/<hostdev/,/<\/hostdev>/s/.* uuid='\([^']*\)'.*/\1/p")
    on b test -e "/sys/bus/mdev/devices/$device"
    on b virsh -q destroy furnished
    ! on b test -e "/sys/bus/mdev/devices/$device" || fail "device $device is left"
    nothing_denied
}

