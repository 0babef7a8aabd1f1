# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# The gate at switch-over for a guest whose device has state: what the hook allowed is refused after all memory was
# copied.

# The traveller is started again, with a QEMU that calls vgpu-gated.
asking_traveller () {
    traveller
    on "$here" virsh -q define "$(xml_with "$device")"
    guest_ask "$here" traveller
    on "$here" virsh -q destroy traveller
    renew_device
    start_traveller
    within 20 is_captured || fail "the guest on host $here is not captured:" "$xml"
}

test_the_other_host_changes_behind_the_hook () {
    local reason='vGPU .*ECC is on at the source, off here'
    asking_traveller
    device_remove "$there" "$target"
    places "$there" apply
    state_write "$here"
    set_off leave
    was_made "$there" "$(devices_of "$there")"
    host_update "$there" --gpu "${gpu_of[$there]}" --ecc off
    on "$here" virsh -q migrate-setspeed traveller 1000
    ended
    nothing_left "$there"
    stayed
    log_has "$there" "VGATE-304: traveller: $reason"
    on "$there" grep -Eq "Failed to Load: .*vgpu-gate: VGATE-304: host-$there refuses traveller: $reason" /var/log/libvirt/qemu/traveller.log ||
        fail "QEMU's log says:" "$(on "$there" tail -n 5 /var/log/libvirt/qemu/traveller.log)"
    # and after the reason was removed
    host_update "$there" --gpu "${gpu_of[$there]}" --ecc on
    state_write "$here"
    leave
    arrived "$(devices_of "$there")"
    log_has "$there" 'VGATE-001: traveller: at switch-over: allowed'
}

# QEMU 10 connects again when it gets a new object, and the guest can be saved.
test_a_bus_that_is_lost () {
    asking_traveller
    host_service restart "$here" vgpu-gate-bus
    wait_served "$here"
    [[ $(on "$here" vgpu-gate switchover status traveller) == *'running guest: enabled, but its QEMU has lost the bus'* ]] ||
        fail "$(on "$here" vgpu-gate switchover status traveller)"
    on "$here" vgpu-gate switchover repair traveller
    [[ $(on "$here" vgpu-gate switchover status traveller) == *$'\nrunning guest: enabled\n'* ]] ||
        fail "$(on "$here" vgpu-gate switchover status traveller)"
    on "$here" virsh -q save traveller /var/lib/libvirt/traveller.save
    renew_device
    on "$here" virsh -q restore /var/lib/libvirt/traveller.save
    log_has "$here" 'VGATE-001: traveller: at switch-over: allowed'
    leave_nothing
}
