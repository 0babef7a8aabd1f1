# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154,SC2034  # more words and names come from tests/lab/lib.sh
# Two hosts as administrators set them up: small VMs with Debian 13, in which systemd starts libvirtd and our units, and
# AppArmor confines libvirtd and its guests by Debian's own profiles. It has the words of tests/lab for these hosts.

debian_lab=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
# shellcheck source=SCRIPTDIR/../mdev-lab/common.sh
. "$debian_lab/../mdev-lab/common.sh"

# in the kernel of each host
gpu=0000:41:00.0

vm_disk=debian.img vm_lab=debian-lab

# A question takes half a second of the VM's only processor, which what is waited for needs as well; and that processor is
# emulated by a machine that has other tests to run.
pause=0.5 patience=20

# --- hosts ---

bring_up () {
    local host
    for host in a b; do
        mkdir -p "$VGPU_GATE_LAB/$host"
        vm_parameters=(net.ifnames=0 systemd.show_status=0 "lab_host=$host")
        vm_options=(-uuid "${lab_uuid[$host]}" -device "virtio-net-pci,netdev=lab,mac=52:54:00:00:00:0$host"
            -netdev "dgram,id=lab,local.type=unix,local.path=$VGPU_GATE_LAB/net-$host,remote.type=unix,$(
            )remote.path=$VGPU_GATE_LAB/net-$(peer_of "$host")")
        start_vm "$VGPU_GATE_LAB/$host" --pdeathsig KILL
    done
    for host in a b; do
        wait_vm "$VGPU_GATE_LAB/$host"
        within 200 has_booted "$host" || fail "host $host does not come up:" "$(on "$host" systemctl list-jobs)"
        on "$host" cp -a /etc/vgpu-gate /run/vgpu-gate-first
    done
}

has_booted () {
    local state
    state=$(on "$1" systemctl is-system-running) || true
    [[ $state == running || $state == degraded ]]
}

take_down () {
    end_vm "$VGPU_GATE_LAB/a"
    end_vm "$VGPU_GATE_LAB/b"
}

# Runs a command on host $1 and passes on its standard input.
on () {
    local command input=
    printf -v command '%q ' "${@:2}"
    [ ! -p /dev/stdin ] || input="base64 -d <<<'$(base64)' | "
    VGPU_GATE_MDEV_LAB=$VGPU_GATE_LAB/$1 timeout 300 "$debian_lab/../mdev-lab/l1" "$input$command"
}

# That of a plan. (What a plan writes into files stays outside of the VM.)
# shellcheck disable=SC2317
virsh () {
    on "$plan_host" virsh "$@"
}

host_service () {
    on "$2" systemctl "$1" "$3"
}

# Prints the journal of host $1 in this case; options for journalctl may follow. (At once, for a reader that exits
# early.)
journal () {
    local text
    text=$(on "$1" journalctl -q --since "@$(<"$VGPU_GATE_LAB/began")" "${@:2}")
    printf '%s\n' "$text"
}

vgpu_gated_log () {
    journal "$1" -o cat -u vgpu-gated
}

# These two wait longer than in tests/lab, because everything takes several times as long in the VM.
log_has () {
    within 30 has_logged "$@" || fail "'$2' is not in the log of vgpu-gated on host $1:" "$(vgpu_gated_log "$1")"
}

wait_captured () {
    within 60 has_version "$@" ||
        fail "guest $2 on host $1 was not captured with vGPU version $3; its element:" "$(element "$1" "$2")"
}

# The case switches host $1 off, so nothing can be restored on it. It must be the last case.
host_vanishes () {
    touch "$VGPU_GATE_LAB/$1/vanishes"
}

# Restores the state after the boot: no guest, its own configuration, and all of its services.
host_reset () {
    [ ! -e "$VGPU_GATE_LAB/$1/vanishes" ] || return 0
    on "$1" bash -c "$(declare -f reset_here); reset_here" || fail "host $1 cannot be put back into its first state"
}

# shellcheck disable=SC2317  # it runs on the host
reset_here () {
    local guest device
    set -eu
    for guest in $(virsh list --all --name); do
        virsh destroy "$guest" >/dev/null 2>&1 || true
        virsh undefine --managed-save "$guest" >/dev/null 2>&1 || true
    done
    [ -z "$(virsh list --all --name)" ]
    rm -f /var/log/libvirt/qemu/*.log /var/lib/libvirt/*.save
    for device in /sys/bus/mdev/devices/*; do
        [ ! -e "$device" ] || echo 1 >"$device/remove"
    done
    rm -rf /etc/vgpu-gate
    cp -a /run/vgpu-gate-first /etc/vgpu-gate
    if compgen -G '/run/systemd/system/vgpu-gate*' >/dev/null; then
        systemctl stop vgpu-gate-bus.socket vgpu-gate-bus
        rm -rf /run/systemd/system/vgpu-gate*
        systemctl daemon-reload
    fi
    # it needs the bus
    systemctl restart vgpu-gated
}

forget_logs () {
    date +%s >"$VGPU_GATE_LAB/began"
}

show_logs () {
    local host
    for host in a b; do
        echo "--- host-$host ---"
        journal "$host" | grep -v 'kernel: \(BAR\|PCI config\|audit:.*STATUS\)' | tail -n 60
    done
}

# --- devices and guests ---

# Creates a mediated device on host $1, with UUID $2 if that matters, and prints its UUID.
device_make () {
    local uuid=${2:-$(</proc/sys/kernel/random/uuid)}
    printf '%s\n' "$uuid" | on "$1" tee "/sys/bus/pci/devices/$gpu/mdev_supported_types/nvidia-$h100_20c/create"
}

# guest_define HOST NAME DEVICE: a guest with that mediated device
guest_define () {
    local hostdev
    hostdev="<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='$3'/></source></hostdev>"
    sed "s,<name>.*<,<name>$2<,; s,<uuid>.*<,<uuid>$(uuid_of "$2")<,; /<metadata>/,/<\/metadata>/d
        s,<memballoon,$hostdev&," "$debian_lab/../../examples/lab-guest.xml" | on "$1" virsh -q define /dev/stdin
}

# guest_run HOST NAME: defines it with its own device, starts it, brings its driver up, and waits for its capture
guest_run () {
    guest_define "$1" "$2" "$(device_make "$1")"
    guest_start_captured "$1" "$2"
}

guest_start_captured () {
    guest_start "$1" "$2"
    guest_driver_up "$1" "$2"
    wait_captured "$1" "$2" 26.1
}

# go FROM NAME: migrates it live, to a new device on the other host
go () {
    local there device
    there=$(peer_of "$1")
    device=$(device_make "$there")
    on "$1" virsh -q dumpxml --migratable "$2" | sed "/<hostdev/,/<\/hostdev>/s/ uuid='[^']*'/ uuid='$device'/" |
        on "$1" tee /run/traveller.xml >/dev/null
    migrate "$1" "$2" --live --xml /run/traveller.xml
}

# --- units ---

unit_is () {
    [ "$(unit_property "$1" "$2" "$3")" = "$4" ]
}

# unit_property HOST UNIT PROPERTY
unit_property () {
    on "$1" systemctl show --value --property "$3" "$2"
}
