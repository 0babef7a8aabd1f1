# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# The two services as systemd starts, watches and ends them, with all restrictions of their units.

# edit HOST SETTING: as `systemctl edit vgpu-gated` does, until the end of the case
edit () {
    on "$1" mkdir -p /run/systemd/system/vgpu-gated.service.d
    printf '[Service]\n%s\n' "$2" | on "$1" tee /run/systemd/system/vgpu-gated.service.d/lab.conf >/dev/null
    on "$1" systemctl daemon-reload
    on "$1" systemctl restart vgpu-gated
}

test_capture_and_status () {
    guest_run a captured
    [[ $(on a vgpu-gate agent status) == *'guest captured'* ]] || fail "$(on a vgpu-gate agent status)"
    within 20 status_text_is a '1 running domain, 1 with vGPUs, 1 captured' || fail "$(on a systemctl status vgpu-gated)"
}

status_text_is () {
    [ "$(unit_property "$1" vgpu-gated StatusText)" = "$2" ]
}

test_reload () {
    printf '\n[rules]\nguest-branch=refuse\n' | on a tee -a /etc/vgpu-gate/vgpu-gate.conf >/dev/null
    on a systemctl reload vgpu-gated
    log_has a 'VGATE-734'
    echo 'nonsense' | on a tee -a /etc/vgpu-gate/vgpu-gate.conf >/dev/null
    on a systemctl reload vgpu-gated
    log_has a 'the previous configuration stays in force'
    unit_is a vgpu-gated ActiveState active || fail 'a bad configuration ended it'
}

# The directory belongs to the collector, as in Debian's package of it.
test_the_metrics_file () {
    local file=/var/lib/prometheus/node-exporter/vgpu-gate.prom
    on a rm -f $file
    within 40 on a test -s $file || fail 'there is no metrics file:' "$(vgpu_gated_log a)"
    [ "$(on a stat -c %a $file)" = 644 ] || fail "$(on a stat $file)"
    on a grep -q '^vgpu_gate_libvirt_connected 1' $file || fail "$(on a cat $file)"
}

test_a_metrics_file_elsewhere () {
    on a sed -i 's,^metrics-file=.*,metrics-file=/srv/vgpu-gate.prom,' /etc/vgpu-gate/vgpu-gate.conf
    on a systemctl reload vgpu-gated
    log_has a 'VGATE-736: cannot write ./srv/vgpu-gate.prom.: Read-only file system'
    # as in the guide
    edit a ReadWritePaths=/srv
    within 40 on a test -s /srv/vgpu-gate.prom || fail "$(vgpu_gated_log a)"
}

is_another_process () {
    local pid
    pid=$(unit_property "$1" vgpu-gated MainPID)
    [ "$pid" != 0 ] && [ "$pid" != "$2" ] && unit_is "$1" vgpu-gated ActiveState active
}

test_the_watchdog () {
    local pid began=$SECONDS
    guest_run a watched
    pid=$(unit_property a vgpu-gated MainPID)
    on a kill -STOP "$pid"
    within 90 is_another_process a "$pid" || fail 'systemd does not mind that it is stopped'
    echo "note: another one ran $((SECONDS - began)) s after vgpu-gated was stopped"
    [[ $(journal a -u vgpu-gated) == *'Watchdog timeout'* ]] || fail 'it was not the watchdog'
    on a vgpu-gate agent status >/dev/null
}

test_it_is_restarted_when_it_is_killed () {
    local pid
    pid=$(unit_property a vgpu-gated MainPID)
    on a kill -KILL "$pid"
    within 30 is_another_process a "$pid" || fail 'it was not restarted'
}

# Neither a hanging driver nor a process in it delays the end.
test_a_stop_while_nvml_hangs () {
    local took
    guest_run a patient
    host_hangs a nvmlInit_v2
    sleep 3
    took=$(milliseconds_on a systemctl stop vgpu-gated)
    echo "note: it ended after $took ms"
    [ "$took" -lt 8000 ] || fail "to stop it took $took ms"
    unit_is a vgpu-gated ActiveState inactive || fail "$(on a systemctl status vgpu-gated)"
    unit_is a vgpu-gated Result success || fail "$(on a systemctl status vgpu-gated)"
    ! on a pgrep -a vgpu-gate-nvml || fail 'a process is left'
    host_heals a
}

