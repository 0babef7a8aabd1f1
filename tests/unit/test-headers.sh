#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every header compiles alone, so that it can be included first and anywhere.
# test-headers.sh COMPILER [ARGUMENT...]: the compiler with the options for GLib, libxml2 and libvirt.
set -u
cd "$VGATE_SRCDIR" || exit 1

headers=$(find lib hook plugin tests -name '*.h' | sort)
set -- "$@" -std=c11 -fsyntax-only -Wall -Wextra -Werror -D_GNU_SOURCE -DVGATE_VERSION='"0"' -Ilib -x c

echo "1..$(echo "$headers" | wc -l)"
number=0
failed=0
for header in $headers; do
    number=$((number + 1))
    if grep -q 'nocheck: headers' "$header"; then
        echo "ok $number $header # SKIP it says so"
    elif complaint=$(echo "#include \"$header\"" | "$@" -I. "-I$(dirname "$header")" - 2>&1); then
        echo "ok $number $header"
    else
        echo "$complaint" | sed 's/^/# /'
        echo "not ok $number $header"
        failed=1
    fi
done
exit $failed
