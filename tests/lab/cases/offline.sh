# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# A stopped guest has no state that a host could be unable to accept: it can move to any destination.

test_a_stopped_guest () {
    guest_define a stopped "$h100_20c"
    migrate a stopped --offline --persistent
    guest_is b stopped 'shut off'
}

test_a_stopped_guest_that_once_ran_to_a_host_that_could_not_run_it () {
    guest_run_r535 a retired "$h100_20c"
    on a virsh -q destroy retired
    host_update b --driver 590.48.01 --range 24.1-27.1 --gpu "$h100" --ecc off
    migrate a retired --offline --persistent
    guest_is b retired 'shut off'
}

test_a_stopped_guest_to_a_host_whose_driver_hangs () {
    guest_define a patient "$h100_20c"
    host_hangs b nvmlInit_v2
    migrate a patient --offline --persistent
    guest_is b patient 'shut off'
}

# Its definition was made from the XML of another guest that ran, and contains that guest's metadata. (vgpu-gated would
# remove it.)
test_a_stopped_guest_with_the_metadata_of_another () {
    guest_run a original "$h100_20c"
    guest_define a copy "$h100_20c"
    host_service stop a vgpu-gated
    host_service stop b vgpu-gated
    on a virsh -q metadata copy --config --uri "$element_uri" --key vgate --set "$(element a original)"
    migrate a copy --offline --persistent
    guest_is b copy 'shut off'
    has_element b copy --config || fail 'the metadata did not travel, so this shows nothing'
    guest_start b copy
    guest_answers b copy
}
