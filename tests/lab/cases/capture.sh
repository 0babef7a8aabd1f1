# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# vgpu-gated keeps the metadata in the live XML of the guests of its host up to date.

test_the_element_comes_with_the_start_and_goes_with_the_end () {
    guest_define a fresh "$h100_20c"
    ! has_element a fresh --config || fail 'a guest that never ran has an element'
    guest_start a fresh
    wait_captured a fresh 0.0
    ! has_element a fresh --config || fail 'the element is in the inactive XML'
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
    # meanwhile another guest starts there
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
    # the same process sees changes after the restart
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

# --- metadata that another program changed ---

test_a_change_by_somebody_else_is_repaired () {
    local before
    guest_run a meddled "$h100_20c"
    before=$(attribute a meddled '/*/@sequence')
    element_edit a meddled 's/guest-vgpu-version="26\.1"/guest-vgpu-version="18.1"/; s/ sequence="[0-9]*"/ sequence="1"/'
    wait_captured a meddled 26.1
    # the number never decreases, whatever the other program wrote
    [ "$(attribute a meddled '/*/@sequence')" -gt "$before" ] || fail "the sequence went back below $before"
    migrate a meddled
    guest_moved a meddled
}

# logged_loss HOST NAME TEXT
logged_loss () {
    on "$1" grep -q "VGATE-831: $2: the metadata .*$3" /var/log/libvirt/vgpu-gated.log
}

test_an_element_that_somebody_removed_comes_back () {
    guest_run a bereft "$h100_20c"
    on a virsh -q metadata bereft --live --uri "$element_uri" --remove
    within 10 logged_loss a bereft 'was missing' || fail 'it is not logged:' "$(on a cat /var/log/libvirt/vgpu-gated.log)"
    wait_captured a bereft 26.1
    has_attribute a bereft '/*/capture/@trigger' change || fail 'the capture says:' "$(element a bereft)"
}

test_an_element_that_cannot_be_read_is_replaced () {
    guest_run a garbled "$h100_20c"
    on a virsh -q metadata garbled --live --uri "$element_uri" --key vgate --set '<nonsense/>'
    within 10 logged_loss a garbled 'could not be read' || fail 'it is not logged:' "$(on a cat /var/log/libvirt/vgpu-gated.log)"
    wait_captured a garbled 26.1
    has_attribute a garbled '/*/capture/@trigger' change || fail 'the capture says:' "$(element a garbled)"
}

# The daemon distinguishes its own writes from others: each makes one event, and causes no further update.
test_it_does_not_answer_itself () {
    guest_run a sober "$h100_20c"
    sleep 2
    [ "$(vgpu_gated_log a | grep -c 'VGATE-701: sober')" -le 3 ] || fail 'it writes on and on:' "$(vgpu_gated_log a)"
}

# --- vGPUs that come and go ---

test_a_vgpu_that_is_attached_and_detached () {
    local second
    guest_run a growing "$h100_20c"
    second=$(on a vgpu-sim plug --vm "$(uuid_of growing)" --type "$h100_20c" --mdev "$(uuid_of second)")
    wait_attribute a growing 'count(/*/vgpu)' 2
    has_attribute a growing '/*/vgpu[2]/@uuid' "$second" || has_attribute a growing '/*/vgpu[1]/@uuid' "$second" ||
        fail "vGPU $second was not captured:" "$(element a growing)"
    on a vgpu-sim unplug --vm "$(uuid_of growing)" --uuid "$second" >/dev/null
    wait_attribute a growing 'count(/*/vgpu)' 1
}

has_no_element () {
    ! has_element "$@"
}

test_the_last_vgpu_takes_the_element_with_it () {
    guest_run a shrinking "$h100_20c"
    on a vgpu-sim unplug --vm "$(uuid_of shrinking)" >/dev/null
    within 10 has_no_element a shrinking || fail 'it is still there:' "$(element a shrinking)"
    log_has a 'VGATE-703: shrinking'
}

# --- a GPU that is lost ---

lose () {
    on "$1" vgpu-sim fail "$2" GPU_IS_LOST --gpu "$l40s"
}

# lost_at CALL: makes NVML fail in this call, before or after it identifies the GPU
lost_at () {
    local before
    guest_run a healthy "$h100_20c"
    guest_run a stricken "$l40s_12q"
    before=$(element a stricken)
    lose a "$1"
    lose b "$1"
    log_has a 'VGATE-517: cannot use GPU '
    on a vgpu-gate agent metrics | grep -x 'vgpu_gate_gpus_unusable 1' >/dev/null || fail "$(on a vgpu-gate agent metrics)"
    # the other guests are captured, start, and migrate, although both hosts have lost a GPU
    guest_driver_up a healthy 570.195.03 18.1-24.2
    wait_captured a healthy 24.2
    guest_run a fresh "$h100_20c"
    migrate a healthy || fail 'the guest of the healthy GPU does not move'
    guest_moved a healthy
    wait_attribute b healthy '/*/capture/@host' host-b
    # the guest of the lost GPU keeps its metadata for several intervals; and this is logged once, not each time
    sleep 3
    [ "$(element a stricken)" = "$before" ] || fail 'the element was:' "$before" 'and is:' "$(element a stricken)"
    [ "$(vgpu_gated_log a | grep -c 'VGATE-517: cannot use GPU ')" -eq 1 ] || fail "$(vgpu_gated_log a)"
    host_heals a
    log_has a 'VGATE-519'
    on a vgpu-gate agent metrics | grep -x 'vgpu_gate_gpus_unusable 0' >/dev/null || fail "$(on a vgpu-gate agent metrics)"
    guest_driver_up a stricken 570.195.03 18.1-24.2
    wait_captured a stricken 24.2
}

test_a_gpu_that_fell_off_the_bus () {
    lost_at nvmlDeviceGetHandleByIndex
}

test_a_gpu_that_fails_at_its_metadata () {
    lost_at nvmlDeviceGetVgpuMetadata
}

# --- hanging calls ---

is_stopped () {
    ! on "$1" pgrep -x vgpu-gated >/dev/null
}

# ends_at_once HOST: sends SIGTERM, and measures the time until the daemon has exited
ends_at_once () {
    local took
    # shellcheck disable=SC2016  # to be expanded in there
    took=$(milliseconds_on "$1" bash -c '
        pid=$(cat /run/lab/vgpu-gated.pid)
        kill "$pid"
        while kill -0 "$pid" 2>/dev/null; do sleep 0.01; done')
    echo "note: ended after $took ms"
    [ "$took" -lt 1000 ] || fail "it took $took ms to end"
}

# The daemon inherits blocked and ignored signals, and a pipe that nobody reads any more.
test_signals_reach_it_however_it_was_started () {
    host_service stop a vgpu-gated
    # shellcheck disable=SC2016  # to be expanded in there
    on a bash -c '
        setsid env --block-signal=TERM,HUP --ignore-signal=TERM,HUP --default-signal=PIPE vgpu-gated \
            </dev/null >/dev/null 2> >(exec sleep 0.1) &
        echo $! >/run/lab/vgpu-gated.pid'
    # from then on it logs only into the journal
    guest_run a unheard "$h100_20c"
    # shellcheck disable=SC2016
    on a bash -c 'kill -HUP "$(cat /run/lab/vgpu-gated.pid)"'
    within 5 on a grep -q VGPU_GATE_CODE=VGATE-734 /var/log/libvirt/journal.log || fail 'it did not read its configuration again'
    on a pgrep -x vgpu-gated >/dev/null || fail 'it ended with the reader of its standard error'
    host_service stop a vgpu-gated || fail 'SIGTERM does not end it'
}

timed_sigterm_while_the_driver_hangs () {
    guest_run a hanging "$h100_20c"
    host_hangs a nvmlInit_v2
    within 5 on a pgrep -x vgpu-gate-nvml >/dev/null || fail 'nobody asks NVML'
    ends_at_once a
}

timed_sigterm_while_libvirtd_hangs () {
    guest_run a stalled "$h100_20c"
    # shellcheck disable=SC2016  # to be expanded in there
    on a bash -c 'kill -STOP "$(cat /run/lab/libvirtd.pid)"'
    # there is something to write, so libvirtd is called
    guest_driver_up a stalled 570.195.03 18.1-24.2
    sleep 3
    ends_at_once a
    # shellcheck disable=SC2016
    on a bash -c 'kill -CONT "$(cat /run/lab/libvirtd.pid)"'
}

test_a_libvirtd_that_hangs_for_a_while () {
    guest_run a waiting "$h100_20c"
    # shellcheck disable=SC2016
    on a bash -c 'kill -STOP "$(cat /run/lab/libvirtd.pid)"'
    guest_driver_up a waiting 570.195.03 18.1-24.2
    sleep 4
    # shellcheck disable=SC2016
    on a bash -c 'kill -CONT "$(cat /run/lab/libvirtd.pid)"'
    wait_captured a waiting 24.2
    log_has a 'VGATE-709'
}
