# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# The ways out of a migration that was refused which begin on the source or in the guest, walked: the same migration
# succeeds afterwards. What a guest would do to its vGPU, the simulated driver is told.

# walk CODE NAME PATTERN SCRIPT: the guest on host $here has this element, is refused, is captured again, and leaves. Sets
# here to its new host.
walk () {
    [ -z "$4" ] || element_edit "$here" "$2" "$4"
    expect_refused "$1" "$2" "$3" migrate "$here" "$2" >/dev/null
    guest_is "$here" "$2" running
    on "$here" vgpu-gated --once
    migrate "$here" "$2" || fail "after VGATE-$1 and --once, it does not leave host $here"
    here=$(peer_of "$here")
    guest_is "$here" "$2" running
}

# What a daemon would do at once, an administrator does with --once. A guest that arrived where no vgpu-gated runs has the
# metadata of the other host.
test_captured_again_on_the_source () {
    local here=a once="[Rr]un 'vgpu-gated --once' on the source" host
    guest_run a again "$h100_20c" "$h100_20c"
    for host in a b; do
        host_service stop "$host" vgpu-gated
    done
    walk 203 again "$once" 's/<guest /&trusted="yes" /'
    walk 410 again "$once" ''
    on "$here" vgpu-gated --once
    walk 204 again "$once" 's/ type="/&0/'
    on "$here" vgpu-gated --once
    walk 205 again "$once" 's/(<metadata [^>]*>)./\1*/'
    on "$here" vgpu-gated --once
    walk 206 again "$once" 's/(<metadata [^>]*length=")468"/\1400"/'
    on "$here" vgpu-gated --once
    walk 207 again "$once" 's/guest-vgpu-version="26\.1"/guest-vgpu-version="25.1"/'
    on "$here" vgpu-gated --once
    walk 208 again "$once" "s/ domain=\"[^\"]*\"/ domain=\"$(uuid_of another)\"/"
    on "$here" vgpu-gated --once
    walk 209 again "$once" "s/(<vgpu [^>]*uuid=\")[^\"]*\"/\1$(uuid_of vgpu)\"/"
}

test_a_clock_that_was_wrong () {
    local time
    guest_run a hasty "$h100_20c"
    host_service stop a vgpu-gated
    host_configure b rules <<<'time-in-future=refuse'
    time=$(date -u -d 'now + 1 hour' +%Y-%m-%dT%H:%M:%SZ)
    element_edit a hasty "s/(<capture time=)\"[^\"]*\"/\1\"$time\"/"
    expect_migration_refused 414 hasty 'correct the wrong one'
    on a vgpu-gated --once
    migrate a hasty
    guest_moved a hasty
}

test_the_fleets_key_on_the_source () {
    local key='the key that all hosts of this fleet share' host
    guest_run a keyless "$h100_20c"
    host_service stop a vgpu-gated
    for host in b a; do
        # shellcheck disable=SC2016  # to be expanded in there
        on "$host" bash -c 'umask 077; echo "$1" >/etc/vgpu-gate/fleet.key' key "$key"
        host_configure "$host" seal <<<'key-file=/etc/vgpu-gate/fleet.key'
        [ "$host" = a ] || expect_migration_refused 210 keyless "Install the fleet's key file on the source host"
    done
    on a vgpu-gated --once
    migrate a keyless
    guest_moved a keyless
}

