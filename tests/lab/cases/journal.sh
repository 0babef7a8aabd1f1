# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# Each decision and each capture is in the journal of the host where it was made.

journal () {
    on "$1" cat /var/log/libvirt/journal.log
}

has_entry () {
    journal "$1" | grep -Fe "$2" >/dev/null
}

# entry_comes HOST TEXT
entry_comes () {
    within 5 has_entry "$@" || fail "'$2' is not in the journal of host $1:" "$(journal "$1")"
}

test_an_allowed_migration () {
    guest_run a welcome "$h100_20c"
    migrate a welcome
    entry_comes b "VGPU_GATE_DOMAIN=welcome"
    entry_comes b "VGPU_GATE_DOMAIN_UUID=$(uuid_of welcome)"
    entry_comes b "VGPU_GATE_OPERATION=migrate"
    entry_comes b "VGPU_GATE_DECISION=allowed"
}

test_a_refused_migration () {
    guest_run a barred "$h100_20c"
    host_update b --gpu "$h100" --ecc off
    expect_migration_refused 304 barred 'ECC'
    entry_comes b "VGPU_GATE_CODE=VGATE-304"
    entry_comes b "MESSAGE_ID=d728cc8b66154e22b635a23bb80a0304"
    entry_comes b "VGPU_GATE_DECISION=refused"
    # neither the XML nor the metadata in it
    ! journal b | grep -E '<domain|base64|<metadata' || fail 'the journal holds XML'
}

test_syslog_where_there_is_no_journal () {
    guest_run a classic "$h100_20c"
    on b mv /run/systemd/journal/socket /run/systemd/journal/away
    migrate a classic
    on b mv /run/systemd/journal/away /run/systemd/journal/socket
    entry_comes b 'vgpu-gate: VGATE-001: classic'
    journal b | grep '^SYSLOG=.*VGATE-001: classic.*decision=allowed' >/dev/null || fail 'the entry is:' "$(journal b)"
}

test_a_guest_without_vgpu_leaves_no_entry () {
    guest_define a silent
    guest_start a silent
    migrate a silent
    guest_moved a silent
    ! journal b | grep silent || fail 'there is one'
}

test_a_capture () {
    local entry
    guest_run a noted "$h100_20c"
    entry_comes a "VGPU_GATE_DOMAIN=noted"
    entry=$(journal a | grep 'VGPU_GATE_DOMAIN=noted' | head -n 1)
    for field in MESSAGE='vgpu-gate: VGATE-701: noted: captured 1 vGPU' PRIORITY=6 SYSLOG_IDENTIFIER=vgpu-gated \
        VGPU_GATE_CODE=VGATE-701 "VGPU_GATE_DOMAIN_UUID=$(uuid_of noted)" VGPU_GATE_TRIGGER=start \
        "VGPU_GATE_VGPU=$(attribute a noted '/*/vgpu/@uuid')"; do
        [[ $'\t'$entry == *$'\t'"$field"* ]] || fail "$field is not in: $entry"
    done
}

test_a_capture_of_several_vgpus () {
    local entry
    guest_run a twofold "$h100_20c" "$h100_20c"
    entry_comes a "VGPU_GATE_DOMAIN=twofold"
    entry=$(journal a | grep 'VGPU_GATE_DOMAIN=twofold.*VGPU_GATE_TRIGGER=change' | head -n 1)
    [ "$(grep -o 'VGPU_GATE_VGPU=' <<<"$entry" | wc -l)" -eq 2 ] || fail "two vGPUs are not in: $entry"
}

test_a_capture_that_fails () {
    host_fails a nvmlInit_v2 999
    guest_define a helpless "$h100_20c"
    guest_start a helpless
    entry_comes a 'VGPU_GATE_CODE=VGATE-503'
    journal a | grep 'PRIORITY=3.*VGPU_GATE_CODE=VGATE-503' >/dev/null || fail 'it is no error:' "$(journal a)"
    host_heals a
    wait_captured a helpless 0.0
}

test_a_daemon_without_a_journal_says_it_on_stderr () {
    on a mv /run/systemd/journal/socket /run/systemd/journal/away
    guest_run a quaint "$h100_20c"
    on a mv /run/systemd/journal/away /run/systemd/journal/socket
    on a grep -Eq '^vgpu-gate: VGATE-701: quaint: captured 1 vGPU \(trigger start, sequence [0-9]+\)' \
        /var/log/libvirt/vgpu-gated.log || fail 'it says:' "$(on a cat /var/log/libvirt/vgpu-gated.log)"
    ! has_entry a quaint || fail 'there was a journal'
}
