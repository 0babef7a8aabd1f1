# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# A guest that remains where the hook has given it another device: its persistent definition, and its next start.

# Makes vgpu-gated on host $1 read its configuration again.
reload () {
    on "$1" pkill -HUP -F /run/lab/vgpu-gated.pid
}

# configure HOST LINE...: into [placement], for the hook and the daemon
configure () {
    local host=$1
    shift
    printf '%s\n' "$@" | host_configure "$host" placement
    reload "$host"
    log_has "$host" 'VGATE-734'
}

# Restores the configuration of host $1; its hardware keeps what it has.
configure_no_more () {
    on "$1" cp -p /run/lab/vgpu-gate/vgpu-gate.conf /etc/vgpu-gate/
    reload "$1"
}

# Prints the device that the guest's persistent definition on host $1 names.
defined_device () {
    on "$1" virsh -q dumpxml --inactive traveller | sed -n "/<hostdev/,/<\/hostdev>/s/.* uuid='\([^']*\)'.*/\1/p"
}

defines_device () {
    [ "$(defined_device "$1")" = "$2" ]
}

wait_definition () {
    within 15 defines_device "$1" "$2" ||
        fail "the persistent definition on host $1 names '$(defined_device "$1")', not $2:" "$(vgpu_gated_log "$1")"
}

# As a plain `virsh migrate --persistent` of a guest that is defined with the device that it has: the user names none.
# (The case before may have left a guest that is not defined, or is with another device.)
go_to_stay () {
    on "$here" virsh -q define "$(xml_with "$device")"
    migrate "$here" traveller --live --persistent --undefinesource || fail 'the guest does not go'
}

test_the_definition_that_came_along () {
    local before after
    traveller
    configure "$there" mode=apply
    on "$here" virsh -q define "$(xml_with "$device")"
    before=$(on "$here" virsh -q dumpxml --inactive --security-info traveller)
    state_write "$here"
    go_to_stay
    arrived "$target"
    wait_definition "$there" "$target"
    log_has "$there" "VGATE-813: traveller: .*$device .*instead of $target"
    after=$(on "$there" virsh -q dumpxml --inactive --security-info traveller)
    # (our element in a definition names the device, too)
    [ "$(with_device "$target" <<<"$before")" = "$after" ] ||
        fail 'more than the device has changed:' "$(diff <(with_device "$target" <<<"$before") <(echo "$after"))"
    ! on "$there" grep -q instead-of /run/vgpu-gate/leases || fail 'the record is still there'
    configure_no_more "$there"
}

test_the_daemon_was_away () {
    traveller
    configure "$there" mode=apply
    host_service stop "$there" vgpu-gated
    state_write "$here"
    go_to_stay
    arrived "$target"
    defines_device "$there" "$device" || fail "the definition names '$(defined_device "$there")'"
    host_service start "$there" vgpu-gated
    wait_definition "$there" "$target"
    configure_no_more "$there"
}

# The command in the message can be run as it is.
test_only_said () {
    local command
    traveller
    configure "$there" mode=apply persistent-definition=report
    state_write "$here"
    go_to_stay
    arrived "$target"
    log_has "$there" 'VGATE-814: traveller: '
    defines_device "$there" "$device" || fail "the definition names '$(defined_device "$there")'"
    command=$(vgpu_gated_log "$there" | sed -n 's/.*VGATE-814: traveller: .*To change it, run: //p')
    on "$there" bash -eu -o pipefail -c "$command"
    wait_definition "$there" "$target"
    configure_no_more "$there"
}

test_a_restored_guest () {
    local other image=/var/lib/libvirt/traveller.save
    traveller
    on "$here" virsh -q define "$(xml_with "$device")"
    other=$(device_make "$here" "$h100_20c")
    state_write "$here"
    on "$here" virsh -q save traveller "$image"
    device_remove "$here" "$device"
    configure "$here" mode=apply
    on "$here" virsh -q restore "$image"
    lives_on "$here" "$other"
    wait_definition "$here" "$other"
    configure_no_more "$here"
}

