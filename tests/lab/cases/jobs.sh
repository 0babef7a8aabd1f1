# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# When a migration or a save begins, vgpu-gated asks NVML again, and aborts the job if the metadata that leaves with the
# guest is out of date.

image=/var/lib/libvirt/guest.save

test_an_update_before_a_migration_is_in_the_xml_before_it () {
    guest_run_r535 a updated "$h100_20c"
    guest_driver_up a updated
    wait_captured a updated 26.1
    migrate a updated
    guest_moved a updated
    wait_captured b updated 26.1
}

# The job began before the element was written, so the guest would take the old one: the job is aborted, and the guest
# is captured again.
test_an_update_during_a_migration_stops_it () {
    local output
    guest_define a racing "$h100_20c"
    guest_ballast a racing 24000000
    guest_start a racing
    guest_driver_up a racing 535.261.03 7.1-18.1
    wait_captured a racing 18.1
    migrate_slowly a racing
    guest_driver_up a racing
    output=$(migration_end a) && fail 'the migration went on:' "$output"
    [[ $output == *'canceled by client'* ]] || fail "it was not stopped, but: $output"
    log_has a 'VGATE-706: racing: the migration was stopped: .*18\.1 in the XML, 26\.1 now'
    on a vgpu-gate agent metrics | grep -xF 'vgpu_gate_jobs_stopped_total{code="VGATE-706"} 1' >/dev/null || fail 'it is not counted'
    on a grep -q "VGPU_GATE_CODE=VGATE-706.*VGPU_GATE_DOMAIN_UUID=$(uuid_of racing)" /var/log/libvirt/journal.log ||
        fail 'the entry has no fields:' "$(on a cat /var/log/libvirt/journal.log)"
    guest_answers a racing
    guest_is b racing absent
    wait_captured a racing 26.1
    migrate a racing
    guest_moved a racing
}

test_a_migration_without_a_change_is_left_alone () {
    guest_define a calm "$h100_20c"
    guest_ballast a calm 24000000
    guest_start a calm
    guest_driver_up a calm
    wait_captured a calm 26.1
    migrate_slowly a calm
    sleep 3
    on a virsh -q migrate-setspeed calm 1000
    migration_end a || fail 'it was not left alone'
    guest_moved a calm
}

test_the_check_can_be_switched_off () {
    host_configure a jobs <<<'stale-metadata=ignore'
    host_service restart a vgpu-gated
    guest_define a unchecked "$h100_20c"
    guest_ballast a unchecked 24000000
    guest_start a unchecked
    guest_driver_up a unchecked 535.261.03 7.1-18.1
    wait_captured a unchecked 18.1
    migrate_slowly a unchecked
    guest_driver_up a unchecked
    sleep 2
    on a virsh -q migrate-setspeed unchecked 1000
    migration_end a || fail 'it was stopped'
    guest_moved a unchecked
}

# stopped_says NAME EXPRESSION: a Python expression about the job that the status shows as stopped
stopped_says () {
    on a vgpu-gate agent status --output json | python3 -c "
import json, sys
guests = {guest.get('name'): guest for guest in json.load(sys.stdin)['status']['guest']}
stopped = guests['$1']['stopped']
print(stopped)
sys.exit(0 if ($2) else 1)" || fail "this does not hold: $2" "$(on a vgpu-gate agent status)"
}

# as 'systemctl reload vgpu-gated'
gated_reload () {
    # shellcheck disable=SC2016  # to be expanded in there
    on "$1" bash -c 'kill -HUP "$(cat /run/lab/vgpu-gated.pid)"'
    log_has "$1" 'VGATE-734'
}

# A save that could not be restored: the host's driver was updated under the running guest.
test_a_save_that_could_not_be_restored_here_is_refused () {
    local output
    guest_define a stuck "$h100_20c"
    guest_ballast a stuck 40000000
    guest_start a stuck
    guest_driver_up a stuck 535.261.03 7.1-18.1
    wait_captured a stuck 18.1
    host_update a --driver 590.48.01 --range 24.1-27.1
    wait_attribute a stuck '/*/vgpu/pgpu/@range' 24.1-27.1
    output=$(on a virsh save stuck "$image" 2>&1) && fail 'it was saved:' "$output"
    printf '%s\n' "$output"
    log_has a 'VGATE-303: stuck: the save was stopped: the guest could not be restored on this host: .*18\.1'
    guest_answers a stuck
    ! on a test -e "$image" || fail 'an image is left'
    # the way out is walked
    stopped_says stuck "'unrestorable-save=ignore in [jobs]' in stopped['way-out']"
    host_configure a jobs <<<'unrestorable-save=ignore'
    gated_reload a
    on a virsh -q save stuck "$image"
    guest_is a stuck 'shut off'
}

