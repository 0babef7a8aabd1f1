# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the names come from tests/mdev-lab/common.sh
# What the programs of the SELinux lab share: its image, and the policy that its host loads.

selinux_lab=$(cd "${BASH_SOURCE[0]%/*}" && pwd)

# Its modules and its kernel are those of the other labs.
selinux_image=${VGPU_GATE_SELINUX_IMAGE:-$cache/selinux-$(hash_of "$selinux_lab/recipe")-${image##*/}}

# Builds the image unless it exists, and removes those of other recipes: only what was made here.
make_selinux_image () {
    local mark
    [ ! -e "$selinux_image/complete" ] || return 0
    for mark in "$cache"/*/this-is-a-vgpu-gate-selinux-lab; do
        [ ! -e "$mark" ] || rm -rf -- "${mark%/*}"
    done
    mkdir "$selinux_image"
    touch "$selinux_image/this-is-a-vgpu-gate-selinux-lab"
    "$selinux_lab/recipe/build" "$selinux_image" "$image" "$(mirror debian)" "$(mirror debian-security)" \
        >"$selinux_image/log" 2>&1 </dev/null || {
        tail -n 30 "$selinux_image/log" >&2
        say_and_exit "the image cannot be built; all of it: $selinux_image/log"
    }
    touch "$selinux_image/complete"
}

# Runs a command in the root of the image.
in_selinux_image () {
    chroot "$selinux_image/host" "$@"
}

# Compiles Debian's policy with ours and the lab's, unless that was done. semodule says if something is wrong with them.
make_policy () {
    local packaging=$selinux_lab/../../packaging/selinux hash
    hash=$(cat "$packaging/vgpu-gate.cil" "$selinux_lab/lab.cil" | sha256sum)
    [ "$(cat "$selinux_image/policy" 2>/dev/null)" != "$hash" ] || return 0
    cp "$packaging/vgpu-gate.cil" "$selinux_lab/lab.cil" "$selinux_image/host/root/"
    # Debian's settings for guests with a VFIO device, and for a QEMU without KVM
    printf '%s=1\n' virt_use_vfio virt_use_sysfs virt_use_execmem \
        >"$selinux_image/host/var/lib/selinux/default/active/booleans.local"
    in_selinux_image semodule --noreload --priority 400 --install /root/vgpu-gate.cil --install /root/lab.cil || return
    printf '%s\n' "$hash" >"$selinux_image/policy"
}

# pack_policy FILE: what the host unpacks before it starts: the policy, and what else is installed with it
pack_policy () {
    tar -cf "$1" -C "$selinux_image/host" etc/selinux/default/policy etc/selinux/default/contexts \
        --transform='s,^vgpu-gate-bus.conf,usr/lib/systemd/system/vgpu-gate-bus.service.d/selinux.conf,' \
        --transform='s,^prepare,srv/more/prepare,' \
        --transform='s,^lab-commands.conf,etc/systemd/system/lab-commands.service.d/selinux.conf,' \
        -C "$selinux_lab/../../packaging/selinux" vgpu-gate-bus.conf -C "$selinux_lab/inside" prepare lab-commands.conf
}

# As prepare of the mdev lab.
prepare_selinux () {
    local lock
    exec {lock}>"$cache/lock"
    flock "$lock"
    make_selinux_image
    make_policy >"$selinux_image/policy.log" 2>&1 || {
        cat "$selinux_image/policy.log" >&2
        say_and_exit "the policy cannot be compiled into Debian's"
    }
    exec {lock}>&-
}
