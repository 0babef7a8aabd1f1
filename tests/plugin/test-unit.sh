#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Checks installed units with systemd-analyze: no complaints, and their exposure.
#   test-unit.sh BUILD {UNIT EXPOSURE}...: EXPOSURE is ten times the level of 'systemd-analyze security' that it must not
#   exceed
set -eu -o pipefail
build=$1
shift

echo "1..$#"
if ! command -v systemd-analyze >/dev/null; then
    for number in $(seq $#); do
        echo "ok $number - a unit is good and confined # SKIP there is no systemd-analyze"
    done
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
meson install -C "$build" --no-rebuild --quiet --destdir "$work/root" >"$work/log" 2>&1 || {
    sed 's/^/# /' "$work/log"
    exit 1
}
# systemd searches only some of the directories in which a project can be installed, and the programs must exist; kill is
# procps's, which this machine may lack
units=$work/root/etc/systemd/system
mkdir -p "$units" "$work/root/bin"
cp /bin/true "$work/root/bin/kill"
for target in sysinit.target basic.target shutdown.target multi-user.target; do
    printf '[Unit]\nDefaultDependencies=no\n' >"$units/$target"
done

# a complaint is a line, and not always an exit status
verify () {
    systemd-analyze --root="$work/root" --man=no verify "$unit" >"$work/output" 2>&1 && [ ! -s "$work/output" ]
}
confined () {
    systemd-analyze --no-pager --offline=yes --threshold="$exposure" --root="$work/root" security "$unit" \
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
while [ $# -gt 0 ]; do
    unit=$1 exposure=$2
    shift 2
    # no other unit is looked at, as they name each other
    installed=$(find "$work/root" -name "$unit" ! -path "$units/*")
    cp "$installed" "$units/"
    check "$unit is good" verify
    check "$unit is confined" confined
    tail -n 1 "$work/output" | sed 's/^[^a-zA-Z]*/# /'
done