# The last two are done for a guest that is already over the limit there.
test_a_down_time_that_is_allowed_or_shorter () {
    local vm here
    vm=$(uuid_of paused)
    guest_run a paused "$h100_20c"
    for here in a b; do
        host_service stop "$here" vgpu-gated
        host_configure "$here" down-time <<<'link-speed=2000'
        host_configure "$here" rules <<<'down-time=refuse'
    done
    on a vgpu-sim guest-memory --vm "$vm" --framebuffer-used 1000
    on a vgpu-gated --once
    expect_migration_refused 413 paused "Run 'virsh migrate-setmaxdowntime DOMAIN MS' and 'vgpu-gated --once' on the source"
    on a virsh -q migrate-setmaxdowntime paused 10000
    on a vgpu-gated --once
    migrate a paused
    guest_moved a paused

    on b vgpu-sim guest-memory --vm "$vm" --framebuffer-used 1000
    on b vgpu-gated --once
    expect_refused 413 paused 'of down-time' migrate b paused
    on b vgpu-sim guest-memory --vm "$vm" --framebuffer-used 10
    on b vgpu-gated --once
    migrate b paused
    guest_moved b paused

    on a vgpu-sim guest-memory --vm "$vm" --framebuffer-used 1000
    on a vgpu-gated --once
    expect_refused 413 paused 'of down-time' migrate a paused
    on b sed -i s/link-speed=2000/link-speed=100000/ /etc/vgpu-gate/vgpu-gate.conf
    migrate a paused
    guest_moved a paused
}

