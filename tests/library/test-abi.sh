#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The library's binary interface is the recorded one with possible additions, so that programs linked earlier still run.
#   test-abi.sh LIBRARY HEADERS RECORD
# VGATE_REGENERATE=1 records it again; after a release that is right only after additions.
set -eu -o pipefail
library=$1 headers=$2 record=$3

echo 1..1
command -v abidiff >/dev/null || {
    echo 'ok 1 # SKIP abidiff is missing: install abigail-tools'
    exit 0
}
abi=$(mktemp)
trap 'rm -f -- "$abi"' EXIT
# the declarations of a header, without their places in it
abidw --headers-dir "$headers" --drop-private-types --exported-interfaces-only --no-corpus-path --no-comp-dir-path --no-show-locs \
    --no-elf-needed --out-file "$abi" "$library"
[ -z "${VGATE_REGENERATE:-}" ] || cp -- "$abi" "$record"
if abidiff --no-added-syms "$record" "$abi" >"$abi.difference"; then
    echo 'ok 1 - the recorded interface'
else
    echo 'not ok 1 - the recorded interface'
    sed 's/^/# /' "$abi.difference"
fi
rm -f -- "$abi.difference"
