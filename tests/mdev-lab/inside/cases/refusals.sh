# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# Live migrations that are refused: the guest goes on where it is, with its device as it was.

test_vgpu_version_outside_the_range () {
    traveller
    host_update "$there" --driver 535.261.03 --range 7.1-18.1
    expect_not_to_go 303 '26\.1.*18\.1' "$target"
}

test_another_board () {
    traveller
    host_update "$there" --gpu "${gpu_of[$there]}" --device-id 2331
    expect_not_to_go 304 '2330-?16C1.*2331-?16C1' "$target"
}

test_ecc_set_differently () {
    traveller
    host_update "$there" --gpu "${gpu_of[$there]}" --ecc off
    expect_not_to_go 304 'ECC is on at the source, off here' "$target"
}

test_the_device_is_not_there () {
    traveller
    device_remove "$there" "$target"
    expect_not_to_go 507 "$target" "$target"
}

# Of the source's own device nothing is seen there: as after a plain `virsh migrate`.
test_the_device_of_the_source () {
    traveller
    expect_not_to_go 507 "$device" "$device"
}

# QEMU finds this out by itself, but only when it has copied all memory and loads the device's state.
test_a_device_of_another_type () {
    local other began took alone output
    traveller
    other=$(device_make "$there" "$h100_80c")
    expect_not_to_go 411 'H100XM-80C.*H100XM-20C' "$other"
    # from the start of virsh to its exit
    other=$(xml_with_device "$here" traveller "$other")
    took=$(milliseconds_on "$here" virsh migrate --live --xml "$other" traveller "qemu+tcp://host-$there/system")
    gate_away "$there"
    began=${EPOCHREALTIME/./}
    output=$(migrate "$here" traveller --live --xml "$other") && fail "QEMU took the state of a device of another type"
    alone=$(((${EPOCHREALTIME/./} - began) / 1000))
    gate_back "$there"
    output+=$(on "$there" cat /var/log/libvirt/qemu/traveller.log)
    grep -q 'Bad address' <<<"$output" || fail "QEMU of host $there did not refuse the state:" "$output"
    echo "note: refused after $took ms; without the gate QEMU gave up after $alone ms"
    guest_answers "$here" traveller
    guest_is "$there" traveller absent
    [ "$took" -lt 1000 ] || fail "to refuse it took $took ms, not less than 1000"
}
