# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# An abort during the switch-over of a migration can hang, in libvirt (9.0) or in QEMU (7.2). vgpu-gated brings it to
# its end, no matter who aborted it.

# load_begins: overloads the processors
load_begins () {
    for _ in {1..4}; do
        (while :; do :; done) &
        loops+=($!)
    done
}

# A process on each host aborts whatever leaves that host, 0 to 20 ms after QEMU has set it up.
aborts_begin () {
    local host
    for host in a b; do
        # at high priority, because a later abort has no effect any more
        nice -n -10 "$lab/on" "$host" "$lab/abort-at-setup" 0 20 >"$VGPU_GATE_LAB/aborts.$host" 2>&1 </dev/null &
        within 10 grep -q ready "$VGPU_GATE_LAB/aborts.$host" || fail "$(cat "$VGPU_GATE_LAB/aborts.$host")"
    done
}

# Both are ended with the case, however it ends. (A process on a host does not end with the one that started it from
# outside.)
all_that_ends () {
    local host pid
    kill "${loops[@]}" 2>/dev/null || true
    loops=()
    for host in a b; do
        pid=$(sed -n 's/^ready //p' "$VGPU_GATE_LAB/aborts.$host" 2>/dev/null) || continue
        [ -z "$pid" ] || on "$host" kill "$pid" 2>/dev/null || true
    done
}

# accepted NAME: prints how many aborts of this guest's migrations libvirt has accepted
accepted () {
    cat "$VGPU_GATE_LAB"/aborts.? | grep -c "^$1 accepted" || true
}

said () {
    { vgpu_gated_log a; vgpu_gated_log b; } | grep -c "$1" || true
}

# leave_and_be_aborted NAME: one migration from the present host. It ends, and the guest is intact on one of the hosts.
leave_and_be_aborted () {
    local name=$1 from began=$SECONDS migration
    from=$(where_is "$name")
    [ "${#from}" -eq 1 ] || fail "guest $name runs on '$from'"
    migrate "$from" "$name" >"$VGPU_GATE_LAB/migration.$name" 2>&1 &
    migration=$!
    within 40 is_over "$migration" ||
        fail "the migration of $name from $from does not end after $((SECONDS - began)) s:" \
            "$(on "$from" virsh -q domstate --reason "$name")"
    within 10 is_whole "$name" ||
        fail "guest $name is not whole: a: $(on a virsh -q domstate --reason "$name" 2>&1)," \
            "b: $(on b virsh -q domstate --reason "$name" 2>&1)" "$(cat "$VGPU_GATE_LAB/migration.$name")"
}

# One host runs the guest; on the other one it may be defined.
is_whole () {
    local place
    place=$(where_is "$1")
    [ "${#place}" -eq 1 ] && [[ $(on "$(peer_of "$place")" virsh -q domstate "$1" 2>/dev/null) =~ ^(shut off)?$ ]]
}

