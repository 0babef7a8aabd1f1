# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# Live migrations that are refused: the guest continues on its host, with its device unchanged.

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

# The destination does not have the source's device: as after a plain `virsh migrate`.
test_the_device_of_the_source () {
    traveller
    expect_not_to_go 507 "$device" "$device"
}

# QEMU itself would notice this, but only after it has copied all memory and loads the device's state.
test_a_device_of_another_type () {
    local file began took=1000 alone output
    traveller
    device_remove "$there" "$target"
    target=$(device_make "$there" "$h100_80c")
    expect_not_to_go 411 'H100XM-80C.*H100XM-20C' "$target"
    file=$(xml_with "$target")
    # From the start of virsh to its exit; tried again if the machine is busy.
    for _ in {1..5}; do
        [ "$took" -ge 1000 ] || break
        took=$(milliseconds_on "$here" virsh migrate --live --xml "$file" traveller "qemu+tcp://host-$there/system")
    done
    state_write "$here"
    gate_away "$there"
    began=${EPOCHREALTIME/./}
    output=$(migrate "$here" traveller --live --xml "$file") && fail "QEMU took the state of a device of another type"
    alone=$(((${EPOCHREALTIME/./} - began) / 1000))
    grep -q 'load of migration failed: Bad address' <<<"$output" || fail 'QEMU failed for another reason:' "$output"
    echo "note: refused after $took ms; without the gate QEMU gave up after $alone ms"
    gate_back "$there"
    stayed
    # Under a second; or, because an emulated machine can be slow on a busy host, a fraction of the time that QEMU
    # needs: 0.6 s of 10 s were measured, and 1.2 s of 13 s on a busy host.
    [ "$took" -lt 1000 ] || [ "$((took * 5))" -lt "$alone" ] ||
        fail "to refuse it took $took ms, neither less than 1000 nor than a fifth of $alone"
}
