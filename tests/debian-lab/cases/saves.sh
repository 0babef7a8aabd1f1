# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# A guest that was saved while vgpu-gated did not run. (In tests/lab a guest without metadata has no vGPU.)

# The way out of the refusal is walked.
test_an_image_without_metadata () {
    host_service stop a vgpu-gated
    guest_define a unseen "$(device_make a)"
    guest_start a unseen
    guest_driver_up a unseen
    on a virsh -q managedsave unseen
    expect_refused 213 unseen 'the save image contains no metadata.*vgpu-gate allow-restore --yes' on a virsh start unseen
    on a sh -c 'virsh managedsave-dumpxml unseen | vgpu-gate allow-restore --yes -'
    guest_start a unseen
    guest_is a unseen running
    ! on a test -e "/run/vgpu-gate/restore-$(uuid_of unseen)" || fail 'the permission was not used up'
    on a systemctl start vgpu-gated
    # (the simulated hardware takes a guest's driver from the metadata, so none is loaded)
    within 60 has_element a unseen || fail 'the guest is not captured:' "$(vgpu_gated_log a)"
}
