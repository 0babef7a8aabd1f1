# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# An abort that meets the switch-over of a migration can hang, in libvirt (9.0) or in QEMU (7.2). vgpu-gated brings it to
# its end, whoever aborted it.

# load_begins: the processors have more to do than they can. It ends with the case, however that ends.
load_begins () {
    for _ in {1..4}; do
        (while :; do :; done) &
        helpers+=($!)
    done
}

# Somebody on both hosts aborts whatever leaves them, 0 to 20 ms after QEMU has set it up.
aborts_begin () {
    local host
    for host in a b; do
        # in a hurry: what comes later than that meets nothing any more
        nice -n -10 "$lab/on" "$host" "$lab/abort-at-setup" 0 20 >"$VGPU_GATE_LAB/aborts.$host" 2>&1 </dev/null &
        helpers+=($!)
        within 10 grep -q ready "$VGPU_GATE_LAB/aborts.$host" || fail "$(cat "$VGPU_GATE_LAB/aborts.$host")"
    done
}

helpers_end () {
    kill "${helpers[@]}" 2>/dev/null || true
}

# accepted NAME: how many aborts of this guest's migrations libvirt has accepted
accepted () {
    cat "$VGPU_GATE_LAB"/aborts.? | grep -c "^$1 accepted" || true
}

said () {
    { vgpu_gated_log a; vgpu_gated_log b; } | grep -c "$1" || true
}

# leave_and_be_aborted NAME: one migration, from where the guest is. It ends, and the guest is whole at one end.
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

# One host runs the guest; on the other it is at most defined.
is_whole () {
    local place
    place=$(where_is "$1")
    [ "${#place}" -eq 1 ] && [[ $(on "$(peer_of "$place")" virsh -q domstate "$1" 2>/dev/null) =~ ^(shut off)?$ ]]
}

# VGPU_GATE_ABORTS=500 for long; else as many of 100 as four minutes are enough for
test_aborts_at_the_worst_moment_end () {
    local tries=${VGPU_GATE_ABORTS:-100} limit=$((SECONDS + (${VGPU_GATE_ABORTS:+100000} + 240)))
    local helpers=() guests=(one two three) tried=0 left=0 hung ended name rounds=() from
    trap helpers_end EXIT
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
        # libvirt 9.0 can crash at the destination when the next one comes at once
        sleep 1.5
    done
    helpers_end
    for name in "${guests[@]}"; do
        from=$(where_is "$name")
        guest_answers "$from" "$name"
        wait_captured "$from" "$name" 26.1
    done
    hung=$(said 'VGATE-71[12]') ended=$(said 'VGATE-714: .* the guest runs')
    [ "$(said VGATE-710)" -eq 0 ] || fail 'one hung for long:' "$(vgpu_gated_log a)" "$(vgpu_gated_log b)"
    [ "$(said 'VGATE-714')" -eq "$ended" ] || fail 'one did not run afterwards'
    echo "note: of $tried migrations $(accepted '.*') were aborted; $left went on; $hung hung, in libvirt" \
        "$(said VGATE-711), in QEMU $(said VGATE-712), and were ended"
}
