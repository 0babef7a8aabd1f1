# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# vgpu-gated for an operator: its status and metrics, its signals, and one daemon for each host.

run_directory=/run/vgpu-gate

# status_says HOST EXPRESSION: a Python expression about the status as JSON; "guests" is by name
status_says () {
    on "$1" vgpu-gate agent status --output json | python3 -c "
import json, sys
status = json.load(sys.stdin)['status']
guests = {guest.get('name'): guest for guest in status['guest']}
counters = {(c['name'], c.get('label')): c['value'] for c in status['counter']}
sys.exit(0 if ($2) else 1)"
}

# wait_status HOST EXPRESSION
wait_status () {
    within 10 status_says "$@" || fail "this does not hold: $2" "$(on "$1" vgpu-gate agent status --output json)"
}

# metric HOST SAMPLE: its value
metric () {
    on "$1" vgpu-gate agent metrics | sed -n "s/^vgpu_gate_$2 //p"
}

has_metric () {
    [ "$(metric "$1" "$2")" = "$3" ]
}

wait_metric () {
    within 10 has_metric "$@" || fail "vgpu_gate_$2 is not $3:" "$(on "$1" vgpu-gate agent metrics)"
}

daemon_log () {
    on "$1" cat /var/log/libvirt/vgpu-gated.log
}

logs () {
    daemon_log "$1" | grep "$2" >/dev/null
}

wait_log () {
    within 10 logs "$@" || fail "vgpu-gated does not say '$2':" "$(daemon_log "$1")"
}

signal () {
    on "$1" bash -c "kill -$2 \$(cat /run/lab/vgpu-gated.pid)"
}

test_the_status_of_a_captured_guest () {
    local text uuid
    guest_run a shown "$h100_20c"
    uuid=$(attribute a shown '/*/vgpu/@uuid')
    wait_status a "guests['shown']['capture']['sequence'] == '$(attribute a shown '/*/@sequence')'"
    wait_status a "guests['shown']['uuid'] == '$(uuid_of shown)'"
    wait_status a "guests['shown']['capture']['trigger'] == 'change' and guests['shown']['capture']['age'] < 60"
    wait_status a "guests['shown']['vgpu'][0]['uuid'] == '$uuid'"
    wait_status a "guests['shown']['vgpu'][0]['guest-vgpu-version'] == '26.1'"
    wait_status a "guests['shown']['vgpu'][0]['pgpu'] == '$h100'"
    wait_status a "status['libvirt']['connected'] and 'failure' not in status['nvml']"
    wait_status a "counters['captures', 'start'] == 1 and counters['captures', 'change'] >= 1"
    text=$(on a vgpu-gate agent status)
    for line in 'guest shown' 'capture trigger  *change' 'libvirt connected  *yes' "^ *$uuid .*26\\.1" 'nvml duration .*[0-9] ms'; do
        grep -q "$line" <<<"$text" || fail "'$line' is not in:" "$text"
    done
    expect_refused 902 "invalid value 'xml' for --output" 'expected text or json' on a vgpu-gate agent status --output xml
}

test_the_status_of_a_guest_that_cannot_be_captured () {
    guest_define a troubled "$h100_20c"
    host_fails a nvmlVgpuInstanceGetMetadata 999
    guest_start a troubled
    wait_status a "guests['troubled']['failure']['code'] == 'VGATE-702' and not guests['troubled']['captured']"
    wait_metric a guests_failing 1
    host_heals a
    wait_status a "guests['troubled']['captured'] and guests['troubled']['failure']['over']"
    wait_metric a guests_failing 0
    wait_metric a 'capture_failures_total{code="VGATE-702"}' 1
}

test_the_status_of_an_nvml_that_does_not_answer () {
    guest_run a waiting "$h100_20c"
    host_fails a nvmlInit_v2 999
    wait_status a "status['nvml']['failure'] == 'VGATE-503' and guests['waiting']['captured']"
    wait_metric a nvml_failing 1
    host_heals a
    wait_status a "'failure' not in status['nvml']"
    wait_status a "counters['nvml-errors', 'VGATE-503'] >= 1"
}

