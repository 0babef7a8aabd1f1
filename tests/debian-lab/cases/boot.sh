# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# The state after the boot, before other cases (bus.sh) start another bus.

says_what_runs () {
    [[ $(unit_property a vgpu-gated StatusText) == *'running domain'* ]]
}

test_both_are_up_after_the_boot () {
    local unit
    for unit in vgpu-gate-bus vgpu-gated libvirtd; do
        unit_is a $unit ActiveState active || fail "$unit is not active:" "$(on a systemctl status $unit)"
        unit_is a $unit NRestarts 0 || fail "$unit was restarted"
    done
    unit_is a vgpu-gated Type notify || fail 'vgpu-gated does not say when it is ready'
    # it is ready before it is connected to libvirtd
    within 20 says_what_runs || fail "$(on a systemctl status vgpu-gated)"
    [ "$(unit_property a vgpu-gate-bus ActiveEnterTimestampMonotonic)" -le \
        "$(unit_property a libvirtd ExecMainStartTimestampMonotonic)" ] || fail 'libvirtd was started before the bus'
    [ -z "$(on a journalctl -q -o cat _SYSTEMD_UNIT=vgpu-gate-bus.service)" ] ||
        fail 'the bus complains:' "$(on a journalctl -q -o cat _SYSTEMD_UNIT=vgpu-gate-bus.service)"
}
