# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# vgpu-gated --remove: our element is removed from all domains of a host, and nothing else.

define_with_element () {
    on "$1" virsh -q dumpxml "$2" | sed -E "s,<name>.*<,<name>$3<,; s,<uuid>.*<,<uuid>$(uuid_of "$3")<,; s,<(lab:vgpu [^>]*) uuid=\"[^\"]*\",<\\1," |
        on "$1" virsh -q define /dev/stdin
}

# The XML of domain $2, with the virsh option $3, without our element.
rest_of () {
    on "$1" virsh -q dumpxml ${3:+"$3"} "$2" | sed '/<vgate:vgpus /,/<\/vgate:vgpus>/d'
}

test_all_elements_are_removed () {
    local live definition output status=0
    guest_run a running "$h100_20c"
    guest_run a leaving "$h100_20c"
    host_service stop a vgpu-gated
    define_with_element a running running
    define_with_element a running copied
    has_element a running --config || fail 'the definition has no element'
    live=$(rest_of a running) definition=$(rest_of a running --inactive)
    host_service start a vgpu-gated
    wait_captured a running 26.1
    output=$(on a vgpu-gated --remove 2>&1) || status=$?
    [[ $status -eq 1 && $output == *VGATE-731* && $output == *'systemctl disable --now vgpu-gated'* ]] ||
        fail "beside the daemon: exit status $status" "$output"
    has_element a running || fail 'the element was removed beside the daemon'
    host_service stop a vgpu-gated
    define_with_element a running copied
    output=$(on a vgpu-gated --remove 2>&1) || fail "$output"
    for line in 'VGATE-703: running: removed vGPU metadata from the running guest' \
        'VGATE-703: leaving: removed vGPU metadata from the running guest' \
        'VGATE-716: copied: removed vGPU metadata from the persistent definition' \
        'removed the vGPU metadata of 3 domains'; do
        [[ $output == *"$line"* ]] || fail "'$line' is not in:" "$output"
    done
    for name in running leaving copied; do
        ! has_element a "$name" --config || fail "the definition of $name has an element"
    done
    ! has_element a running || fail 'the running guest has an element'
    [ "$(rest_of a running)" = "$live" ] || fail 'something else of the running guest was changed'
    [ "$(rest_of a running --inactive)" = "$definition" ] || fail 'something else of the definition was changed'
    guest_answers a running
    [[ $(on a vgpu-gated --remove 2>&1) == 'removed the vGPU metadata of 0 domains' ]] || fail 'something was left'
    # an invalid configuration does not prevent it, and the daemon writes the elements again
    host_service start a vgpu-gated
    wait_captured a running 26.1
    host_service stop a vgpu-gated
    echo nonsense | on a tee /etc/vgpu-gate/vgpu-gate.conf >/dev/null
    on a vgpu-gated --remove 2>&1 | grep -F 'of 2 domains' >/dev/null || fail 'not with an invalid configuration'
}

test_a_guest_that_leaves_is_named () {
    local output status=0
    guest_define a busy "$h100_20c"
    guest_ballast a busy 16000000
    guest_start a busy
    guest_driver_up a busy
    wait_captured a busy 26.1
    host_service stop a vgpu-gated
    migrate_slowly a busy
    output=$(on a vgpu-gated --remove 2>&1) || status=$?
    [[ $status -eq 1 && $output == *'busy: cannot remove the vGPU metadata: a migration or save is in progress'* ]] ||
        fail "exit status $status" "$output"
    on a virsh -q migrate-setspeed busy 1000
    migration_end a
    guest_moved a busy
}
