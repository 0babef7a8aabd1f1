# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# What an administrator does with the packages, on two hosts with libvirt and the driver, and what self-check says
# there.

# Makes it a host with libvirt and the driver, on which vgpu-gate was never installed. (The dynamic linker finds the
# driver as it finds NVIDIA's. The configuration only bears a machine that is busy.)
become_fresh () {
    on "$1" bash -eu -c '
        apt-get purge -qq vgpu-gate
        rm -rf /run/vgpu-gate
        printf "%s\n" "[backend]" deadline-ms=60000 >/etc/vgpu-gate/vgpu-gate.conf
        [ ! -e /etc/libvirt/hooks/qemu.d/50-vgpu-gate ]
        ! command -v vgpu-gate
        ln -sf vgpu-gate/sim/libnvidia-ml.so.1 /usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1
        ldconfig
        systemctl restart libvirtd
        mkdir -p /root/build-deb
        cp /srv/lab/packages/vgpu-gate_*.deb /root/build-deb/' || fail "host $1 cannot be made fresh"
}

# set_clock_status STATUS: 0: somebody sets the clock; 0x40: nobody does (STA_UNSYNC). It runs on the host. The error of
# the clock becomes 0, because a large one sets STA_UNSYNC again. (ADJ_STATUS and ADJ_MAXERROR.)
# shellcheck disable=SC2317
set_clock_status () {
    python3 -c '
import ctypes, sys
timex = (ctypes.c_ubyte * 208)()
timex[0], timex[40] = 0x14, int(sys.argv[1], 0)
assert ctypes.CDLL(None).adjtimex(timex) >= 0' "$1"
}

clock_is_set () {
    on "$1" bash -c "$(declare -f set_clock_status); set_clock_status 0"
}

# Prints "WORD NAME" for each check of host $1 that did not pass.
not_passed () {
    { on "$1" vgpu-gate self-check || true; } | sed -n '/^PASS /!s/^\([A-Z]\{1,\}\) \([^ :]*\): .*/\1 \2/p'
}

# The driver is the simulated one, and what plays the hardware is another hook.
lab_itself=$'WARN hook-chain\nWARN nvml'

test_from_the_package_to_the_first_refusal () {
    local host command commands last
    mapfile -t commands < <(sed -n '/^<!-- from the package -->$/,/^$/p' "$debian_lab/../../README.md" |
        grep -E '^(both|host-a)# ')
    case ${#commands[@]} in
        [345]) ;;
        *) fail "README.md has ${#commands[@]} commands" ;;
    esac
    for host in a b; do
        become_fresh "$host"
        clock_is_set "$host"
    done
    guest_define a demo "$(device_make a)"
    guest_start a demo
    guest_driver_up a demo 535.261.03 7.1-18.1
    host_update b --driver 590.48.01 --range 24.1-27.1

    last=${commands[-1]}
    unset 'commands[-1]'
    for command in "${commands[@]}"; do
        for host in a b; do
            [[ $command == both#* || $host == a ]] || continue
            on "$host" bash -c "cd /root; ${command#*# }" || fail "host $host: this fails: $command"
        done
    done
    wait_captured a demo 18.1
    expect_refused 303 demo "is below this host's range 24.1-27.1" on a bash -c "${last#*# }"
    guest_answers a demo
    nothing_started b demo
    for host in a b; do
        [ "$(not_passed "$host")" = "$lab_itself" ] || fail "host $host:" "$(on "$host" vgpu-gate self-check)"
    done
}

# Each has a check, the result of it, a part of the remedy, a command that makes the fault, and one that mends it.
# shellcheck disable=SC2016  # to be expanded on the host
faults=(
    'hook-link|FAIL|ln -s /usr/sbin/vgpu-gate-hook|mv $link /run/link|mv /run/link $link'
    'hook-link|FAIL|chmod 0755|chmod a-x /usr/sbin/vgpu-gate-hook|chmod a+x /usr/sbin/vgpu-gate-hook'
    'hook-link|FAIL|ln -sfn|mv $link /run/link; ln -s /nowhere/vgpu-gate-hook $link|mv -T /run/link $link'
    'configuration|FAIL|Correct the line|echo nonsense >>$config|cp $first $config'
    'configuration|FAIL|chmod|printf "\n[seal]\nkey-file=/etc/hostname\n" >>$config|cp $first $config'
    'configuration|WARN|remove these lines|printf "\n[gate]\nmissing-metadata=allow\n" >>$config|cp $first $config'
    'mode|WARN|mode=enforce|printf "\n[gate]\nmode=report\n" >>$config|cp $first $config'
    'nvml|FAIL|library|sed -i s,^library=.*,library=/nowhere, $config|cp $first $config'
    'gpus|WARN|kernel log|vgpu-sim fail nvmlDeviceGetHandleByIndex 15 --gpu 0000:c1:00.0|vgpu-sim heal'
    'vgpu-gated|FAIL|systemctl enable --now vgpu-gated|systemctl stop vgpu-gated|systemctl start vgpu-gated'
    'bus|WARN|systemctl start vgpu-gate-bus|systemctl stop vgpu-gated vgpu-gate-bus|systemctl start vgpu-gate-bus vgpu-gated'
    'confinement|WARN|libvirt-qemu.d/vgpu-gate|mv $rule /run/rule|mv /run/rule $rule'
    'clock|WARN|timedatectl|set_clock_status 0x40|set_clock_status 0'
    'host-uuid|FAIL|uuidgen|printf "\n[host]\nuuid=03000200-0400-0500-0006-000700080009\n" >>$config|cp $first $config'
    'devices|WARN|vgpu-gate devices apply|printf "[gpu 0]\ntypes=NVIDIA H100XM-20C x 1\n" >$declared|rm $declared'
)

# shellcheck disable=SC2034,SC2317  # it runs on the host, and the commands of the faults use the names
find_faults () {
    local link=/etc/libvirt/hooks/qemu.d/50-vgpu-gate config=/etc/vgpu-gate/vgpu-gate.conf first=/run/first.conf
    local rule=/etc/apparmor.d/abstractions/libvirt-qemu.d/vgpu-gate declared=/etc/vgpu-gate/devices.conf
    local fault check result remedy plant mend seen
    cp "$config" "$first"
    for fault; do
        IFS='|' read -r check result remedy plant mend <<<"$fault"
        eval "$plant"
        seen=$(vgpu-gate self-check 2>&1) || true
        eval "$mend"
        seen=$(printf '%s\n' "$seen" | sed -n "/^$result $check: /,/^[A-Z]/p")
        [[ $seen == *"remedy: "*"$remedy"* ]] ||
            printf '%s\n' "after: $plant" "expected: $result $check: $remedy" "found: $seen"
    done
}

test_self_check_names_each_fault () {
    local seen
    clock_is_set a
    [ "$(not_passed a)" = "$lab_itself" ] || fail 'something is wrong before:' "$(on a vgpu-gate self-check)"
    seen=$(on a bash -c "$(declare -f set_clock_status find_faults); find_faults $(printf '%q ' "${faults[@]}")" 2>&1)
    [ -z "$seen" ] || fail "$seen"
}