# virsh only says 'canceled by client'.
test_the_status_says_who_stopped_a_save_and_why () {
    guest_define a driverless "$h100_20c"
    guest_ballast a driverless 40000000
    guest_start a driverless
    wait_captured a driverless 0.0
    ! on a virsh save driverless "$image" || fail 'it was saved'
    log_has a 'VGATE-403: driverless: the save was stopped'
    stopped_says driverless "stopped['job'] == 'save' and stopped['by'] == 'vgpu-gated' and stopped['code'] == 'VGATE-403'"
    stopped_says driverless "'guest driver was not loaded' in stopped['text'] and 'guest-driver-down=warn' in stopped['way-out']"
    [[ $(on a vgpu-gate agent status) == *VGATE-403* ]] || fail "$(on a vgpu-gate agent status)"
    guest_answers a driverless
    # the way out is walked
    host_configure a rules <<<'guest-driver-down=warn'
    gated_reload a
    on a virsh -q save driverless "$image"
    guest_is a driverless 'shut off'
}

# libvirt_guests: as it is run when systemd stops it
libvirt_guests () {
    # shellcheck disable=SC2016  # to be expanded in there
    on a sh -c 'echo ON_SHUTDOWN=suspend >/etc/default/libvirt-guests
        rm -f /var/lib/libvirt/libvirt-guests
        sh /usr/lib/libvirt/libvirt-guests.sh stop; status=$?
        rm -f /var/lib/libvirt/libvirt-guests /etc/default/libvirt-guests
        exit $status'
}

# libvirt-guests does nothing else for a guest whose save fails. While the host runs, the guest goes on. At shutdown it
# would be lost, so it is saved, and the gate judges the image.
test_a_shutdown_does_not_lose_a_guest () {
    on a test -e /usr/lib/libvirt/libvirt-guests.sh || fail 'libvirt-guests is not installed'
    guest_define a evening "$h100_20c"
    guest_ballast a evening 40000000
    guest_start a evening
    guest_driver_up a evening 535.261.03 7.1-18.1
    wait_captured a evening 18.1
    host_update a --driver 590.48.01 --range 24.1-27.1
    wait_attribute a evening '/*/vgpu/pgpu/@range' 24.1-27.1
    ! libvirt_guests || fail 'it was saved while the host runs'
    guest_answers a evening
    on a "$lab/shutting-down" /run/systemd/private >/dev/null 2>&1 &
    within 5 on a test -S /run/systemd/private || fail 'the lab has no systemd'
    libvirt_guests || fail 'it was not saved'
    guest_is a evening 'shut off'
    log_has a 'VGATE-719: evening: the save was not stopped, because this host is shutting down: .*18\.1'
    [[ $(on a virsh -q list --all --with-managed-save --name) == evening ]] || fail 'there is no managed save'
    on a pkill -f "$lab/shutting-down"
    on a rm /run/systemd/private
    expect_refused 303 evening '18\.1.*24\.1' on a virsh start evening
    host_update a --driver 580.95.05 --range 18.1-26.1
    guest_start a evening
    guest_answers a evening
}

test_such_a_managed_save_is_refused () {
    guest_define a kept "$h100_20c"
    guest_ballast a kept 40000000
    guest_start a kept
    guest_driver_up a kept 535.261.03 7.1-18.1
    wait_captured a kept 18.1
    host_update a --driver 590.48.01 --range 24.1-27.1
    wait_attribute a kept '/*/vgpu/pgpu/@range' 24.1-27.1
    ! on a virsh managedsave kept || fail 'it was saved'
    log_has a 'VGATE-303: kept: the save was stopped'
    guest_answers a kept
    [ -z "$(on a virsh -q list --all --with-managed-save --name)" ] || fail 'a managed save is left'
}

test_a_driver_that_hangs_holds_no_migration_up () {
    host_configure a backend <<<'deadline-ms=1000'
    host_service restart a vgpu-gated
    guest_define a fleeing "$h100_20c"
    guest_ballast a fleeing 24000000
    guest_start a fleeing
    guest_driver_up a fleeing
    wait_captured a fleeing 26.1
    host_hangs a nvmlInit_v2
    migrate_slowly a fleeing
    log_has a 'VGATE-708: fleeing: the migration continues without a check: the driver did not answer'
    on a virsh -q migrate-setspeed fleeing 1000
    migration_end a || fail 'it was held up'
    host_heals a
    guest_moved a fleeing
}

# When vgpu-gated starts, it checks jobs that are already running.
test_a_daemon_that_comes_in_the_middle () {
    guest_define a orphan "$h100_20c"
    guest_ballast a orphan 24000000
    guest_start a orphan
    guest_driver_up a orphan 535.261.03 7.1-18.1
    wait_captured a orphan 18.1
    host_service kill a vgpu-gated
    migrate_slowly a orphan
    guest_driver_up a orphan
    host_service start a vgpu-gated
    ! migration_end a || fail 'the migration went on'
    log_has a 'VGATE-706: orphan: the migration was stopped'
    guest_answers a orphan
    wait_captured a orphan 26.1
}

