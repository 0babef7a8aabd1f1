# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# Save images: the device's state is in them.

image=/var/lib/libvirt/traveller.save

test_save_and_restore () {
    traveller
    state_write "$here"
    on "$here" virsh -q save traveller "$image"
    renew_device
    on "$here" virsh -q restore "$image"
    lives_on "$here" "$device"
}

# Started by its name, so that its device cannot be given with --xml. A device that is created has the guest's name for
# it, which no other device has here any more.
test_managed_save_and_start () {
    traveller
    # a guest that arrived without --persistent is made persistent
    on "$here" virsh -q define "$(xml_with "$device")"
    state_write "$here"
    on "$here" virsh -q managedsave traveller
    device_remove "$here" "$device"
    places "$here" apply
    guest_start "$here" traveller
    was_made "$here" "$device"
    lives_on "$here" "$device"
}

# With the default mode: after the command in the refusal, the same line of virsh works. The device lives as long as the
# guest does. libvirt 11.3 deletes a managed save if the hook fails at 'restore begin'.
test_managed_save_and_the_command () {
    local text
    leave_nothing
    traveller
    on "$here" virsh -q define "$(xml_with "$device")"
    state_write "$here"
    on "$here" virsh -q managedsave traveller
    # with its record, if an earlier case had it created by the command: the gate would create it again without asking
    on "$here" vgpu-gate device remove "$device" --yes >/dev/null
    text=$(expect_refused 507 traveller "Run 'vgpu-gate device make $device --type [^']*' here, then try again" \
        on "$here" virsh start traveller)
    has_managed_save
    ! has_device "$here" "$device" || fail 'the refusal has created it'
    # as if it was not installed
    on "$here" mount --bind /dev/null /usr/libexec/vgpu-gate/vgpu-gate-judge
    expect_refused 901 traveller 'cannot run vgpu-gate-judge' on "$here" virsh start traveller
    on "$here" umount /usr/libexec/vgpu-gate/vgpu-gate-judge
    has_managed_save
    suggested_on "$here" <<<"$text" >/dev/null
    was_made "$here" "$device"
    guest_start "$here" traveller
    lives_on "$here" "$device"
    on "$here" virsh -q destroy traveller
    ! has_device "$here" "$device" || fail "$device is still there"
}

has_managed_save () {
    [[ $(on "$here" virsh -q list --all --with-managed-save --name) == traveller ]] || fail 'the managed save is lost'
    guest_is "$here" traveller 'shut off'
    no_qemu "$here" traveller
}

# The name of its device is taken.
test_restore_to_another_device () {
    local other
    traveller
    other=$(device_make "$here" "$h100_20c")
    state_write "$here"
    on "$here" virsh -q save traveller "$image"
    device_remove "$here" "$device"
    device_make "$there" "$h100_20c" "$device" >/dev/null
    expect_refused 507 traveller "$device.*Name device $other with 'virsh save-image-edit FILE'" \
        on "$here" virsh restore "$image" >/dev/null
    on "$here" test -s "$image" || fail 'the save image is gone'
    # the metadata keeps the name of the device that the guest had
    on "$here" env EDITOR="sed -i /address.uuid/s/$device/$other/" virsh -q save-image-edit "$image"
    on "$here" virsh -q restore "$image"
    lives_on "$here" "$other"
}

test_restore_to_the_device_that_is_free () {
    local other
    traveller
    other=$(device_make "$here" "$h100_20c")
    state_write "$here"
    on "$here" virsh -q save traveller "$image"
    device_remove "$here" "$device"
    places "$here" apply
    on "$here" virsh -q restore "$image"
    lives_on "$here" "$other"
}

# A snapshot with memory is stopped like a save: libvirt 11 and QEMU 10, with a device that has state.
test_a_snapshot_that_could_not_be_reverted_to () {
    traveller
    on "$here" virsh -q define "$(xml_with "$device")"
    state_write "$here"
    host_update "$here" --driver 590.48.01 --range 27.1-27.1
    within 20 has_attribute "$here" traveller '/*/vgpu/pgpu/@range' 27.1-27.1 ||
        fail 'vgpu-gated has not noticed the update:' "$(element "$here" traveller)"
    ! on "$here" virsh -q snapshot-create-as traveller stuck \
        --memspec "file=/var/lib/libvirt/traveller.memory,snapshot=external" || fail 'the snapshot was made'
    log_has "$here" 'VGATE-303: traveller: the snapshot was stopped: the guest could not be restored on this host: .*26\.1'
    [ -z "$(on "$here" virsh -q snapshot-list traveller --name)" ] || fail 'the snapshot is there'
    lives_on "$here" "$device"
    host_update "$here" --driver 580.95.05 --range 18.1-26.1
    leave_nothing
}

# libvirt asks the hook when the QEMU that receives the snapshot runs: it has ended the guest by then. What a refusal must
# leave is the snapshot, and a revert to it when the reason is gone. (libvirt reverts to external snapshots from 9.9 on.)
test_a_revert_that_is_refused () {
    local name=before
    traveller
    # what came without --persistent is made persistent
    on "$here" virsh -q define "$(xml_with "$device")"
    state_write "$here"
    on "$here" virsh -q snapshot-create-as traveller "$name" \
        --memspec "file=/var/lib/libvirt/traveller.memory,snapshot=external"
    host_update "$here" --driver 580.105.08
    host_configure "$here" rules <<<'host-driver-not-same=refuse'
    expect_refused 406 traveller '580\.95\.05.*580\.105\.08.*Load the snapshot.s driver.*virsh start DOMAIN' \
        on "$here" virsh snapshot-revert traveller "$name"
    no_qemu "$here" traveller
    [ "$(on "$here" virsh -q snapshot-list traveller --name)" = "$name" ] || fail 'the snapshot is gone'
    host_update "$here" --driver 580.95.05
    # the device of the refused QEMU has begun to receive a state, and takes no other one
    renew_device
    on "$here" virsh -q snapshot-revert traveller "$name"
    lives_on "$here" "$device"
    leave_nothing
}

# libvirt lets nobody stop an internal snapshot, so it is reported when it is complete. A revert that is refused at
# 'prepare begin' leaves all snapshots, and can be repeated. (A guest of its own, because the snapshot needs a disk.)
test_an_internal_snapshot () {
    local device
    leave_nothing
    device=$(device_make a "$h100_20c")
    guest_define_with a inner "$device"
    guest_disk_add a inner 4
    host_configure a gate <<<'cold-start=check'
    guest_start a inner
    guest_driver_up a inner
    within 20 has_version a inner 26.1 || fail 'the guest is not captured:' "$(element a inner)"
    on a virsh -q snapshot-create-as inner good
    host_update a --driver 590.48.01 --range 27.1-27.1
    within 20 has_attribute a inner '/*/vgpu/pgpu/@range' 27.1-27.1 || fail 'the update is not captured:' "$(element a inner)"
    on a virsh -q snapshot-create-as inner bad
    within 20 has_logged a "VGATE-540: inner: snapshot 'bad' cannot be reverted to: .*26\.1.*27\.1" ||
        fail 'it is not reported:' "$(vgpu_gated_log a)"
    expect_refused 303 inner '26\.1.*27\.1.*Load the host driver under which the snapshot was made.*virsh start DOMAIN' \
        on a virsh snapshot-revert inner good
    no_qemu a inner
    [ "$(on a virsh -q snapshot-list inner --name | xargs)" = 'bad good' ] || fail 'a snapshot is gone'
    host_update a --driver 580.95.05 --range 18.1-26.1
    on a virsh -q snapshot-revert inner good
    guest_is a inner running
}
