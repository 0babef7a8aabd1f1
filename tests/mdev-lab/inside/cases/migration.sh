# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# Live migrations that are allowed: to a device with another UUID, which gets the state of the previous one.

test_there_and_back () {
    traveller
    state_write "$here"
    go "$target"
    arrived "$target"
    wait_attribute "$there" traveller '/*/vgpu/@mdev' "$target"
    device_remove "$here" "$device"
    traveller
    state_write "$here"
    go "$target"
    arrived "$target"
    wait_attribute "$there" traveller '/*/vgpu/@mdev' "$target"
}

test_peer_to_peer () {
    traveller
    state_write "$here"
    go "$target" --p2p
    arrived "$target"
}

test_a_persistent_guest () {
    traveller
    state_write "$here"
    go "$target" --persistent --undefinesource
    arrived "$target"
    guest_is "$here" traveller absent
    [[ $(on "$there" virsh -q dumpxml --inactive traveller) == *"<hostdev"*" uuid='$target'"* ]] ||
        fail "the persistent definition does not have device $target"
}
