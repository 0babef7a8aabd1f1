# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# The vGPU versions that an administrator lets a host accept.

test_a_narrowed_host_refuses_other_guests () {
    guest_run a modern "$h100_20c"
    on b vgpu-gate version set 18.1-25.1 --yes
    expect_migration_refused 303 modern '26\.1 is above this host.s range 18\.1-25\.1'
    on b vgpu-gate version reset --yes
    migrate a modern
    guest_moved a modern
}

# The purpose: a guest that started on a host with a narrowed range can migrate to one with an older driver.
test_a_guest_of_a_narrowed_host_can_go_to_an_older_driver () {
    on a vgpu-gate version set 18.1-24.2 --yes
    host_update b --driver 570.133.20 --range 18.1-24.2
    guest_define a modest "$h100_20c"
    guest_start a modest
    guest_driver_up a modest
    wait_captured a modest 24.2
    migrate a modest
    guest_moved a modest
}

test_it_cannot_be_set_while_a_guest_runs () {
    local output
    guest_run a holding "$h100_20c"
    output=$(on a vgpu-gate version set 18.1-25.1 --yes 2>&1) && fail 'it was set' "$output"
    [[ $output == *'vgpu-gate: VGATE-513: '*"domain 'holding' on GPU $h100"* ]] || fail "it says: $output"
}
