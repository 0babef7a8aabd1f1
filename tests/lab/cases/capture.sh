# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# vgpu-gated keeps the live XML of the guests of its host true.

test_the_element_comes_with_the_start_and_goes_with_the_end () {
    guest_define a fresh "$h100_20c"
    ! has_element a fresh --config || fail 'a guest that never ran has an element'
    guest_start a fresh
    wait_captured a fresh 0.0
    ! has_element a fresh --config || fail 'the element stands in the inactive XML'
    on a virsh -q destroy fresh
    ! has_element a fresh || fail 'the element is left after the end'
}

test_a_guest_driver_that_comes_up_is_captured () {
    guest_define a booting "$h100_20c"
    guest_start a booting
    wait_attribute a booting '/*/vgpu/mirror/@guest-info-state' 0
    guest_driver_up a booting 570.195.03 18.1-24.2
    wait_captured a booting 24.2
    wait_attribute a booting '/*/vgpu/mirror/@guest-driver' 570.195.03
}

test_the_element_says_why_it_was_written () {
    guest_define a reason "$h100_20c"
    guest_start a reason
    wait_captured a reason 0.0
    wait_attribute a reason '/*/capture/@trigger' start
    guest_driver_up a reason
    wait_captured a reason 26.1
    wait_attribute a reason '/*/capture/@trigger' change
    migrate a reason
    wait_attribute b reason '/*/capture/@trigger' arrive
}

test_a_long_arrival_holds_nothing_up () {
    local began
    guest_define a slow "$h100_20c"
    guest_ballast a slow 24000000
    guest_start a slow
    guest_driver_up a slow
    wait_captured a slow 26.1
    migrate_slowly a slow
    # while it does, another guest starts there
    began=$SECONDS
    guest_run b quick "$h100_20c"
    is_arriving b slow || fail "this took $((SECONDS - began)) s, and the slow guest has arrived meanwhile"
    on a virsh -q migrate-setspeed slow 1000
    migration_end a
    guest_moved a slow
    wait_attribute b slow '/*/capture/@host' host-b
}

test_it_is_not_written_when_nothing_changed () {
    local before
    guest_run a steady "$h100_20c"
    before=$(element a steady)
    # three intervals
    sleep 3
    [ "$(element a steady)" = "$before" ] || fail 'it was:' "$before" 'and is:' "$(element a steady)"
}

test_a_guest_that_arrived_is_captured_there () {
    guest_run a arriving "$h100_20c"
    wait_attribute a arriving '/*/capture/@host' host-a
    migrate a arriving
    wait_attribute b arriving '/*/capture/@host' host-b
    wait_attribute b arriving '/*/capture/@host-uuid' bbbbbbbb-2222-4222-8222-bbbbbbbbbbbb
    wait_captured b arriving 26.1
}

test_it_survives_a_restart_of_libvirtd () {
    local before
    guest_run a steadfast "$h100_20c"
    before=$(on a cat /run/lab/vgpu-gated.pid)
    host_service restart a libvirtd
    # what changes after the restart is seen, by the same process
    guest_define a later "$h100_20c"
    guest_start a later
    wait_captured a later 0.0
    guest_driver_up a later
    wait_captured a later 26.1
    [ "$(on a pgrep -x vgpu-gated)" = "$before" ] || fail 'another vgpu-gated runs now'
    migrate a steadfast
    guest_moved a steadfast
}

test_a_guest_that_started_before_it () {
    host_service stop a vgpu-gated
    guest_define a early "$h100_20c"
    guest_start a early
    guest_driver_up a early
    ! has_element a early || fail 'captured by nobody'
    host_service start a vgpu-gated
    wait_captured a early 26.1
}

test_once () {
    host_service stop a vgpu-gated
    guest_define a single "$h100_20c"
    guest_start a single
    guest_driver_up a single
    on a vgpu-gated --once
    has_version a single 26.1 || fail 'after --once the element is:' "$(element a single)"
    ! on a pgrep -x vgpu-gated || fail 'it did not leave'
    migrate a single
    guest_moved a single
}

test_a_driver_that_fails_leaves_the_element () {
    local before
    guest_run a keeping "$h100_20c"
    before=$(element a keeping)
    host_fails a nvmlInit_v2 999
    sleep 3
    [ "$(element a keeping)" = "$before" ] || fail 'it was:' "$before" 'and is:' "$(element a keeping)"
    host_heals a
    guest_driver_up a keeping 570.195.03 18.1-24.2
    wait_captured a keeping 24.2
}
