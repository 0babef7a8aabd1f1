# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# A destination whose driver, installation or configuration is broken: it refuses in time, and says why.

timed_the_driver_hangs () {
    local took
    host_configure b backend <<<'deadline-ms=1500'
    guest_run a hung "$h100_20c"
    # so that only the hook has a process that waits for the driver there
    host_service stop b vgpu-gated
    host_hangs b nvmlInit_v2
    took=$(milliseconds_on a virsh migrate --live hung qemu+tcp://host-b/system)
    echo "note: refused after $took ms with a deadline of 1500 ms"
    expect_migration_refused 504 hung ''
    if [ "$took" -lt 1500 ] || [ "$took" -gt 3000 ]; then
        fail "after $took ms, with a deadline of 1500 ms"
    fi
    # no process waits for the driver any more
    within 5 no_reader b || fail 'a process that hangs in the driver is left:' "$(on b pgrep -af vgpu-gate-nvml)"
    host_heals b
    migrate a hung
    guest_moved a hung
}

no_reader () {
    ! on "$1" pgrep -f vgpu-gate-nvml >/dev/null
}

# A kill as by the kernel when memory is short.
test_the_reader_of_the_driver_dies () {
    guest_run a orphaned "$h100_20c"
    host_service stop b vgpu-gated
    host_hangs b nvmlInit_v2
    on b bash -c 'until pkill -x vgpu-gate-nvml; do sleep 0.05; done' &
    expect_migration_refused 505 orphaned ''
    wait
}

test_the_driver_fails () {
    guest_run a failed "$h100_20c"
    host_fails b nvmlDeviceGetVgpuMetadata 999
    expect_migration_refused 503 failed 'nvmlDeviceGetVgpuMetadata'
    host_heals b
    migrate a failed
    guest_moved a failed
}

test_the_driver_is_not_loaded () {
    guest_run a unloaded "$h100_20c"
    host_fails b nvmlInit_v2 9
    expect_migration_refused 503 unloaded 'nvmlInit'
}

test_the_library_is_missing () {
    guest_run a lost "$h100_20c"
    host_library b /nonexistent/libnvidia-ml.so.1
    expect_migration_refused 501 lost '/nonexistent/libnvidia-ml\.so\.1'
}

test_the_library_is_none () {
    guest_run a fake "$h100_20c"
    host_library b /etc/vgpu-gate/sim-host.conf
    expect_migration_refused 501 fake '/etc/vgpu-gate/sim-host\.conf'
}

test_the_configuration_belongs_to_somebody_else () {
    guest_run a owned "$h100_20c"
    on b chown 65534 /etc/vgpu-gate/vgpu-gate.conf
    expect_migration_refused 602 owned '/etc/vgpu-gate/vgpu-gate\.conf'
}

test_the_configuration_can_be_written_by_others () {
    guest_run a open "$h100_20c"
    on b chmod 0666 /etc/vgpu-gate/vgpu-gate.conf
    expect_migration_refused 602 open '/etc/vgpu-gate/vgpu-gate\.conf'
}

test_the_configuration_has_a_syntax_error () {
    guest_run a syntax "$h100_20c"
    host_configure b gate <<<'this is no key'
    expect_migration_refused 603 syntax 'line [0-9]+'
}

test_the_configuration_has_an_unknown_key () {
    guest_run a misspelt "$h100_20c"
    host_configure b gate <<<'mising-metadata=allow'
    expect_migration_refused 604 misspelt 'mising-metadata'
}

test_the_configuration_has_a_bad_value () {
    guest_run a wrong "$h100_20c"
    host_configure b gate <<<'missing-metadata=perhaps'
    expect_migration_refused 605 wrong 'perhaps'
}
