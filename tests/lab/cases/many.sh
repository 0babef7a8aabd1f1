# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# A thousand guests with vGPUs: libvirtd with libvirt's test driver in place of QEMU.

many=test+unix:///default

# Prints the host file of the simulated driver with a vGPU for each of $1 guests.
many_vgpus () {
    printf '%s\n' '[driver]' 'version=580.95.05' 'range=18.1-26.1' '[type 9]' 'name=NVIDIA Tiny-1C' 'class=Compute' \
        'framebuffer=64' "[gpu $h100]" 'name=NVIDIA H100 80GB HBM3' 'uuid=GPU-6a52c1de-0000-4000-8000-000041000000' \
        'device-id=2330' 'subsystem-id=16C1' 'framebuffer=81920' 'vgpu-types=9:1200'
    for ((i = 1; i <= $1; i++)); do
        printf '[vgpu aaaa0000-0000-4000-8000-%012x]\ninstance=%d\nvm=5eed0000-0000-4000-8000-%012x\n' "$i" "$i" "$i"
        printf 'gpu=%s\ntype=9\nmdev=bbbb0000-0000-4000-8000-%012x\n' "$h100" "$i"
        printf 'guest-driver-state=up\nguest-driver=580.95.05\nguest-version=26.1\n'
    done
}

# Prints the virsh commands that start $1 of them.
many_guests () {
    for ((i = 1; i <= $1; i++)); do
        printf "<domain type='test'><name>guest%d</name><uuid>5eed0000-0000-4000-8000-%012x</uuid>%s</domain>\n" "$i" "$i" \
            "<memory unit='MiB'>64</memory><os><type>hvm</type></os>" >"$VGPU_GATE_LAB/guest$i.xml"
        printf 'create %s/guest%d.xml\n' "$VGPU_GATE_LAB" "$i"
    done
}

many_run () {
    [ "$(on a virsh -q -c "$many" list --name | grep -c .)" -ge "$1" ]
}

captures_are () {
    [ "$(vgpu_gated_log a | grep -c 'VGATE-701')" -ge "$1" ]
}

# Prints the processor time that vgpu-gated on host a has taken, in ms.
processor_time () {
    # shellcheck disable=SC2016  # to be expanded in there
    on a bash -c '
        read -r line </proc/$(pgrep -x vgpu-gated)/stat
        read -r -a fields <<<"${line##*) }"
        echo $(((fields[11] + fields[12]) * 1000 / $(getconf CLK_TCK)))'
}

# Prints a value of its /proc/PID/status, in KiB.
memory () {
    # shellcheck disable=SC2016
    on a bash -c 'sed -n "s/^$1:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$(pgrep -x vgpu-gated)/status"' memory "$1"
}

test_a_thousand_guests () {
    local n=1000 passes=20 writes time resident peak
    host_service stop a vgpu-gated
    many_vgpus "$n" | on a tee /etc/vgpu-gate/sim-host.conf >/dev/null
    # the test driver forgets them with its last connection, so virsh stays until everything was read
    mkfifo "$VGPU_GATE_LAB/commands"
    "$lab/on" a virsh -q -c "$many" <"$VGPU_GATE_LAB/commands" >/dev/null &
    exec 9>"$VGPU_GATE_LAB/commands"
    many_guests "$n" >&9
    within 120 many_run "$n" || fail 'the guests do not start'
    on a bash -c "setsid vgpu-gated --connect $many </dev/null >>/var/log/libvirt/vgpu-gated.log 2>&1 &
        echo \$! >/run/lab/vgpu-gated.pid"
    within 200 captures_are "$n" || fail "only $(vgpu_gated_log a | grep -c 'VGATE-701') of $n were captured"
    # wait until the last of them were captured
    sleep 3
    writes=$(vgpu_gated_log a | grep -c 'VGATE-70[13]')
    time=$(processor_time)
    # an interval of a second, plus the time of the pass itself
    sleep "$passes"
    time=$(($(processor_time) - time))
    resident=$(memory VmRSS) peak=$(memory VmHWM)
    exec 9>&-
    echo "note: $n guests, no change: $((time / passes)) ms of processor time in each second, with a pass in it;" \
        "memory $((resident / 1024)) MiB, at its peak $((peak / 1024)) MiB"
    [ "$(vgpu_gated_log a | grep -c 'VGATE-70[13]')" -eq "$writes" ] || fail 'something was written'
    [ "$((time / passes))" -lt 100 ] || fail "$((time / passes)) ms are not below 100"
    [ "$resident" -lt 30720 ] || fail "$resident KiB are not below 30 MiB"
}
