# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What up, on and down share: the place of the lab, the names of its two hosts, and whether they run.

lab_state=${VGPU_GATE_LAB:-/var/tmp/vgpu-gate-lab}
# shellcheck disable=SC2034  # this and the next: used by those who read this file
lab_hosts=(a b)

# shellcheck disable=SC2034
declare -A lab_address=([a]=10.77.0.1 [b]=10.77.0.2)
# shellcheck disable=SC2034
declare -A lab_uuid=(
    [a]=aaaaaaaa-1111-4111-8111-aaaaaaaaaaaa
    [b]=bbbbbbbb-2222-4222-8222-bbbbbbbbbbbb)

say_and_exit () {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    exit "${2:-1}"
}

must_be_root () {
    [ "$(id -u)" -eq 0 ] || say_and_exit 'the lab needs root: namespaces, mounts and a network of its own' 2
}

# A PID alone can belong to another process by now; together with the time of its start it cannot. The name of the
# program, between the first and the last parenthesis of the line, may contain blanks.
start_time () {
    local line
    { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
    read -r -a line <<<"${line##*) }"
    # field 22 of the line: two were cut off, and the array begins at 0
    printf '%s\n' "${line[19]}"
}

# Prints the PID of the first process of host $1, or fails if that host does not run.
host_pid () {
    local pid since
    { read -r pid since <"$lab_state/$1/init.pid"; } 2>/dev/null || return 1
    [ "$(start_time "$pid")" = "$since" ] || return 1
    printf '%s\n' "$pid"
}
