# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# More than one vGPU in a guest: each needs its own verdict, which names it.

# uuid_of_vgpu HOST NAME TYPE
uuid_of_vgpu () {
    attribute "$1" "$2" "/*/vgpu[@type='$3']/@uuid"
}

test_two_of_two_boards () {
    local first second
    guest_run a pair "$h100_20c" "$l40s_12q"
    first=$(uuid_of_vgpu a pair "$h100_20c")
    second=$(uuid_of_vgpu a pair "$l40s_12q")
    migrate a pair
    guest_moved a pair
    wait_attribute b pair '/*/capture/@host' host-b
    has_version b pair 26.1 || fail 'not both drivers are up on host b:' "$(element b pair)"
    [ "$(uuid_of_vgpu b pair "$h100_20c") $(uuid_of_vgpu b pair "$l40s_12q")" = "$first $second" ] ||
        fail "not both vGPUs, $first and $second, were captured on host b:" "$(element b pair)"
}

test_one_of_two_is_refused () {
    local allowed text
    guest_run a mixed "$h100_20c" "$l40s_12q"
    allowed=$(uuid_of_vgpu a mixed "$h100_20c")
    host_update b --gpu "$l40s" --ecc off
    expect_migration_refused 304 mixed "L40S-12Q on GPU $l40s .*ECC"
    # the other one is not affected
    text=$(migrate a mixed) && fail 'this was not refused again'
    [[ $text != *"$allowed"* ]] || fail "vGPU $allowed, which could go, is blamed as well:" "$text"
}

test_one_finds_room_and_two_do_not () {
    guest_run a twins "$h100_20c" "$h100_20c"
    guest_run b tenants "$h100_20c" "$h100_20c" "$h100_20c"
    expect_migration_refused 412 twins ''
}
