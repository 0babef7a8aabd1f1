# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# Daemons are ended at random moments of migrations, in both directions and on both hosts, and started again.

# The guest does not run on host $2; it may be defined there.
is_gone () {
    [[ $(on "$2" virsh -q domstate "$1" 2>/dev/null) =~ ^(shut off)?$ ]] &&
        ! on "$2" pgrep -f "qemu-system.* guest=$1," >/dev/null
}

# settled NAME: one host runs the guest, and the other one has nothing of it. (Except the simulated hardware: a libvirtd
# that is killed while the guest is prepared forgets the guest, and never calls the hooks to release it.)
settled () {
    local place
    place=$(where_is "$1")
    [ "${#place}" -eq 1 ] && is_gone "$1" "$(peer_of "$place")"
}

# Prints the state of the guest on both hosts, to find out why it was lost.
places_of () {
    local host
    for host in a b; do
        echo "host $host: $(on "$host" virsh -q domstate "$1" --reason 2>&1)"
        on "$host" pgrep -af "qemu-system.* guest=$1," | cut -c -80
    done
}

# left_paused NAME FROM: libvirt does not know how its own migration ended. When it loses the libvirtd of host FROM
# after the memory was sent, it leaves the guest here paused for an administrator to decide, with or without vgpu-gate
# (qemuProcessRecoverMigrationOut() of libvirt 9.0.0).
left_paused () {
    [[ $(on "$2" virsh -q domstate "$1" --reason 2>/dev/null) == 'paused (migrating)' ]]
}

# torn NAME FROM: virsh got the message that all memory was sent, and had the guest started on the other host, which it
# prints (virDomainMigrateVersion3Full()).
torn () {
    [ "$(where_is "$1")" = "$(peer_of "$2")" ] &&
        grep -q "Guest $1 probably left in 'paused' state on source" "$VGPU_GATE_LAB/end"
}

# called_off NAME FROM: virsh did not get it, and had the guest ended there: the guest is the one that is paused here.
called_off () {
    [ -z "$(where_is "$1")" ] && is_gone "$1" "$(peer_of "$2")"
}

# What an administrator does in this case; the guest must be intact on one host.
decide () {
    if torn "$1" "$2"; then
        torn=$((torn + 1))
        on "$2" virsh -q destroy "$1"
    elif within 2 called_off "$1" "$2"; then
        called_off=$((called_off + 1))
        # unless it is about to be resumed anyway
        on "$2" virsh -q resume "$1" || true
    fi
}

# half_started NAME HOST: a libvirtd that was killed before it had written the PID of QEMU skips such a domain after its
# restart, and keeps it for ever; even `virsh destroy` does not end it, with or without vgpu-gate
# (qemuProcessReconnectHelper() of libvirt 9.0.0).
half_started () {
    [[ $(on "$2" virsh -q domstate "$1" --reason 2>/dev/null) == 'paused (starting up)' ]] &&
        ! on "$2" pgrep -f "qemu-system.* guest=$1," >/dev/null
}

# Removes such a domain from a host.
forget_half_started () {
    host_service stop "$2" libvirtd
    on "$2" rm -f "/run/libvirt/qemu/$1.xml"
    host_service start "$2" libvirtd
}

# doubled NAME FROM: a libvirtd that ends between the guest's first step at the destination and its report of that
# leaves the guest running there, while virsh, which only sees the connection end, resumes it at the source, and reports
# a failure: with or without vgpu-gate (qemuProcessRecoverMigrationIn() of libvirt 9.0.0).
doubled () {
    [ "$(where_is "$1")" = ab ] &&
        [[ $(on "$2" virsh -q domstate "$1" --reason 2>/dev/null) == 'running (migration canceled)' ]]
}

# Repairs what libvirt does not repair itself.
clear_up () {
    local peer
    peer=$(peer_of "$2")
    if half_started "$1" "$peer"; then
        half_started=$((half_started + 1))
        forget_half_started "$1" "$peer"
    elif doubled "$1" "$2"; then
        doubled=$((doubled + 1))
        on "$peer" virsh -q destroy "$1"
    fi
}

