# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# Captures that are old, or of the future, and how they stay young.

# backdated HOST NAME WHEN: the capture was made WHEN, as 'date' understands it. vgpu-gated must not run on the host.
backdated () {
    local time
    time=$(date -u -d "$3" +%Y-%m-%dT%H:%M:%SZ)
    element "$1" "$2" | sed -E "s/(<(vgate:)?capture time=)[\"'][^\"']*[\"']/\1\"$time\"/" >"$VGPU_GATE_LAB/element"
    on "$1" virsh -q metadata "$2" --live --uri "$element_uri" --key vgate --set "$(cat "$VGPU_GATE_LAB/element")"
    has_attribute "$1" "$2" '/*/capture/@time' "$time" || fail 'the time was not changed:' "$(element "$1" "$2")"
}

# warned HOST CODE NAME TEXT: the hook let the guest pass with this warning
warned () {
    on "$1" grep -Eq "VGATE-$2: $3: .*$4" /var/log/libvirt/journal.log ||
        fail "no VGATE-$2 about $3:" "$(on "$1" cat /var/log/libvirt/journal.log)"
}

not_warned () {
    ! on "$1" grep -Eq "VGATE-(409|414)" /var/log/libvirt/journal.log || fail "$(on "$1" cat /var/log/libvirt/journal.log)"
}

test_a_daemon_that_stopped_does_not_pass_in_silence () {
    guest_run a forgotten "$h100_20c"
    migrate a forgotten
    not_warned b
    wait_attribute b forgotten '/*/capture/@host' host-b
    host_service stop b vgpu-gated
    backdated b forgotten '2 hours ago'
    migrate b forgotten
    guest_moved b forgotten
    warned a 409 forgotten "the metadata is 72[0-9]+ s old by this host's clock .captured at .*; the limit is 3600 s"
}

test_a_capture_of_the_future () {
    guest_run a early "$h100_20c"
    host_service stop a vgpu-gated
    backdated a early 'now + 1 hour'
    migrate a early
    guest_moved a early
    warned b 414 early "the metadata was captured at .*, 3[56][0-9]+ s in the future by the clock here"
}

# The image is as old as it is; and the guest in it has not changed since.
test_a_save_image_is_not_judged_by_its_age () {
    guest_run a stored "$h100_20c"
    host_service stop a vgpu-gated
    backdated a stored '3 months ago'
    host_configure a rules <<<'metadata-old=refuse'
    on a virsh -q save stored /var/lib/libvirt/guest.save
    on a virsh -q restore /var/lib/libvirt/guest.save
    guest_answers a stored
}

# --- a file for 'virsh migrate --xml' ---

file_of () {
    on a virsh -q dumpxml --migratable "$1" | on a tee /run/lab/guest.xml >/dev/null
}

test_an_old_file_for_xml_does_not_pass_in_silence () {
    guest_run a filed "$h100_20c"
    file_of filed
    on a sed -i -E "s/(capture time=)[\"'][^\"']*[\"']/\1\"$(date -u -d '2 hours ago' +%Y-%m-%dT%H:%M:%SZ)\"/" /run/lab/guest.xml
    migrate a filed --live --xml /run/lab/guest.xml
    guest_moved a filed
    warned b 409 filed "72[0-9]+ s old by this host's clock"
}

# The file is young, so the gate must believe it. The lab's hardware believes it as well; a real vGPU keeps what its
# driver has agreed on, which is played here before vgpu-gated on the destination looks at the guest.
test_a_file_from_before_a_guest_driver_change_does_not_pass_in_silence () {
    guest_run_r535 a refiled "$h100_20c"
    file_of refiled
    guest_driver_up a refiled
    wait_captured a refiled 26.1
    host_service stop b vgpu-gated
    migrate a refiled --live --xml /run/lab/guest.xml
    guest_moved a refiled
    has_version b refiled 18.1 || fail 'the metadata is not that of the file:' "$(element b refiled)"
    guest_driver_up b refiled
    host_service start b vgpu-gated
    log_has b 'VGATE-718: refiled: the guest arrived with metadata that did not describe it: .*18\.1 in the XML, 26\.1 now'
    wait_captured b refiled 26.1
}

