#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# If libvirt cannot answer, 'vgpu-gate switchover' reports that, and no state.
#   test-switchover-command.sh COMMAND: one that links meddled-libvirt.c
set -eu -o pipefail
command=$1
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
touch "$work/vgpu-gate.conf"
number=0

# expect NAME STATUS PATTERN CALL ACTION [DOMAIN]: with libvirt's CALL failing; libvirt's test driver has a domain 'test'
expect () {
    local name=$1 status=$2 pattern=$3 call=$4 action=$5 domain=${6:-test} got=0
    number=$((number + 1))
    # shellcheck disable=SC2086  # the domain can be several words
    VGATE_MEDDLE_FAIL=$call "$command" --config "$work/vgpu-gate.conf" switchover "$action" $domain --connect test:///default \
        >"$work/out" 2>&1 || got=$?
    if [ "$got" -eq "$status" ] && grep -Eq "$pattern" "$work/out"; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        { echo "exit status $got, $status was expected, and '$pattern' in:"; cat "$work/out"; } | sed 's/^/# /'
    fi
}

failed='^vgpu-gate: VGATE-705: '
expect 'what goes through' 0 '^running guest: disabled$' none status
expect 'enable: persistent?' 3 "${failed}test: virDomainIsPersistent: " virDomainIsPersistent enable
expect 'disable: persistent?' 3 "${failed}test: virDomainIsPersistent: " virDomainIsPersistent disable
expect 'status: persistent?' 3 "${failed}test: virDomainIsPersistent: " virDomainIsPersistent status
expect 'status: active?' 3 "${failed}test: virDomainIsActive: " virDomainIsActive status
expect 'is there such a domain?' 3 "${failed}virDomainLookupByName: " virDomainLookupByName status
expect 'is there one of this UUID?' 3 "${failed}virDomainLookupByUUIDString: " virDomainLookupByUUIDString status other
expect 'there is none of this name' 3 "${failed}no domain with name or UUID 'other'" none status other
expect 'there is none of this UUID' 3 "${failed}no domain with name or UUID '4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701'" none status \
    4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701

# A repair of what is not enabled, or for another bus or domain, is refused before QEMU is asked (below, too).
expect 'repair: not enabled' 1 '^vgpu-gate: VGATE-833: test: the gate at switch-over is not enabled in the running guest; ' none repair
expect 'repair: which domains?' 3 "${failed}virConnectListAllDomains: " virConnectListAllDomains repair --all
expect 'status --all' 0 '^no domain has an NVIDIA vGPU$' none status --all
expect 'enable --all' 0 '^no persistent domain has an NVIDIA vGPU$' none enable --all
expect 'a DOMAIN and --all' 2 "^vgpu-gate: VGATE-902: .*a DOMAIN or --all; see 'vgpu-gate switchover --help'\$" none status 'test -a'

# The command that the state advises has the options with which this one was run, and can be pasted into a shell.
uuid=6695eb01-f6a4-8304-79aa-97f2502e193f
write_xml () {
    printf "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>test</name><uuid>%s</uuid>
        <qemu:commandline><qemu:arg value='-object'/><qemu:arg value='dbus-vmstate,id=vgpu-gate,addr=%s,id-list=vgpu-gate-%s'/>
        </qemu:commandline></domain>\n" "$uuid" "$1" "$2" >"$work/domain.xml"
}
advise () {
    local name=$1 expected=$2 got
    shift 2
    number=$((number + 1))
    got=$(VGATE_MEDDLE_XML=$work/domain.xml "$command" "$@" 2>&1) || true
    if grep -Fqx "$expected" <<<"$got"; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        printf '%s\n' "expected '$expected' in:" "$got" | sed 's/^/# /'
    fi
}

printf '%s\n' '[switch-over]' 'bus=unix:path=/run/ours' >"$work/a b.conf"
write_xml unix:path=/run/other "$uuid"
advise 'another bus' "running guest: enabled on another bus, unix:path=/run/other; run: vgpu-gate --config '$work/a b.conf' switchover enable $uuid -c test:///default" \
    --config "$work/a b.conf" switchover status test -c test:///default
advise 'repair: another bus' "vgpu-gate: VGATE-833: test: the object of the running guest is for another bus, unix:path=/run/other; run 'vgpu-gate --config '$work/a b.conf' switchover enable $uuid -c test:///default' and restart the guest." \
    --config "$work/a b.conf" switchover repair test -c test:///default
write_xml unix:path=/run/ours "$uuid"
# the bus is asked by root only
if [ "$(id -u)" -eq 0 ]; then
    no_bus="vgpu-gate: VGATE-827: test: cannot connect to the bus unix:path=/run/ours: Could not connect: No such file or directory. Start the bus: systemctl start vgpu-gate-bus. Then connect the guests that lost it again: vgpu-gate switchover repair --all."
else
    no_bus='vgpu-gate: VGATE-514: test: only root can find out which QEMUs are on the bus.'
fi
advise 'repair: no bus' "$no_bus" \
    --config "$work/a b.conf" switchover repair test -c test:///default
write_xml unix:path=/run/ours 4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701
advise 'another domain' "running guest: enabled for another domain, 4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701; run: vgpu-gate --config '$work/a b.conf' switchover enable $uuid -c test:///default" \
    --config "$work/a b.conf" switchover status test -c test:///default
echo "1..$number"
