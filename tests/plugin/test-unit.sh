#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Checks the installed unit with systemd-analyze: no complaints, and its exposure.
#   test-unit.sh BUILD EXPOSURE: EXPOSURE is ten times the level of 'systemd-analyze security' that it must not exceed
set -eu -o pipefail
build=$1 exposure=$2

echo 1..2
if ! command -v systemd-analyze >/dev/null; then
    echo 'ok 1 - the unit is good # SKIP there is no systemd-analyze'
    echo 'ok 2 - the unit is confined # SKIP there is no systemd-analyze'
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
meson install -C "$build" --no-rebuild --quiet --destdir "$work/root" >"$work/log" 2>&1 || {
    sed 's/^/# /' "$work/log"
    exit 1
}
path=$(find "$work/root" -name vgpu-gated.service)
# systemd searches only some of the directories in which a project can be installed, and the programs must exist
unit=$work/root/etc/systemd/system/vgpu-gated.service
mkdir -p "${unit%/*}" "$work/root/bin"
cp "$path" "$unit"
cp /bin/kill "$work/root/bin/kill"
for target in sysinit.target basic.target shutdown.target multi-user.target; do
    printf '[Unit]\nDefaultDependencies=no\n' >"${unit%/*}/$target"
done

# a complaint is a line, and not always an exit status
verify () {
    systemd-analyze --root="$work/root" --man=no verify vgpu-gated.service >"$work/output" 2>&1 && [ ! -s "$work/output" ]
}
confined () {
    systemd-analyze --no-pager --offline=yes --threshold="$exposure" --root="$work/root" security vgpu-gated.service \
        >"$work/output" 2>&1
}
number=0
check () {
    number=$((number + 1))
    if "$2"; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        sed 's/^/# /' "$work/output"
    fi
}
check 'the unit is good' verify
check 'the unit is confined' confined
tail -n 1 "$work/output" | sed 's/^[^a-zA-Z]*/# /'
