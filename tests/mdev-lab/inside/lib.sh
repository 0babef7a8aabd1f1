# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # more words and names come from tests/lab/lib.sh
# Further words for the cases of the mdev lab: mediated devices, and the state of a guest's device.

inside=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
# where the GPU of each host is
declare -A gpu_of=([a]=0000:41:00.0 [b]=0000:42:00.0)

declare -A pid_of=()

# A question takes half a second of the VM's only processor, which what is waited for needs as well; and that processor is
# emulated by a machine that has other tests to run.
# shellcheck disable=SC2034  # used by tests/lab/lib.sh
pause=1 patience=20

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

# After a case that passed, the travelling guest goes on (see below), and only the host where it is not is restored to
# its first state; a case that changes more ends with `leave_nothing`. After one that failed, or if no such guest runs,
# both hosts are restored.
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
        places "$host"
    fi
    remove_free_devices
}

leave_nothing () {
    touch "$VGPU_GATE_LAB/leave-nothing"
}

# --- devices ---

# Creates a mediated device of type $2 on host $1, with UUID $3 if that matters, and prints its UUID. Fails if there is
# no room.
device_make () {
    local uuid=${3:-$(</proc/sys/kernel/random/uuid)}
    echo "$uuid" >"/sys/bus/pci/devices/${gpu_of[$1]}/mdev_supported_types/nvidia-$2/create" || return
    echo "$uuid"
}

# A device in use is not removed before its QEMU exits.
remove_free_devices () {
    local device
    for device in /sys/bus/mdev/devices/*; do
        [ -e "$device" ] || continue
        grep -q "^mdev=${device##*/}" "$VGPU_GATE_LAB"/[ab]/etc/vgpu-gate/sim-host.conf || echo 1 >"$device/remove"
    done
}

# (One that the gate created was removed with its guest.)
device_remove () {
    local file=/sys/bus/pci/devices/${gpu_of[$1]}/$2/remove
    [ ! -e "$file" ] || echo 1 >"$file"
}

# Creates the traveller's device again while it does not run, so that its later state came from another host.
renew_device () {
    device_remove "$here" "$device"
    device_make "$here" "$h100_20c" "$device" >/dev/null
}

# Prints the UUIDs of all devices of host $1.
devices_of () {
    (cd "/sys/bus/pci/devices/${gpu_of[$1]}" && compgen -G '????????-????-*') || true
}

# --- placement ---

