# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# The devices and settings that are declared for a host, as after a boot. The lab's GPUs are in no sysfs, so a tree of files
# has their virtual functions; the driver, libvirt and its guests are the host's.

tree=/run/lab/devices-tree

# tree_make HOST: four virtual functions of the H100, none of which has a type
tree_make () {
    # shellcheck disable=SC2016  # to be expanded in there
    on "$1" bash -eu -c '
        tree=$1 gpu=$2
        rm -rf "$tree"
        mkdir -p "$tree/sys/bus/pci/devices" "$tree/sys/devices/pci${gpu%:*}" "$tree/run" "$tree/etc"
        ln -s /proc /dev "$tree/"
        ln -s /run/libvirt "$tree/run/libvirt"
        for function in 0 4 5 6 7; do
            address=${gpu%.*}.$function
            device=sys/devices/pci${gpu%:*}/$address
            mkdir "$tree/$device"
            echo 0x10de >"$tree/$device/vendor"
            echo 0x2330 >"$tree/$device/device"
            ln -s "../../../../$device" "$tree/sys/bus/pci/devices/$address"
            [ "$function" -gt 0 ] || continue
            ln -s "../$gpu" "$tree/$device/physfn"
            mkdir "$tree/$device/nvidia"
            echo 0 >"$tree/$device/nvidia/current_vgpu_type"
            printf "ID    : vGPU Name\n1128  : NVIDIA H100XM-20C\n" >"$tree/$device/nvidia/creatable_vgpu_types"
        done
    ' make "$tree" "$h100"
}

# declare_devices HOST: the file is on stdin
declare_devices () {
    on "$1" tee /etc/vgpu-gate/devices.conf >/dev/null
}

# devices HOST STATUS apply|status [OPTION...]: prints the report, and fails if the exit status is another one
devices () {
    local host=$1 expected=$2 status=0 output
    shift 2
    output=$(on "$host" vgpu-gate devices "$@" --root "$tree" /etc/vgpu-gate/devices.conf 2>&1) || status=$?
    printf '%s\n' "$output"
    [ "$status" -eq "$expected" ] || fail "'devices $*' ended with $status instead of $expected:" "$output"
}

# function_types HOST: of the four virtual functions, in one line
function_types () {
    on "$1" bash -c "for file in $tree/sys/bus/pci/devices/*/nvidia/current_vgpu_type; do echo \$(<\$file); done" |
        tr '\n' ' '
}

has_types () {
    [ "$(function_types "$1")" = "$2" ] || fail "the virtual functions have the types '$(function_types "$1")' instead of '$2'"
}

declare_all () {
    declare_devices "$1" <<END
[host]
version-range=18.1-24.2
wait=20
[gpu $h100]
types=H100XM-20C x 2
scheduler=equal-share
time-slice=4ms
END
}

# guest_run_modest HOST NAME: it agrees on the highest version of the declared range
guest_run_modest () {
    guest_define "$1" "$2" "$h100_20c"
    guest_start "$1" "$2"
    guest_driver_up "$1" "$2"
    wait_captured "$1" "$2" 24.2
}

# A boot; the same again, which changes nothing; and what a driver forgets when it is loaded again.
test_a_boot_brings_what_is_declared () {
    local first again
    tree_make a
    declare_all a
    devices a 1 status
    has_types a '0 0 0 0 '
    first=$(devices a 0 apply)
    [[ $first == *'version range 18.1-24.2: set (it was 18.1-26.1)'*'2 declared, 0 exist, 2 created'* ]] ||
        fail 'it says:' "$first"
    has_types a '1128 1128 0 0 '
    [[ $(on a vgpu-gate version get) == *18.1-24.2* ]] || fail 'the range was not set:' "$(on a vgpu-gate version get)"
    again=$(devices a 0 apply)
    [[ $again != *'set ('* && $again == *'2 declared, 2 exist, 0 created'* ]] || fail 'the second time:' "$again"
    on a vgpu-sim reload
    [[ $(devices a 1 status) == *VGATE-539*VGATE-539* ]] || fail 'nobody notices the reload'
    devices a 0 apply
    guest_run_modest a modest
}

# A guest that runs keeps its device, and the driver its settings, until the guest has ended. NVML does not say on which
# virtual function it is, so that all of its type count as in use.
test_what_a_guest_uses_is_left () {
    local output
    tree_make a
    declare_all a
    devices a 0 apply
    guest_define a tenant
    guest_start a tenant
    on a vgpu-sim plug --vm "$(uuid_of tenant)" --type "$h100_20c" --vf "${h100%.*}.4"
    declare_devices a <<END
[host]
version-range=18.1-23.1
[gpu $h100]
types=
remove-others=yes
END
    output=$(devices a 1 apply)
    [[ $output == *VGATE-537*VGATE-513*"domain 'tenant' on GPU $h100"* ]] || fail 'it says:' "$output"
    has_types a '1128 1128 0 0 '
    guest_answers a tenant
    on a virsh -q destroy tenant
    on a vgpu-sim unplug --vm "$(uuid_of tenant)" --if-present
    output=$(devices a 0 apply)
    [[ $output == *'version range 18.1-23.1: set'*'removed, as it is not declared'* ]] || fail 'it says:' "$output"
    has_types a '0 0 0 0 '
}

is_waiting () {
    grep -q "waiting for 20 s at most: .*Driver Not Loaded" "$VGPU_GATE_LAB/devices.log"
}

# At boot the driver can come up later than the service.
test_it_waits_for_the_driver () {
    local waiting
    tree_make a
    declare_all a
    host_fails a nvmlInit_v2 DRIVER_NOT_LOADED
    on a vgpu-gate devices apply --root "$tree" /etc/vgpu-gate/devices.conf >"$VGPU_GATE_LAB/devices.log" 2>&1 &
    waiting=$!
    within 10 is_waiting || fail 'it does not wait:' "$(cat "$VGPU_GATE_LAB/devices.log")"
    host_heals a
    wait "$waiting" || fail 'it failed:' "$(cat "$VGPU_GATE_LAB/devices.log")"
    has_types a '1128 1128 0 0 '
}

# What does not come is named, and the rest is done.
test_it_names_what_does_not_come () {
    local output
    tree_make a
    declare_devices a <<END
[gpu 0000:99:00.0]
types=H100XM-20C x 1
[gpu $h100]
types=H100XM-20C x 1
END
    output=$(devices a 1 apply --wait 1)
    [[ $output == *'waiting for 1 s at most: there is no GPU 0000:99:00.0'*VGATE-535* ]] || fail 'it says:' "$output"
    has_types a '1128 0 0 0 '
}