# --- before memory moves ---

# Records the migration events of QEMU on host a. The end of the case reverts make_slow.
hear_qemu () {
    on a timeout 60 stdbuf -oL virsh -q qemu-monitor-event --event MIGRATION --loop >"$VGPU_GATE_LAB/heard" 2>&1 </dev/null &
    # shellcheck disable=SC2064  # the hook is known
    trap "on b rm -f $slow_hook" EXIT
}

# Host b takes four seconds to prepare for a guest.
slow_hook=/etc/libvirt/hooks/qemu.d/05-slow
make_slow () {
    on b sh -c "cat >$slow_hook && chmod 0755 $slow_hook" <<'HOOK'
#!/bin/sh
[ "$2" != migrate ] || sleep 4
HOOK
}

qemu_never_began () {
    ! grep -q . "$VGPU_GATE_LAB/heard" || fail 'QEMU had begun:' "$(cat "$VGPU_GATE_LAB/heard")"
}

# guest_run_unwatched NAME: captured, and NVML is asked again only after an event of the guest
guest_run_unwatched () {
    guest_run a "$1" "$h100_20c"
    host_configure a capture <<<$'interval=3600\ninterval-fast=3600'
    on a sed -i '/^interval=1$/d; /^interval-fast=1$/d' /etc/vgpu-gate/vgpu-gate.conf
    gated_restart a
    sleep 1
}

# libvirt reports when the job begins; QEMU begins only when the destination is ready.
test_a_change_before_is_found_before_memory_moves () {
    local output
    guest_run_unwatched early
    hear_qemu
    guest_driver_up a early 535.261.03 7.1-18.1
    output=$(migrate a early) && fail 'it went on'
    [[ $output == *'canceled by client'* ]] || fail "it was not stopped, but: $output"
    log_has a 'VGATE-706: early: the migration was stopped: .*26\.1 in the XML, 18\.1 now'
    qemu_never_began
    guest_answers a early
    guest_is b early absent
    wait_captured a early 18.1
    migrate a early
    guest_moved a early
}

# While the destination prepares, NVML is asked several times a second, so that the answer is recent when memory moves.
test_a_change_while_the_destination_gets_ready () {
    local output
    guest_run_unwatched prepared
    hear_qemu
    make_slow
    migrate a prepared >"$VGPU_GATE_LAB/migration.a" 2>&1 &
    # shellcheck disable=SC2034  # for migration_end
    slow_migration=$!
    within 3 is_announced prepared || fail 'libvirt does not begin'
    sleep 1
    guest_driver_up a prepared 535.261.03 7.1-18.1
    output=$(migration_end a) && fail 'it went on'
    [[ $output == *'canceled by client'* ]] || fail "it was not stopped, but: $output"
    qemu_never_began
    log_has a 'VGATE-706: prepared: the migration was stopped'
    guest_answers a prepared
    guest_is b prepared absent
}

questions () {
    on a vgpu-gate agent metrics | sed -n 's/^vgpu_gate_nvml_questions_total //p'
}

# guest_that_b_refuses NAME: and NVML is asked again only after an event of the guest, or while it leaves
guest_that_b_refuses () {
    host_update b --driver 590.48.01 --range 24.1-27.1
    guest_run_r535 a "$1" "$h100_20c"
    host_configure a capture <<<'interval=3600'
    on a sed -i '/^interval=1$/d' /etc/vgpu-gate/vgpu-gate.conf
    host_configure a backend <<<'deadline-ms=1000'
    gated_restart a
    sleep 1
}

is_left_alone () {
    local before
    before=$(questions)
    sleep 4
    [ "$(questions)" -eq "$before" ] || fail "NVML is still asked: $before, $(questions)"
    # and a change is captured
    guest_driver_up a "$1"
    on a virsh -q suspend "$1"
    on a virsh -q resume "$1"
    wait_captured a "$1" 26.1
}

# QEMU never reports a migration that the destination refuses; and the guest is no longer asked for at the fast
# interval.
test_a_refused_migration_is_over () {
    guest_that_b_refuses refused
    ! migrate a refused || fail 'it was not refused'
    sleep 1
    is_left_alone refused
}

# An answer about a job that has ended in the meantime does not mean that the guest leaves.
test_a_refused_migration_is_over_before_nvml_answers () {
    guest_that_b_refuses slow
    host_hangs a nvmlInit_v2
    ! migrate a slow || fail 'it was not refused'
    log_has a 'VGATE-708: slow: the migration continues without a check: the driver did not answer'
    host_heals a
    sleep 2
    is_left_alone slow
}

