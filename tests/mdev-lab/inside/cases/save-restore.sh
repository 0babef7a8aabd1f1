# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# Save images: the device's state is in them.

image=/var/lib/libvirt/traveller.save

# Its device is made anew: what it has then came out of the image.
renew_device () {
    device_remove "$here" "$device"
    device_make "$here" "$h100_20c" "$device" >/dev/null
}

test_save_and_restore () {
    traveller
    state_write "$here"
    on "$here" virsh -q save traveller "$image"
    renew_device
    on "$here" virsh -q restore "$image"
    lives_on "$here" "$device"
}

test_managed_save_and_start () {
    traveller
    # what came without --persistent is made persistent
    on "$here" virsh -q define "$(xml_with "$device")"
    state_write "$here"
    on "$here" virsh -q managedsave traveller
    renew_device
    guest_start "$here" traveller
    lives_on "$here" "$device"
}

test_restore_to_another_device () {
    local other file=/run/lab/image.xml
    traveller
    other=$(device_make "$here" "$h100_20c")
    state_write "$here"
    on "$here" virsh -q save traveller "$image"
    device_remove "$here" "$device"
    # to its own, which is gone
    expect_refused 507 traveller "$device" on "$here" virsh restore "$image"
    on "$here" test -s "$image" || fail 'the save image is gone'
    on "$here" virsh -q save-image-dumpxml --security-info "$image" | with_device "$other" |
        on "$here" tee "$file" >/dev/null
    on "$here" virsh -q restore "$image" --xml "$file"
    lives_on "$here" "$other"
}
