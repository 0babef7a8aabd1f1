# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# Save images: the device's state is in them.

image=/var/lib/libvirt/traveller.save

# Its device is made anew: what it has then came out of the image.
renew_device () {
    device_remove "$here" "$device"
    device_make "$here" "$h100_20c" "$device" >/dev/null
}

# It runs here again, at device $1 with state $2.
back () {
    guest_answers "$here" traveller
    guest_has_device "$here" traveller "$1"
    state_is "$here" traveller "$2"
}

test_save_and_restore () {
    traveller
    state_write "$here" traveller 77
    on "$here" virsh -q save traveller "$image"
    renew_device
    on "$here" virsh -q restore "$image"
    back "$device" 77
}

test_managed_save_and_start () {
    traveller
    # what came without --persistent is made persistent
    on "$here" virsh -q define "$(xml_with_device "$here" traveller "$device")"
    state_write "$here" traveller 88
    on "$here" virsh -q managedsave traveller
    renew_device
    guest_start "$here" traveller
    back "$device" 88
}

test_restore_to_another_device () {
    local other xml=/run/lab/image.xml
    traveller
    other=$(device_make "$here" "$h100_20c")
    state_write "$here" traveller 99
    on "$here" virsh -q save traveller "$image"
    device_remove "$here" "$device"
    # to its own, which is gone
    expect_refused 507 traveller "$device" on "$here" virsh restore "$image"
    on "$here" test -s "$image" || fail 'the save image is gone'
    on "$here" virsh -q save-image-dumpxml --security-info "$image" | with_device "$other" |
        on "$here" tee "$xml" >/dev/null
    on "$here" virsh -q restore "$image" --xml "$xml"
    back "$other" 99
}