is_announced () {
    on a grep -q "async='migration out'" "/run/libvirt/qemu/$1.xml"
}

# --- the race, forced: VGPU_GATE_RACES=100 for long ---

stops_of () {
    vgpu_gated_log a | grep -c "VGATE-706: $1: the migration was stopped" || true
}

# race_is_won NAME OUTPUT STOPS: the migration with this OUTPUT failed for a reason of ours: the other host refused it,
# or vgpu-gated aborted it (STOPS is the number of aborts before). QEMU at the destination may report this in its own
# words.
race_is_won () {
    if grep -q 'VGATE-303' <<<"$2"; then
        refused=$((refused + 1))
    elif [ "$(stops_of "$1")" -eq $(($3 + 1)) ]; then
        stopped=$((stopped + 1))
    else
        fail "it was not stopped, but:" "$2"
    fi
    guest_answers a "$1"
    guest_is b "$1" absent
    wait_captured a "$1" 18.1
    guest_driver_up a "$1"
    wait_captured a "$1" 26.1
}

# race NAME: an update that host b cannot accept, at a random time from just before a migration to well into it
race () {
    local delay_ms=$((RANDOM % 1500)) output stops
    stops=$(stops_of "$1")
    begin_slow_migration a "$1"
    sleep "$(printf '%d.%03d' $((delay_ms / 1000)) $((delay_ms % 1000)))"
    guest_driver_up a "$1" 535.261.03 7.1-18.1
    ! output=$(migration_end a) || fail "after $delay_ms ms: the migration went on"
    race_is_won "$1" "$output" "$stops"
}

test_the_race () {
    local races=${VGPU_GATE_RACES:-5} stopped=0 refused=0
    host_update b --driver 590.48.01 --range 24.1-27.1
    guest_define a racer "$h100_20c"
    guest_ballast a racer 30000000
    guest_start a racer
    guest_driver_up a racer
    wait_captured a racer 26.1
    for _ in $(seq "$races"); do
        race racer
    done
    echo "note: of $races migrations $stopped were stopped and $refused refused by the other host; none went on"
    # without an update it migrates
    on a virsh -q migrate-setspeed racer 1000
    migrate a racer
    guest_moved a racer
}

# The same just before the job begins: the update is not in the XML yet.
test_the_race_from_the_start () {
    local races=${VGPU_GATE_RACES:-5} stopped=0 refused=0 output stops
    host_update b --driver 590.48.01 --range 24.1-27.1
    guest_define a starter "$h100_20c"
    guest_ballast a starter 16000000
    guest_start a starter
    guest_driver_up a starter
    wait_captured a starter 26.1
    for _ in $(seq "$races"); do
        stops=$(stops_of starter)
        guest_driver_up a starter 535.261.03 7.1-18.1
        ! output=$(migrate a starter) || fail 'the migration went on'
        race_is_won starter "$output" "$stops"
    done
    echo "note: of $races migrations $stopped were stopped and $refused refused by the other host; none went on"
}

# The guest's driver has vGPU version $1 by the metadata in the save image.
image_says () {
    [[ $(on a virsh -q save-image-dumpxml "$image") == *" guest-vgpu-version=\"$1\""* ]]
}

# The driver of guest hasty is updated, and it is saved at once, by a virsh that is connected already.
update_and_save () {
    # shellcheck disable=SC2016  # to be expanded in there
    on a bash -c '{
        sleep 1
        vgpu-sim guest-driver up --vm "$1" --driver 535.261.03 --range 7.1-18.1
        echo "save hasty $2"
    } | virsh 2>&1' - "$(uuid_of hasty)" "$image"
}

# A restore judges by what was in the XML when the save began. (On a busy machine vgpu-gated may have written the update
# before the save begins: such an image is correct, and another attempt is made.)
test_an_update_just_before_a_save_stops_it () {
    local output='' try
    guest_define a hasty "$h100_20c"
    guest_ballast a hasty 40000000
    guest_start a hasty
    for try in 1 2 3 4 5; do
        guest_driver_up a hasty
        wait_captured a hasty 26.1
        output=$(update_and_save)
        [[ $output == *' saved to '* ]] || break
        image_says 18.1 || fail 'it was saved:' "$output"
        on a virsh -q restore "$image"
        output=
    done
    [ -n "$output" ] || fail "in $try tries no save began before the update was written"
    log_has a 'VGATE-706: hasty: the save was stopped: .*26\.1 in the XML, 18\.1 now'
    guest_answers a hasty
    wait_captured a hasty 18.1
    on a virsh -q save hasty "$image"
    image_says 18.1 || fail 'the image of a guest that was captured with 18.1 does not say so'
    on a virsh -q restore "$image"
    guest_answers a hasty
    wait_captured a hasty 18.1
}
