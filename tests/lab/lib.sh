# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The words of the lab's cases. A word that does not find the expected state ends the case with a line that contains
# what was expected and what was found.

lab=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
element_uri=urn:x-vgpu-gate:domain:1

# vGPU types of examples/lab-host.conf, and the GPUs that offer them
# shellcheck disable=SC2034
h100_20c=1128 h100_80c=1131 l40s_12q=1155 h100=0000:41:00.0 l40s=0000:c1:00.0

fail () {
    printf '%s\n' "$@" >&2
    exit 1
}

# Runs a command on host $1. Nothing in the lab takes a minute unless it hangs.
on () {
    timeout 60 "$lab/on" "$@"
}

peer_of () {
    case $1 in
        a) echo b ;;
        b) echo a ;;
    esac
}

# The limits of time in the cases are those of a machine that has nothing else to do. A busy one takes several times as
# long; and a limit that is too long costs time only when a case fails. What must be quick is measured by timed_NAME.
patience=5 pause=0.1

# Tries command $2... until it succeeds, for at most $1 seconds of such a machine.
within () {
    local deadline=$((SECONDS + $1 * patience))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep "$pause"
    done
}

# --- hosts ---

# Changes the simulated driver of host $1: host_update b --range 24.1-27.1
host_update () {
    local host=$1
    shift
    on "$host" vgpu-sim update "$@"
}

# Makes call $2 of the driver on host $1 return code $3; host_hangs makes it never return.
host_fails () {
    on "$1" vgpu-sim fail "$2" "$3"
}

host_hangs () {
    on "$1" vgpu-sim hang "$2"
}

host_heals () {
    on "$1" vgpu-sim heal
}

# Puts the lines on stdin into group $2 of host $1's configuration.
host_configure () {
    local lines
    lines=$(cat)
    on "$1" python3 - /etc/vgpu-gate/vgpu-gate.conf "$2" "$lines" <<'PYTHON'
import sys
path, group, lines = sys.argv[1:]
with open(path) as file:
    text = file.read()
header = f"[{group}]\n"
if header not in text:
    text += "\n" + header
with open(path, "w") as file:
    file.write(text.replace(header, header + lines + "\n"))
PYTHON
}

# Sets the NVML library of vgpu-gate on host $1 to file $2.
host_library () {
    on "$1" sed -i "s,^library=.*,library=$2," /etc/vgpu-gate/vgpu-gate.conf
}

host_service () {
    on "$2" "$lab/service" "$1" "$3"
}

# Restores host $1 to the state after `up`: no guest, no save image, no log of one, its own driver and configuration.
# shellcheck disable=SC2317  # both run on the host
host_reset () {
    on "$1" bash -c "$(declare -f reset_here); reset_here '$lab'" ||
        fail "host $1 cannot be put back into its first state"
}

# shellcheck disable=SC2317
reset_here () {
    local guest
    set -eu
    # the daemon must not meet a guest that is being removed, nor keep an invalid configuration
    "$1/service" stop vgpu-gated
    "$1/service" start libvirtd
    for guest in $(virsh list --all --name); do
        virsh destroy "$guest" >/dev/null 2>&1 || true
        virsh undefine --managed-save --snapshots-metadata "$guest" >/dev/null 2>&1 || true
    done
    [ -z "$(virsh list --all --name)" ]
    rm -f /var/log/libvirt/qemu/*.log /var/lib/libvirt/*.save /var/lib/libvirt/*.memory /var/lib/libvirt/*.qcow2*
    rm -f /etc/vgpu-gate/* /run/vgpu-gate/reported /run/vgpu-gate/allowed-once
    cp -p /run/lab/vgpu-gate/* /etc/vgpu-gate/
    # libvirtd looks for hooks when it starts
    if ! diff -r --no-dereference /run/lab/hooks /etc/libvirt/hooks >/dev/null; then
        rm -rf /etc/libvirt/hooks
        cp -a /run/lab/hooks /etc/libvirt/hooks
        "$1/service" restart libvirtd
    fi
    "$1/service" start vgpu-gated
}

served () {
    [[ $(on "$1" vgpu-gate switchover status) == 'this host: served by vgpu-gated' ]]
}

wait_served () {
    within 20 served "$1" || fail "vgpu-gated does not serve the gate at switch-over on host $1"
}

# Start or restart vgpu-gated on host $1, for guests whose QEMU calls it. A guest that arrives before vgpu-gated serves
# the bus is refused with VGATE-820.
gated_start () {
    host_service start "$1" vgpu-gated
    wait_served "$1"
}

gated_restart () {
    host_service restart "$1" vgpu-gated
    wait_served "$1"
}

# --- guests ---

uuid_of () {
    local digits
    digits=$(printf '%s' "$1" | md5sum)
    printf '%s-%s-4%s-8%s-%s\n' "${digits:0:8}" "${digits:8:4}" "${digits:13:3}" "${digits:17:3}" "${digits:20:12}"
}

# Prints the <lab:vgpu> elements for arguments TYPE or TYPE:no-migration.
vgpus_of () {
    local vgpu
    for vgpu; do
        printf '<lab:vgpu type="%s" migration="%s"/>' "${vgpu%%:*}" "$([[ $vgpu == *:no-migration ]] && echo off || echo on)"
    done
}

# guest_define HOST NAME [TYPE...]: a guest with these vGPUs, none by default
guest_define () {
    local host=$1 name=$2 script
    shift 2
    script="s,<name>.*<,<name>$name<,; s,<uuid>.*<,<uuid>$(uuid_of "$name")<,"
    if [ $# -gt 0 ]; then
        script+="; s,<lab:vgpu .*/>,$(vgpus_of "$@"),"
    else
        script+='; /<metadata>/,/<\/metadata>/d'
    fi
    sed "$script" "$lab/../../examples/lab-guest.xml" | on "$host" virsh -q define /dev/stdin
}

