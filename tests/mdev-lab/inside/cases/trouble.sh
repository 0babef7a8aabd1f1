# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# An allowed migration that fails leaves the guest on its host, and the next one works. Once the guest goes to an
# existing device, which has begun to receive a state, and so accepts no other one; and once to a device that is created
# for it.

# in_vain WORD: this ends the guest's migration
in_vain () {
    local made
    traveller
    state_write "$here"
    set_off go "$target"
    "$1"
    ended
    stayed
    device_remove "$there" "$target"
    places "$there" apply
    state_write "$here"
    set_off leave
    was_made "$there" "$(devices_of "$there")"
    "$1"
    ended
    nothing_left "$there"
    stayed
    state_write "$here"
    leave
    made=$(devices_of "$there")
    was_made "$there" "$made"
    arrived "$made"
}

abort () {
    on "$here" virsh -q domjobabort traveller
}

test_aborted_while_memory_is_copied () {
    in_vain abort
}

kill_receiver () {
    on "$there" pkill -KILL -f 'qemu-system.* guest=traveller,'
}

test_the_qemu_that_receives_is_killed () {
    in_vain kill_receiver
}
