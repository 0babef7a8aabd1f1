# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# The dry run before an operation answers what the gate answers then: random guests on random hosts. The number of
# operations is VGPU_GATE_AGREEMENTS, the seed VGPU_GATE_SEED.

image=/var/lib/libvirt/guest.save

# Puts host $1 into its first state, without what the last operation changed in its driver. (vgpu-gated may be reading.)
first_state () {
    on "$1" bash -c 'cp -p /run/lab/vgpu-gate/sim-host.conf /etc/vgpu-gate/new && mv /etc/vgpu-gate/new /etc/vgpu-gate/sim-host.conf'
}

# Changes the driver of host $1 at random, and what runs there. Prints what it did.
change_host () {
    local change types type vm
    change=$(any '' '' '--driver 590.48.01 --range 24.1-27.1' "--gpu $h100 --ecc off" "--gpu $h100 --migration off" \
        '--structure-version 2' "--gpu $h100 --type $h100_20c --count 0" "--gpu $l40s --ecc off")
    # shellcheck disable=SC2086  # several words
    [ -z "$change" ] || host_update "$1" $change
    types=$(any '' '' "$h100_20c" "$h100_20c $h100_20c $h100_20c" "$h100_80c")
    for type in $types; do
        vm=$(</proc/sys/kernel/random/uuid)
        on "$1" vgpu-sim plug --vm "$vm" --type "$type" >/dev/null 2>&1 || types+=' (not all)'
    done
    echo "driver: ${change:-unchanged}; others run: ${types:-none}"
}

# Migrates guest $1 from host $2, or restores it there, and compares.
operate () {
    local name=$1 from=$2 to what xml asked output status=0 operation
    to=$(peer_of "$from")
    operation=$(any migrate migrate restore)
    if [ "$operation" = restore ]; then
        on "$from" virsh -q save "$name" "$image"
        xml=$(on "$from" virsh save-image-dumpxml "$image")
        to=$from
    else
        xml=$(on "$from" virsh dumpxml "$name")
    fi
    first_state "$to"
    what="$operation of $name to host $to, $(change_host "$to")"
    check_both "$to" "$operation" "$xml"
    if [ "$operation" = restore ]; then
        output=$(on "$to" virsh -q restore "$image" 2>&1) || status=$?
    else
        # where the guest runs, nothing is judged
        asked=$(on "$from" vgpu-gate check - <<<"$xml") || true
        [[ $xml != *"$element_uri"* || $(code_of "$asked") == 520 ]] || fail "on host $from, check said:" "$asked"
        output=$(migrate "$from" "$name") || status=$?
    fi
    agree "$what" "$status" "$output"
    # a refused image can be restored when the reason no longer exists
    if [ "$operation" = restore ] && [ "$status" -ne 0 ]; then
        first_state "$to"
        on "$to" virsh -q restore "$image"
    fi
}

# define_and_start NAME TYPE...: on host a; a cold start is asked about, too
define_and_start () {
    local output status=0
    guest_define a "$@"
    check_both a start "$(on a virsh -q dumpxml --inactive "$1")"
    output=$(on a virsh -q start "$1" 2>&1) || status=$?
    agree "start of $1 with ${*:2}" "$status" "$output"
    [ $# -eq 1 ] || guest_driver_up a "$1"
}

test_the_dry_run_agrees_with_the_operation () {
    local seed=${VGPU_GATE_SEED:-$RANDOM} n=${VGPU_GATE_AGREEMENTS:-6} i name host types
    RANDOM=$seed
    echo "note: seed $seed, $n operations"
    for ((i = 0; i < n; i++)); do
        if [ $((i % 3)) -eq 0 ]; then
            [ "$i" -eq 0 ] || on "$(where_is "$name")" virsh -q destroy "$name"
            first_state a
            name=guest$i
            types=$(any "$h100_20c" "$h100_20c $h100_20c" "$h100_80c" "$h100_20c $l40s_12q" '')
            # shellcheck disable=SC2086  # several types
            define_and_start "$name" $types
        fi
        host=$(where_is "$name")
        [ -z "$types" ] || wait_attribute "$host" "$name" '/*/capture/@host' "host-$host"
        [ -z "$types" ] || wait_captured "$host" "$name" 26.1
        operate "$name" "$host"
    done
}
