# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# The estimated down-time of a guest: what is captured for it, and its effects.

# guest_run_large HOST NAME [BALLAST]: as guest_run; its vGPU has 1000 MiB in use and 24 MiB of state, which travel as 1024
# and 64
guest_run_large () {
    host_configure "$1" capture <<<'refresh=1'
    host_configure "$1" down-time <<<'link-speed=1000'
    host_service restart "$1" vgpu-gated
    guest_define "$1" "$2" "$h100_20c"
    [ $# -lt 3 ] || guest_ballast "$1" "$2" "$3"
    guest_start "$1" "$2"
    guest_driver_up "$1" "$2"
    wait_captured "$1" "$2" 26.1
    guest_memory "$1" "$2" 1000 24
    wait_attribute "$1" "$2" '/*/vgpu/@framebuffer-used' 1073741824
    wait_attribute "$1" "$2" '/*/vgpu/@runtime-state' 67108864
    wait_attribute "$1" "$2" '/*/guest/@max-downtime' 300
}

# guest_memory HOST NAME USED STATE: in MiB
guest_memory () {
    on "$1" vgpu-sim guest-memory --vm "$(uuid_of "$2")" --framebuffer-used "$3" --runtime-state "$4"
}

journal_has () {
    on "$1" grep -Eq "$2" /var/log/libvirt/journal.log
}

# (A guest that has left before vgpu-gated has updated it gets no warning at the source.)
test_a_migration_that_takes_long_is_warned_of_on_both_sides () {
    guest_run_large a slow 24000000
    host_configure b down-time <<<'link-speed=1000'
    migrate_slowly a slow
    log_has a 'VGATE-413: slow: .*about 8590 ms of down-time \(1024 MiB at 1000 Mbit/s of the link\); the guest.s limit is 300 ms'
    on a virsh -q migrate-setspeed slow 1000
    migration_end a || fail 'to warn of it stopped it'
    guest_moved a slow
    within 5 journal_has b 'VGATE-413.*about 9127 ms of down-time \(1088 MiB at 1000 Mbit/s' ||
        fail 'the destination does not warn:' "$(on b cat /var/log/libvirt/journal.log)"
}

test_the_limit_of_virsh_decides () {
    guest_run_large a waiting
    host_configure b down-time <<<'link-speed=1000'
    host_configure b rules <<<'down-time=refuse'
    expect_migration_refused 413 waiting 'about 9127 ms of down-time \(1088 MiB .*; the guest.s limit is 300 ms'
    on a virsh -q migrate-setmaxdowntime waiting 10000
    wait_attribute a waiting '/*/guest/@max-downtime' 10000
    migrate a waiting
    guest_moved a waiting
    # a new QEMU, in which the limit was not set
    wait_attribute b waiting '/*/guest/@max-downtime' 300
}

test_the_limit_of_the_configuration_goes_before_it () {
    guest_run_large a limited
    on a virsh -q migrate-setmaxdowntime limited 100000
    host_configure b down-time <<<$'link-speed=1000\nlimit-ms=9126'
    host_configure b rules <<<'down-time=refuse'
    expect_migration_refused 413 limited "this host's limit is 9126 ms"
    on b sed -i s/limit-ms=9126/limit-ms=9127/ /etc/vgpu-gate/vgpu-gate.conf
    migrate a limited
    guest_moved a limited
}

test_the_speed_of_the_gpus_counts () {
    host_update a --gpu "$h100" --read-bandwidth 100 --write-bandwidth 1000
    host_update b --gpu "$h100" --read-bandwidth 1000 --write-bandwidth 50
    guest_run_large a paced
    wait_attribute a paced '/*/vgpu/pgpu/@read-bandwidth' 100
    host_configure b rules <<<'down-time=refuse'
    expect_migration_refused 413 paced 'at 400 Mbit/s of the GPU here'
    host_update b --gpu "$h100" --write-bandwidth 1000
    expect_migration_refused 413 paced 'at 800 Mbit/s of the source.s GPU'
}

test_what_is_not_known_is_no_finding () {
    host_fails a nvmlVgpuInstanceGetFbUsage NOT_SUPPORTED
    guest_run a unknown "$h100_20c"
    [ -z "$(attribute a unknown '/*/vgpu/@framebuffer-used')" ] || fail 'its size is known'
    host_configure b down-time <<<$'link-speed=1\nlimit-ms=1'
    host_configure b rules <<<'down-time=refuse'
    migrate a unknown
    guest_moved a unknown
}

# The used frame buffer changes all the time, and is written only if it differs much from the value in the XML.
test_a_small_change_is_not_written () {
    local sequence
    guest_run_large a breathing
    sequence=$(attribute a breathing '/*/@sequence')
    for used in 970 1020 950 1000; do
        guest_memory a breathing "$used" 24
        sleep 1.2
    done
    wait_attribute a breathing '/*/@sequence' "$sequence"
    guest_memory a breathing 300 24
    wait_attribute a breathing '/*/vgpu/@framebuffer-used' 335544320
    [ "$(attribute a breathing '/*/@sequence')" -gt "$sequence" ] || fail 'the sequence did not go up'
}
