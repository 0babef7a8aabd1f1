# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# The gate at switch-over: QEMU calls vgpu-gated again after all memory was copied.

image=/var/lib/libvirt/guest.save

# signal_gated SIGNAL HOST
signal_gated () {
    on "$2" pkill "-$1" -x vgpu-gated
}

# guest_stayed NAME: it runs on host a as before, and host b has nothing of it
guest_stayed () {
    guest_answers a "$1"
    has_version a "$1" 26.1 || fail "its element is not what it was:" "$(element a "$1")"
    [ "$(attribute a "$1" '/*/capture/@host')" = host-a ] || fail "its element is another host's"
    guest_is b "$1" absent
    no_qemu b "$1"
    [ -z "$(on b sed -n "/vm *= *$(uuid_of "$1")/p" /etc/vgpu-gate/sim-host.conf)" ] ||
        fail "the hardware of host b has vGPUs of guest $1"
}

persistent_xml () {
    on "$1" virsh -q dumpxml --inactive --security-info "$2"
}

test_enable_and_disable_change_nothing_else () {
    local before enabled
    guest_define a edited "$h100_20c"
    before=$(persistent_xml a edited)
    guest_ask a edited
    enabled=$(persistent_xml a edited)
    [ "$(diff <(printf '%s' "$before") <(printf '%s' "$enabled") | grep -c '^>')" -eq 5 ] ||
        fail 'more was changed:' "$(diff <(printf '%s' "$before") <(printf '%s' "$enabled"))"
    guest_ask a edited
    [ "$(persistent_xml a edited)" = "$enabled" ] || fail 'to enable it twice changed something'
    on a vgpu-gate switchover disable edited
    [ "$(persistent_xml a edited)" = "$before" ] || fail 'after disable it is not what it was'
}

test_what_others_have_on_the_command_line_stays () {
    local before
    guest_define a shared "$h100_20c"
    guest_ballast a shared 1000
    before=$(persistent_xml a shared)
    guest_ask a shared
    guest_start a shared
    guest_answers a shared
    on a vgpu-gate switchover disable shared
    [ "$(persistent_xml a shared)" = "$before" ] || fail 'after disable it is not what it was'
    # the running guest continues as it was started
    [[ $(on a vgpu-gate switchover status shared) == *$'when next started: disabled\nrunning guest: enabled'* ]] ||
        fail "$(on a vgpu-gate switchover status shared)"
}

test_there_and_back () {
    guest_run_asking a asking
    migrate a asking
    guest_moved a asking
    log_has b 'VGATE-001: asking: at switch-over: allowed'
    wait_attribute b asking '/*/capture/@host' host-b
    migrate b asking
    guest_moved b asking
    log_has a 'VGATE-001: asking: at switch-over: allowed'
    ! has_logged a 'VGATE-830' || fail 'what went out was not fresh'
}

# The guest itself has the last instances of the type; it needs no further one.
test_the_last_free_instance () {
    guest_define a whole "$h100_80c"
    guest_ask a whole
    guest_start a whole
    guest_driver_up a whole
    wait_captured a whole 26.1
    migrate a whole
    guest_moved a whole
    log_has b 'VGATE-001: whole: at switch-over'
}

test_save_restore_and_managed_save () {
    guest_run_asking a keeping
    on a virsh -q save keeping "$image"
    on a virsh -q restore "$image"
    guest_answers a keeping
    log_has a 'VGATE-001: keeping: at switch-over: allowed'
    wait_captured a keeping 26.1
    on a virsh -q managedsave keeping
    guest_start a keeping
    guest_answers a keeping
}

# The guest ends while vgpu-gated cannot receive the event. When it runs again, and NVML does not answer, the record of
# the run that ended must not be sent for this one.
test_what_was_known_before_a_missed_end () {
    host_configure a jobs <<<$'stale-metadata=ignore\nunrestorable-save=ignore'
    gated_restart a
    guest_run_asking a ghost
    signal_gated STOP a
    host_service kill a libvirtd
    on a pkill -9 -f 'qemu-system.* guest=ghost,'
    host_service start a libvirtd
    within 10 is_shut_off a ghost || fail 'libvirt has not seen that its QEMU is gone'
    signal_gated CONT a
    within 10 knows_no_guest a || fail 'vgpu-gated still knows it:' "$(on a vgpu-gate agent status)"
    host_fails a nvmlInit_v2 999
    guest_start a ghost
    on a virsh -q save ghost "$image" || true
    log_has a 'VGATE-830: ghost: sent no vGPU metadata at switch-over'
    ! has_logged a 'VGATE-830: ghost: .*last known' || fail 'what went out was of the run that ended'
}