# held_open HOST DEVICE: a process has it open; prints the PID on that host
held_open () {
    local group
    group=$(readlink "/sys/bus/mdev/devices/$2/iommu_group")
    # shellcheck disable=SC2016  # to be expanded in there
    on "$1" bash -c 'exec 9<>"/dev/vfio/$1"; setsid sleep 600 >/dev/null 2>&1 </dev/null & echo $!' held "${group##*/}"
}

# It is created for the guest, so it is removed and created again with it. (It gets a new name, because the guest's name
# for it is that of a device in use; as there is one kernel, this name cannot be used twice.)
test_what_was_made_for_it () {
    local wrong made file bare=/run/lab/bare.xml filler=() line holder
    leave_nothing
    traveller
    device_remove "$there" "$target"
    wrong=$(device_make "$there" "$h100_20c")
    holder=$(held_open "$there" "$wrong")
    configure "$there" mode=apply
    file=$(xml_with "$wrong")
    on "$here" sh -c "sed '/<metadata>/,/<\/metadata>/d' $file >$bare"
    state_write "$here"
    migrate "$here" traveller --live --persistent --undefinesource --xml "$file" --persistent-xml "$bare" ||
        fail 'the guest does not go'
    on "$there" grep -qx state=made /run/vgpu-gate/leases || fail 'nothing was made for it'
    log_has "$there" "VGATE-813: traveller: .*$wrong "
    made=$(defined_device "$there")
    [ "$made" != "$wrong" ] || fail "the definition still names $wrong"
    arrived "$made"
    on "$there" kill "$holder"
    device_remove "$there" "$wrong"

    on "$there" virsh -q destroy traveller
    ! has_device "$there" "$made" || fail "$made is still there"
    guest_start "$there" traveller
    has_device "$there" "$made" || fail "$made was not made again"
    on "$there" virsh -q destroy traveller
    ! has_device "$there" "$made" || fail "$made is still there"

    # there is no room any more
    while line=$(device_make "$there" "$h100_20c" 2>/dev/null); do
        filler+=("$line")
    done
    expect_refused 812 traveller "$made.*the GPU has no room for it" on "$there" virsh start traveller
    guest_is "$there" traveller 'shut off'
    device_remove "$there" "${filler[0]}"
    guest_start "$there" traveller
    has_device "$there" "$made" || fail "$made was not made again"
}

# A guest that is migrated offline has no metadata, and its device is not on the other host: it is created before the
# first start, removed with the guest, and created again at the next start, with the default mode.
test_offline_and_started () {
    local bare=/run/lab/bare.xml seen
    leave_nothing
    traveller
    device_remove "$there" "$target"
    on "$here" sh -c "sed '/<metadata>/,/<\/metadata>/d' $(xml_with "$device") >$bare; virsh -q define $bare"
    on "$here" virsh -q destroy traveller
    device_remove "$here" "$device"
    migrate "$here" traveller --offline --persistent --undefinesource || fail 'the guest does not go'
    ! on "$there" virsh -q start traveller 2>/dev/null || fail 'it was started without its device'
    seen=$(on "$there" sh -c 'virsh dumpxml traveller | vgpu-gate device make - 2>&1') && fail 'its type is known:' "$seen"
    [[ $seen == *VGATE-530* ]] || fail 'the type is not asked for:' "$seen"
    on "$there" sh -c 'virsh dumpxml traveller | vgpu-gate device make - --type H100XM-20C' >/dev/null
    was_made "$there" "$device"
    guest_start "$there" traveller
    seen=$(on "$there" vgpu-gate device list)
    [[ $seen =~ "$device  ${gpu_of[$there]}  in-use "[^$'\n']*" traveller  operator" ]] || fail 'the list says:' "$seen"
    seen=$(on "$there" vgpu-gate device remove "$device" --yes 2>&1) && fail 'it was removed under the guest'
    [[ $seen == *VGATE-533* ]] || fail 'it was refused for another reason:' "$seen"
    on "$there" virsh -q destroy traveller
    ! has_device "$there" "$device" || fail "$device is still there"
    guest_start "$there" traveller
    has_device "$there" "$device" || fail "$device was not created again"
}
