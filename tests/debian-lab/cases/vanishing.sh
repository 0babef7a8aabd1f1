# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# The last file of all, because host a is switched off by it.

# Reports on the console, when systemd has stopped libvirt-guests, what is left of the guest.
witness () {
    on a sh -c 'cat >/run/systemd/system/lab-witness.service && systemctl daemon-reload && systemctl start lab-witness' <<'UNIT'
[Unit]
Before=libvirt-guests.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
ExecStop=/bin/sh -c '(echo; ls /var/lib/libvirt/qemu/save; journalctl -q -o short-monotonic -b -u vgpu-gated -n 20; echo witness: done) >/dev/ttyS0 2>&1'
UNIT
}

testified () {
    grep -q 'witness: done' "$VGPU_GATE_LAB/a/console"
}

# systemd's own word about the shutdown, and libvirt-guests as Debian has it.
test_a_shutdown_does_not_lose_a_guest () {
    guest_run a evening
    on a sh -c 'rm -f /etc/systemd/system/libvirt-guests.service
        echo ON_SHUTDOWN=suspend >/etc/default/libvirt-guests
        systemctl daemon-reload'
    witness
    on a systemctl start libvirt-guests
    # vgpu-gated would stop a save from now on
    on a vgpu-sim update --driver 610.10.01 --range 27.1-30.1
    wait_attribute a evening '/*/vgpu/pgpu/@range' 27.1-30.1
    host_vanishes a
    on a systemctl poweroff --no-block
    within 200 testified || fail 'the host does not shut down:' "$(tail -n 30 "$VGPU_GATE_LAB/a/console")"
    grep -q '^evening\.save' "$VGPU_GATE_LAB/a/console" || fail 'the guest was lost:' "$(tail -n 30 "$VGPU_GATE_LAB/a/console")"
    grep -q 'VGATE-719: evening: the save was not stopped, because this host is shutting down' "$VGPU_GATE_LAB/a/console" ||
        fail 'the log does not say why:' "$(tail -n 30 "$VGPU_GATE_LAB/a/console")"
}
