# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# The plan of 'vgpu-gate drain' for a guest with a mediated device, whose commands are executed line by line. (Both hosts
# have one kernel, so the plan cannot create a device with the name of the guest's own; the Debian lab has that case.)

# There is no room for a device that would be created, so the guest gets one that is free, and other XML for it.
test_the_plan_names_another_device () {
    local plan=$VGPU_GATE_LAB/plan.sh
    traveller
    # a guest that arrived without --persistent is made persistent
    on "$here" virsh -q define "$(xml_with "$device")"
    while device_make "$there" "$h100_20c" >/dev/null 2>&1; do :; done
    collect_fleet "$here:traveller"
    on "$here" vgpu-gate drain "host-$here" --fleet "$fleet" --uri 'qemu+tcp://%h/system' --virsh >"$plan" ||
        fail 'the plan does not empty the host:' "$(<"$plan")"
    [[ $(<"$plan") == *' --xml '*' --persistent-xml '* ]] || fail 'the plan has no other XML:' "$(<"$plan")"
    state_write "$here"
    execute_lines "$plan" "$here"
    [ -z "$(on "$here" virsh -q list --all --name)" ] || fail "host $here is not empty:" "$(on "$here" virsh -q list --all)"
    target=$(on "$there" virsh -q dumpxml --inactive traveller |
        sed -n "/<hostdev/,/<\/hostdev>/s/.* uuid='\([^']*\)'.*/\1/p")
    [ "$target" != "$device" ] || fail 'its definition names its old device'
    arrived "$target"
}
