# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# The ways out that a refusal names, walked: the operation that was refused succeeds afterwards. The list of them is in
# tests/unit/test-ways-out.c; other cases walk further ones.

image=/var/lib/libvirt/walked.save

# configuration_edit HOST EXPRESSION: by sed
configuration_edit () {
    on "$1" sed -i "$2" /etc/vgpu-gate/vgpu-gate.conf
}

# Makes this the fleet's key on host $1.
give_key () {
    # shellcheck disable=SC2016  # to be expanded in there
    on "$1" bash -c 'umask 077; echo "$1" >/etc/vgpu-gate/fleet.key' key "$2"
    on "$1" grep -q '^key-file=' /etc/vgpu-gate/vgpu-gate.conf ||
        host_configure "$1" seal <<<'key-file=/etc/vgpu-gate/fleet.key'
    host_service restart "$1" vgpu-gated
}

# Removes our element from the XML on stdin, as a user would in an editor.
strip () {
    sed '/<vgate:vgpus /,/<\/vgate:vgpus>/d'
}

# The guest cannot load its driver while it is in the image.
test_a_save_without_the_guest_driver () {
    guest_define a early "$h100_20c"
    guest_start a early
    wait_captured a early 0.0
    # such a save is stopped unless that is asked for
    host_configure a jobs <<<'unrestorable-save=ignore'
    gated_restart a
    on a virsh -q save early "$image"
    expect_refused 403 early 'Set guest-driver-down=warn in \[rules\]' on a virsh restore "$image"
    host_configure a rules <<<'guest-driver-down=warn'
    on a virsh -q restore "$image"
    guest_is a early running
}

test_a_save_and_a_narrowed_range () {
    guest_run a narrowed "$h100_20c"
    on a virsh -q save narrowed "$image"
    on a vgpu-gate version set 18.1-25.1 --yes
    expect_refused 303 narrowed "run 'vgpu-gate version reset'" on a virsh restore "$image"
    on a vgpu-gate version reset --yes
    on a virsh -q restore "$image"
    guest_answers a narrowed
}

# permit COMMAND: allows the restore of the guest whose XML this command prints. This lab's guests have no hostdev, so
# without metadata they need no permission, which the command says.
permit () {
    local output
    output=$(on a sh -c "$1 | vgpu-gate allow-restore --yes -" 2>&1) || [[ $output == *VGATE-221* ]] || fail "$output"
}

# A guest in an image cannot be captured again.
test_a_save_with_changed_metadata () {
    local xml=$VGPU_GATE_LAB/walked.xml
    guest_run a edited "$h100_20c"
    on a virsh -q save edited "$image"
    on a virsh save-image-dumpxml "$image" >"$xml"
    sed 's/ guest-driver="[^"]*"/ guest-driver="1.2.3"/' "$xml" | on a virsh -q save-image-define "$image" /dev/stdin
    expect_refused 207 edited 'virsh save-image-edit FILE' on a virsh restore "$image"
    strip <"$xml" | on a virsh -q save-image-define "$image" /dev/stdin
    permit "virsh save-image-dumpxml $image"
    on a virsh -q restore "$image"
    guest_answers a edited
}

# Its definition has another guest's metadata.
test_a_clone_with_a_managed_save () {
    local xml=$VGPU_GATE_LAB/walked.xml
    guest_run a model "$h100_20c"
    guest_define a clone
    # it would correct the clone
    host_service stop a vgpu-gated
    on a virsh -q metadata clone --config --uri "$element_uri" --key vgate --set "$(element a model)"
    guest_start a clone
    on a virsh -q managedsave clone
    expect_refused 208 clone 'virsh managedsave-edit DOMAIN' on a virsh start clone
    on a virsh managedsave-dumpxml clone | strip >"$xml"
    on a virsh -q managedsave-define clone /dev/stdin <"$xml"
    permit 'virsh managedsave-dumpxml clone'
    guest_start a clone
    guest_answers a clone
}

test_a_save_without_a_seal () {
    guest_run a open "$h100_20c"
    on a virsh -q save open "$image"
    give_key a 'the key that all hosts of this fleet share'
    expect_refused 210 open 'comment out key-file= in \[seal\]' on a virsh restore "$image"
    configuration_edit a 's/^key-file=/#&/'
    on a virsh -q restore "$image"
    guest_answers a open
}

test_a_save_with_the_seal_of_the_old_key () {
    local old='the key of last year, of at least 32 bytes'
    give_key a "$old"
    guest_run a rekeyed "$h100_20c"
    on a virsh -q save rekeyed "$image"
    give_key a 'the key of this year, of at least 32 bytes'
    expect_refused 211 rekeyed 'put the old key into key-file= of \[seal\]' on a virsh restore "$image"
    give_key a "$old"
    on a virsh -q restore "$image"
    guest_answers a rekeyed
}

# A second key would refuse the guests of all other hosts.
test_a_host_without_its_key () {
    give_key a 'the key that all hosts of this fleet share'
    give_key b 'the key that all hosts of this fleet share'
    guest_run a keyed "$h100_20c"
    on b rm /etc/vgpu-gate/fleet.key
    expect_migration_refused 606 keyed 'scp -p SOURCE:'
    # shellcheck disable=SC2016  # to be expanded in there
    on a cat /etc/vgpu-gate/fleet.key | on b bash -c 'umask 077; cat >/etc/vgpu-gate/fleet.key'
    migrate a keyed
    guest_moved a keyed
}

test_a_cold_start_with_old_metadata () {
    local element
    guest_run a dated "$h100_20c"
    element=$(element a dated)
    on a virsh -q destroy dated
    host_service stop a vgpu-gated
    on a virsh -q metadata dated --config --uri "$element_uri" --key vgate --set "$element"
    host_update a --gpu "$h100" --ecc off
    host_configure a gate <<<'cold-start=check'
    expect_refused 304 dated "virsh metadata DOMAIN $element_uri --config --remove" on a virsh start dated
    on a virsh -q metadata dated "$element_uri" --config --remove
    guest_start a dated
    guest_answers a dated
}

test_a_save_of_another_driver () {
    guest_run a updated "$h100_20c"
    on a virsh -q save updated "$image"
    host_update a --driver 580.105.08
    host_configure a rules <<<'host-driver-not-same=refuse'
    expect_refused 406 updated 'set host-driver-not-same=warn in \[rules\]' on a virsh restore "$image"
    configuration_edit a 's/^host-driver-not-same=.*/host-driver-not-same=warn/'
    on a virsh -q restore "$image"
    guest_answers a updated
}

# Nothing runs on the GPU that could be ended.
test_a_gpu_in_mig_mode () {
    guest_run a sliced "$h100_20c"
    host_update b --gpu "$h100" --mig on
    expect_migration_refused 402 sliced "is in MIG mode\. .*nvidia-smi -i $h100 -mig 0"
    host_update b --gpu "$h100" --mig off
    migrate a sliced
    guest_moved a sliced
}