# With VGPU_GATE_ABORTS=500 this runs for long; otherwise it makes up to 36 aborts within two minutes. The cases below
# provoke each hang; this one finds what they do not know.
test_aborts_at_the_worst_moment_end () {
    local tries=${VGPU_GATE_ABORTS:-36} limit=$((SECONDS + (${VGPU_GATE_ABORTS:+100000} + 120)))
    local loops=() guests=(one two three) tried=0 left=0 hung ended aborted name rounds=() from
    trap all_that_ends EXIT
    for name in "${guests[@]}"; do
        guest_run a "$name" "$h100_20c"
    done
    load_begins
    aborts_begin
    while [ "$tried" -lt "$tries" ] && [ "$SECONDS" -lt "$limit" ]; do
        rounds=()
        for name in "${guests[@]}"; do
            leave_and_be_aborted "$name" &
            rounds+=($!)
        done
        for name in "${rounds[@]}"; do
            wait "$name" || fail 'one of them does not end well'
        done
        for name in "${guests[@]}"; do
            [ -s "$VGPU_GATE_LAB/migration.$name" ] || left=$((left + 1))
        done
        tried=$((tried + ${#guests[@]}))
        # libvirt 9.0 can crash at the destination if the next one comes at once
        sleep 1.5
    done
    all_that_ends
    for name in "${guests[@]}"; do
        from=$(where_is "$name")
        guest_answers "$from" "$name"
        wait_captured "$from" "$name" 26.1
    done
    hung=$(said 'VGATE-71[12]') ended=$(said 'VGATE-714: .* the guest runs')
    # a slower machine has had fewer hangs
    [ "$tried" -ge 9 ] || fail "only $tried migrations in the time"
    aborted=$(accepted '.*')
    [ "$aborted" -ge $((tried / 5)) ] || fail "only $aborted of $tried migrations were aborted"
    [ "$(said 'VGATE-71[05]')" -eq 0 ] || fail 'one hung for long, or stayed paused:' "$(vgpu_gated_log a)" "$(vgpu_gated_log b)"
    [ "$hung" -eq "$ended" ] || fail "$hung hung, but $ended were ended:" "$(vgpu_gated_log a)" "$(vgpu_gated_log b)"
    echo "note: of $tried migrations $aborted were aborted; $left went on; $hung hung, in libvirt" \
        "$(said VGATE-711), in QEMU $(said VGATE-712), and were ended"
}

# --- the hang in QEMU, provoked ---

# guest_with_other_qemu WHAT NAME [TYPE]: its QEMU runs with the library of WHAT.c, and has a second monitor
guest_with_other_qemu () {
    local what=$1 name=$2 host
    shift 2
    cc -shared -fPIC -o "$VGPU_GATE_LAB/$what.so" "$lab/$what.c"
    for host in a b; do
        on "$host" sh -c 'cat >/run/lab/other-qemu && chmod 0755 /run/lab/other-qemu' <<EOF2
#!/bin/sh
# not where libvirt only asks QEMU what it can do
case "\$*" in *guest=*) set -- "\$@" -qmp unix:/run/lab/second.qmp,server=on,wait=off ;; esac
LD_PRELOAD=$VGPU_GATE_LAB/$what.so exec $(command -v qemu-system-x86_64) "\$@"
EOF2
    done
    on a touch "/run/lab/$what"
    guest_define a "$name" "$@"
    on a virsh -q dumpxml --inactive "$name" | sed 's,<emulator>.*</emulator>,<emulator>/run/lab/other-qemu</emulator>,' |
        on a virsh -q define /dev/stdin
    guest_start a "$name"
    [ $# -eq 0 ] || {
        guest_driver_up a "$name"
        wait_captured a "$name" 26.1
    }
}

# guest_with_late_pause NAME [TYPE]: its QEMU stays in the moment in which an abort makes it hang (late-pause.c) until
# moment_passes is called
guest_with_late_pause () {
    guest_with_other_qemu late-pause "$@"
}

moment_passes () {
    on a rm /run/lab/late-pause
}

is_switching_over () {
    [[ $(on a virsh -q domstate --reason "$1") == 'paused (migrating)' ]]
}

# abort_in_between NAME: migrates it, and aborts the migration exactly in that moment
abort_in_between () {
    migrate a "$1" >"$VGPU_GATE_LAB/migration.a" 2>&1 &
    # shellcheck disable=SC2034  # for migration_end
    slow_migration=$!
    within 20 is_switching_over "$1" || fail 'it does not come to the switch-over'
    on a virsh -q domjobabort "$1"
    moment_passes
}

is_cancelling () {
    [[ $(on a virsh -q qemu-monitor-command "$1" '{"execute":"query-migrate"}') == *'"status":"cancelling"'* ]]
}

hung_then_ended () {
    local output
    output=$(migration_end a) && fail 'it went on'
    [[ $output == *'canceled by client'* ]] || fail "it ended otherwise: $output"
    log_has a "VGATE-714: $1: the aborted migration has ended .* ms after the abort; the guest runs"
    guest_answers a "$1"
    guest_is b "$1" absent
}

test_a_hang_in_qemu_is_ended () {
    guest_with_late_pause stuck "$h100_20c"
    abort_in_between stuck
    hung_then_ended stuck
    log_has a 'VGATE-712: stuck: the aborted migration hung in QEMU: it was still in state .cancelling. after [0-9]+ ms'
    on a vgpu-gate agent status --output json | tr -d '[:space:]' | grep -E '"hang":\{"time":"[^"]*","code":"VGATE-712","over":true\}' >/dev/null ||
        fail 'it is not told:' "$(on a vgpu-gate agent status --output json)"
    on a vgpu-gate agent metrics | grep -xF 'vgpu_gate_migration_hangs_total{code="VGATE-712"} 1' >/dev/null || fail 'it is not counted'
    # and the guest can be migrated
    sleep 1.5
    migrate a stuck
    guest_moved a stuck
}

# Our own abort in the same moment, because of a change that becomes known only then.
test_our_own_abort_that_hangs_is_ended () {
    guest_with_late_pause own "$h100_20c"
    host_configure a capture <<<$'interval=3600\ninterval-fast=3600'
    on a sed -i '/^interval=1$/d; /^interval-fast=1$/d' /etc/vgpu-gate/vgpu-gate.conf
    gated_restart a
    sleep 1
    migrate a own >"$VGPU_GATE_LAB/migration.a" 2>&1 &
    # shellcheck disable=SC2034  # for migration_end
    slow_migration=$!
    within 20 is_switching_over own || fail 'it does not come to the switch-over'
    guest_driver_up a own 535.261.03 7.1-18.1
    on a pkill -HUP -x vgpu-gated
    within 15 is_cancelling own || fail 'nobody aborts it:' "$(vgpu_gated_log a)"
    moment_passes
    hung_then_ended own
    log_has a 'VGATE-712: own: the aborted migration hung in QEMU'
    log_has a 'VGATE-706: own: the migration was stopped: .*26\.1 in the XML, 18\.1 now'
}

test_a_hang_from_before_is_found () {
    guest_with_late_pause found "$h100_20c"
    host_service kill a vgpu-gated
    abort_in_between found
    sleep 3
    is_switching_over found || fail 'it does not hang'
    host_service start a vgpu-gated
    hung_then_ended found
    log_has a 'VGATE-712: found: the aborted migration hung in QEMU'
}

# --- libvirt loses the end of an aborted migration, provoked ---

is_held () {
    on a test -e /run/lab/reply-held
}

# lose_the_end NAME: migrates a guest of late-reply.c. QEMU cancels the migration, and libvirt loses QEMU's report of it.
lose_the_end () {
    migrate a "$1" >"$VGPU_GATE_LAB/migration.a" 2>&1 &
    # shellcheck disable=SC2034  # for migration_end
    slow_migration=$!
    within 20 is_held || fail 'libvirt does not ask at the switch-over'
    # libvirt's own monitor waits for the reply
    on a python3 - <<'PYTHON'
import json, socket
monitor = socket.socket(socket.AF_UNIX)
monitor.connect("/run/lab/second.qmp")
stream = monitor.makefile("rw")
stream.readline()
for command in ("qmp_capabilities", "migrate_cancel"):
    stream.write(json.dumps({"execute": command}) + "\n")
    stream.flush()
    while "return" not in json.loads(stream.readline()):
        pass
PYTHON
    within 5 is_not_held || fail 'QEMU does not cancel it'
}

is_not_held () {
    ! is_held
}

# The reply that is held back can be one to vgpu-gated, which asks for the job as well. libvirt loses nothing then.
test_an_end_that_libvirt_loses () {
    guest_with_other_qemu late-reply deaf "$h100_20c"
    for _ in {1..5}; do
        lose_the_end deaf
        ! migration_end a || fail 'it went on'
        guest_answers a deaf
        guest_is b deaf absent
        ! has_logged a 'VGATE-711: deaf: .* with the guest paused' || break
        sleep 1.5
    done
    log_has a 'VGATE-711: deaf: .* with the guest paused. vgpu-gated made QEMU report an end of the migration again'
    log_has a 'VGATE-714: deaf: the aborted migration has ended .* ms after the abort; the guest runs'
    # and the guest can be migrated
    on a rm /run/lab/late-reply
    sleep 1.5
    migrate a deaf
    guest_moved a deaf
}

# Without a vGPU the guest hangs until somebody ends it as the operator's guide says.
test_an_end_that_libvirt_loses_without_a_vgpu () {
    local is_lost=
    guest_with_other_qemu late-reply plain
    for _ in {1..5}; do
        lose_the_end plain
        sleep 1
        ! is_over "$slow_migration" || fail 'somebody has ended it:' "$(migration_end a)"
        # QEMU has resumed the guest, so that the other fault of libvirt comes first
        guest_is a plain running
        on a virsh -q suspend plain
        sleep 1
        ! is_switching_over plain || { is_lost=yes; break; }
        ! migration_end a || fail 'it went on'
        sleep 1.5
    done
    [ -n "$is_lost" ] || fail 'libvirt has lost nothing'
    on a virsh -q qemu-monitor-command plain '{"execute":"migrate","arguments":{"uri":"fd:vgpu-gate-cancelled"}}'
    ! migration_end a || fail 'it went on'
    ! has_logged a 'VGATE-71' || fail 'vgpu-gated has seen to it:' "$(vgpu_gated_log a)"
    guest_answers a plain
    guest_is b plain absent
}

# It hangs like any other migration, and the commands of the operator's guide help.
test_a_guest_without_a_vgpu_is_left_alone () {
    guest_with_late_pause plain
    abort_in_between plain
    sleep 3
    is_switching_over plain || fail 'somebody has ended it'
    ! has_logged a 'VGATE-71' || fail 'vgpu-gated has seen to it:' "$(vgpu_gated_log a)"
    on a virsh -q qemu-monitor-command plain '{"execute":"migrate-continue","arguments":{"state":"cancelling"}}'
    ! migration_end a || fail 'it went on'
    guest_answers a plain
    guest_is b plain absent
}
