# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# Save images, also those that libvirt manages: checked before QEMU reads them.

image=/var/lib/libvirt/guest.save

# The host's driver is updated to r590, to which no guest of r535 can return, and back.
upgrade () {
    host_update a --driver 590.48.01 --range 24.1-27.1
}

downgrade () {
    host_update a --driver 580.95.05 --range 18.1-26.1
}

test_save_and_restore () {
    guest_run a saved "$h100_20c"
    on a virsh -q save saved "$image"
    guest_is a saved 'shut off'
    on a virsh -q restore "$image"
    guest_answers a saved
    wait_captured a saved 26.1
}

test_managed_save_and_start () {
    guest_run a managed "$h100_20c"
    on a virsh -q managedsave managed
    guest_is a managed 'shut off'
    guest_start a managed
    guest_answers a managed
    wait_captured a managed 26.1
}

test_restore_after_an_upgrade_of_the_host () {
    guest_run_r535 a upgraded "$h100_20c"
    on a virsh -q save upgraded "$image"
    upgrade
    speaker=host-a expect_refused 303 upgraded '18\.1.*24\.1' on a virsh restore "$image"
    guest_is a upgraded 'shut off'
    no_qemu a upgraded
    on a test -s "$image" || fail 'the save image is gone'
    # nothing was lost: after the way back it is there
    downgrade
    on a virsh -q restore "$image"
    guest_answers a upgraded
    wait_captured a upgraded 18.1
}

test_start_of_a_managed_save_after_an_upgrade_of_the_host () {
    guest_run_r535 a kept "$h100_20c"
    on a virsh -q managedsave kept
    upgrade
    speaker=host-a expect_refused 303 kept '18\.1.*24\.1' on a virsh start kept
    guest_is a kept 'shut off'
    no_qemu a kept
    [[ $(on a virsh -q list --all --with-managed-save --name) == kept ]] || fail 'the managed save is gone'
    downgrade
    guest_start a kept
    guest_answers a kept
    wait_captured a kept 18.1
}

test_a_refused_image_can_be_given_up () {
    guest_run_r535 a given-up "$h100_20c"
    on a virsh -q managedsave given-up
    upgrade
    expect_refused 303 given-up 'virsh start --force-boot DOMAIN' on a virsh start given-up
    # a cold start needs nothing of the save image
    on a virsh -q start --force-boot given-up
    guest_answers a given-up
}

test_an_image_on_another_host () {
    guest_run a moved "$h100_20c"
    on a virsh -q save moved "$image"
    on a cat "$image" | on b tee "$image" >/dev/null
    host_update b --gpu "$h100" --ecc off
    speaker=host-b expect_refused 304 moved 'ECC' on b virsh restore "$image"
    nothing_started b moved
    host_update b --gpu "$h100" --ecc on
    on b virsh -q restore "$image"
    guest_answers b moved
}

test_a_guest_without_vgpu () {
    guest_define a plain
    guest_start a plain
    on a virsh -q save plain "$image"
    host_hangs a nvmlInit_v2
    on a virsh -q restore "$image"
    guest_answers a plain
}
