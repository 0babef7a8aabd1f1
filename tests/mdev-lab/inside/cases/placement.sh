# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# The hook chooses the device of an arriving guest: a plain `virsh migrate`, to a host that does not have the guest's
# device.

# The command in the refusal is run exactly as it is. (Both hosts have one kernel, in which the name of the guest's device
# is taken while the guest has it, so another device is needed here; save-restore.sh has the other case.)
test_what_is_suggested_works () {
    local text made xml_of_both="in --xml and --persistent-xml"
    traveller
    state_write "$here"
    places "$there" off
    text=$(expect_refused 507 traveller "$device" leave)
    [[ $text != *"$target"* ]] || fail 'without being asked for, a suggestion is made'
    # a device that exists
    places "$there"
    text=$(expect_refused 507 traveller "Name device $target $xml_of_both" leave)
    [[ $text != *'device make'* ]] || fail 'it need not be made'
    stayed
    state_write "$here"
    go "$target"
    arrived "$target"
    # and back, to one that must be created
    device_remove "$here" "$device"
    traveller
    device_remove "$there" "$target"
    state_write "$here"
    text=$(expect_refused 507 traveller "device make new .*$xml_of_both" leave)
    has_nothing "$there" || fail "to refuse it something was made on host $there"
    made=$(suggested_on "$there" <<<"$text" | first_uuid)
    was_made "$there" "$made"
    go "$made"
    arrived "$made"
    was_made "$there" "$made"
}

test_applied () {
    local made
    traveller
    state_write "$here"
    places "$there" apply
    leave
    arrived "$target"
    wait_attribute "$there" traveller '/*/vgpu/@mdev' "$target"
    # and back, to one that is created
    device_remove "$here" "$device"
    traveller
    device_remove "$there" "$target"
    state_write "$here"
    places "$there" apply
    leave --p2p
    made=$(devices_of "$there")
    was_made "$there" "$made"
    arrived "$made"
    # which is removed with the guest
    traveller
    state_write "$here"
    go "$target"
    arrived "$target"
    nothing_left "$here"
}

# --- two guests ---

# Both are migrated to host $there at once. Sets lucky to the one that is allowed; the other one is refused, and
# remains.
race_there () {
    local name other text output=$VGPU_GATE_LAB/race
    declare -A pid=()
    for name in traveller rival; do
        migrate "$here" "$name" --live --bandwidth 1 >"$output.$name" 2>&1 &
        pid[$name]=$!
    done
    ! wait -n "${pid[@]}" || fail 'one arrived before the other was refused:' "$(<"$output.traveller")" "$(<"$output.rival")"
    lucky=traveller other=rival
    ! is_over "${pid[traveller]}" || lucky=rival other=traveller
    ! is_over "${pid[$lucky]}" || fail 'both were refused:' "$(<"$output.traveller")" "$(<"$output.rival")"
    text=$(<"$output.$other")
    [[ $text =~ "vgpu-gate: VGATE-507: host-$there refuses $other: ".*"No other device can be used here." ]] ||
        fail "$other was refused for another reason:" "$text"
    within 120 is_copying "$lucky" || fail "$lucky does not go on:" "$(<"$output.$lucky")"
    migration=${pid[$lucky]}
}

test_two_guests_and_one_free_device () {
    local races=${VGPU_GATE_RACES:-3} lucky lucks=() made text
    traveller
    device_remove "$there" "$target"
    guest_define_with "$here" rival "$(device_make "$here" "$h100_20c")"
    guest_start "$here" rival
    guest_driver_up "$here" rival
    wait_captured "$here" rival 26.1
    host_update "$there" --gpu "${gpu_of[$there]}" --type "$h100_20c" --count 1
    places "$there" apply
    state_write "$here"
    for _ in $(seq "$races"); do
        race_there
        lucks+=("$lucky")
        on "$here" virsh -q domjobabort "$lucky"
        ! wait "$migration" || fail "$lucky arrived, although its job was aborted"
        nothing_left "$there"
    done
    stayed
    guest_is "$here" rival running
    echo "note: of $races races the first device was got by ${lucks[*]}"
    migrate "$here" rival
    made=$(devices_of "$there")
    was_made "$there" "$made"
    the_device_of_the_other_is_refused "$made"
    the_device_is_let_go "$made"
    on "$there" virsh -q destroy rival
    nothing_left "$there"
    on "$here" virsh -q undefine rival
}

# With mode=off the holder is not looked up; then the lease of the other guest refuses it before QEMU is started, and
# after the lease has ended, libvirt refuses it.
the_device_of_the_other_is_refused () {
    local text
    places "$there"
    state_write "$here"
    expect_refused 802 traveller "$1.*the running domain 'rival' uses it" go "$1"
    places "$there" off
    text=$(go "$1") && fail 'two guests have one device'
    grep -Eq "VGATE-807: host-$there refuses traveller: device $1 is leased to|mediated device .*$1.* is in use" <<<"$text" || fail 'it was refused for another reason:' "$text"
    stayed
    was_made "$there" "$1"
}

# A device that was created for a guest exists until the guest ends, even if the guest no longer has it.
the_device_is_let_go () {
    detach "$there" rival "$1"
    on "$there" vgpu-sim unplug --vm "$(uuid_of rival)"
    was_made "$there" "$1"
}
