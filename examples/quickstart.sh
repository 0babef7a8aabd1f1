#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Shows vgpu-gate at work, on a fresh Debian 12 without any GPU: sudo examples/quickstart.sh
#
# Two hosts, each with a libvirtd, are started on this machine, each in its own namespaces. A guest with a simulated
# vGPU is migrated to a host where it can run, and is refused by a host where it cannot. Everything is real except the
# GPU. Only the packages stay on the machine afterwards.
set -eu -o pipefail

[ $# -eq 0 ] || { echo 'usage: examples/quickstart.sh' >&2; exit 2; }

cd "${BASH_SOURCE[0]%/*}/.."
export LC_ALL=C.UTF-8
# shellcheck source=SCRIPTDIR/../tests/lab/requirements.sh
. tests/lab/requirements.sh
obstacle=$(lab_obstacle)
[ -z "$obstacle" ] || {
    echo "quickstart: cannot start two hosts on this machine: $obstacle" >&2
    exit 2
}
# shellcheck source=SCRIPTDIR/../tests/packages.sh
. tests/packages.sh

guest=demo
vm=deadbeef-0001-4000-8000-000000000001 # the UUID in examples/lab-guest.xml
work=$(mktemp -d /tmp/vgpu-gate-quickstart.XXXXXX)
build=$work/build
export VGPU_GATE_LAB=$work/lab

finish () {
    local status=$?
    trap - EXIT
    tests/lab/down || status=1
    rm -rf -- "$work"
    [ "$status" -eq 0 ] || echo 'The quick start failed; the lines above give the reason.' >&2
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

number=0
step () {
    number=$((number + 1))
    printf '\n%d. %s\n\n' "$number" "$1"
}

say () {
    printf '   %s\n' "$@"
}

# show HOST COMMAND...: prints the command as an operator types it there, and its output
show () {
    local host=$1 status=0
    shift
    printf '   host-%s# %s\n' "$host" "$*"
    tests/lab/on "$host" bash -o pipefail -c "cd '$work'; $*" 2>&1 | sed '/^$/d; s/^/   /' || status=$?
    echo
    return "$status"
}

# show, for a command that must fail
show_refused () {
    ! show "$@" || { echo 'The command succeeded, but the guest should have been refused.' >&2; exit 1; }
}

quietly () {
    local log=$work/quiet.log
    "$@" >"$log" 2>&1 </dev/null || { cat "$log" >&2; exit 1; }
}

build () {
    meson setup "$build" --buildtype=release -Dtests=false --sysconfdir=/etc
    meson compile -C "$build"
}

is_captured () {
    tests/lab/on "$1" virsh metadata "$guest" --live --uri urn:x-vgpu-gate:domain:1 2>/dev/null |
        grep -q 'guest-vgpu-version="18.1"'
}

wait_captured () {
    for _ in {1..100}; do
        ! is_captured "$1" || return 0
        sleep 0.1
    done
    echo "The guest was not captured on host-$1." >&2
    exit 1
}

step 'Packages: a compiler, meson, libvirtd, QEMU'
say 'apt installs the missing ones; no service is started.'
quietly install_packages "${packages_build[@]}" "${packages_lab[@]}"

step 'The build'
quietly build
say 'vgpu-gate and the simulated driver are built.'

step 'Two hosts'
quietly tests/lab/up --build "$build"
say 'host-a and host-b are running. Each has its own libvirtd with vgpu-gate-hook in hooks/qemu.d, its own' \
    'vgpu-gated, and a simulated NVIDIA driver of release 580. This is what the driver of host-a reports:'
show a vgpu-sim show

step 'A guest with a vGPU, on host-a'
cp examples/lab-guest.xml "$work/$guest.xml"
show a virsh define "$guest.xml"
show a virsh start "$guest"
say 'The guest loads its driver, of release 535. Guest and host agree on vGPU version 18.1.'
show a vgpu-sim guest-driver up --vm "$vm" --driver 535.261.03 --range 7.1-18.1
wait_captured a
say 'vgpu-gated noticed it, and wrote the metadata of the vGPU into the XML of the running guest:'
show a "virsh metadata $guest --uri urn:x-vgpu-gate:domain:1 | grep '<.*mirror'"

step 'ALLOWED: host-b has the same driver'
show a virsh migrate --live "$guest" qemu+tcp://host-b/system
say 'virsh prints nothing, because the migration succeeded. The guest runs on host-b now:'
show b virsh list
wait_captured b

step 'REFUSED: host-a has been updated to release 590, which accepts vGPU versions 24.1 to 27.1'
show a vgpu-sim update --driver 590.48.01 --range 24.1-27.1
show_refused b "time virsh migrate --live $guest qemu+tcp://host-a/system"
say 'The guest still runs on host-b:'
show b virsh list

step 'The dry run answers the same question with a full report, and moves nothing'
show b "virsh dumpxml $guest >guest.xml"
say 'On the destination, with the arguments with which libvirt runs the hook:'
show_refused a "vgpu-gate-hook --dry-run $guest migrate begin - <guest.xml"
say 'Or on any machine, with the document of the destination, before the migration is started:'
show a 'vgpu-gate host >host-a.xml'
show_refused b 'vgpu-gate check guest.xml --host host-a.xml | grep decision'
say 'This is what the code means:'
show b vgpu-gate explain VGATE-303

step "The end: both hosts are stopped; the quick start took $SECONDS seconds"
