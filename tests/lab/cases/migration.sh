# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# Live migrations that are allowed.

test_there_and_back () {
    guest_run a traveller "$h100_20c"
    migrate a traveller
    guest_moved a traveller
    # a migrated guest can migrate again at once only if it was captured on its present host
    wait_attribute b traveller '/*/capture/@host' host-b
    migrate b traveller
    guest_moved b traveller
}

test_peer_to_peer () {
    guest_run a peer "$h100_20c"
    migrate a peer --live --p2p
    guest_moved a peer
}

test_tunnelled () {
    guest_run a tunnelled "$h100_20c"
    migrate a tunnelled --live --p2p --tunnelled
    guest_moved a tunnelled
}

test_a_persistent_guest_keeps_no_element_when_it_is_off () {
    guest_run a keeper "$h100_20c"
    migrate a keeper --live --persistent --undefinesource
    guest_moved a keeper
    guest_is a keeper absent
    ! has_element b keeper --config || fail 'the element is in the inactive XML of host b'
    on b virsh -q destroy keeper
    ! has_element b keeper || fail 'the element is there after the guest has stopped'
    guest_start b keeper
    guest_answers b keeper
}

test_a_guest_of_an_older_driver_to_a_newer_host () {
    guest_run_r535 a elder "$h100_20c"
    host_update b --driver 595.58.03 --range 18.1-28.1
    migrate a elder
    guest_moved a elder
    wait_captured b elder 18.1
}

test_a_paused_guest () {
    guest_run a sleeper "$h100_20c"
    on a virsh -q suspend sleeper
    migrate a sleeper
    guest_is b sleeper paused
    on b virsh -q resume sleeper
    guest_answers b sleeper
}
