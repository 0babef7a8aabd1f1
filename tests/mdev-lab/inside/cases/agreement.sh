# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# The dry run before a migration, and the matrix, answer what the hook answers then: random devices, modes and drivers at
# the destination. The number of migrations is VGPU_GATE_AGREEMENTS, the seed VGPU_GATE_SEED.

# the VM of a vGPU that is nobody's guest
stranger=5e1f0a77-3c2d-4b8e-9f60-d1c2b3a49587

# Changes what host $there has, at random. Sets changes to what it did.
change_there () {
    local devices mode driver
    draw devices 'one free' 'one free' none 'no room' 'in use'
    case $devices in
        none) device_remove "$there" "$target" ;;
        'no room')
            device_remove "$there" "$target"
            host_update "$there" --gpu "${gpu_of[$there]}" --type "$h100_20c" --count 0
            ;;
        'in use') on "$there" vgpu-sim plug --vm "$stranger" --mdev "$target" >/dev/null ;;
    esac
    draw mode suggest apply apply off
    # without placement the gate does not look who has a device, and the hardware would refuse the guest instead
    [ "$devices" != 'in use' ] || draw mode suggest apply
    places "$there" "$mode"
    draw driver unchanged unchanged unchanged 'with ECC off'
    [ "$driver" = unchanged ] || [ "$devices" = 'in use' ] || host_update "$there" --gpu "${gpu_of[$there]}" --ecc off
    changes="devices: $devices; mode $mode; driver $driver"
}

test_the_dry_run_agrees_with_migrations () {
    local seed=${VGPU_GATE_SEED:-$RANDOM} n=${VGPU_GATE_AGREEMENTS:-4} i what named changes report text status
    RANDOM=$seed
    echo "note: seed $seed, $n migrations"
    for ((i = 0; i < n; i++)); do
        remove_free_devices
        traveller
        if [ "$i" -eq 0 ]; then
            report=$(on "$here" vgpu-gate check - <<<"$xml") || true
            [ "$(code_of "$report")" = 520 ] || fail 'where it runs, check said:' "$report"
            # what a stopped guest would have
            text=$(sed '/<metadata>/,/<\/metadata>/d' <<<"$xml")
            report=$(on "$there" vgpu-gate check - <<<"$text") && fail 'without metadata, check said yes:' "$report"
            [ "$(code_of "$report")" = 218 ] || fail 'without metadata, check said:' "$report"
        fi
        draw named "$device" "$target"
        change_there
        what="migration to host $there with device $named (its own: $device), $changes"
        text=$(with_device "$named" <<<"$xml")
        check_both "$there" migrate "$text"
        check_cell "$there" traveller "$text"
        state_write "$here"
        status=0
        text=$(go "$named") || status=$?
        agree "$what" "$status" "$text"
        if [ "$status" -eq 0 ]; then
            on "$there" vgpu-sim unplug --vm "$stranger" --if-present >/dev/null
            places "$there"
        else
            on "$there" sh -c 'cp -p /run/lab/vgpu-gate/* /etc/vgpu-gate/'
        fi
    done
    leave_nothing
}