# The way out: a file from the running guest, after the change.
test_a_file_that_is_right_passes () {
    guest_run_r535 a rightly "$h100_20c"
    guest_driver_up a rightly
    wait_captured a rightly 26.1
    file_of rightly
    migrate a rightly --live --xml /run/lab/guest.xml
    guest_moved a rightly
    not_warned b
    wait_attribute b rightly '/*/capture/@host' host-b
    ! has_logged b 'VGATE-718' || fail "$(vgpu_gated_log b)"
}

# --- captures are made again in time ---

test_a_capture_is_renewed_although_nothing_changes () {
    local before
    guest_run a steady "$h100_20c"
    before=$(attribute a steady '/*/@sequence')
    # a third of it is 10 s
    host_configure a gate <<<'max-age=30'
    # shellcheck disable=SC2016  # to be expanded in there
    on a bash -c 'kill -HUP "$(cat /run/lab/vgpu-gated.pid)"'
    wait_attribute a steady '/*/capture/@trigger' renew
    [ "$(attribute a steady '/*/@sequence')" -gt "$before" ] || fail "the sequence is below $before:" "$(element a steady)"
    on a vgpu-gate agent metrics | grep -xE 'vgpu_gate_captures_total\{trigger="renew"\} [1-9][0-9]*' >/dev/null ||
        fail "it is not counted:" "$(on a vgpu-gate agent metrics)"
    [ "$(vgpu_gated_log a | grep -c 'VGATE-701: steady')" -le 3 ] || fail 'a renewal is logged:' "$(vgpu_gated_log a)"
}

test_a_daemon_that_comes_back_renews_what_is_old () {
    guest_run a neglected "$h100_20c"
    host_service stop a vgpu-gated
    backdated a neglected '20 minutes ago'
    host_service start a vgpu-gated
    wait_attribute a neglected '/*/capture/@trigger' renew
}

# --- a host document ---

# dated OFFSET: host b's document as if it was written then, for host a
dated () {
    on b vgpu-gate host | sed -E "s/( time=)'[^']*'/\1'$(date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ)'/" |
        on a tee /run/lab/host-b.xml >/dev/null
}

test_an_old_host_document () {
    local output
    guest_run a asked "$h100_20c"
    dated '2 hours ago'
    output=$(on a virsh -q dumpxml asked | on a vgpu-gate check --host /run/lab/host-b.xml -) || fail "$output"
    grep -q "warn VGATE-415: the host document is 72[0-9]* s old by this host's clock" <<<"$output" || fail "$output"
    host_configure a gate <<<'host-max-age=86400'
    output=$(on a virsh -q dumpxml asked | on a vgpu-gate check --host /run/lab/host-b.xml -) || fail "$output"
    ! grep -q 'VGATE-415' <<<"$output" || fail "$output"
}

# With a new document, the answer is yes.
test_a_host_document_is_written_again () {
    guest_run a asking "$h100_20c"
    on a virsh -q dumpxml asking | on a tee /run/lab/asking.xml >/dev/null
    host_configure a rules <<<$'host-document-old=refuse\ntime-in-future=refuse'
    dated '2 hours ago'
    expect_refused 415 asking "Run 'vgpu-gate host' again" on a vgpu-gate check --host /run/lab/host-b.xml /run/lab/asking.xml
    dated 'now + 1 hour'
    expect_refused 414 asking 'in the future' on a vgpu-gate check --host /run/lab/host-b.xml /run/lab/asking.xml
    on b vgpu-gate host | on a tee /run/lab/host-b.xml >/dev/null
    on a vgpu-gate check --host /run/lab/host-b.xml /run/lab/asking.xml
}
