#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Shows vgpu-gate at work, on a fresh Debian 12 without any GPU: sudo examples/quickstart.sh
#
# Two hosts with a libvirtd each come up on this machine, in namespaces of their own; a guest with a simulated vGPU
# migrates where it can run, and is refused where it cannot. All of it is real but the GPU. Nothing is left behind but
# the packages.
set -eu -o pipefail

[ $# -eq 0 ] || { echo 'usage: examples/quickstart.sh' >&2; exit 2; }

cd "${BASH_SOURCE[0]%/*}/.."
export LC_ALL=C.UTF-8
# shellcheck source=SCRIPTDIR/../tests/lab/requirements.sh
. tests/lab/requirements.sh
obstacle=$(lab_obstacle)
[ -z "$obstacle" ] || {
    echo "quickstart: two hosts cannot come up on this machine: $obstacle" >&2
    exit 2
}
# shellcheck source=SCRIPTDIR/../tests/packages.sh
. tests/packages.sh

guest=demo
vm=deadbeef-0001-4000-8000-000000000001 # as examples/lab-guest.xml says
work=$(mktemp -d /tmp/vgpu-gate-quickstart.XXXXXX)
build=$work/build
export VGPU_GATE_LAB=$work/lab

finish () {
    local status=$?
    trap - EXIT
    tests/lab/down || status=1
    rm -rf -- "$work"
    [ "$status" -eq 0 ] || echo 'The quick start did not come to its end; the lines above say why.' >&2
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

# show HOST COMMAND...: prints the command as it would be typed there, and what it answers
show () {
    local host=$1 status=0
    shift
    printf '   host-%s# %s\n' "$host" "$*"
    tests/lab/on "$host" bash -o pipefail -c "cd '$work'; $*" 2>&1 | sed '/^$/d; s/^/   /' || status=$?
    echo
    return "$status"
}

# show, of a command that must fail
show_refused () {
    ! show "$@" || { echo 'This should have been refused.' >&2; exit 1; }
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
say 'apt installs those that are missing; no service is started.'
quietly install_packages "${packages_build[@]}" "${packages_lab[@]}"

step 'The build'
quietly build
say 'vgpu-gate and the simulated driver are built.'

step 'Two hosts'
quietly tests/lab/up --build "$build"
say 'host-a and host-b are up. Each has its own libvirtd with our hook in hooks/qemu.d, its own vgpu-gated, and a' \
    'simulated NVIDIA driver of release 580. This is what the driver of host-a has:'
show a vgpu-sim show

step 'A guest with a vGPU, on host-a'
cp examples/lab-guest.xml "$work/$guest.xml"
show a virsh define "$guest.xml"
show a virsh start "$guest"
say 'Its driver loads: release 535, so guest and host agree on vGPU version 18.1.'
show a vgpu-sim guest-driver up --vm "$vm" --driver 535.261.03 --range 7.1-18.1
wait_captured a
say 'vgpu-gated saw it, and wrote into the XML of the running guest what its vGPU is:'
show a "virsh metadata $guest --uri urn:x-vgpu-gate:domain:1 | grep '<.*mirror'"

step 'ALLOWED: host-b has the same driver'
show a virsh migrate --live "$guest" qemu+tcp://host-b/system
say 'Where all is well virsh says nothing. The guest runs on host-b now:'
show b virsh list
wait_captured b

step 'REFUSED: meanwhile host-a was upgraded to release 590, which takes vGPU versions 24.1 to 27.1'
show a vgpu-sim update --driver 590.48.01 --range 24.1-27.1
show_refused b "time virsh migrate --live $guest qemu+tcp://host-a/system"
say 'The guest never noticed:'
show b virsh list

step 'The dry run answers the same question with its full report, and moves nothing'
show b "virsh dumpxml $guest >guest.xml"
say 'On the destination, asked as libvirt asks the hook:'
show_refused a "vgpu-gate-hook --dry-run $guest migrate begin - <guest.xml"
say 'Or anywhere, of any host whose document one has, before anybody types "migrate":'
show a 'vgpu-gate host >host-a.xml'
show_refused b 'vgpu-gate check guest.xml --host host-a.xml | grep decision'
say 'And what the code means:'
show b vgpu-gate explain VGATE-303

step "The end: both hosts are taken down; it took $SECONDS seconds"
