# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# The element describes a guest that runs. In a persistent definition it would be compared with a guest that is stopped,
# so vgpu-gated removes it there.

# run_transient HOST NAME: captured, and without a persistent definition
run_transient () {
    guest_define "$1" "$2" "$h100_20c"
    on "$1" virsh -q dumpxml --inactive "$2" >"$VGPU_GATE_LAB/$2.xml"
    on "$1" virsh -q undefine "$2"
    on "$1" virsh -q create /dev/stdin <"$VGPU_GATE_LAB/$2.xml"
    guest_driver_up "$1" "$2"
    wait_captured "$1" "$2" 26.1
}

lacks_element () {
    ! has_element "$1" "$2" --config
}

# wait_cleaned HOST NAME: waits until there is no element in the persistent definition
wait_cleaned () {
    within 5 lacks_element "$1" "$2" ||
        fail "the persistent definition of $2 on host $1 has an element:" "$(element "$1" "$2" --config)"
}

# define_running HOST NAME [SCRIPT]: defines the live XML of the guest with its element, after edits by a sed script
define_running () {
    local xml
    xml=$(on "$1" virsh -q dumpxml "$2" | sed -E "${3:-}")
    [[ $xml == *"$element_uri"* ]] || fail "the live XML of $2 has no element"
    on "$1" virsh -q define /dev/stdin <<<"$xml"
}

test_a_transient_guest_that_a_migration_makes_persistent () {
    run_transient a trans
    migrate a trans --live --persistent
    wait_cleaned b trans
    wait_captured b trans 26.1
    log_has b 'VGATE-716: trans: '
    on b virsh -q destroy trans
    wait_cleaned b trans
    migrate b trans --offline --persistent
    guest_is a trans 'shut off'
}

# The same commands without waiting: the guest is stopped before or after the element was removed.
test_one_that_is_stopped_at_once () {
    run_transient a hasty
    migrate a hasty --live --persistent
    on b virsh -q destroy hasty
    wait_cleaned b hasty
    host_update a --driver 590.48.01 --range 27.1-27.1
    migrate b hasty --offline --persistent
    guest_is a hasty 'shut off'
}

test_a_guest_that_is_defined_from_its_live_xml () {
    guest_run a redefined "$h100_20c"
    define_running a redefined
    wait_cleaned a redefined
    # the live element is not changed, nor is anything else in the definition
    has_version a redefined 26.1 || fail 'the live element is not what it was:' "$(element a redefined)"
    [ "$(on a virsh -q metadata redefined --config --uri urn:x-vgpu-gate:lab:1 | grep -c "type=\"$h100_20c\"")" -eq 1 ] ||
        fail 'the metadata of others is gone:' "$(on a virsh -q dumpxml --inactive redefined)"
    on a virsh -q destroy redefined
    host_update b --driver 590.48.01 --range 24.1-27.1
    migrate a redefined --offline --persistent
    guest_is b redefined 'shut off'
}

test_a_copy_with_another_name_and_uuid () {
    guest_run a origin "$h100_20c"
    define_running a origin "s,<name>.*<,<name>copy<,; s,<uuid>.*<,<uuid>$(uuid_of copy)<,; s,<(lab:vgpu [^>]*) uuid=\"[^\"]*\",<\\1,"
    wait_cleaned a copy
    log_has a 'VGATE-716: copy: '
    has_version a origin 26.1 || fail 'the live element of the first is not what it was:' "$(element a origin)"
    migrate a copy --offline --persistent
    guest_is b copy 'shut off'
}

# While a job holds the guest nothing is removed; after it has left, the element is.
test_one_that_is_defined_while_its_guest_leaves () {
    guest_define a leaving "$h100_20c"
    guest_ballast a leaving 16000000
    guest_start a leaving
    guest_driver_up a leaving
    wait_captured a leaving 26.1
    migrate_slowly a leaving
    define_running a leaving
    sleep 1
    has_element a leaving --config || fail 'it was removed while the guest was being migrated'
    on a virsh -q migrate-setspeed leaving 1000
    migration_end a
    guest_moved a leaving
    wait_cleaned a leaving
}

# The daemon did not run to remove it; a cold start captures the guest that starts.
test_a_cold_start_with_one () {
    local sequence
    guest_run a cold "$h100_20c"
    host_service stop a vgpu-gated
    define_running a cold
    sequence=$(attribute a cold '/*/@sequence')
    on a virsh -q destroy cold
    guest_start a cold
    has_element a cold || fail 'the guest did not start with what was left in its definition'
    host_service start a vgpu-gated
    wait_cleaned a cold
    guest_driver_up a cold 535.261.03 7.1-18.1
    wait_captured a cold 18.1
    [ "$(attribute a cold '/*/@sequence')" -gt "$sequence" ] || fail 'the sequence did not go up'
    on a virsh -q destroy cold
    migrate a cold --offline --persistent
    guest_is b cold 'shut off'
}

test_those_that_were_there_before_the_daemon () {
    guest_run a early "$h100_20c"
    host_service stop a vgpu-gated
    define_running a early
    on a virsh -q destroy early
    has_element a early --config || fail 'there is nothing to remove'
    host_service start a vgpu-gated
    wait_cleaned a early
    log_has a 'VGATE-716: early: '
    migrate a early --offline --persistent
    guest_is b early 'shut off'
}

test_once () {
    guest_run a single "$h100_20c"
    host_service stop a vgpu-gated
    define_running a single
    on a virsh -q destroy single
    on a vgpu-gated --once 2>&1 | grep 'VGATE-716: single: '
    lacks_element a single || fail 'the element is there still'
    # the second run has nothing to report
    [ -z "$(on a vgpu-gated --once 2>&1)" ] || fail 'it says something'
}

# Definitions without an element are read, but never written.
test_definitions_without_one_are_left_alone () {
    local before
    guest_define a plain
    guest_define a stopped "$h100_20c"
    before=$(on a stat -c '%n %y %i' /etc/libvirt/qemu/{plain,stopped}.xml)
    host_service restart a vgpu-gated
    guest_run a running "$h100_20c"
    on a vgpu-gate agent metrics | grep -x 'vgpu_gate_definition_removals_total 0' >/dev/null || fail 'something was removed'
    [ "$(on a stat -c '%n %y %i' /etc/libvirt/qemu/{plain,stopped}.xml)" = "$before" ] ||
        fail 'a definition was written'
}

# An element of a later version belongs to a later version of vgpu-gated.
test_a_newer_one_stays () {
    guest_define a newer "$h100_20c"
    on a virsh -q metadata newer --config --uri urn:x-vgpu-gate:domain:2 --key vgate --set '<vgpus/>'
    on a virsh -q metadata newer --config --uri "$element_uri" --key vgate1 --set '<vgpus/>'
    wait_cleaned a newer
    [ -n "$(on a virsh -q metadata newer --config --uri urn:x-vgpu-gate:domain:2)" ] || fail 'the newer one is gone'
}