test_a_restart_leaves_the_elements () {
    local before
    guest_run a kept
    before=$(element a kept)
    on a systemctl restart vgpu-gated
    within 20 status_text_is a '1 running domain, 1 with vGPUs, 1 captured' || fail "$(on a systemctl status vgpu-gated)"
    [ "$(element a kept)" = "$before" ] || fail 'the element was written again:' "$before" "$(element a kept)"
    # and the daemon watches the guest as before
    on a vgpu-sim guest-driver up --vm "$(uuid_of kept)" --driver 535.261.03 --range 7.1-18.1
    wait_captured a kept 18.1
}

test_libvirtd_restarts () {
    local gated bus
    guest_run a outlasting
    gated=$(unit_property a vgpu-gated MainPID)
    bus=$(unit_property a vgpu-gate-bus MainPID)
    on a systemctl restart libvirtd
    [ "$(unit_property a vgpu-gated MainPID)" = "$gated" ] || fail 'vgpu-gated was restarted, too'
    [ "$(unit_property a vgpu-gate-bus MainPID)" = "$bus" ] || fail 'the bus was restarted, too'
    on a vgpu-sim guest-driver up --vm "$(uuid_of outlasting)" --driver 535.261.03 --range 7.1-18.1
    wait_captured a outlasting 18.1
}

# A system call that the filter denies fails, and the failure could be overlooked, so here the filter kills. It applies
# to the simulated driver, not to the real one.
test_no_system_call_is_denied () {
    edit a SystemCallErrorNumber=kill
    guest_run a filtered
    on a vgpu-gate agent status >/dev/null
    on a systemctl reload vgpu-gated
    log_has a 'VGATE-734'
    unit_is a vgpu-gated NRestarts 0 || fail "$(on a systemctl status vgpu-gated)"
    # the message of the kernel about a process that a filter has killed
    [[ $(journal a -k) != *type=1326* ]] || fail "$(journal a -k)"
}

# The devices that NVIDIA's library opens. There is no such driver here: an open that is allowed fails with ENXIO.
test_the_devices () {
    local seen
    # shellcheck disable=SC2016  # to be expanded in there
    seen=$(on a bash -c '
        cd /root
        for node in "nvidiactl 195 255" "nvidia0 195 0" "kvm 10 232" "mem 1 1"; do
            read -r name major minor <<<"$node"
            [ -e $name ] || mknod $name c $major $minor
        done
        group=/sys/fs/cgroup$(systemctl show --value --property ControlGroup vgpu-gated)
        # in a separate shell, which ends there
        bash -c "echo \$\$ >$group/cgroup.procs
            for name in nvidiactl nvidia0 kvm mem; do
                (exec 3<>\$name) 2>&1 | sed \"s/.*: //\"
            done"')
    [ "$seen" = $'No such device or address\nNo such device or address\nOperation not permitted\nOperation not permitted' ] ||
        fail "the service is answered:" "$seen"
}

test_the_journal () {
    local entry field
    guest_run a noted
    entry=$(journal a -o json -n 1 VGPU_GATE_DOMAIN=noted VGPU_GATE_TRIGGER=start)
    for field in '"MESSAGE":"vgpu-gate: VGATE-701: noted: captured 1 vGPU' '"PRIORITY":"6"' '"SYSLOG_IDENTIFIER":"vgpu-gated"' \
        '"VGPU_GATE_CODE":"VGATE-701"' "\"VGPU_GATE_DOMAIN_UUID\":\"$(uuid_of noted)\"" '"VGPU_GATE_TRIGGER":"start"' \
        "\"VGPU_GATE_VGPU\":\"$(attribute a noted '/*/vgpu/@uuid')\"" '"_SYSTEMD_UNIT":"vgpu-gated.service"'; do
        [[ $entry == *"$field"* ]] || fail "$field is not in: $entry"
    done
    entry=$(journal a -x -n 1 VGPU_GATE_DOMAIN=noted VGPU_GATE_TRIGGER=start)
    [[ $entry == *"Subject: VGATE-701: "*"Documentation: man:vgpu-gate(1)"* ]] || fail "it is not explained: $entry"
}
