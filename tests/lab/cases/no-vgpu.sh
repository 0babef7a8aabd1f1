# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# A guest without a vGPU is not touched, whatever state the driver or the configuration is in.

start_plain () {
    guest_define a plain
    guest_start a plain
}

move_plain () {
    migrate a plain
    guest_moved a plain
}

test_it_migrates_and_gets_no_element () {
    start_plain
    # a guest with a vGPU that starts later was captured, so the guest without one was checked as well
    guest_run a other "$h100_20c"
    ! has_element a plain || fail 'it has an element'
    move_plain
    guest_run b third "$h100_20c"
    ! has_element b plain || fail 'it has an element on host b'
}

test_it_migrates_where_the_driver_fails () {
    start_plain
    host_fails b nvmlInit_v2 999
    move_plain
}

test_it_migrates_where_the_driver_hangs () {
    start_plain
    host_hangs b nvmlInit_v2
    move_plain
}

test_it_migrates_where_there_is_no_driver () {
    start_plain
    host_library b /nonexistent/libnvidia-ml.so.1
    move_plain
}

test_it_migrates_where_the_configuration_is_bad () {
    start_plain
    host_configure b gate <<<'no-such-key=1'
    move_plain
}
