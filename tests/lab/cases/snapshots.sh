# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# Snapshots with the guest's memory. libvirt 9.0 makes external ones and cannot revert to them; it reverts to internal
# ones, which need a qcow2 disk. (Reverts to external ones are in the mdev lab, with libvirt 11.)

memory=/var/lib/libvirt/guest.memory

# A driver of r590 on the host, to which no guest with a driver of r535 can return.
upgrade () {
    host_update a --driver 590.48.01 --range 24.1-27.1
}

downgrade () {
    host_update a --driver 580.95.05 --range 18.1-26.1
}

# guest_run_stuck NAME [BYTES]: a guest that could not be restored on this host
guest_run_stuck () {
    guest_define a "$1" "$h100_20c"
    [ $# -lt 2 ] || guest_ballast a "$1" "$2"
    guest_start a "$1"
    guest_driver_up a "$1" 535.261.03 7.1-18.1
    wait_captured a "$1" 18.1
    upgrade
    wait_attribute a "$1" '/*/vgpu/pgpu/@range' 24.1-27.1
}

snapshots_of () {
    on "$1" virsh -q snapshot-list "$2" --name
}

has_been_reported () {
    [ "$(vgpu_gated_log a | grep -cE 'VGATE-(540|707): stuck: ')" -eq "$1" ]
}

# The abort can be too late on a busy machine; the snapshot is then reported.
test_an_external_snapshot_that_could_not_be_reverted_to () {
    local output attempt stopped=
    guest_run_stuck stuck 40000000
    for attempt in 1 2 3 4 5; do
        if ! output=$(on a virsh -q snapshot-create-as stuck before --memspec "file=$memory,snapshot=external" 2>&1); then
            stopped=yes
            break
        fi
        echo "note: snapshot $attempt was not stopped"
        within 10 has_been_reported "$attempt" || fail 'the snapshot is neither stopped nor reported:' "$(vgpu_gated_log a)"
        on a virsh -q snapshot-delete stuck before --metadata
        on a rm -f "$memory"
    done
    [ -n "$stopped" ] || fail 'no snapshot was stopped'
    printf '%s\n' "$output"
    log_has a 'VGATE-303: stuck: the snapshot was stopped: the guest could not be restored on this host: .*18\.1'
    guest_answers a stuck
    [ -z "$(snapshots_of a stuck)" ] || fail 'the snapshot is there:' "$(snapshots_of a stuck)"
    ! on a test -e "$memory" || fail 'its memory is left'
    on a vgpu-gate agent metrics | grep -xF 'vgpu_gate_jobs_stopped_total{code="VGATE-303"} 1' >/dev/null || fail 'it is not counted'
    # when the reason is gone
    downgrade
    wait_attribute a stuck '/*/vgpu/pgpu/@range' 18.1-26.1
    on a virsh -q snapshot-create-as stuck after --memspec "file=$memory,snapshot=external"
    guest_answers a stuck
}

# guest_run_inner NAME: a guest of r535 that can have internal snapshots
guest_run_inner () {
    guest_define a "$1" "$h100_20c"
    guest_disk_add a "$1"
    guest_start a "$1"
    guest_driver_up a "$1" 535.261.03 7.1-18.1
    wait_captured a "$1" 18.1
}

# libvirt lets nobody stop an internal snapshot, so it is judged when it is complete.
test_an_internal_snapshot_that_cannot_be_reverted_to () {
    guest_run_inner inner
    on a virsh -q snapshot-create-as inner good
    upgrade
    wait_attribute a inner '/*/vgpu/pgpu/@range' 24.1-27.1
    on a virsh -q snapshot-create-as inner disks --disk-only --diskspec "vda,file=$guest_disk.2"
    on a virsh -q snapshot-delete inner disks --metadata
    on a virsh -q snapshot-create-as inner bad
    within 10 has_logged a "VGATE-540: inner: snapshot 'bad' cannot be reverted to: .*18\.1.*snapshot-delete 'inner' 'bad'" ||
        fail 'it is not reported:' "$(vgpu_gated_log a)"
    ! has_logged a "VGATE-540: .*'(good|disks)'" || fail 'too many are reported:' "$(vgpu_gated_log a)"
    on a vgpu-gate agent metrics | grep -xF 'vgpu_gate_snapshots_unusable_total{code="VGATE-303"} 1' >/dev/null || fail 'it is not counted'
    guest_answers a inner
}

# check_snapshot NAME SNAPSHOT: what vgpu-gate says about a revert
check_snapshot () {
    on a bash -c "virsh snapshot-dumpxml $1 $2 | vgpu-gate check -" 2>&1
}

test_check_reads_a_snapshot () {
    local output
    guest_run_inner asked
    on a virsh -q snapshot-create-as asked memory
    output=$(check_snapshot asked memory) || fail 'the revert would be refused:' "$output"
    [[ $output == *'operation: restore'* ]] || fail "$output"
    upgrade
    expect_refused 303 asked '18\.1.*24\.1' check_snapshot asked memory
    # a guest that is started cold needs nothing of what it was
    on a virsh -q snapshot-create-as asked disks --disk-only --diskspec "vda,file=$guest_disk.2"
    output=$(check_snapshot asked disks) || fail 'the cold start would be refused:' "$output"
}

# libvirt ends the running guest first. By default a revert to an internal snapshot is not judged: at the only event that
# can be told from a cold start, QEMU has read the snapshot. With cold-start=check it is judged before QEMU is started.
test_a_revert_to_an_internal_snapshot () {
    guest_run_inner back
    on a virsh -q snapshot-create-as back before
    host_update a --driver 580.105.08
    host_configure a rules <<<'host-driver-not-same=refuse'
    expect_refused 406 back '580\.95\.05.*580\.105\.08' check_snapshot back before
    on a virsh -q snapshot-revert back before
    guest_answers a back
    host_configure a gate <<<'cold-start=check'
    expect_refused 406 back '580\.95\.05.*580\.105\.08' on a virsh snapshot-revert back before
    guest_is a back 'shut off'
    no_qemu a back
    [ "$(snapshots_of a back)" = before ] || fail 'the snapshot is gone'
    host_update a --driver 580.95.05
    on a virsh -q snapshot-revert back before
    guest_answers a back
}
