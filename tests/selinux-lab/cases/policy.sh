# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# What Debian's policy allows and forbids with ours in it.

test_the_rules () {
    local looked=0
    rm -rf "$selinux_image/host/root/selinux"
    cp -r "$selinux_lab/../selinux" "$selinux_image/host/root/"
    in_selinux_image sh -c 'python3 /root/selinux/test-policy.py /etc/selinux/default/policy/policy.* reference' \
        >"$VGPU_GATE_LAB/rules" || looked=$?
    [ "$looked" -eq 0 ] || fail "$(grep -v '^ok' "$VGPU_GATE_LAB/rules")"
}
