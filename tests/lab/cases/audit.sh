# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# vgpu-gate audit, against what libvirt really does.

image=/var/lib/libvirt/guest.save

# audit_says HOST STATUS ANSWER NAME [WORD...]: the answer for the guest, and the exit status
audit_says () {
    local host=$1 status=$2 answer=$3 name=$4 output found=0
    shift 4
    output=$(on "$host" vgpu-gate audit --all "$@") || found=$?
    [ "$found" -eq "$status" ] || fail "the exit status is $found, not $status:" "$output"
    grep -q "^$answer  *$name: " <<<"$output" || fail "guest $name is not '$answer':" "$output"
}

# The same guest before and after the update that was planned, and after the way back.
test_audit_agrees_with_restores () {
    local text
    guest_run_r535 a audited "$h100_20c"
    audit_says a 0 none plain "$(plain_definition)"
    on a virsh -q save audited "$image"
    audit_says a 0 yes audited "$image"
    audit_says a 1 no audited --driver 590 "$image"
    host_update a --driver 590.48.01 --range 24.1-27.1
    audit_says a 1 no audited "$image"
    speaker=host-a expect_refused 303 audited '18\.1.*24\.1' on a virsh restore "$image"
    audit_says a 0 yes audited --driver 580 "$image"
    host_update a --driver 580.95.05 --range 18.1-26.1
    audit_says a 0 yes audited "$image"
    on a virsh -q restore "$image"
    guest_answers a audited
    text=$(on a vgpu-gate audit --all)
    [[ $text == *'Left out: 1 definition of running guests'* ]] || fail 'its definition is not left out:' "$text"
    on a virsh -q managedsave audited
    audit_says a 0 yes audited
    audit_says a 1 no audited --driver 590
    text=$(on a vgpu-gate audit --driver 590) || true
    [[ $text == *'virsh start --force-boot'* ]] || fail 'the way out is not that of a managed save:' "$text"
    guest_start a audited
    guest_answers a audited
}

# Prints the path of the definition of a guest without a vGPU.
plain_definition () {
    guest_define a plain
    echo /etc/libvirt/qemu/plain.xml
}
