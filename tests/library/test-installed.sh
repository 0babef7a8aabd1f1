#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The library as other users find it: installed, through pkg-config, with a compiler that does not use this tree.
#   test-installed.sh BUILD SIMULATED-DRIVER VGPU-SIM COMPILER [OPTION...]
set -eu -o pipefail
build=$1 driver=$2 vgpu_sim=$3
shift 3

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
echo 1..4

meson install -C "$build" --no-rebuild --quiet --destdir "$work/root" >"$work/log" 2>&1 || {
    sed 's/^/# /' "$work/log"
    exit 1
}
# Files configured for /usr/local are below $work/root.
package=$(find "$work/root" -name vgpu-gate.pc)
sed "s,^prefix=,&$work/root," "$package" >"$work/vgpu-gate.pc"
export PKG_CONFIG_PATH=$work
library_path=$(pkg-config --variable=libdir vgpu-gate)

# One line on stdout for each case; the output of a failed one follows it.
number=0
check () {
    local name=$1
    shift
    number=$((number + 1))
    if "$@" >"$work/output" 2>&1; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        sed 's/^/# /' "$work/output"
    fi
}

# shellcheck disable=SC2046  # words
builds () {
    "$@" -std=c11 -Wall -Wextra -Werror "$VGATE_SRCDIR/examples/can-it-restore.c" $(pkg-config --cflags --libs vgpu-gate) -o "$work/example"
}

export VGPU_SIM_HOST=$work/host.conf
run () {
    LD_LIBRARY_PATH=$library_path "$work/example" "$driver" 0000:41:00.0
}
says () {
    local output
    output=$(run) || return 1
    echo "$output"
    # shellcheck disable=SC2053  # a pattern
    [[ $output == $1 ]]
}
refuses_another_gpu () {
    ! LD_LIBRARY_PATH=$library_path "$work/example" "$driver" 0000:42:00.0 2>"$work/complaint" &&
        grep -q '^nvmlDeviceGetHandleByPciBusId_v2: NVML error 6' "$work/complaint"
}
vm=11111111-1111-4111-8111-111111111111

check 'the example builds' builds "$@"
"$vgpu_sim" init
"$vgpu_sim" plug --vm $vm --type 1120 --guest-driver 580.95.05 --guest-range 18.1-26.1 >/dev/null
check 'its vGPU can be restored' says "vGPU *: yes"
"$vgpu_sim" update --range 27.1-28.1
check 'after an update of the driver it cannot' says 'vGPU *: no*VGATE-303: *26.1*27.1-28.1*'
check 'a GPU that is not there' refuses_another_gpu
