# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# The libvirtd of an ordinary user also runs the hook, as that user, who can see neither root's leases nor the pid files
# of the system's libvirtd, and needs neither.

session_user=65534
session_home=/run/lab/session
session_log=$session_home/libvirtd.log

# in_session COMMAND...: as the user, on host a
in_session () {
    on a setpriv --reuid="$session_user" --regid="$session_user" --clear-groups \
        env HOME="$session_home" XDG_RUNTIME_DIR="/run/user/$session_user" \
        LIBVIRT_AUTOSTART=0 LIBVIRT_LOG_OUTPUTS="3:file:$session_log" LIBVIRT_DEFAULT_URI=qemu:///session "$@"
}

# It ends some time after its last guest; the next case may still meet it.
begin_session () {
    on a install -d -o "$session_user" -g "$session_user" -m 0700 "$session_home" "/run/user/$session_user"
    in_session virsh -q uri >/dev/null 2>&1 || in_session /run/lab/libvirtd --daemon --timeout 30
    within 10 in_session virsh -q uri >/dev/null || fail 'no libvirtd of a session:' "$(on a cat "$session_log")"
}

# put_file PATH: writes standard input to a file on host a
put_file () {
    on a tee "$1" >/dev/null
}

# The system has leases, as on a host where guests arrive.
put_leases () {
    printf '%s\n' '[leases]' count=1 '' \
        '[bbbbbbbb-0000-4000-8000-000000000001 4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e7ff]' parent=0000:41:00.0 \
        pgpu=0000:41:00.0 type=1131 state=unmade expires=0 | put_file /run/vgpu-gate/leases
    on a chmod 0600 /run/vgpu-gate/leases
}

# Its XML mentions us, so that the hook passes it to the judge.
define_in_session () {
    sed "s,<name>.*<,<name>$1<,; s,<uuid>.*<,<uuid>$(uuid_of "$1")<,
        s,<metadata>,<description>Nothing for vgpu-gate</description>&,; /<lab:vgpus/,/<\/lab:vgpus>/d" \
        "$lab/../../examples/lab-guest.xml" | put_file "$session_home/$1.xml"
    in_session virsh -q define "$session_home/$1.xml"
}

no_hook_complains () {
    on a test -e "$session_log" || fail 'libvirtd has no log'
    ! on a grep -i hook "$session_log" || fail 'libvirtd complains about a hook'
}

start_and_end () {
    in_session virsh -q start "$1"
    in_session virsh -q destroy "$1"
    no_hook_complains
}

test_a_plain_guest () {
    begin_session
    put_leases
    define_in_session plain
    start_and_end plain
    in_session virsh -q start plain
    in_session virsh -q save plain "$session_home/plain.save"
    in_session virsh -q restore "$session_home/plain.save"
    in_session virsh -q destroy plain
    in_session virsh -q undefine plain
    on a rm -f /run/vgpu-gate/leases
    no_hook_complains
}

# The user's own pid file shows whether its QEMU waits for a guest.
test_a_guest_with_metadata () {
    local output
    guest_run a owner "$h100_20c"
    begin_session
    put_leases
    define_in_session copy
    in_session virsh -q metadata copy --config --uri "$element_uri" --key vgate --set "$(element a owner)"
    start_and_end copy
    in_session virsh -q start copy
    in_session virsh -q save copy "$session_home/copy.save"
    ! output=$(in_session virsh -q restore "$session_home/copy.save" 2>&1) || fail 'it was restored'
    [[ $output == *'vgpu-gate: VGATE-208: host-a refuses copy: '* ]] || fail 'it was refused otherwise:' "$output"
    in_session virsh -q undefine copy
    on a rm -f /run/vgpu-gate/leases
}
