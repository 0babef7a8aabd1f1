#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# test-example-fleet.sh MAKE-EXAMPLE DIRECTORY: examples/fleet is what make-example writes. $VGATE_REGENERATE=1 writes it.
set -eu -o pipefail

if [ "${VGATE_REGENERATE-}" = 1 ]; then
    "$1" "$2"
fi
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
"$1" "$fresh"
diff -r "$fresh" "$2"
