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
    VGATE_MEDDLE_FAIL=$call "$command" --config "$work/vgpu-gate.conf" switchover "$action" "$domain" --connect test:///default \
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
expect 'enable: persistent?' 3 "${failed}virDomainIsPersistent: " virDomainIsPersistent enable
expect 'disable: persistent?' 3 "${failed}virDomainIsPersistent: " virDomainIsPersistent disable
expect 'status: persistent?' 3 "${failed}virDomainIsPersistent: " virDomainIsPersistent status
expect 'status: active?' 3 "${failed}virDomainIsActive: " virDomainIsActive status
expect 'is there such a domain?' 3 "${failed}virDomainLookupByName: " virDomainLookupByName status
expect 'is there one of this UUID?' 3 "${failed}virDomainLookupByUUIDString: " virDomainLookupByUUIDString status other
expect 'there is none of this name' 3 "${failed}no domain with name or UUID 'other'" none status other
expect 'there is none of this UUID' 3 "${failed}no domain with name or UUID '4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701'" none status \
    4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701

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
write_xml unix:path=/run/ours 4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701
advise 'another domain' "running guest: enabled for another domain, 4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e701; run: vgpu-gate --config '$work/a b.conf' switchover enable $uuid -c test:///default" \
    --config "$work/a b.conf" switchover status test -c test:///default
echo "1..$number"