# disturb NAME FROM COMMAND...: while the guest leaves host FROM, runs COMMAND with a host, that one or the other, as
# its last argument. Afterwards the guest is intact; $place is set to its host.
disturb () {
    local name=$1 from=$2 victim=$2 delay_ms=$((RANDOM % 1200)) began=$SECONDS status=0
    shift 2
    [ $((RANDOM % 2)) -eq 0 ] || victim=$(peer_of "$from")
    migrate "$from" "$name" --live --bandwidth $((RANDOM % 60 + 2)) >"$VGPU_GATE_LAB/migration.$from" 2>&1 &
    # shellcheck disable=SC2034  # for migration_end
    slow_migration=$!
    sleep "$(printf '%d.%03d' $((delay_ms / 1000)) $((delay_ms % 1000)))"
    "$@" "$victim"
    on "$from" virsh -q migrate-setspeed "$name" 1000 >/dev/null 2>&1 || true
    within 40 is_over "$slow_migration" ||
        fail "from $from, after $delay_ms ms, '$* $victim': virsh does not end:" \
            "$(on "$from" ps -o pid,stat,wchan:20,args -C virsh)" "$(places_of "$name")"
    migration_end "$from" >"$VGPU_GATE_LAB/end" || true
    wait "$slow_migration" || status=$?
    longest=$((SECONDS - began > longest ? SECONDS - began : longest))
    [ "$longest" -lt 30 ] || fail "a migration took $longest s"
    ! left_paused "$name" "$from" || decide "$name" "$from"
    within 10 settled "$name" || clear_up "$name" "$from"
    within 10 settled "$name" ||
        fail "from $from, after $delay_ms ms, '$* $victim': the guest is not whole:" "$(places_of "$name")" \
            "$(<"$VGPU_GATE_LAB/end")"
    place=$(where_is "$name")
    [ "$place" != "$from" ] || stayed=$((stayed + 1))
    [ "$place" != "$from" ] || [ "$status" -ne 0 ] || fail "virsh says that the guest has left host $from"
    guest_answers "$place" "$name"
    wait_served "$victim"
    wait_captured "$place" "$name" "$version"
    wait_attribute "$place" "$name" '/*/capture/@host' "host-$place"
}

# --- vgpu-gated is killed: VGPU_GATE_KILLS=200 for long ---

kill_gated () {
    host_service kill "$1" vgpu-gated
    host_service start "$1" vgpu-gated
}

test_the_daemon_is_killed_again_and_again () {
    local kills=${VGPU_GATE_KILLS:-4} stayed=0 torn=0 called_off=0 half_started=0 doubled=0 longest=0
    local place=a version=26.1 lost
    guest_run_asking a survivor 8000000
    for _ in $(seq "$kills"); do
        disturb survivor "$place" kill_gated
    done
    lost=$((torn + called_off + half_started + doubled))
    [ "$lost" -eq 0 ] || fail "libvirtd, which nobody ended, lost $lost migrations"
    echo "note: vgpu-gated was killed $kills times; $stayed migrations failed and left the guest where it was;" \
        "the longest took $longest s"
}

# --- libvirtd is restarted: VGPU_GATE_RESTARTS=200 for long ---

restart_libvirtd () {
    host_service "$1" "$2" libvirtd
    host_service start "$2" libvirtd
}

# The guest's driver was updated: only a daemon that has connected to libvirtd again writes that into the XML.
other_version () {
    local began=${EPOCHREALTIME/./} took_ms
    if [ "$version" = 26.1 ]; then
        version=18.1
        guest_driver_up "$place" "$1" 535.261.03 7.1-18.1
    else
        version=26.1
        guest_driver_up "$place" "$1"
    fi
    wait_captured "$place" "$1" "$version"
    took_ms=$(((${EPOCHREALTIME/./} - began) / 1000))
    slowest_ms=$((took_ms > slowest_ms ? took_ms : slowest_ms))
}

test_libvirtd_is_restarted_again_and_again () {
    local restarts=${VGPU_GATE_RESTARTS:-2} stayed=0 torn=0 called_off=0 half_started=0 doubled=0 longest=0
    local slowest_ms=0 place=a version=26.1 how=stop from
    guest_run_asking a survivor 8000000
    for _ in $(seq "$restarts"); do
        from=$place
        disturb survivor "$from" restart_libvirtd "$how"
        other_version survivor
        # the interrupted migration does not prevent the next one
        [ "$place" != "$from" ] || {
            migrate "$place" survivor || fail 'it cannot leave any more'
            guest_moved "$place" survivor
            place=$(peer_of "$from")
            wait_attribute "$place" survivor '/*/capture/@host' "host-$place"
        }
        how=$([ "$how" = stop ] && echo kill || echo stop)
    done
    echo "note: libvirtd was restarted $restarts times; $stayed migrations failed and left the guest where it was," \
        "$called_off of them paused; $torn brought it to the other host and left a paused one behind; $half_started" \
        "left the name of the guest at the destination, without a process; $doubled left the guest running on both;" \
        "the others went on;" \
        "the longest took $longest s; an update in the guest was captured after $slowest_ms ms at most"
}
