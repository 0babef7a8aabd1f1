# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# Metadata from another host is not trusted: the element of a running guest is changed, as every user of virsh can do.

# tamper NAME SCRIPT: edits the live element of a guest on host a with sed
tamper () {
    local before after
    # the daemon would write it again
    host_service stop a vgpu-gated
    before=$(element a "$1")
    after=$(sed -E "$2" <<<"$before")
    [ "$before" != "$after" ] || fail "'$2' changes nothing in:" "$before"
    on a virsh -q metadata "$1" --live --uri "$element_uri" --key vgate --set "$after"
}

test_a_mirror_that_says_another_version () {
    guest_run_r535 a liar "$h100_20c"
    host_update b --driver 590.48.01 --range 24.1-27.1
    tamper liar 's/guest-vgpu-version="18\.1"/guest-vgpu-version="26.1"/'
    expect_migration_refused 207 liar '26\.1.*18\.1|18\.1.*26\.1'
}

test_base64_that_is_none () {
    guest_run a garbage "$h100_20c"
    tamper garbage 's/(<metadata [^>]*>)./\1*/'
    expect_migration_refused 205 garbage ''
}

test_a_length_that_lies () {
    guest_run a length "$h100_20c"
    tamper length 's/(<metadata [^>]*length=")468"/\1400"/'
    expect_migration_refused 206 length '400'
}

test_bytes_that_were_cut () {
    guest_run a cut "$h100_20c"
    # 12 characters of base64 are 9 bytes
    tamper cut 's/(<metadata [^>]*>)(.{12})/\1/'
    expect_migration_refused 206 cut ''
}

test_the_element_of_another_guest () {
    local element
    guest_run a owner "$h100_20c"
    guest_run a thief "$h100_20c"
    host_service stop a vgpu-gated
    element=$(element a owner)
    on a virsh -q metadata thief --live --uri "$element_uri" --key vgate --set "$element"
    # it cannot be distinguished from a copied definition until QEMU waits for the guest
    expect_refused 208 thief "$(uuid_of owner)" migrate a thief
    guest_answers a thief
    guest_is b thief absent
}

test_an_unknown_attribute () {
    guest_run a stranger "$h100_20c"
    tamper stranger 's/<guest /&trusted="yes" /'
    expect_migration_refused 203 stranger 'trusted'
}

test_an_element_of_a_version_to_come () {
    guest_run a future "$h100_20c"
    host_service stop a vgpu-gated
    on a virsh -q metadata future --live --uri urn:x-vgpu-gate:domain:2 --key vgate2 --set '<vgpus/>'
    on a virsh -q metadata future --live --uri "$element_uri" --remove
    expect_migration_refused 202 future 'urn:x-vgpu-gate:domain:2'
}

test_captured_again_it_may_go () {
    guest_run a repaired "$h100_20c"
    tamper repaired 's/guest-vgpu-version="26\.1"/guest-vgpu-version="25.1"/'
    expect_migration_refused 207 repaired ''
    on a vgpu-gated --once
    migrate a repaired
    guest_moved a repaired
}
