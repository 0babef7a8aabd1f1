# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # more words and names come from tests/lab/lib.sh
# Further words for the cases of the mdev lab: mediated devices, and the state of a guest's device.

inside=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
# where the GPU of each host is
declare -A gpu_of=([a]=0000:41:00.0 [b]=0000:42:00.0)

declare -A pid_of=()

prepare_suite () {
    local host
    "$inside/furnish"
    for host in a b; do
        read -r "pid_of[$host]" _ <"$VGPU_GATE_LAB/$host/init.pid"
    done
}

# As tests/lab/on, whose shells take half a second in here.
on () {
    local host=$1
    shift
    nsenter -t "${pid_of[$host]}" -m -u -n -p -i -r -w -- "$@"
}

# Behind a case that passed, the travelling guest goes on (see below), and only the host where it is not gets its first
# state back; a case that changes more leaves it with `leave_nothing`. Behind one that failed, and where no such guest
# runs, both hosts do.
reset_hosts () {
    local host
    host=$(host_of_traveller)
    if [ "$1" -ne 0 ] || [ -z "$host" ] || [ -e "$VGPU_GATE_LAB/leave-nothing" ]; then
        rm -f "$VGPU_GATE_LAB/leave-nothing"
        (host_reset a) &
        (host_reset b) && wait $!
        gate_back a
        gate_back b
    else
        on "$(peer_of "$host")" sh -c 'cp -p /run/lab/vgpu-gate/* /etc/vgpu-gate/; rm -f /var/log/libvirt/qemu/*.log'
    fi
    remove_free_devices
}

leave_nothing () {
    touch "$VGPU_GATE_LAB/leave-nothing"
}

# --- devices ---

# Makes a mediated device of type $2 on host $1, with UUID $3 where that matters, and prints its UUID.
device_make () {
    local uuid=${3:-$(</proc/sys/kernel/random/uuid)}
    on "$1" tee "/sys/bus/pci/devices/${gpu_of[$1]}/mdev_supported_types/nvidia-$2/create" <<<"$uuid"
}

# A device that is in use would not go until its QEMU does.
remove_free_devices () {
    local device
    for device in /sys/bus/mdev/devices/*; do
        [ -e "$device" ] || continue
        grep -q "^mdev=${device##*/}" "$VGPU_GATE_LAB"/[ab]/etc/vgpu-gate/sim-host.conf || echo 1 >"$device/remove"
    done
}

device_remove () {
    echo 1 | on "$1" tee "/sys/bus/mdev/devices/$2/remove" >/dev/null
}

# --- guests ---

# guest_define_with HOST NAME DEVICE...: a guest with these mediated devices
guest_define_with () {
    local host=$1 name=$2 device hostdevs=
    shift 2
    for device; do
        hostdevs+="<hostdev mode='subsystem' type='mdev' model='vfio-pci'>"
        hostdevs+="<source><address uuid='$device'/></source></hostdev>"
    done
    sed "s,<name>.*<,<name>$name<,; s,<uuid>.*<,<uuid>$(uuid_of "$name")<,; /<metadata>/,/<\/metadata>/d
        s,<memballoon,$hostdevs&," "$lab/../../examples/lab-guest.xml" | on "$host" virsh -q define /dev/stdin
}

# Prints the device in the domain XML on stdin.
device_in () {
    sed -n "/<hostdev/,/<\/hostdev>/s/.*<address uuid='\([^']*\)'.*/\1/p"
}

# Prints the device of guest $2 on host $1; further options are those of virsh dumpxml.
device_of () {
    on "$1" virsh -q dumpxml "${@:2}" | device_in
}

# guest_has_device HOST NAME DEVICE [OPTION...]
guest_has_device () {
    local device
    device=$(device_of "$1" "$2" "${@:4}")
    [ "$device" = "$3" ] || fail "guest $2 on host $1 has device '$device' where '$3' was expected"
}

# The domain XML on stdin, with device $1 instead of its own. (Our element names the device too.)
with_device () {
    sed "/<hostdev/,/<\/hostdev>/s/ uuid='[^']*'/ uuid='$1'/"
}

# Writes the XML of guest $2 on host $1 with device $3 instead of its own, and prints in which file of that host.
xml_with_device () {
    local path=/run/lab/$2.xml
    on "$1" virsh -q dumpxml --migratable "$2" | with_device "$3" | on "$1" tee "$path" >/dev/null
    printf '%s\n' "$path"
}

# Ticks, that is since boot, are counted by the BIOS in the guest's own memory: see tests/lab/lib.sh.
guest_answers () {
    local before
    before=$(guest_status "$1" "$2")
    [[ $before == *'VM status: running'* ]] || fail "QEMU of guest $2 on host $1 says: $before"
    within 10 has_gone_on "$1" "$2" "$before" || fail "guest $2 on host $1 runs, but its clock stands still"
}

guest_status () {
    monitor_all "$1" "$2" 'info status' 'xp /1wx 0x46c' 2>&1
}

has_gone_on () {
    [ "$(guest_status "$1" "$2")" != "$3" ]
}

# --- the traveller ---

# To start a guest takes long in here, so one with a vGPU goes from case to case, and is started only where none is
# left. It has some memory that cannot be compressed, so that to copy it takes a moment.