is_shut_off () {
    [ "$(on "$1" virsh -q domstate "$2")" = 'shut off' ]
}

knows_no_guest () {
    on "$1" vgpu-gate agent status | grep -E '^domains +0$' >/dev/null
}

# Both hosts change when it is too late for the hook: only QEMU can refuse then, and it reports nothing to virsh.
test_a_refusal_at_the_last_moment () {
    local reason
    guest_run_asking a refused 16000000
    migrate_slowly a refused
    host_update b --gpu "$h100" --ecc off
    on a virsh -q migrate-setspeed refused 1000
    ! migration_end a || fail 'the migration went on'
    guest_stayed refused
    reason='vGPU .*ECC is on at the source, off here'
    log_has b "VGATE-304: refused: $reason"
    on b grep -Eq "Failed to Load: .*vgpu-gate: VGATE-304: host-b refuses refused: $reason" /var/log/libvirt/qemu/refused.log ||
        fail "QEMU's log says:" "$(on b tail -n 5 /var/log/libvirt/qemu/refused.log)"
    # and after the reason was removed
    host_update b --gpu "$h100" --ecc on
    migrate a refused
    guest_moved a refused
}

# The guest's driver is updated while memory is copied, so the XML is out of date. The source's own check is switched
# off here, so that the gate at switch-over is what notices it.
test_an_update_in_the_guest_meanwhile () {
    host_configure a jobs <<<'stale-metadata=ignore'
    gated_restart a
    host_update b --driver 590.48.01 --range 24.1-27.1
    guest_run_asking a updated 16000000
    migrate_slowly a updated
    guest_driver_up a updated 535.261.03 7.1-18.1
    on a virsh -q migrate-setspeed updated 1000
    ! migration_end a || fail 'the migration went on'
    log_has b 'VGATE-303: updated: .*18\.1.*24\.1'
    guest_answers a updated
    guest_is b updated absent
    # nothing delayed the element: it is correct now
    wait_captured a updated 18.1
}

# The hook reads its configuration each time, the daemon only when it starts: so only the daemon refuses here.
test_a_restore_that_is_refused_keeps_the_image () {
    host_configure a rules <<<'host-driver-not-same=refuse'
    gated_restart a
    guest_run_asking a imaged
    on a virsh -q save imaged "$image"
    host_update a --driver 580.105.08
    on a cp /run/lab/vgpu-gate/vgpu-gate.conf /etc/vgpu-gate/vgpu-gate.conf
    expect_refused 406 imaged '580\.95\.05.*580\.105\.08' on a virsh restore "$image"
    no_qemu a imaged
    gated_restart a
    on a virsh -q restore "$image"
    guest_answers a imaged
}

# The guest is paused during the question to NVML, which must fit into the down-time.
save_takes_less_than () {
    local time
    time=$(milliseconds_on a virsh save "$1" "$image")
    echo "note: with NVML $2 the save took $time ms"
    guest_is a "$1" 'shut off'
    [ "$time" -lt "$3" ] || fail "the save took $time ms"
}

timed_a_save_while_nvml_fails () {
    guest_run_asking a failing
    host_fails a nvmlInit_v2 999
    save_takes_less_than failing 'failing' 3000
    log_has a 'VGATE-830: failing: .*last known'
    host_heals a
    on a virsh -q restore "$image"
    guest_answers a failing
    wait_captured a failing 26.1
}

timed_a_save_while_nvml_hangs () {
    guest_run_asking a hanging
    host_hangs a nvmlDeviceGetActiveVgpus
    save_takes_less_than hanging 'hanging' 3000
    log_has a 'VGATE-830: hanging: .*last known'
    host_heals a
    on a virsh -q restore "$image"
    guest_answers a hanging
    wait_captured a hanging 26.1
}

timed_a_save_that_nothing_is_known_for () {
    guest_run_asking a unknown
    host_hangs a nvmlInit_v2
    gated_restart a
    save_takes_less_than unknown 'hanging from the start' 3000
    log_has a 'VGATE-830: unknown: sent no vGPU metadata'
    host_heals a
    on a virsh -q restore "$image"
    guest_answers a unknown
}

