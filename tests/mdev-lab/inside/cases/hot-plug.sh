# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# A vGPU that is plugged into a running guest, and unplugged again.

# wait_element PATTERN: the traveller's element matches, spaces and line feeds taken out of it
wait_element () {
    within 20 element_is "$1" || fail "the element did not become '$1':" "$(element "$here" traveller)"
}

element_is () {
    [[ $(element "$here" traveller | tr -d ' \n') =~ $1 ]]
}

element_lacks () {
    ! element_is "$1"
}

test_the_element_follows_the_hostdevs () {
    local second first_is second_is alone
    traveller
    second=$(device_make "$here" "$h100_20c")
    first_is="<vgpu[^>]*mdev=\"$device\"guest-address=\"[^\"]*\"[^>]*>"
    second_is="<vgpu[^>]*mdev=\"$second\""
    # it has no address in the guest, which would come next
    alone="$second_is(framebuffer[^>]*)?>"
    # as when QEMU opens it: NVML lists it before the event of libvirt
    on "$here" vgpu-sim plug --vm "$(uuid_of traveller)" --mdev "$second" >/dev/null
    guest_driver_up "$here" traveller
    wait_element "$alone"
    hostdev_of "$second" | on "$here" virsh -q attach-device traveller --live /dev/stdin
    wait_element "$second_is"'guest-address="0000:'
    element_is "$first_is" || fail 'the first vGPU changed:' "$(element "$here" traveller)"
    detach "$here" traveller "$second"
    # the event of libvirt has come, and NVML still lists it
    wait_element "$alone"
    on "$here" vgpu-sim unplug --vm "$(uuid_of traveller)" \
        --uuid "$(attribute "$here" traveller "/*/vgpu[@mdev='$second']/@uuid")"
    within 20 element_lacks "$second_is" || fail 'the second vGPU is still there:' "$(element "$here" traveller)"
    element_is "^<vgpus[^>]*><capture[^>]*><guest[^>]*>$first_is.*</vgpu></vgpus>$" ||
        fail 'the first vGPU changed:' "$(element "$here" traveller)"
    device_remove "$here" "$second"
    # and it can be migrated as before
    state_write "$here"
    go "$target"
    arrived "$target"
}