host_of_traveller () {
    local file host
    file=$(grep -ls "^vm=$(uuid_of traveller)" "$VGPU_GATE_LAB"/[ab]/etc/vgpu-gate/sim-host.conf) || return 0
    host=${file#"$VGPU_GATE_LAB/"}
    printf '%s\n' "${host%%/*}"
}

# Sets: here, where it is; there, the other host; device, its own; target, a fresh one of its type on the other host.
traveller () {
    here=$(host_of_traveller)
    if [ -z "$here" ]; then
        here=a
        head -c 16M /dev/urandom >"$VGPU_GATE_LAB/ballast"
        guest_define_with a traveller "$(device_make a "$h100_20c")"
        on a virsh -q dumpxml --inactive traveller |
            sed "s,<domain ,&xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' ,
                s|</domain>|<qemu:commandline><qemu:arg value='-device'/><qemu:arg value='loader,file=$VGPU_GATE_LAB/$(
                )ballast,addr=0x1000000,force-raw=on'/></qemu:commandline>&|" | on a virsh -q define /dev/stdin
        guest_start a traveller
        guest_driver_up a traveller
    fi
    # it can go on once it is captured where it is now
    wait_captured "$here" traveller 26.1
    wait_attribute "$here" traveller '/*/capture/@host' "host-$here"
    there=$(peer_of "$here")
    device=$(device_of "$here" traveller)
    # shellcheck disable=SC2034
    target=$(device_make "$there" "$h100_20c")
}

# go TARGET [OPTION...]: live, to that device on the other host
go () {
    local to=$1 xml
    shift
    xml=$(xml_with_device "$here" traveller "$to")
    # (the persistent definition, where it travels, has the other device as well)
    [[ " $* " != *' --persistent '* ]] || set -- "$@" --persistent-xml "$xml"
    migrate "$here" traveller --live --xml "$xml" "$@"
}

# It arrived there, at device $1 with state $2, and runs here no more.
arrived () {
    guest_answers "$there" traveller
    guest_has_device "$there" traveller "$1"
    state_is "$there" traveller "$2"
    no_qemu "$here" traveller
}

# It runs here as before, at its device with state $1, and was never there.
stayed () {
    guest_answers "$here" traveller
    guest_has_device "$here" traveller "$device"
    state_is "$here" traveller "$1"
    guest_is "$there" traveller absent
    no_qemu "$there" traveller
}

# expect_not_to_go CODE PATTERN TARGET [OPTION...]: refused before anything was started there
expect_not_to_go () {
    local code=$1 pattern=$2 seed=$((RANDOM % 200))
    shift 2
    state_write "$here" traveller "$seed"
    # the log of a QEMU of an earlier case
    on "$there" rm -f /var/log/libvirt/qemu/traveller.log
    expect_refused "$code" traveller "$pattern" go "$@"
    stayed "$seed"
    nothing_started "$there" traveller
}

# --- the device's state ---

# The BIOS has given the device its two I/O regions here. Each is a serial port: its data register is the end of a
# queue, register 2 empties it, register 3 is kept as it is written.
declare -A port=([first]=0xc000 [second]=0xc008)

# Runs monitor commands for guest $2 on host $1, at once: a virsh for each would take a second each.
monitor_all () {
    local host=$1 name=$2 command commands=
    shift 2
    for command; do
        commands+="qemu-monitor-command $name --hmp '$command'; "
    done
    on "$host" virsh -q "$commands"
}

# state_write HOST NAME SEED: a pattern of the seed's own, once the BIOS has set the device up
state_write () {
    local seed=$3 commands
    commands=("o /b $((port[first] + 2)) 7")
    for i in 0 1 2 3; do
        commands+=("o /b $((port[first])) $((seed + i))")
    done
    commands+=("o /b $((port[first] + 3)) $((seed & 63))" "o /b $((port[second] + 3)) $((seed + 1 & 63))")
    within 20 has_line_control "$1" "$2" || fail "the device of guest $2 on host $1 does not come up"
    monitor_all "$1" "$2" "${commands[@]}" >/dev/null
}

has_line_control () {
    monitor_all "$1" "$2" "o /b $((port[second] + 3)) 21" >/dev/null
    [ "$(state_read "$1" "$2" "$((port[second] + 3))")" = 21 ]
}

# Prints the registers $3..., in decimal.
state_read () {
    local host=$1 name=$2 register commands=()
    shift 2
    for register; do
        commands+=("i /b $register")
    done
    # portb[0xc003] = 0x15
    monitor_all "$host" "$name" "${commands[@]}" | sed -n 's/.* = \(0x[0-9a-f]*\).*/\1/p' |
        while read -r value; do
            printf '%d\n' "$value"
        done | paste -s -d ' '
}

# state_is HOST NAME SEED: what was written is there. Reading takes it out of the queue: it can be asked once.
state_is () {
    local seed=$3 wanted seen data=$((port[first]))
    wanted="$((seed & 63)) $((seed + 1 & 63)) $seed $((seed + 1)) $((seed + 2)) $((seed + 3))"
    seen=$(state_read "$1" "$2" "$((port[first] + 3))" "$((port[second] + 3))" $data $data $data $data)
    [ "$seen" = "$wanted" ] || fail "the device of guest $2 on host $1 has state '$seen', not '$wanted'"
}

# --- the gate ---

gate_hook=/etc/libvirt/hooks/qemu.d/50-vgpu-gate

# Takes the gate away from host $1, to see what happens without it.
gate_away () {
    on "$1" mv "$gate_hook" /run/lab/50-vgpu-gate
}

gate_back () {
    on "$1" bash -c "[ ! -L /run/lab/50-vgpu-gate ] || mv /run/lab/50-vgpu-gate $gate_hook"
}