test_nvml_hangs_at_the_destination () {
    local began
    host_configure b switch-over <<<'load-ms=2000'
    gated_restart b
    guest_run_asking a patient 16000000
    migrate_slowly a patient
    host_hangs b nvmlInit_v2
    began=$SECONDS
    on a virsh -q migrate-setspeed patient 1000
    ! migration_end a || fail 'the migration went on'
    [ $((SECONDS - began)) -lt 15 ] || fail "this took $((SECONDS - began)) s"
    guest_answers a patient
    guest_is b patient absent
    log_has b 'VGATE-(504|826): patient:'
    host_heals b
}

test_nobody_there_is_refused_early () {
    guest_run_asking a early
    host_service stop b vgpu-gated
    expect_migration_refused 820 early 'does not serve'
    gated_start b
    migrate a early
    guest_moved a early
}

test_another_bus_is_refused_early () {
    host_configure b switch-over <<<'bus=unix:path=/run/vgpu-gate/other'
    guest_run_asking a elsewhere
    expect_migration_refused 820 elsewhere 'bus= in \[switch-over\] here is unix:path=/run/vgpu-gate/other'
}

test_a_restore_where_nobody_is_there () {
    guest_run_asking a lonely
    on a virsh -q save lonely "$image"
    host_service stop a vgpu-gated
    expect_refused 820 lonely 'does not serve' on a virsh restore "$image"
    no_qemu a lonely
    gated_start a
    on a virsh -q restore "$image"
    guest_answers a lonely
}

test_the_daemon_is_killed_at_the_destination () {
    local began
    guest_run_asking a bereft 16000000
    migrate_slowly a bereft
    host_service kill b vgpu-gated
    began=$SECONDS
    on a virsh -q migrate-setspeed bereft 1000
    ! migration_end a || fail 'the migration went on'
    echo "note: the migration failed $((SECONDS - began)) s after the link was opened"
    [ $((SECONDS - began)) -lt 10 ] || fail "this took $((SECONDS - began)) s"
    guest_stayed bereft
    gated_start b
    migrate a bereft
    guest_moved a bereft
}

test_the_daemon_is_killed_at_the_source () {
    local began
    guest_run_asking a orphan 16000000
    migrate_slowly a orphan
    host_service kill a vgpu-gated
    began=$SECONDS
    on a virsh -q migrate-setspeed orphan 1000
    ! migration_end a || fail 'the migration went on'
    [ $((SECONDS - began)) -lt 10 ] || fail "this took $((SECONDS - began)) s"
    guest_stayed orphan
    gated_start a
    within 10 migrate a orphan || fail 'the guest cannot leave any more'
    guest_moved a orphan
}

# Killed and started again while memory is copied: it finds its guests on the bus, on both hosts.
test_the_daemon_comes_back_meanwhile () {
    guest_run_asking a lucky 40000000
    migrate_slowly a lucky
    host_service kill a vgpu-gated
    host_service kill b vgpu-gated
    gated_start a
    gated_start b
    on a virsh -q migrate-setspeed lucky 1000
    migration_end a || fail 'the migration failed'
    guest_moved a lucky
    log_has b 'VGATE-001: lucky: at switch-over'
    wait_attribute b lucky '/*/capture/@host' host-b
}

# QEMU waits 25 s for an answer, and no longer.
test_a_daemon_that_is_stopped () {
    local began
    guest_run_asking a stalled 16000000
    migrate_slowly a stalled
    signal_gated STOP b
    began=$SECONDS
    on a virsh -q migrate-setspeed stalled 1000
    migration_end a && fail 'the migration went on'
    echo "note: the migration failed $((SECONDS - began)) s after the link was opened"
    signal_gated CONT b
    [ $((SECONDS - began)) -lt 35 ] || fail "this took $((SECONDS - began)) s"
    guest_stayed stalled
}

test_the_bus_lets_in_only_whom_it_must () {
    local bus=unix:path=/run/vgpu-gate/bus owner output
    guest_run_asking a private
    owner=$(on a dbus-send --bus="$bus" --print-reply=literal --dest=org.freedesktop.DBus /org/freedesktop/DBus \
        org.freedesktop.DBus.ListQueuedOwners string:org.qemu.VMState1 | grep -o ':1\.[0-9]*' | head -n 1)
    [ -n "$owner" ] || fail 'nobody owns org.qemu.VMState1'
    # not even root counts as the domain's QEMU
    output=$(on a dbus-send --bus="$bus" --print-reply --dest="$owner" /org/qemu/VMState1 \
        org.qemu.VMState1.Save 2>&1) && fail "root got: $output"
    [[ $output == *'only the QEMU process of the domain can call this object'* ]] || fail "$output"
    output=$(on a setpriv --reuid=nobody --clear-groups dbus-send --bus="$bus" --print-reply \
        --dest=org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus.RequestName \
        string:org.qemu.VMState1 uint32:0 2>&1) && fail "nobody got: $output"
    [[ $output == *'not allowed to own'* ]] || fail "$output"
    output=$(on a setpriv --reuid=nobody --clear-groups dbus-send --bus="$bus" --print-reply --dest="$owner" \
        /org/qemu/VMState1 org.freedesktop.DBus.Introspectable.Introspect 2>&1) && fail "nobody got: $output"
    [[ $output == *AccessDenied* ]] || fail "$output"
    migrate a private
    guest_moved a private
}

