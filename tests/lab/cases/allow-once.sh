# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# An arrival that root has allowed: it passes once, whatever the gate decides, with a record.

# expect_journal HOST PATTERN FIELD...: the last entry of the host's journal that matches has these fields.
expect_journal () {
    local entry host=$1 pattern=$2
    shift 2
    entry=$(on "$host" grep "$pattern" /var/log/libvirt/journal.log | tail -n 1)
    for field; do
        [[ $entry == *"$field"* ]] || fail "$field is not in: $entry"
    done
}

# Guest $1 is refused on host b, by a rule that the migration itself does not mind.
make_refused () {
    guest_run a "$1" "$h100_20c"
    host_update b --driver 580.105.08
    host_configure b rules <<<'host-driver-not-same=refuse'
}

test_one_migration_passes () {
    make_refused once
    expect_migration_refused 406 once 'host driver is'
    on b vgpu-gate allow-once once --reason 'rack 7 is on fire'
    expect_journal b VGATE-841 'MESSAGE=vgpu-gate: VGATE-841: once: one arrival is allowed within 600 s' PRIORITY=4 \
        'VGPU_GATE_REASON=rack 7 is on fire' VGPU_GATE_UID=0 VGPU_GATE_DOMAIN=once
    on b vgpu-gate agent metrics | grep -xF 'vgpu_gate_allowed_once 1' >/dev/null || fail 'the metric is missing'
    on b vgpu-gate agent status | grep -F 'rack 7 is on fire' >/dev/null || fail 'the status does not say it'
    on b vgpu-gate self-check | grep -F "WARN allowed-once: one arrival of these guests is allowed, whatever the gate decides: 'once'" \
        >/dev/null || fail 'self-check does not say it'
    migrate a once
    guest_moved a once
    expect_journal b VGATE-842 'VGATE-842: once: the guest passes: this arrival was allowed at ' 'because: rack 7 is on fire' \
        VGPU_GATE_DECISION=allowed-once VGPU_GATE_OPERATION=started
    expect_journal b VGPU_GATE_OPERATION=migrate 'host-b would refuse once: ' VGPU_GATE_DECISION=allowed-once VGPU_GATE_CODE=VGATE-406
    [[ $(on b vgpu-gate allow-once --list) == 'no arrival is allowed' ]] || fail "$(on b vgpu-gate allow-once --list)"
    # back, which host a allows, and once more
    wait_captured b once 26.1
    migrate b once
    guest_moved b once
    wait_captured a once 26.1
    speaker=host-b expect_refused 406 once 'host driver is' migrate a once
    guest_answers a once
}

test_another_guest_does_not_pass () {
    make_refused first
    guest_run a second "$h100_20c"
    on b vgpu-gate allow-once "$(uuid_of second)" --reason 'the second'
    expect_migration_refused 406 first 'host driver is'
    on b vgpu-gate allow-once --withdraw "$(uuid_of second)"
    expect_migration_refused 406 second 'host driver is'
}

test_a_managed_save_is_restored_once () {
    guest_run a saved "$h100_20c"
    on a virsh -q managedsave saved
    host_update a --driver 580.105.08
    host_configure a rules <<<'host-driver-not-same=refuse'
    expect_refused 406 saved 'host driver is' on a virsh start saved
    on a vgpu-gate allow-once saved --reason 'it must run'
    on a virsh -q start saved
    guest_answers a saved
    [[ $(on a vgpu-gate allow-once --list) == 'no arrival is allowed' ]] || fail "$(on a vgpu-gate allow-once --list)"
}

# The hook allows it, and QEMU asks vgpu-gated, which refuses the first attempt and not the second.
test_a_refusal_at_switch_over_passes_once () {
    gated_restart b
    guest_run_asking a late 16000000
    on b vgpu-gate allow-once late --reason 'ticket 4711' --for 1h
    migrate_slowly a late
    host_update b --gpu "$h100" --ecc off
    on a virsh -q migrate-setspeed late 1000
    migration_end a || fail 'it was refused'
    guest_moved a late
    log_has b 'VGATE-304: late: would have been refused at switch-over, but this arrival was allowed once: .*ECC is on at the source, off here'
    log_has b 'VGATE-842: late: the guest passes: .*because: ticket 4711'
    [[ $(on b vgpu-gate allow-once --list) == 'no arrival is allowed' ]] || fail "$(on b vgpu-gate allow-once --list)"
}
