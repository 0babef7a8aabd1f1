# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# Each decision stands in the journal of the host that took it.

journal () {
    on "$1" cat /var/log/libvirt/journal.log
}

has_entry () {
    journal "$1" | grep -Fqe "$2"
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
    entry_comes b "VGPU_GATE_DECISION=refused"
    # neither the XML nor what travels in it
    ! journal b | grep -E '<domain|base64|<metadata' || fail 'the journal holds XML'
}

test_syslog_where_there_is_no_journal () {
    guest_run a classic "$h100_20c"
    on b mv /run/systemd/journal/socket /run/systemd/journal/away
    migrate a classic
    on b mv /run/systemd/journal/away /run/systemd/journal/socket
    entry_comes b 'vgpu-gate: VGATE-001: classic'
    journal b | grep -q '^SYSLOG=.*VGATE-001: classic.*decision=allowed' || fail 'the entry is:' "$(journal b)"
}

test_a_guest_without_vgpu_leaves_no_entry () {
    guest_define a silent
    guest_start a silent
    migrate a silent
    guest_moved a silent
    ! journal b | grep silent || fail 'there is one'
}
