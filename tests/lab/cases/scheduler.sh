# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# The scheduler settings of a GPU are captured, and compared at the destination.

# scheduler_set HOST [OPTION...]: of the H100 there, with the operator's command
scheduler_set () {
    local host=$1
    shift
    on "$host" vgpu-gate scheduler set "$h100" "$@" --yes >&2
}

has_warning () {
    on b grep -Eq "VGATE-408: $1: .*$2" /var/log/libvirt/journal.log
}

test_another_policy_is_warned_of () {
    guest_run a paced "$h100_20c"
    scheduler_set b --policy equal-share --time-slice 4ms
    migrate a paced
    guest_moved a paced
    within 5 has_warning paced 'the scheduler is best-effort at the source, equal-share with 4 ms here' ||
        fail 'the journal does not warn:' "$(on b cat /var/log/libvirt/journal.log)"
}

test_another_time_slice_is_warned_of () {
    scheduler_set a --policy equal-share --time-slice 2ms
    scheduler_set b --policy equal-share --time-slice 4ms
    guest_run a sliced "$h100_20c"
    has_attribute a sliced '//pgpu/scheduler/@time-slice' 2000000 || fail 'the capture says:' "$(element a sliced)"
    migrate a sliced
    guest_moved a sliced
    within 5 has_warning sliced 'equal-share with 2 ms at the source, equal-share with 4 ms here' ||
        fail 'the journal does not warn:' "$(on b cat /var/log/libvirt/journal.log)"
}

test_it_is_refused_where_the_operator_says_so () {
    guest_run a strict "$h100_20c"
    scheduler_set b --policy equal-share --time-slice 4ms
    host_configure b rules <<<'scheduler-differs=refuse'
    expect_migration_refused 408 strict 'best-effort at the source, equal-share with 4 ms here'
    scheduler_set b --policy best-effort
    migrate a strict
    guest_moved a strict
}

test_the_same_on_both_hosts_is_no_finding () {
    local host
    for host in a b; do
        scheduler_set "$host" --policy fixed-share --arr enabled --frequency 480Hz --average-factor 20
    done
    host_configure b rules <<<'scheduler-differs=refuse'
    guest_run a even "$h100_20c"
    migrate a even
    guest_moved a even
    ! on b grep VGATE-408 /var/log/libvirt/journal.log || fail 'the journal warns all the same'
}

# Host a gets a driver without the scheduler calls of r595, host b one that has only these.
make_generations () {
    local host
    host_update b --scheduler-calls v2
    for host in a b; do
        host_configure "$host" rules <<<'scheduler-differs=refuse'
    done
}

test_an_older_and_a_newer_driver_can_have_the_same_settings () {
    make_generations
    scheduler_set a --policy equal-share --arr enabled --frequency 500Hz
    scheduler_set b --policy equal-share --frequency 500Hz
    guest_run a across "$h100_20c"
    migrate a across
    guest_moved a across
    migrate b across
    guest_moved b across
    ! on b grep VGATE-408 /var/log/libvirt/journal.log || fail 'the journal warns all the same'
}

test_an_older_and_a_newer_driver_differ_in_both_directions () {
    local older='equal-share with 2 ms .ARR disabled.' newer='equal-share with 2 ms .ARR enabled, averaging factor 33.'
    make_generations
    scheduler_set a --policy equal-share --arr disabled --time-slice 2ms
    scheduler_set b --policy equal-share --frequency 500Hz
    guest_run a there "$h100_20c"
    expect_migration_refused 408 there "$older at the source, $newer here"
    on a virsh -q destroy there
    guest_run b back "$h100_20c"
    speaker=host-a expect_refused 408 back "$newer at the source, $older here" migrate b back
    guest_answers b back
}

test_it_cannot_be_set_under_a_running_guest () {
    local output
    guest_run a seated "$h100_20c"
    output=$(on a vgpu-gate scheduler set "$h100" --policy equal-share --yes 2>&1) && fail 'it was set' "$output"
    [[ $output == *'vgpu-gate: VGATE-513: '*"domain 'seated' on GPU $h100"* ]] || fail "it says: $output"
    guest_answers a seated
}

has_log_entry () {
    on "$1" vgpu-gate scheduler log "$h100" --output json | grep '"runlist"' >/dev/null
}

# A guest that works has entries in the log of its GPU.
test_its_log_follows_the_guest () {
    guest_run a traced "$h100_20c"
    within 5 has_log_entry a || fail 'there is no entry on host a:' "$(on a vgpu-gate scheduler log "$h100")"
    migrate a traced
    guest_moved a traced
    within 5 has_log_entry b || fail 'there is no entry on host b:' "$(on b vgpu-gate scheduler log "$h100")"
}
