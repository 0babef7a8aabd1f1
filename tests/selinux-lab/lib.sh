# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154,SC2034  # more words and names come from tests/debian-lab/lib.sh
# One host of the Debian lab, on which SELinux enforces the reference policy of Debian and ours. It has the words of
# tests/debian-lab for host a.

selinux_lab=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
# shellcheck source=SCRIPTDIR/../debian-lab/lib.sh
. "$selinux_lab/../debian-lab/lib.sh"
# shellcheck source=SCRIPTDIR/common.sh
. "$selinux_lab/common.sh"

vm_disk=../${selinux_image##*/}/selinux.img

# audit records are neither dropped nor limited
bring_up () {
    mkdir -p "$VGPU_GATE_LAB/a"
    pack_policy "$VGPU_GATE_LAB/policy.tar"
    vm_parameters=(net.ifnames=0 systemd.show_status=0 lab_host=a security=selinux selinux=1
        "enforcing=${VGPU_GATE_SELINUX_ENFORCING:-1}" audit=1 audit_backlog_limit=65536
        sysctl.kernel.printk_ratelimit=0)
    vm_options=(-uuid "${lab_uuid[a]}" -device "virtio-net-pci,netdev=lab"
        -netdev "dgram,id=lab,local.type=unix,local.path=$VGPU_GATE_LAB/net,remote.type=unix,remote.path=$VGPU_GATE_LAB/none"
        -drive "file=$VGPU_GATE_LAB/policy.tar,if=none,id=policy,format=raw,readonly=on"
        -device "virtio-blk-pci,drive=policy")
    start_vm "$VGPU_GATE_LAB/a" --pdeathsig KILL
    wait_vm "$VGPU_GATE_LAB/a"
    within 500 has_booted a || fail 'the host does not come up:' "$(on a systemctl list-jobs)"
    on a cp -a /etc/vgpu-gate /run/vgpu-gate-first
}

take_down () {
    end_vm "$VGPU_GATE_LAB/a"
}

# The state after the boot.
reset_hosts () {
    (host_reset a)
}

show_logs () {
    echo '--- host-a ---'
    journal a -o short | grep -v 'audit.*: \(PROCTITLE\|SYSCALL\)' | tail -n 60
}

# --- SELinux ---

# domain_is DOMAIN PATTERN: of the process whose command line matches
domain_is () {
    local label
    label=$(on a bash -c "cat /proc/\$(pgrep -o -f '$2')/attr/current | tr -d '\\0'")
    [[ $label == *:"$1":* ]] || fail "the process '$2' has the label '$label'; its domain should be $1"
}

# Prints the denials of this case that concern our types, also those that systemd and a bus report (USER_AVC).
denied () {
    journal a -o cat | grep -E 'avc: +denied .*:vgpu_gate[a-z_]*:' | sort -u || true
}

# Denials of others are Debian's policy and Debian's programs.
nothing_denied () {
    [ -z "$(denied)" ] || fail 'SELinux has denied:' "$(denied)"
}