# libvirt runs QEMU as a separate user, which must be able to connect to the bus.
test_a_qemu_that_is_not_root () {
    local host
    for host in a b; do
        on "$host" sed -i 's/^user = .*/user = "nobody"/; s/^group = .*/group = "nogroup"/' /etc/libvirt/qemu.conf
        host_service restart "$host" libvirtd
    done
    guest_run_asking a humble
    migrate a humble
    guest_moved a humble
    log_has b 'VGATE-001: humble: at switch-over: allowed'
    for host in a b; do
        on "$host" sed -i 's/^user = .*/user = "root"/; s/^group = .*/group = "root"/' /etc/libvirt/qemu.conf
        host_service restart "$host" libvirtd
    done
}

test_sealed () {
    local host
    for host in a b; do
        on "$host" bash -c 'umask 077; echo the key that all hosts of this fleet share >/etc/vgpu-gate/fleet.key'
        host_configure "$host" seal <<<'key-file=/etc/vgpu-gate/fleet.key'
        gated_restart "$host"
    done
    guest_run_asking a sealed
    migrate a sealed
    guest_moved a sealed
    log_has b 'VGATE-001: sealed: at switch-over: allowed'
}

# --- the race at the destination, forced: VGPU_GATE_RACES=100 for long ---

# race NAME: host b changes at a random time from just before a migration to well into it
race () {
    local delay_ms=$((RANDOM % 1500)) output refusals
    refusals=$(vgpu_gated_log b | grep -c "VGATE-304: $1:" || true)
    begin_slow_migration a "$1"
    sleep "$(printf '%d.%03d' $((delay_ms / 1000)) $((delay_ms % 1000)))"
    host_update b --gpu "$h100" --ecc off
    on a virsh -q migrate-setspeed "$1" 1000 2>/dev/null || true
    ! output=$(migration_end a) || fail "after $delay_ms ms: the guest went to a host that cannot run it"
    if grep -q 'VGATE-304' <<<"$output"; then
        early=$((early + 1))
    else
        [ "$(vgpu_gated_log b | grep -c "VGATE-304: $1:")" -eq $((refusals + 1)) ] ||
            fail "after $delay_ms ms: it failed, but not for our reason:" "$output"
        late=$((late + 1))
    fi
    guest_stayed "$1"
    host_update b --gpu "$h100" --ecc on
}

test_the_race_at_the_destination () {
    local races=${VGPU_GATE_RACES:-5} early=0 late=0
    guest_run_asking a racer 16000000
    for _ in $(seq "$races"); do
        race racer
    done
    echo "note: of $races migrations the hook refused $early and the gate at switch-over $late; none went on"
    migrate a racer
    guest_moved a racer
}

# --- the bus is lost ---

# off_bus HOST N: the metric says that so many guests have lost the bus
off_bus () {
    [ "$(on "$1" vgpu-gate agent metrics | sed -n 's/^vgpu_gate_guests_off_bus //p')" = "$2" ]
}

wait_off_bus () {
    within 10 off_bus "$@" || fail "$2 guests off the bus were expected:" "$(on "$1" vgpu-gate agent metrics | grep off_bus)" \
        "$(on "$1" vgpu-gate agent status)"
}

