# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# Live migrations that the destination cannot accept: refused by NVIDIA's rule, or by another one.

test_vgpu_version_outside_the_range () {
    guest_run_r535 a version "$h100_20c"
    host_update b --driver 590.48.01 --range 24.1-27.1
    expect_migration_refused 303 version '18\.1.*24\.1'
}

test_another_board () {
    guest_run a board "$h100_20c"
    host_update b --gpu "$h100" --device-id 2331
    expect_migration_refused 304 board '2330-?16C1.*2331-?16C1'
}

test_ecc_set_differently () {
    guest_run a ecc "$h100_20c"
    host_update b --gpu "$h100" --ecc off
    expect_migration_refused 304 ecc 'ECC is on at the source, off here'
}

test_the_gpu_is_not_capable_of_migration () {
    guest_run a gpu-incapable "$h100_20c"
    host_update b --gpu "$h100" --migration off
    expect_migration_refused 302 gpu-incapable ''
}

test_the_vgpu_is_not_capable_of_migration () {
    guest_run a vgpu-incapable "$h100_20c:no-migration"
    expect_migration_refused 302 vgpu-incapable ''
}

test_too_old_a_metadata_structure () {
    guest_run a structure "$h100_20c"
    host_update b --structure-version 2
    expect_migration_refused 301 structure ''
}

test_no_free_instance () {
    guest_run a whole-a "$h100_80c"
    guest_run b whole-b "$h100_80c"
    expect_migration_refused 402 whole-a 'H100XM-80C'
    guest_answers b whole-b
    # and as soon as there is room
    on b virsh -q destroy whole-b
    migrate a whole-a
    guest_moved a whole-a
}

test_the_type_is_not_offered () {
    guest_run a type "$h100_80c"
    host_update b --gpu "$h100" --type "$h100_80c" --count 0
    expect_migration_refused 401 type 'H100XM-80C'
}

test_the_guest_driver_was_not_up () {
    guest_define a driverless "$h100_20c"
    guest_start a driverless
    wait_captured a driverless 0.0
    expect_migration_refused 403 driverless ''
}

test_peer_to_peer () {
    guest_run a peer "$h100_20c"
    host_update b --gpu "$h100" --ecc off
    expect_migration_refused 304 peer 'ECC' --live --p2p
}

test_a_refused_guest_can_go_once_the_reason_is_gone () {
    guest_run a patient "$h100_20c"
    host_update b --gpu "$h100" --ecc off
    expect_migration_refused 304 patient 'ECC'
    host_update b --gpu "$h100" --ecc on
    migrate a patient
    guest_moved a patient
}

# From the start of virsh to its exit, as its user waits for it.
timed_a_refusal_takes_less_than_200_ms () {
    local times=() median
    guest_run a quick "$h100_20c"
    host_update b --gpu "$h100" --ecc off
    expect_migration_refused 304 quick 'ECC'
    for _ in {1..5}; do
        times+=("$(milliseconds_on a virsh migrate --live quick qemu+tcp://host-b/system)")
    done
    mapfile -t times < <(printf '%s\n' "${times[@]}" | sort -n)
    median=${times[2]}
    echo "note: refused after ${times[*]} ms, median $median ms"
    guest_answers a quick
    nothing_started b quick
    [ "$median" -lt 200 ] || fail "the median of ${times[*]} ms is not below 200 ms"
}
