# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# Live migrations that are allowed: to a device with another UUID, which gets the state of the old one.

test_there_and_back () {
    traveller
    state_write "$here" traveller 33
    go "$target"
    arrived "$target" 33
    wait_attribute "$there" traveller '/*/vgpu/@mdev' "$target"
    device_remove "$here" "$device"
    traveller
    state_write "$here" traveller 44
    go "$target"
    arrived "$target" 44
    wait_attribute "$there" traveller '/*/vgpu/@mdev' "$target"
}

test_peer_to_peer () {
    traveller
    state_write "$here" traveller 55
    go "$target" --p2p
    arrived "$target" 55
}

test_a_persistent_guest () {
    traveller
    state_write "$here" traveller 66
    go "$target" --persistent --undefinesource
    arrived "$target" 66
    guest_is "$here" traveller absent
    guest_has_device "$there" traveller "$target" --inactive
}
