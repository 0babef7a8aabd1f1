# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# A fleet with a key seals the metadata, and accepts nothing else.

# host_key HOST TEXT: makes this text of 32 bytes or more the fleet's key there
host_key () {
    # shellcheck disable=SC2016  # to be expanded in there
    on "$1" bash -c 'umask 077; echo "$1" >/etc/vgpu-gate/fleet.key' key "$2"
    host_configure "$1" seal <<<'key-file=/etc/vgpu-gate/fleet.key'
    # it reads its configuration when it starts
    host_service restart "$1" vgpu-gated
}

fleet_key='the key that all hosts of this fleet share'

test_one_key () {
    host_key a "$fleet_key"
    host_key b "$fleet_key"
    guest_run a sealed "$h100_20c"
    migrate a sealed
    guest_moved a sealed
    wait_attribute b sealed '/*/capture/@host' host-b
    migrate b sealed
    guest_moved b sealed
}

test_no_key_at_the_source () {
    host_key b "$fleet_key"
    guest_run a unsealed "$h100_20c"
    expect_migration_refused 210 unsealed ''
}

test_another_key_at_the_source () {
    host_key a 'the key of quite another fleet than that'
    host_key b "$fleet_key"
    guest_run a foreign "$h100_20c"
    expect_migration_refused 211 foreign ''
}

# A change that only the seal can detect.
test_a_sealed_element_that_was_changed () {
    local element
    host_key a "$fleet_key"
    host_key b "$fleet_key"
    guest_run a forged "$h100_20c"
    host_service stop a vgpu-gated
    element=$(element a forged | sed 's/ sequence="[0-9]*"/ sequence="1000"/')
    on a virsh -q metadata forged --live --uri "$element_uri" --key vgate --set "$element"
    expect_migration_refused 211 forged ''
}

test_a_key_that_others_can_read () {
    host_key a "$fleet_key"
    host_key b "$fleet_key"
    guest_run a careless "$h100_20c"
    on b chmod 0644 /etc/vgpu-gate/fleet.key
    expect_migration_refused 602 careless '/etc/vgpu-gate/fleet\.key'
}