test_a_bus_that_is_lost () {
    local lost='running guest: enabled, but its QEMU has lost the bus' status
    guest_run_asking a busless
    wait_off_bus a 0
    on a vgpu-gate switchover repair busless | grep -x 'busless: its QEMU is on the bus; there is nothing to repair' >/dev/null ||
        fail 'a guest that is on the bus was repaired'
    host_service restart a vgpu-gate-bus
    log_has a 'VGATE-827: busless: the domain.s QEMU has lost the bus.*switchover repair'
    wait_served a
    wait_off_bus a 1
    on a vgpu-gate agent status | grep -E '^ *switch over +lost$' >/dev/null ||
        fail 'agent status does not show it:' "$(on a vgpu-gate agent status)"
    status=$(on a vgpu-gate switchover status busless)
    [[ $status == *"$lost"*"run: vgpu-gate switchover repair $(uuid_of busless)"* ]] || fail "$status"
    ! migrate a busless || fail 'it was migrated without being asked'
    guest_stayed busless
    ! on a virsh -q save busless "$image" || fail 'it was saved without being asked'
    guest_stayed busless
    # vgpu-gated finds it lost also when it starts
    gated_restart a
    within 15 is_reported_twice busless || fail 'the restarted vgpu-gated has not noticed it:' "$(vgpu_gated_log a)"
    on a vgpu-gate switchover repair busless | grep -x 'busless: repaired; its QEMU is on the bus again' >/dev/null ||
        fail 'it was not repaired'
    log_has a 'VGATE-832: busless:'
    wait_off_bus a 0
    [[ $(on a vgpu-gate switchover status busless) == *$'\nrunning guest: enabled\n'* ]] ||
        fail "$(on a vgpu-gate switchover status busless)"
    within 10 migrate a busless || fail 'it cannot leave after it was connected again'
    guest_moved a busless
    log_has b 'VGATE-001: busless: at switch-over: allowed'
}

# (vgpu-gated waits 5 s before it says that a guest has lost the bus while it was not there.)
is_reported_twice () {
    [ "$(vgpu_gated_log a | grep -c "VGATE-827: $1: .*run: vgpu-gate switchover repair")" -eq 2 ]
}

# Without the bus, QEMU would lose its object and get no new one.
test_no_repair_without_a_bus () {
    local before
    guest_run_asking a forlorn
    host_service stop a vgpu-gate-bus
    before=$(monitor a forlorn 'info qom-tree /objects')
    expect_refused 827 forlorn 'cannot connect to the bus.*(No such file|refused)' on a vgpu-gate switchover repair forlorn
    [ "$(monitor a forlorn 'info qom-tree /objects')" = "$before" ] || fail 'its object is gone'
    [[ $(on a vgpu-gate switchover status forlorn) == *'cannot tell whether its QEMU is on the bus'* ]] ||
        fail "$(on a vgpu-gate switchover status forlorn)"
    wait_off_bus a 1
    host_service start a vgpu-gate-bus
    wait_served a
    on a vgpu-gate switchover repair forlorn
    wait_off_bus a 0
}

# `--all` concerns guests with a vGPU, and no others.
test_all_guests () {
    local guest output plain
    guest_run a first "$h100_20c"
    guest_run a second "$h100_20c"
    guest_define a plain
    plain=$(persistent_xml a plain)
    output=$(on a vgpu-gate switchover enable --all)
    [ "$output" = $'first: enabled; takes effect when the guest is next started\nsecond: enabled; takes effect when the guest is next started' ] ||
        fail "$output"
    [ "$(persistent_xml a plain)" = "$plain" ] || fail 'a guest without a vGPU was changed'
    for guest in first second; do
        on a virsh -q destroy "$guest"
        guest_start a "$guest"
        guest_driver_up a "$guest"
    done
    host_service restart a vgpu-gate-bus
    wait_served a
    wait_off_bus a 2
    output=$(on a vgpu-gate switchover status --all)
    [ "$(grep -c 'has lost the bus' <<<"$output")" -eq 2 ] || fail "$output"
    [[ $output != *plain* ]] || fail "$output"
    output=$(on a vgpu-gate switchover repair --all)
    [[ $output == *'first: repaired'*'second: repaired'* ]] || fail "$output"
    wait_off_bus a 0
    [ "$(on a vgpu-gate switchover repair --all)" = $'no guest has lost the bus\nthis host: served by vgpu-gated' ] ||
        fail 'more was repaired'
    on a vgpu-gate switchover disable --all
    output=$(on a vgpu-gate switchover disable --all)
    [ "$output" = 'it is not enabled for any persistent domain' ] || fail "$output"
    wait_captured a second 26.1
    migrate a second
    guest_moved a second
}

# During a migration, QEMU's object must stay.
test_no_repair_during_a_migration () {
    guest_run_asking a leaving 16000000
    host_service restart a vgpu-gate-bus
    wait_served a
    wait_off_bus a 1
    migrate_slowly a leaving
    expect_refused 833 leaving 'a job holds the domain' on a vgpu-gate switchover repair leaving
    on a virsh -q domjobabort leaving
    ! migration_end a || fail 'the migration was not aborted'
    guest_answers a leaving
}
