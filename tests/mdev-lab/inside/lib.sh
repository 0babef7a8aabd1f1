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
    # those of run_case
    echo "# $((SECONDS - began)) s"
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

# The domain XML on stdin, with device $1 instead of its own. (Our element names the device too.)
with_device () {
    sed "/<hostdev/,/<\/hostdev>/s/ uuid='[^']*'/ uuid='$1'/"
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

# Sets: here, where it is; there, the other host; xml, its own; device, its device; target, a fresh one of its type on the
# other host.
traveller () {
    here=$(host_of_traveller)
    [ -n "$here" ] || start_traveller
    there=$(peer_of "$here")
    # it can go on once it is captured where it is now
    within 20 is_captured || fail "the guest on host $here is not captured:" "$xml"
    [[ $xml =~ \<hostdev.*\<address\ uuid=\'([^\']*)\' ]]
    device=${BASH_REMATCH[1]}
    # shellcheck disable=SC2034
    target=$(device_make "$there" "$h100_20c")
}

start_traveller () {
    here=a
    head -c 16M /dev/urandom >"$VGPU_GATE_LAB/ballast"
    guest_define_with a traveller "$(device_make a "$h100_20c")"
    on a virsh -q dumpxml --inactive traveller |
        sed "s,<domain ,&xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' ,
            s|</domain>|<qemu:commandline><qemu:arg value='-device'/><qemu:arg value='loader,file=$VGPU_GATE_LAB/$(
            )ballast,addr=0x1000000,force-raw=on'/></qemu:commandline>&|" | on a virsh -q define /dev/stdin
    guest_start a traveller
    guest_driver_up a traveller
    within 20 is_set_up || fail "the BIOS of the guest on host a does not set its device up"
}

is_captured () {
    xml=$(on "$here" virsh -q dumpxml --migratable traveller)
    [[ $xml == *"<vgate:capture "*" host=\"host-$here\""*" guest-vgpu-version=\"26.1\""* ]]
}

# xml_with DEVICE: prints in which file of this host the traveller's XML is, with that device instead of its own
xml_with () {
    local path=/run/lab/traveller.xml
    with_device "$1" <<<"$xml" | on "$here" tee "$path" >/dev/null
    printf '%s\n' "$path"
}

# go TARGET [OPTION...]: live, to that device on the other host
go () {
    local file
    file=$(xml_with "$1")
    shift
    # (the persistent definition, where it travels, has the other device as well)
    [[ " $* " != *' --persistent '* ]] || set -- "$@" --persistent-xml "$file"
    migrate "$here" traveller --live --xml "$file" "$@"
}

# The state in which the traveller's device is brought, and its clock then: ticks since boot, which the BIOS counts in
# the guest's own memory, only while the guest itself handles its interrupts.
seed=0 ticks=

# It runs on host $1, has device $2 in its state, and went on since its state was written.
lives_on () {
    local seen
    within 5 has_ticked "$1" || fail "the guest on host $1 does not go on:" "$seen"
    [[ $seen == *'VM status: running'* ]] || fail "the guest on host $1 does not run:" "$seen"
    [[ $seen == *"<hostdev"*" uuid='$2'"* ]] || fail "the guest on host $1 does not have device $2:" "$seen"
    state_is "$1"
}

has_ticked () {
    seen=$(on "$1" virsh -q "dumpxml traveller; $(monitor_commands 'info status' 'xp /1wx 0x46c')" 2>&1)
    [[ $seen == *0046c:* && $seen != *"$ticks"* ]]
}

# It arrived there, at device $1, and runs here no more. (Here its definition can be left.)
arrived () {
    lives_on "$there" "$1"
    no_qemu "$here" traveller
}

# It runs here as before, and not there, where at most the definition of an earlier stay is left.
stayed () {
    local state
    lives_on "$here" "$device"
    no_qemu "$there" traveller
    state=$(on "$there" virsh -q domstate traveller 2>/dev/null) || return 0
    [ "$state" = 'shut off' ] || fail "the guest on host $there is '$state'"
}

# expect_not_to_go CODE PATTERN TARGET [OPTION...]: refused before anything was started there
expect_not_to_go () {
    local code=$1 pattern=$2 log=$VGPU_GATE_LAB/$there/var/log/libvirt/qemu/traveller.log
    shift 2
    state_write "$here"
    # that of a QEMU of an earlier case
    rm -f "$log"
    expect_refused "$code" traveller "$pattern" go "$@"
    stayed
    [ ! -e "$log" ] || fail "QEMU was started on host $there:" "$(<"$log")"
    ! grep '^vm=' "$VGPU_GATE_LAB/$there/etc/vgpu-gate/sim-host.conf" || fail "the hardware of host $there has a vGPU"
}

# --- the device's state ---

# The BIOS has given the device its two I/O regions here. Each is a serial port: its data register is the end of a
# queue, register 2 empties it, register 3 is kept as it is written.
declare -A port=([first]=0xc000 [second]=0xc008)

# Prints commands for virsh, each of which runs a command in QEMU's monitor. One virsh runs them all: to start one takes
# half a second in here.
monitor_commands () {
    local command
    for command; do
        printf "qemu-monitor-command traveller --hmp '%s'; " "$command"
    done
}

# state_write HOST: another pattern than the last one
state_write () {
    local i commands
    seed=$((seed + 1 + RANDOM % 100))
    commands=("o /b $((port[first] + 2)) 7")
    for i in 0 1 2 3; do
        commands+=("o /b $((port[first])) $((seed + i & 255))")
    done
    commands+=("o /b $((port[first] + 3)) $((seed & 63))" "o /b $((port[second] + 3)) $((seed + 1 & 63))")
    ticks=$(on "$1" virsh -q "$(monitor_commands "${commands[@]}" 'xp /1wx 0x46c')")
    # what it prints: 000000000000046c: 0x0000014d
    [[ $ticks =~ 0046c:\ 0x[0-9a-f]+ ]] || fail "the state of the guest on host $1 cannot be written: $ticks"
    ticks=${BASH_REMATCH[0]}
}

# Prints registers, in decimal.
state_read () {
    local host=$1 register commands=() values=()
    shift
    for register; do
        commands+=("i /b $register")
    done
    # portb[0xc003] = 0x15
    while read -r register; do
        [[ ! $register =~ \ =\ (0x[0-9a-f]+) ]] || values+=($((BASH_REMATCH[1])))
    done < <(on "$host" virsh -q "$(monitor_commands "${commands[@]}")")
    printf '%s\n' "${values[*]}"
}

# state_is HOST: what was written is there. Reading takes it out of the queue: it can be asked once.
state_is () {
    local wanted seen data=$((port[first]))
    wanted="$((seed & 63)) $((seed + 1 & 63)) $((seed & 255)) $((seed + 1 & 255)) $((seed + 2 & 255)) $((seed + 3 & 255))"
    seen=$(state_read "$1" "$((port[first] + 3))" "$((port[second] + 3))" $data $data $data $data)
    [ "$seen" = "$wanted" ] || fail "the device of the guest on host $1 has state '$seen', not '$wanted'"
}

is_set_up () {
    on a virsh -q "$(monitor_commands "o /b $((port[second] + 3)) 21")"
    [ "$(state_read a "$((port[second] + 3))")" = 21 ]
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