test_the_status_without_libvirt () {
    guest_run a alone "$h100_20c"
    host_service stop a libvirtd
    wait_status a "not status['libvirt']['connected']"
    wait_metric a libvirt_connected 0
    host_service start a libvirtd
    wait_status a "status['libvirt']['connected'] and guests['alone']['captured']"
    wait_metric a libvirt_connections_total 2
}

test_a_guest_that_ended_is_in_it_no_more () {
    guest_run a passing "$h100_20c"
    wait_status a "'passing' in guests and status['domains'] == 1"
    on a virsh -q destroy passing
    wait_status a "'passing' not in guests and status['domains'] == 0"
}

test_the_metrics_after_a_capture () {
    guest_run a counted "$h100_20c" "$h100_20c"
    wait_metric a guests 1
    wait_metric a guests_captured 1
    wait_metric a vgpus 2
    wait_metric a 'captures_total{trigger="start"}' 1
    [ "$(metric a oldest_capture_age_seconds)" -lt 60 ] || fail "$(on a vgpu-gate agent metrics)"
    wait_metric a configuration_refused 0
}

test_the_metrics_file () {
    local file=/var/lib/libvirt/vgpu-gate.prom
    guest_run a written "$h100_20c"
    host_configure a agent <<<"metrics-file=$file"
    signal a HUP
    within 20 on a test -e "$file" || fail 'it is not written:' "$(daemon_log a)"
    on a cat "$file" | grep -x 'vgpu_gate_guests_captured 1' >/dev/null || fail "$(on a cat "$file")"
    [ "$(on a stat -c '%a %U' "$file")" = '644 root' ] || fail "$(on a stat "$file")"
    [ -z "$(on a find "${file%/*}" -name 'vgpu-gate.prom?*')" ] || fail 'a file is left beside it'
    on a rm "$file"
}

test_a_metrics_file_that_cannot_be_written () {
    guest_run a unwritten "$h100_20c"
    host_configure a agent <<<'metrics-file=/var/lib/nowhere/vgpu-gate.prom'
    signal a HUP
    wait_log a 'VGATE-736: .*/var/lib/nowhere'
    guest_driver_up a unwritten 570.195.03 18.1-24.2
    wait_captured a unwritten 24.2
}

test_a_changed_configuration_is_taken_at_once () {
    local before
    guest_run a tuned "$h100_20c"
    before=$(on a cat /run/lab/vgpu-gated.pid)
    on a bash -c 'head -c 32 /dev/urandom >/etc/vgpu-gate/fleet.key; chmod 0600 /etc/vgpu-gate/fleet.key'
    [ -z "$(attribute a tuned '/*/seal/@value')" ] || fail 'it is sealed already'
    host_configure a seal <<<'key-file=/etc/vgpu-gate/fleet.key'
    signal a HUP
    wait_log a 'VGATE-734: '
    within 10 sealed a tuned || fail 'it was not sealed:' "$(element a tuned)"
    wait_status a "not status['configuration-refused'] and counters['configuration-reloads', 'taken'] == 1"
    [ "$(on a pgrep -x vgpu-gated)" = "$before" ] || fail 'another vgpu-gated runs now'
    on a rm /etc/vgpu-gate/fleet.key
}

sealed () {
    [ -n "$(attribute "$1" "$2" '/*/seal/@value')" ]
}

test_a_bad_configuration_leaves_the_old_one_in_force () {
    guest_run a steady "$h100_20c"
    host_configure a capture <<<'intervall=1'
    signal a HUP
    wait_log a "VGATE-604: the previous configuration stays in force: .*vgpu-gate.conf line [0-9]*: .*'intervall'"
    wait_status a "status['configuration-refused'] and counters['configuration-reloads', 'refused'] == 1"
    wait_metric a configuration_refused 1
    guest_driver_up a steady 570.195.03 18.1-24.2
    wait_captured a steady 24.2
    wait_status a "'configuration-error' in status"
    on a cp -p /run/lab/vgpu-gate/vgpu-gate.conf /etc/vgpu-gate/
    # the file is valid, but the daemon has not read it
    wait_status a "status['configuration-refused'] and 'configuration-error' not in status"
    signal a HUP
    wait_status a "not status['configuration-refused']"
}

# The hook reads the file at each event: what is wrong with it shows before anybody reloads the daemon.
test_a_bad_configuration_shows_before_a_reload () {
    guest_run a watched "$h100_20c"
    wait_metric a configuration_refused 0
    host_configure a gates <<<'missing-metadata=refuse'
    wait_metric a configuration_refused 1
    wait_status a "status['configuration-refused'] and status['configuration-error']['code'] == 'VGATE-604'"
    wait_status a "'[gates]' in status['configuration-error']['text']"
    [ "$(on a grep -c 'VGATE-604: the configuration has an error' /var/log/libvirt/vgpu-gated.log)" -eq 1 ] ||
        fail 'it is not logged once:' "$(daemon_log a)"
    wait_status a "('configuration-reloads', 'refused') not in counters"
    on a cp -p /run/lab/vgpu-gate/vgpu-gate.conf /etc/vgpu-gate/
    wait_metric a configuration_refused 0
    wait_status a "'configuration-error' not in status"
}

test_what_waits_for_the_next_start_is_said () {
    guest_run a named "$h100_20c"
    on a sed -i 's/^uuid=.*/uuid=cccccccc-3333-4333-8333-cccccccccccc/' /etc/vgpu-gate/vgpu-gate.conf
    signal a HUP
    wait_log a 'VGATE-735: uuid= in \[host\]'
    [ "$(attribute a named '/*/capture/@host-uuid')" = aaaaaaaa-1111-4111-8111-aaaaaaaaaaaa ] || fail "$(element a named)"
}

test_a_second_daemon_does_not_start () {
    local output status=0
    guest_run a single "$h100_20c"
    output=$(on a vgpu-gated 2>&1) || status=$?
    [ "$status" -eq 1 ] || fail "exit status $status" "$output"
    grep -q "VGATE-731: vgpu-gated is already running (pid $(on a cat /run/lab/vgpu-gated.pid))" <<<"$output" || fail "$output"
    wait_status a "guests['single']['captured']"
    # a single run with --once is not a daemon
    on a vgpu-gated --once
}

exit_status_of () {
    local status=0
    "$@" >/dev/null 2>&1 || status=$?
    echo "$status"
}

test_it_ends_and_leaves_no_socket () {
    guest_run a left "$h100_20c"
    on a test -S $run_directory/agent.sock
    host_service stop a vgpu-gated
    ! on a test -e $run_directory/agent.sock || fail 'its socket is left'
    expect_refused 737 "no answer from vgpu-gated at '$run_directory/agent.sock'" 'No such file' on a vgpu-gate agent status
    expect_refused 737 "no answer from vgpu-gated at '$run_directory/agent.sock'" 'No such file' on a vgpu-gate agent metrics
    [ "$(exit_status_of on a vgpu-gate agent status)" -eq 3 ] || fail 'nobody answers, which is not a no'
    [ "$(exit_status_of on a vgpu-gate switchover status left --connect qemu+unix:///system?socket=/none)" -eq 3 ] ||
        fail 'a libvirtd that cannot be reached is not a no'
    has_element a left || fail 'the element went with it'
}

timed_it_ends_while_nvml_hangs () {
    local began
    guest_run a patient "$h100_20c"
    host_hangs a nvmlInit_v2
    sleep 2
    began=$SECONDS
    host_service stop a vgpu-gated
    [ $((SECONDS - began)) -le 2 ] || fail "it took $((SECONDS - began)) s"
    ! on a test -e $run_directory/agent.sock || fail 'its socket is left'
    host_heals a
}

test_it_starts_after_a_kill () {
    guest_run a robust "$h100_20c"
    signal a KILL
    on a test -S $run_directory/agent.sock || fail 'a killed daemon removes nothing'
    on a sleep 0.2
    host_service start a vgpu-gated
    wait_status a "guests['robust']['captured']"
}

test_others_cannot_ask () {
    guest_run a private "$h100_20c"
    [ "$(on a stat -c '%a %u' $run_directory/agent.sock)" = '600 0' ] || fail "$(on a stat $run_directory/agent.sock)"
    expect_refused 737 "no answer from vgpu-gated at '$run_directory/agent.sock'" 'Permission denied' \
        on a setpriv --reuid=65534 --regid=65534 --clear-groups vgpu-gate agent status
}
