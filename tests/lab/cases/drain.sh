# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# The plan of 'vgpu-gate drain', whose commands are executed line by line.

# drain OPTION...: on host a, from the documents
drain () {
    on a vgpu-gate drain host-a --fleet "$fleet" --uri 'qemu+tcp://%h/system' "$@"
}

test_the_plan_empties_the_host () {
    local plan=$VGPU_GATE_LAB/plan.sh
    guest_run a one "$h100_20c"
    guest_run a pair "$h100_20c" "$l40s_12q"
    guest_run b tenant "$h100_20c"
    collect_fleet a:one a:pair b:tenant
    drain || fail 'the plan does not empty the host:' "$(drain)"
    drain --virsh >"$plan"
    execute_lines "$plan" a
    [ -z "$(on a virsh -q list --all --name)" ] || fail 'host a is not empty:' "$(on a virsh -q list --all)"
    guest_moved a one
    guest_moved a pair
    # a persistent guest is persistent there, and no longer here
    [[ $(on b virsh -q list --all --persistent --name) == *one* ]] || fail 'the definition of guest one did not move'
}

test_a_guest_that_stays_is_the_one_that_is_refused () {
    local plan=$VGPU_GATE_LAB/plan.sh status=0
    guest_run a goes "$h100_20c"
    guest_run a stays "$l40s_12q"
    host_update b --gpu "$l40s" --ecc off
    collect_fleet a:goes a:stays
    drain --virsh >"$plan" || status=$?
    [ "$status" -eq 1 ] || fail "the exit status of the plan is $status, not 1:" "$(cat "$plan")"
    grep -q '^# stays stays:' "$plan" || fail 'guest stays is in the plan:' "$(cat "$plan")"
    execute_lines "$plan" a
    guest_moved a goes
    guest_answers a stays
    expect_migration_refused 304 stays ECC
}

# Two guests do not fit beside those of the other host; the reason says what is missing.
test_what_room_is_missing () {
    local text
    guest_run a twins "$h100_20c" "$h100_20c"
    guest_run b tenants "$h100_20c" "$h100_20c" "$h100_20c"
    collect_fleet a:twins b:tenants
    text=$(drain) && fail 'the plan empties the host:' "$text"
    [[ $(tr -s ' \n' ' ' <<<"$text") == *'VGATE-580'*'Free one instance of NVIDIA H100XM-20C on host host-b'* ]] ||
        fail 'the plan does not say what is missing:' "$text"
    expect_migration_refused 412 twins ''
}
