# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# A guest that was not captured. Only its QEMU, after its start, shows whether a guest arrives or is only defined there.

test_a_live_one_is_refused_and_a_stopped_one_moves () {
    traveller
    # its daemon would capture it again
    leave_nothing
    host_service stop "$here" vgpu-gated
    on "$here" virsh -q metadata traveller --live --uri "$element_uri" --remove
    ! is_captured || fail 'it is captured again'
    state_write "$here"
    expect_refused 213 traveller '' go "$target"
    stayed
    # the way out
    on "$here" vgpu-gated --once
    is_captured || fail "the guest on host $here is not captured:" "$xml"
    state_write "$here"
    go "$target"
    arrived "$target"
    here=$there there=$(peer_of "$here") device=$target
    # vgpu-gated writes metadata only into the XML of a guest that runs
    xml=$(sed '/<metadata>/,/<\/metadata>/d' <<<"$xml")
    on "$here" virsh -q define "$(xml_with "$device")"
    on "$here" virsh -q destroy traveller
    migrate "$here" traveller --offline --persistent --undefinesource
    guest_is "$there" traveller 'shut off'
}