# A stopped guest has metadata in its definition only if a user or a program copied them there.
test_old_metadata_of_a_stopped_guest () {
    local element
    guest_run a retired "$h100_20c"
    element=$(element a retired)
    on a virsh -q destroy retired
    host_service stop a vgpu-gated
    on a virsh -q metadata retired --config --uri "$element_uri" --key vgate \
        --set "$(sed -E 's/ host-uuid="[^"]*"/ host-uuid="bbbbbbbb-2222-4222-8222-bbbbbbbbbbbb"/' <<<"$element")"
    expect_refused 410 retired 'captured here' \
        migrate a retired --offline --persistent
    on a virsh -q metadata retired --config --uri "$element_uri" --remove
    migrate a retired --offline --persistent
    guest_is b retired 'shut off'
}

test_hosts_that_shared_a_uuid () {
    on b sed -i 's/^uuid=.*/uuid=aaaaaaaa-1111-4111-8111-aaaaaaaaaaaa/' /etc/vgpu-gate/vgpu-gate.conf
    guest_run a mistaken "$h100_20c"
    expect_migration_refused 410 mistaken 'captured here'
    on b sed -i 's/^uuid=.*/uuid=bbbbbbbb-2222-4222-8222-bbbbbbbbbbbb/' /etc/vgpu-gate/vgpu-gate.conf
    migrate a mistaken
    guest_moved a mistaken
}

# --- in the guest ---

test_the_guest_driver_was_not_loaded_yet () {
    guest_define a waiting "$h100_20c"
    guest_start a waiting
    wait_captured a waiting 0.0
    expect_migration_refused 403 waiting 'Wait until the guest driver is loaded and captured'
    guest_driver_up a waiting
    wait_captured a waiting 26.1
    migrate a waiting
    guest_moved a waiting
}

test_a_save_waits_for_the_guest_driver () {
    guest_define a patient "$h100_20c"
    # a save of so small a guest would be over before it could be stopped
    guest_ballast a patient 40000000
    guest_start a patient
    wait_captured a patient 0.0
    ! on a virsh save patient /var/lib/libvirt/guest.save || fail 'it was saved'
    log_has a 'VGATE-403: patient: the save was stopped'
    guest_driver_up a patient
    wait_captured a patient 26.1
    on a virsh -q save patient /var/lib/libvirt/guest.save
    on a virsh -q restore /var/lib/libvirt/guest.save
    guest_answers a patient
}

# A driver that was updated agrees on a version when it is loaded, so that the guest is restarted.
test_a_newer_guest_driver () {
    guest_run_r535 a modernised "$h100_20c"
    host_update b --driver 590.48.01 --range 24.1-27.1
    expect_migration_refused 303 modernised 'update the guest driver and restart the guest'
    on a virsh -q destroy modernised
    guest_start a modernised
    guest_driver_up a modernised
    wait_captured a modernised 26.1
    migrate a modernised
    guest_moved a modernised
}

test_a_guest_driver_of_the_hosts_release () {
    host_update b --driver 595.58.03 --range 18.1-28.1
    host_configure b rules <<<'guest-branch=refuse'
    guest_run_r535 a branched "$h100_20c"
    expect_migration_refused 407 branched "Update the guest driver to the host.s release"
    on a virsh -q destroy branched
    guest_start a branched
    guest_driver_up a branched 595.58.03 18.1-28.1
    wait_captured a branched 26.1
    migrate a branched
    guest_moved a branched
}

# vgpu_migrates HOST NAME true|false: as the driver says while a debugger is used in the guest, and afterwards
vgpu_migrates () {
    on "$1" sed -i "/^vm=$(uuid_of "$2")/,/^\[/s/^migration=.*/migration=$3/" /etc/vgpu-gate/sim-host.conf
}

test_a_debugger_in_the_guest_is_switched_off () {
    local file=/var/lib/libvirt/guest.save
    guest_define a debugged "$h100_20c"
    guest_ballast a debugged 40000000
    guest_start a debugged
    guest_driver_up a debugged
    wait_captured a debugged 26.1
    vgpu_migrates a debugged false
    wait_attribute a debugged '/*/vgpu/mirror/@capabilities' 0x0
    expect_migration_refused 302 debugged 'Disable unified memory, debugger and profiler'
    ! on a virsh save debugged "$file" || fail 'it was saved'
    log_has a 'VGATE-302: debugged: the save was stopped'
    vgpu_migrates a debugged true
    wait_attribute a debugged '/*/vgpu/mirror/@capabilities' 0x1
    on a virsh -q save debugged "$file"
    on a virsh -q restore "$file"
    wait_attribute a debugged '/*/vgpu/mirror/@capabilities' 0x1
    migrate a debugged
    guest_moved a debugged
}

# The guest has no kernel, so the register is written for it with which ACPI's power management suspends to memory.
test_a_guest_that_sleeps_is_woken () {
    local file=/var/lib/libvirt/guest.save
    guest_define a asleep "$h100_20c"
    guest_ballast a asleep 40000000
    guest_start a asleep
    guest_driver_up a asleep
    wait_captured a asleep 26.1
    monitor a asleep 'o /w 0x604 0x2400'
    within 5 guest_is a asleep pmsuspended
    wait_attribute a asleep '/*/guest/@power' suspended
    expect_refused 307 asleep 'virsh dompmwakeup DOMAIN' migrate a asleep
    ! on a virsh save asleep "$file" || fail 'it was saved'
    log_has a 'VGATE-307: asleep: the save was stopped'
    on a virsh -q dompmwakeup asleep
    wait_attribute a asleep '/*/guest/@power' running
    on a virsh -q save asleep "$file"
    on a virsh -q restore "$file"
    wait_captured a asleep 26.1
    migrate a asleep
    guest_moved a asleep
}

# --- the gate at switch-over ---

# A clone has the object of its model on its command line.
test_a_clone_gets_its_own_object () {
    guest_define a model "$h100_20c"
    guest_ask a model
    on a virsh -q dumpxml --inactive model |
        sed "s,<name>.*<,<name>clone<,; s,<uuid>.*<,<uuid>$(uuid_of clone)<," | on a virsh -q define /dev/stdin
    guest_start a clone
    guest_driver_up a clone
    wait_captured a clone 26.1
    expect_migration_refused 821 clone "On the source run 'vgpu-gate switchover enable DOMAIN', and restart the guest"
    on a vgpu-gate switchover enable clone
    on a virsh -q destroy clone
    guest_start a clone
    guest_driver_up a clone
    wait_captured a clone 26.1
    migrate a clone
    guest_moved a clone
}

# --- room ---

test_an_instance_is_freed () {
    local vm
    vm=$(</proc/sys/kernel/random/uuid)
    guest_run a placeless "$h100_20c" "$h100_20c"
    on b vgpu-sim plug --vm "$vm" --type "$h100_80c" >/dev/null
    expect_migration_refused 402 placeless 'ree an instance'
    on b vgpu-sim unplug --vm "$vm"
    for _ in 1 2 3; do
        on b vgpu-sim plug --vm "$vm" --type "$h100_20c" >/dev/null
    done
    expect_migration_refused 412 placeless 'ree '
    on b vgpu-sim unplug --vm "$vm"
    migrate a placeless
    guest_moved a placeless
}
