# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# An allowed migration that comes to nothing leaves the guest where it is, and the next one works.

# Sets off, slowly, and comes back while memory is copied.
set_off () {
    go "$target" --bandwidth 1 >"$VGPU_GATE_LAB/set-off" 2>&1 &
    migration=$!
    within 30 is_copying || fail 'no memory is copied:' "$(cat "$VGPU_GATE_LAB/set-off")"
}

is_copying () {
    on "$here" virsh -q domjobinfo traveller 2>/dev/null | grep -q '^Memory processed: *[1-9]'
}

# The attempt ended, in vain. A device of the kernel's sample that began to receive a state takes no other one until it
# is made anew.
ended () {
    ! wait "$migration" || fail 'the migration ended well:' "$(cat "$VGPU_GATE_LAB/set-off")"
    device_remove "$there" "$target"
    device_make "$there" "$h100_20c" "$target" >/dev/null
}

again () {
    go "$target"
    arrived "$target"
}

test_aborted_while_memory_is_copied () {
    traveller
    state_write "$here"
    set_off
    on "$here" virsh -q domjobabort traveller
    ended
    stayed
    state_write "$here"
    again
}

test_the_qemu_that_receives_is_killed () {
    traveller
    state_write "$here"
    set_off
    on "$there" pkill -KILL -f 'qemu-system.* guest=traveller,'
    ended
    stayed
    state_write "$here"
    again
}
