# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# A host that only reports: what is refused or stopped by default passes, and the journal and the metrics say so.

# has_metric HOST LINE
has_metric () {
    on "$1" vgpu-gate agent metrics | grep -xF "$2" >/dev/null
}

expect_metric () {
    has_metric "$@" || fail "this is not among the metrics of host $1: $2" "$(on "$1" vgpu-gate agent metrics | grep report)"
}

# Guest $1 would be refused on host b, by a rule that the migration itself does not mind.
make_refused () {
    guest_run a "$1" "$h100_20c"
    host_update b --driver 580.105.08
    host_configure b rules <<<'host-driver-not-same=refuse'
}

test_a_migration_that_is_refused_passes () {
    local entry
    make_refused watched
    expect_migration_refused 406 watched 'host driver is'
    host_configure b gate <<<'mode=report'
    on a virsh -q dumpxml --migratable watched | on b vgpu-gate check - >"$VGPU_GATE_LAB/check" && fail 'check says yes'
    grep -qF 'decision: refused, but this host only reports it' "$VGPU_GATE_LAB/check" || fail "$(cat "$VGPU_GATE_LAB/check")"
    migrate a watched
    guest_moved a watched
    entry=$(on b grep 'VGPU_GATE_OPERATION=migrate' /var/log/libvirt/journal.log | tail -n 1)
    for field in 'MESSAGE=vgpu-gate: VGATE-406: host-b would refuse watched: ' VGPU_GATE_DECISION=reported PRIORITY=4 \
        VGPU_GATE_CODE=VGATE-406; do
        [[ $entry == *"$field"* ]] || fail "$field is not in: $entry"
    done
    expect_metric b 'vgpu_gate_report_only 1'
    expect_metric b 'vgpu_gate_reported_total{operation="migrate",code="VGATE-406"} 1'
    expect_metric b 'vgpu_gate_reported_total{operation="started",code="VGATE-406"} 1'
    on b vgpu-gate agent status | grep -E '^mode +report$' >/dev/null || fail 'the status is:' "$(on b vgpu-gate agent status)"
    wait_captured b watched 26.1
}

test_only_some_domains () {
    make_refused first
    guest_run a second "$h100_20c"
    host_configure b gate <<<"report-domains=other; $(uuid_of second)"
    expect_migration_refused 406 first 'host driver is'
    migrate a second
    guest_moved a second
    expect_metric b 'vgpu_gate_report_only 0'
    expect_metric b 'vgpu_gate_report_domains 2'
    expect_metric b 'vgpu_gate_reported_total{operation="migrate",code="VGATE-406"} 1'
}

test_a_managed_save_that_is_refused_is_restored () {
    guest_run a saved "$h100_20c"
    on a virsh -q managedsave saved
    host_update a --driver 580.105.08
    host_configure a rules <<<'host-driver-not-same=refuse'
    expect_refused 406 saved 'host driver is' on a virsh start saved
    host_configure a gate <<<'mode=report'
    on a virsh -q start saved
    guest_answers a saved
    expect_metric a 'vgpu_gate_reported_total{operation="restore",code="VGATE-406"} 1'
}

# The job began before the element was written, and is stopped by default (cases/jobs.sh).
test_a_job_that_is_stopped_goes_on () {
    host_configure a gate <<<'mode=report'
    host_service restart a vgpu-gated
    guest_define a racing "$h100_20c"
    guest_ballast a racing 24000000
    guest_start a racing
    guest_driver_up a racing 535.261.03 7.1-18.1
    wait_captured a racing 18.1
    migrate_slowly a racing
    guest_driver_up a racing
    log_has a 'VGATE-706: racing: the migration would have been stopped, but this host only reports: .*18\.1 in the XML, 26\.1 now'
    on a virsh -q migrate-setspeed racing 1000
    migration_end a || fail 'it was stopped'
    guest_moved a racing
    expect_metric a 'vgpu_gate_jobs_reported_total{code="VGATE-706"} 1'
    expect_metric a 'vgpu_gate_jobs_stopped_total{code="VGATE-706"} 0'
}

# Only QEMU can refuse then (cases/switchover.sh).
test_a_refusal_at_switch_over_passes () {
    host_configure b gate <<<'mode=report'
    gated_restart b
    guest_run_asking a late 16000000
    migrate_slowly a late
    host_update b --gpu "$h100" --ecc off
    on a virsh -q migrate-setspeed late 1000
    migration_end a || fail 'it was refused'
    guest_moved a late
    log_has b 'VGATE-304: late: would have been refused at switch-over, but this host only reports: .*ECC is on at the source, off here'
    expect_metric b 'vgpu_gate_loads_reported_total{code="VGATE-304"} 1'
    expect_metric b 'vgpu_gate_loads_refused_total{code="VGATE-304"} 0'
}