# Sets placement mode $2 on host $1; without a mode, restores the configuration.
places () {
    local file=$VGPU_GATE_LAB/$1/etc/vgpu-gate/vgpu-gate.conf
    sed -i '/^\[placement\]$/,$d' "$file"
    [ $# -eq 1 ] || printf '[placement]\nmode=%s\n' "$2" >>"$file"
}

# Ignores the record of a removed device, which is kept for the guest's next start.
leases_of () {
    awk -v RS= -v OFS=' ' 'NR > 1 && !/\nstate=unmade\n/ { $1 = $1; print }' \
        "/proc/${pid_of[$1]}/root/run/vgpu-gate/leases" 2>/dev/null || true
}

# was_made HOST DEVICE: the gate has created it there, and has a record of that
was_made () {
    [[ $'\n'$(devices_of "$1")$'\n' == *$'\n'"$2"$'\n'* ]] || fail "host $1 has no device $2, but" "$(devices_of "$1")"
    [[ $(leases_of "$1") == *"[$2 "*' state=made '* ]] ||
        fail "that device $2 was made is not in the leases of host $1:" "$(leases_of "$1")"
}

# A guest that left host $1, or did not arrive, has left nothing there.
nothing_left () {
    within 10 has_nothing "$1" ||
        fail "host $1 has devices, leases or vGPUs:" "$(devices_of "$1")" "$(leases_of "$1")" "$(vgpus_on "$1")"
}

has_nothing () {
    [ -z "$(devices_of "$1")$(leases_of "$1")$(vgpus_on "$1")" ]
}

vgpus_on () {
    sed -n 's/^vm=//p' "$VGPU_GATE_LAB/$1/etc/vgpu-gate/sim-host.conf"
}

# suggested_on HOST: runs there the command that the refusal on stdin names, exactly as it is printed
suggested_on () {
    local text
    text=$(cat)
    [[ $text =~ "Run '"(vgpu-gate\ [^\']*)"' here" ]] || fail 'there is no command in:' "$text"
    on "$1" sh -c "${BASH_REMATCH[1]}"
}

# Prints the first UUID of the text on stdin.
first_uuid () {
    grep -oE -m 1 '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}' | head -n 1
}

has_device () {
    on "$1" test -e "/sys/bus/mdev/devices/$2"
}

# --- guests ---

hostdev_of () {
    printf '%s' "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='$1'/></source></hostdev>"
}

# guest_define_with HOST NAME DEVICE: a guest with this mediated device, and with much memory that is not empty: at
# 1 MiB/s, a migration is still copying it when a busy machine has come to the step that must happen meanwhile
guest_define_with () {
    local ballast=$VGPU_GATE_LAB/ballast
    [ -e "$ballast" ] || head -c 47M /dev/urandom >"$ballast"
    sed "s,<name>.*<,<name>$2<,; s,<uuid>.*<,<uuid>$(uuid_of "$2")<,; /<metadata>/,/<\/metadata>/d
        s,<memballoon,$(hostdev_of "$3")&,
        s,<domain ,&xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' ,
        s|</domain>|<qemu:commandline><qemu:arg value='-device'/><qemu:arg value='loader,file=$ballast,addr=0x1000000,$(
        )force-raw=on'/></qemu:commandline>&|" "$lab/../../examples/lab-guest.xml" | on "$1" virsh -q define /dev/stdin
}

# A hostdev that is unplugged from a running guest is removed when the guest releases it; this guest has no software
# that would. So this function does what ACPI's method does: it asks each bus which slot is to be ejected, and confirms
# it. Fails if there is none.
guest_lets_go () {
    local host=$1 name=$2 bus
    for bus in {0..7}; do
        if [[ $(monitor_io "$host" "$name" "o /w 0xcd0 $bus" 'i /w 0xcc4') == *' = 0x00000001'* ]]; then
            monitor_io "$host" "$name" 'o /w 0xcc8 1'
            return
        fi
    done
    return 1
}

# detach HOST NAME DEVICE: unplugs this mediated device from a running guest. (If libvirt waits until it is removed, as
# with `virsh detach-device`, QEMU's monitor cannot be used in the meantime.)
detach () {
    local host=$1 name=$2 device=$3 alias
    alias=$(on "$host" virsh -q dumpxml "$name" |
        xmllint --xpath "string(//hostdev[source/address/@uuid='$device']/alias/@name)" -)
    on "$host" virsh -q detach-device-alias "$name" "$alias" --live
    within 10 guest_lets_go "$host" "$name" || fail "guest $name on host $host is not asked for device $device"
    within 10 is_detached "$host" "$name" "$device" || fail "device $device is still attached"
}

is_detached () {
    local domain
    domain=$(on "$1" virsh -q dumpxml "$2") && [[ $domain != *"<address uuid='$3'"* ]]
}

# The domain XML on stdin, with device $1 instead of its own. (Our element names the device too.)
with_device () {
    sed "/<hostdev/,/<\/hostdev>/s/ uuid='[^']*'/ uuid='$1'/"
}

# --- the traveller ---

# Starting a guest takes long in the VM, so one guest with a vGPU goes from case to case, and is started only if none is
# left.

host_of_traveller () {
    local file host
    file=$(grep -ls "^vm=$(uuid_of traveller)" "$VGPU_GATE_LAB"/[ab]/etc/vgpu-gate/sim-host.conf) || return 0
    host=${file#"$VGPU_GATE_LAB/"}
    printf '%s\n' "${host%%/*}"
}

# Sets here to its host, there to the other host, xml to its own XML, device to its device, target to a new device of
# its type on the other host.
traveller () {
    here=$(host_of_traveller)
    [ -n "$here" ] || begin_to_travel
    there=$(peer_of "$here")
    # it can migrate after it was captured on its present host
    within 60 is_captured || fail "the guest on host $here is not captured:" "$xml"
    [[ $xml =~ \<hostdev.*\<address\ uuid=\'([^\']*)\' ]]
    device=${BASH_REMATCH[1]}
    # shellcheck disable=SC2034
    target=$(device_make "$there" "$h100_20c")
}

begin_to_travel () {
    here=a
    guest_define_with a traveller "$(device_make a "$h100_20c")"
    start_traveller
}

start_traveller () {
    guest_start "$here" traveller
    guest_driver_up "$here" traveller
    within 120 is_set_up || fail "the firmware of the guest on host $here does not set its device up"
}

is_captured () {
    xml=$(on "$here" virsh -q dumpxml --migratable traveller)
    [[ $xml == *"<vgate:capture "*" host=\"host-$here\""*" guest-vgpu-version=\"26.1\""* ]]
}

# xml_with DEVICE: prints the file on this host with the traveller's XML, with that device instead of its own
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

# leave [OPTION...]: live, with its XML unchanged: the hook of the other host decides about its device
leave () {
    migrate "$here" traveller --live "$@"
}

# set_off COMMAND...: in the background and slowly; returns while memory is copied
set_off () {
    "$@" --bandwidth 1 >"$VGPU_GATE_LAB/set-off" 2>&1 &
    migration=$!
    within 120 is_copying traveller || fail 'no memory is copied:' "$(<"$VGPU_GATE_LAB/set-off")" \
        "$(on "$here" virsh -q domjobinfo traveller 2>&1)"
}

# Only when the two QEMUs are connected: questions to libvirtd take the time that it needs to connect them.
is_copying () {
    local connections
    mapfile -t connections <"/proc/${pid_of[$here]}/net/tcp"
    [[ ${connections[*]} =~ :C0[0-9A-F]{2}\ 01\  ]] &&
        on "$here" virsh -q domjobinfo "$1" 2>/dev/null | grep '^Memory processed: *[1-9]' >/dev/null
}

# The attempt failed.
ended () {
    ! wait "$migration" || fail 'the migration ended well:' "$(<"$VGPU_GATE_LAB/set-off")"
}

# The state of the traveller's device, and its clock at that time: ticks since boot, which the firmware counts in
# the guest's own memory, only while the guest itself handles its interrupts.
seed=0 ticks=

# It runs on host $1, its device $2 has its state, and it made progress after its state was written.
lives_on () {
    local seen
    seen=$(look_at "$1" "${state_reads[@]}")
    [[ $seen == *'VM status: running'* ]] || fail "the guest on host $1 does not run:" "$seen"
    [[ $seen == *"<hostdev"*" uuid='$2'"* ]] || fail "the guest on host $1 does not have device $2:" "$seen"
    [ "$(values_in "$seen")" = "$(state_wanted)" ] ||
        fail "the device of the guest on host $1 has state '$(values_in "$seen")', not '$(state_wanted)'"
    has_ticked "$seen" || within 5 goes_on "$1" || fail "the guest on host $1 does not go on:" "$seen"
}

# look_at HOST [COMMAND...]: prints the traveller's XML, whether it runs, what its monitor answers, and its clock
look_at () {
    local host=$1
    shift
    on "$host" virsh -q "dumpxml traveller; $(monitor_commands traveller 'info status' "$@" 'xp /1wx 0x46c')" 2>&1 || true
}

has_ticked () {
    [[ $1 == *0046c:* && $1 != *"$ticks"* ]]
}

goes_on () {
    has_ticked "$(look_at "$1")"
}

# It has arrived there, at device $1, and no longer runs here. (Its definition may still be here.)
arrived () {
    lives_on "$there" "$1"
    no_qemu "$here" traveller
}

# It runs here as before, and not there, where only the definition of an earlier stay may be left.
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

# The firmware has placed the device's two I/O regions here. Each is a serial port: its data register is the end of a queue,
# register 2 empties the queue, register 3 keeps what is written.
declare -A port=([first]=0xc000 [second]=0xc008)

# monitor_commands GUEST COMMAND...: prints commands for virsh, each of which runs a command in QEMU's monitor. One
# virsh runs them all, because starting one takes half a second in the VM.
monitor_commands () {
    local guest=$1 command
    shift
    for command; do
        printf "qemu-monitor-command %s --hmp '%s'; " "$guest" "$command"
    done
}

# monitor_io HOST GUEST COMMAND...
monitor_io () {
    local host=$1
    shift
    on "$host" virsh -q "$(monitor_commands "$@")"
}

# state_write HOST: writes another pattern than the last one
state_write () {
    local i commands
    seed=$((seed + 1 + RANDOM % 100))
    commands=("o /b $((port[first] + 2)) 7")
    for i in 0 1 2 3; do
        commands+=("o /b $((port[first])) $((seed + i & 255))")
    done
    commands+=("o /b $((port[first] + 3)) $((seed & 63))" "o /b $((port[second] + 3)) $((seed + 1 & 63))")
    ticks=$(monitor_io "$1" traveller "${commands[@]}" 'xp /1wx 0x46c')
    # what it prints: 000000000000046c: 0x0000014d
    [[ $ticks =~ 0046c:\ 0x[0-9a-f]+ ]] || fail "the state of the guest on host $1 cannot be written: $ticks"
    ticks=${BASH_REMATCH[0]}
}

# Reads what was written. This takes it out of the queue, so it can be read only once.
state_reads=("i /b $((port[first] + 3))" "i /b $((port[second] + 3))")
for _ in 0 1 2 3; do
    state_reads+=("i /b $((port[first]))")
done

state_wanted () {
    echo "$((seed & 63)) $((seed + 1 & 63)) $((seed & 255)) $((seed + 1 & 255)) $((seed + 2 & 255)) $((seed + 3 & 255))"
}

# Prints, in decimal, what registers were read as in this text: portb[0xc003] = 0x15
values_in () {
    local line values=()
    while read -r line; do
        [[ ! $line =~ ^portb\[[0-9a-fx]*\]\ =\ (0x[0-9a-f]+) ]] || values+=($((BASH_REMATCH[1])))
    done <<<"$1"
    echo "${values[*]}"
}

is_set_up () {
    [ "$(values_in "$(monitor_io "$here" traveller "o /b $((port[second] + 3)) 21" "i /b $((port[second] + 3))")")" = 21 ]
}

# --- the gate ---

gate_hook=/etc/libvirt/hooks/qemu.d/50-vgpu-gate

# Removes the gate from host $1, to show what happens without it.
gate_away () {
    on "$1" mv "$gate_hook" /run/lab/50-vgpu-gate
}

gate_back () {
    on "$1" bash -c "[ ! -L /run/lab/50-vgpu-gate ] || mv /run/lab/50-vgpu-gate $gate_hook"
}
