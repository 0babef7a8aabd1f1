# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# What the operator can allow, and what not.

test_a_driver_that_fails_may_be_passed_over () {
    guest_run a daring "$h100_20c"
    host_configure b gate <<<'backend-failure=allow'
    host_fails b nvmlInit_v2 999
    migrate a daring
    guest_is b daring running
    on b grep -q 'VGATE-004: daring' /var/log/libvirt/journal.log || fail 'the journal does not say so'
}

test_a_guest_driver_that_is_down_may_be_warned_of () {
    guest_define a driverless "$h100_20c"
    guest_start a driverless
    wait_captured a driverless 0.0
    host_configure b rules <<<'guest-driver-down=warn'
    migrate a driverless
    guest_moved a driverless
    on b grep -q 'VGATE-403: driverless' /var/log/libvirt/journal.log || fail 'the journal does not warn'
}

test_nvidias_own_rule_may_not_be_softened () {
    guest_run_r535 a firm "$h100_20c"
    host_update b --driver 590.48.01 --range 24.1-27.1
    host_configure b gate <<<'backend-failure=allow'
    expect_migration_refused 303 firm ''
    # this key does not exist
    host_configure b rules <<<'version-outside-range=warn'
    expect_migration_refused 604 firm 'version-outside-range'
}

# The way out is walked.
test_metadata_may_not_be_older_than_a_limit () {
    local before
    guest_run a aged "$h100_20c"
    host_configure b gate <<<'max-age=2'
    host_configure b rules <<<'metadata-old=refuse'
    host_service stop a vgpu-gated
    sleep 4
    expect_migration_refused 409 aged "by this host's clock .*Run 'vgpu-gated --once' on the source"
    before=$(element a aged)
    # time enough for a migration on a busy machine
    host_configure b gate <<<'max-age=60'
    on a vgpu-gated --once
    [ "$(element a aged)" != "$before" ] || fail 'the capture was not made again'
    migrate a aged
    guest_moved a aged
}

# The link was to lead to another file, so the defaults must not be used instead.
test_a_configuration_that_is_a_dangling_link_refuses () {
    guest_run a linked "$h100_20c"
    on b mv /etc/vgpu-gate/vgpu-gate.conf /etc/vgpu-gate/moved.conf
    on b ln -s nowhere.conf /etc/vgpu-gate/vgpu-gate.conf
    expect_migration_refused 601 linked "symbolic link '/etc/vgpu-gate/vgpu-gate.conf' leads to a file that does not exist"
    on b ln -sf moved.conf /etc/vgpu-gate/vgpu-gate.conf
    migrate a linked
    guest_moved a linked
    on b mv /etc/vgpu-gate/moved.conf /etc/vgpu-gate/vgpu-gate.conf
}

# Only if a user put metadata into the inactive XML: vgpu-gate never does.
test_a_cold_start_is_judged_where_that_is_asked_for () {
    local element
    guest_run a judged "$h100_20c"
    element=$(element a judged)
    on a virsh -q destroy judged
    # it would remove the metadata from the definition
    host_service stop a vgpu-gated
    on a virsh -q metadata judged --config --uri "$element_uri" --key vgate --set "$element"
    host_update a --gpu "$h100" --ecc off
    host_configure a gate <<<'cold-start=check'
    expect_refused 304 judged 'ECC' on a virsh start judged
    no_qemu a judged
    host_update a --gpu "$h100" --ecc on
    guest_start a judged
    guest_answers a judged
}

test_a_cold_start_is_left_alone_by_default () {
    local element
    guest_run a trusted "$h100_20c"
    element=$(element a trusted)
    on a virsh -q destroy trusted
    host_service stop a vgpu-gated
    on a virsh -q metadata trusted --config --uri "$element_uri" --key vgate --set "$element"
    host_update a --gpu "$h100" --ecc off
    guest_start a trusted
    guest_answers a trusted
}