guest_start () {
    on "$1" virsh -q start "$2"
}

# The driver in the guest loads: guest_driver_up HOST NAME [DRIVER RANGE]
guest_driver_up () {
    on "$1" vgpu-sim guest-driver up --vm "$(uuid_of "$2")" --driver "${3:-580.95.05}" --range "${4:-18.1-26.1}"
}

# guest_run HOST NAME TYPE...: defined, started, its driver up, its vGPUs captured
guest_run () {
    guest_define "$@"
    guest_start "$1" "$2"
    guest_driver_up "$1" "$2"
    wait_captured "$1" "$2" 26.1
}

# As guest_run, with the driver of r535: vGPU version 18.1, which no driver of r590 or later accepts.
guest_run_r535 () {
    guest_define "$@"
    guest_start "$1" "$2"
    guest_driver_up "$1" "$2" 535.261.03 7.1-18.1
    wait_captured "$1" "$2" 18.1
}

# guest_ask HOST NAME: its QEMU calls vgpu-gated at switch-over, from its next start on
guest_ask () {
    on "$1" vgpu-gate switchover enable "$2" || fail "the domain of guest $2 cannot be set up"
}

# guest_run_asking HOST NAME [BYTES]: as guest_run, with such a QEMU, and with ballast that slows it down
guest_run_asking () {
    guest_define "$1" "$2" "$h100_20c"
    [ $# -lt 3 ] || guest_ballast "$1" "$2" "$3"
    guest_ask "$1" "$2"
    guest_start "$1" "$2"
    guest_driver_up "$1" "$2"
    wait_captured "$1" "$2" 26.1
}

# Prints the element of guest $2 on host $1: one line, without its namespace.
element () {
    on "$1" virsh -q metadata "$2" --uri "$element_uri" "${3:---live}" 2>/dev/null
}

# element_edit HOST NAME SCRIPT: edits the live element with sed. A vgpu-gated that runs there repairs it.
element_edit () {
    local before after
    before=$(element "$1" "$2")
    after=$(sed -E "$3" <<<"$before")
    [ "$before" != "$after" ] || fail "'$3' changes nothing in:" "$before"
    on "$1" virsh -q metadata "$2" --live --uri "$element_uri" --key vgate --set "$after"
}

has_element () {
    [ -n "$(element "$@")" ]
}

# attribute HOST NAME XPATH: of the first node that matches in the live element
attribute () {
    element "$1" "$2" | xmllint --xpath "string($3)" - 2>/dev/null
}

has_version () {
    [ "$(element "$1" "$2" | grep -o ' guest-vgpu-version="[^"]*"' | sort -u)" = " guest-vgpu-version=\"$3\"" ]
}

has_attribute () {
    [ "$(attribute "$1" "$2" "$3")" = "$4" ]
}

# wait_captured HOST NAME VERSION: all vGPUs of the guest are in its XML with this vGPU version
wait_captured () {
    within 10 has_version "$@" ||
        fail "guest $2 on host $1 was not captured with vGPU version $3; its element:" "$(element "$1" "$2")"
}

# wait_attribute HOST NAME XPATH VALUE
wait_attribute () {
    within 10 has_attribute "$@" ||
        fail "guest $2 on host $1: $3 did not become '$4', but is '$(attribute "$1" "$2" "$3")'"
}

# migrate HOST NAME [OPTION...]: to the other host; prints what virsh prints
migrate () {
    local from=$1 name=$2
    shift 2
    [ $# -gt 0 ] || set -- --live
    on "$from" virsh -q migrate "$@" "$name" "qemu+tcp://host-$(peer_of "$from")/system" 2>&1
}

# Gives guest $2 on host $1 memory that takes long to send: $3 bytes that cannot be compressed, loaded when it boots.
guest_ballast () {
    local file=$VGPU_GATE_LAB/ballast
    head -c "$3" /dev/urandom >"$file"
    on "$1" virsh -q dumpxml --inactive "$2" |
        sed -e "s,<domain ,<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' ," \
            -e "s,</domain>,<qemu:commandline><qemu:arg value='-device'/><qemu:arg value='loader$(
            )\,file=$file\,addr=0x1000000\,force-raw=on'/></qemu:commandline></domain>," |
        on "$1" virsh -q define /dev/stdin
}

guest_disk=/var/lib/libvirt/guest.qcow2

# QEMU makes it, because nothing else in the lab needs qemu-img, and has $2 seconds for that.
# shellcheck disable=SC2317  # it runs on the host
qcow2_make () {
    : >"$1"
    {
        echo '{"execute": "qmp_capabilities"}'
        printf '{"execute": "blockdev-add", "arguments": {"driver": "file", "filename": "%s", "node-name": "file"}}\n' "$1"
        echo '{"execute": "blockdev-create", "arguments": {"job-id": "create",' \
            '"options": {"driver": "qcow2", "file": "file", "size": 16777216}}}'
        sleep "$2"
        echo '{"execute": "job-dismiss", "arguments": {"id": "create"}}'
        echo '{"execute": "quit"}'
    } | qemu-system-x86_64 -machine none -display none -qmp stdio >/dev/null
}

# guest_disk_add HOST NAME [SECONDS]: gives the guest a small qcow2 disk, without which it can have no internal snapshot
guest_disk_add () {
    on "$1" bash -c "$(declare -f qcow2_make); qcow2_make $guest_disk ${3:-1}"
    on "$1" virsh -q dumpxml --inactive "$2" |
        sed "s,</emulator>,&<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='$guest_disk'/>$(
        )<target dev='vda' bus='virtio'/></disk>," | on "$1" virsh -q define /dev/stdin
}

is_arriving () {
    [[ $(on "$1" virsh -q domstate "$2" --reason 2>/dev/null) == *migrating* ]]
}

# begin_slow_migration FROM NAME: in the background
begin_slow_migration () {
    migrate "$1" "$2" --live --bandwidth 2 >"$VGPU_GATE_LAB/migration.$1" 2>&1 &
    slow_migration=$!
}

# migrate_slowly FROM NAME: the same; returns when the guest arrives on the other host
migrate_slowly () {
    begin_slow_migration "$1" "$2"
    within 5 is_arriving "$(peer_of "$1")" "$2" || fail "guest $2 does not arrive:" "$(migration_end "$1")"
}

# migration_end FROM: waits for the end of migrate_slowly; prints what virsh printed, and fails as it did
migration_end () {
    local status=0
    # it is not a child of the subshell in which a caller may run
    within 40 is_over "$slow_migration" || fail 'the migration does not end'
    cat "$VGPU_GATE_LAB/migration.$1"
    [ ! -s "$VGPU_GATE_LAB/migration.$1" ] || status=1
    return "$status"
}

is_over () {
    ! kill -0 "$1" 2>/dev/null
}

# --- assertions ---

# log_has HOST PATTERN: waits until the log of vgpu-gated matches
log_has () {
    within 5 has_logged "$@" || fail "'$2' is not in the log of vgpu-gated on host $1:" "$(vgpu_gated_log "$1")"
}

has_logged () {
    vgpu_gated_log "$1" | grep -E "$2" >/dev/null
}

vgpu_gated_log () {
    on "$1" cat /var/log/libvirt/vgpu-gated.log
}

# guest_is HOST NAME STATE, where STATE is one of virsh's, or "absent"
guest_is () {
    local state
    state=$(on "$1" virsh -q domstate "$2" 2>/dev/null) || state=absent
    [ "$state" = "$3" ] || fail "guest $2 on host $1 is '$state' where '$3' was expected"
}

# Prints the hosts on which guest $1 runs.
where_is () {
    local host state found=
    for host in a b; do
        state=$(on "$host" virsh -q domstate "$1" 2>/dev/null) || continue
        [ "$state" != running ] || found+=$host
    done
    printf '%s\n' "$found"
}

monitor () {
    on "$1" virsh -q qemu-monitor-command "$2" --hmp "$3"
}

# Prints the ticks since boot, which the firmware counts in the guest's own memory, 2 a second, but only while the guest
# itself handles its interrupts.
guest_ticks () {
    local word
    word=$(monitor "$1" "$2" 'xp /1wx 0x46c')
    word=${word##*: }
    word=${word//[[:space:]]/}
    # a QEMU that has ended answers nothing, which would be 0 ticks
    [[ $word == 0x* ]] && printf '%d\n' "$word"
}

has_ticked_since () {
    local now
    now=$(guest_ticks "$1" "$2") && [ "$now" -gt "$3" ]
}

# guest_answers HOST NAME: it runs, its monitor answers, and it makes progress
guest_answers () {
    local status ticks
    guest_is "$1" "$2" running
    status=$(monitor "$1" "$2" 'info status')
    [[ $status == *'VM status: running'* ]] || fail "QEMU of guest $2 on host $1 says: $status"
    ticks=$(guest_ticks "$1" "$2")
    within 5 has_ticked_since "$1" "$2" "$ticks" || fail "guest $2 on host $1 runs, but its clock does not advance"
}

# guest_moved FROM NAME: it runs on the other host, and no longer on this one
guest_moved () {
    guest_answers "$(peer_of "$1")" "$2"
    no_qemu "$1" "$2"
}

no_qemu () {
    ! on "$1" pgrep -af "qemu-system.* guest=$2," >&2 || fail "a QEMU of guest $2 runs on host $1"
}

# Nothing of guest $2 was ever started on host $1 in this case.
nothing_started () {
    no_qemu "$1" "$2"
    ! on "$1" test -e "/var/log/libvirt/qemu/$2.log" || fail "QEMU was started for guest $2 on host $1:" \
        "$(on "$1" cat "/var/log/libvirt/qemu/$2.log")"
    [ -z "$(on "$1" sed -n "/vm = *$(uuid_of "$2")/p; /vm=$(uuid_of "$2")/p" /etc/vgpu-gate/sim-host.conf)" ] ||
        fail "the hardware of host $1 has vGPUs of guest $2"
}

# [speaker=HOST] expect_refused CODE NAME PATTERN COMMAND...: it fails; its output has one line of ours with code, guest
# (which HOST refuses, or any host, or which an error is about) and pattern
expect_refused () {
    local code=$1 name=$2 pattern=$3 refuses="([^ ]+ refuses )?" output lines
    [ -z "${speaker-}" ] || refuses="$speaker refuses "
    shift 3
    output=$("$@" 2>&1) && fail "this was not refused: $*" "$output"
    printf '%s\n' "$output"
    lines=$(grep -c 'vgpu-gate: VGATE-' <<<"$output") || true
    [ "$lines" -eq 1 ] || fail "one line of vgpu-gate was expected, not $lines"
    grep -Eq "vgpu-gate: VGATE-$code: $refuses$name: .*$pattern" <<<"$output" ||
        fail "VGATE-$code for $name ${speaker:+by $speaker }with '$pattern' was expected"
}

# expect_migration_refused CODE NAME PATTERN [OPTION...]: from a to b, and nothing has changed on any host
expect_migration_refused () {
    local code=$1 name=$2 pattern=$3
    shift 3
    speaker=host-b expect_refused "$code" "$name" "$pattern" migrate a "$name" "$@"
    guest_answers a "$name"
    guest_is b "$name" absent
    nothing_started b "$name"
}

# --- random operations ---

# draw VARIABLE WORD...: sets it to one of them. (In a command substitution, bash would draw other numbers than those of
# the seed.)
draw () {
    local words=("${@:2}")
    printf -v "$1" '%s' "${words[RANDOM % ${#words[@]}]}"
}

# Prints the code in the last line of a report of `vgpu-gate check`.
code_of () {
    # shellcheck disable=SC2016  # the last line
    sed -n '$s/^vgpu-gate: VGATE-\([0-9]*\):.*/\1/p' <<<"$1"
}

# check_both HOST OPERATION XML: asks about this operation on the host, there, and elsewhere with its document, which
# is then in $fleet. Sets here_code and there_code.
# shellcheck disable=SC2034  # read by agree
check_both () {
    local host=$1 operation=$2 xml=$3 report
    report=$(on "$host" vgpu-gate check --operation "$operation" - <<<"$xml") || true
    here_code=$(code_of "$report") cell_code=
    mkdir -p "$fleet/hosts" "$fleet/guests"
    on "$host" vgpu-gate host >"$fleet/hosts/$host.xml"
    # what the host's configuration sets is not in its document
    on "$host" cat /etc/vgpu-gate/vgpu-gate.conf >"$fleet/document.conf"
    report=$(on "$(peer_of "$host")" vgpu-gate --config "$fleet/document.conf" check --operation "$operation" \
        --host "$fleet/hosts/$host.xml" - <<<"$xml") || true
    there_code=$(code_of "$report")
}

# check_cell HOST NAME XML: the cell of a running guest and this host in the matrix, after check_both. Sets cell_code.
# shellcheck disable=SC2034  # read by agree
check_cell () {
    local host=$1 name=$2 table
    rm -f "$fleet"/guests/*
    printf '%s\n' "$3" >"$fleet/guests/$name.xml"
    table=$(on "$(peer_of "$host")" vgpu-gate --config "$fleet/document.conf" matrix --fleet "$fleet" --output csv) || true
    cell_code=$(sed -nE "s/^$name,[^,]*,host-$host,[^,]*,[^,]*,[^,]*,VGATE-([0-9]*),.*/\\1/p" <<<"$table")
}

# agree WHAT STATUS OUTPUT: the answers of check_both, and that of the matrix if it was asked, are that of the operation,
# which ended with this status and output
agree () {
    local what=$1 status=$2 output=$3 code answer
    code=$(grep -o 'VGATE-[0-9]*: ' <<<"$output" | head -n 1) || true
    code=${code//[!0-9]/}
    echo "note: $what: check VGATE-$here_code, with the document VGATE-$there_code${cell_code:+, matrix VGATE-$cell_code}$(
        ); the operation $status $code"
    # that of an operation that succeeded is any of those that allow
    [ "$status" -ne 0 ] || [[ $here_code != 0* ]] || code=$here_code
    [ -n "$code" ] || fail 'there is no code:' "$output"
    for answer in "$here_code" "$there_code" ${cell_code:+"$cell_code"}; do
        [ "$answer" = "$code" ] || fail 'they do not agree:' "$output"
    done
}

# --- fleets ---

# the documents of hosts and guests
fleet=$VGPU_GATE_LAB/fleet

# Writes the documents of both hosts and of the named guests, HOST:NAME, into $fleet.
collect_fleet () {
    local host guest
    rm -rf "$fleet"
    mkdir -p "$fleet/hosts" "$fleet/guests"
    for host in a b; do
        on "$host" vgpu-gate host >"$fleet/hosts/$host.xml"
    done
    for guest; do
        on "${guest%%:*}" virsh -q dumpxml "${guest#*:}" >"$fleet/guests/${guest#*:}.xml"
    done
}

# Executes each line of the plan in file $1. Its virsh is that of host $2, and its ssh enters the host of its name.
execute_lines () {
    local plan=$1 line n=0
    plan_host=$2
    while read -r line; do
        [[ $line != '#'* ]] || continue
        n=$((n + 1))
        (cd "$VGPU_GATE_LAB" && eval "$line") </dev/null || fail "line $n of the plan failed: $line"
    done <"$plan"
    [ "$n" -gt 0 ] || fail 'the plan has no command'
}

# shellcheck disable=SC2317  # this and the next: lines of a plan call them
virsh () {
    on "$plan_host" env -C "$VGPU_GATE_LAB" virsh "$@"
}

# ssh -n host-HOST WORD...: a shell there reads the words again
# shellcheck disable=SC2317
ssh () {
    on "${2#host-}" bash -c "${*:3}"
}

# milliseconds_on HOST COMMAND...: prints how long it takes there, from its start to its exit, with any exit status
milliseconds_on () {
    local host=$1
    shift
    # shellcheck disable=SC2016  # to be expanded in there
    on "$host" bash -c '
        before=${EPOCHREALTIME/./}
        "$@" >/dev/null 2>&1 || true
        echo $(((${EPOCHREALTIME/./} - before) / 1000))' milliseconds "$@"
}
