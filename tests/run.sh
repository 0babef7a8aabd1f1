#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Installs what the tests need, and runs all of them: sudo tests/run.sh
# Builds in build-tests/, where the logs stay. The last line is "N passed, N failed, N skipped".
set -eu -o pipefail

[ $# -eq 0 ] || { echo 'usage: tests/run.sh' >&2; exit 2; }
[ "$(id -u)" -eq 0 ] || { echo 'tests/run.sh: the lab needs root: sudo tests/run.sh' >&2; exit 2; }

cd "${BASH_SOURCE[0]%/*}/.."
export LC_ALL=C.UTF-8
# shellcheck source=SCRIPTDIR/packages.sh
. tests/packages.sh

work=build-tests
passed=0 failed=0 skipped=0

# check NAME COMMAND...: counts as one test; its output is shown when it fails. Fails itself then.
check () {
    local name=$1 began=$SECONDS
    shift
    if "$@" >"$work/$name.log" 2>&1 </dev/null; then
        passed=$((passed + 1))
        echo "ok: $name, $((SECONDS - began)) s"
    else
        failed=$((failed + 1))
        echo "FAILED: $name, $((SECONDS - began)) s; the end of $work/$name.log:"
        tail -n 30 "$work/$name.log" | sed 's/^/    /'
        return 1
    fi
}

# build COMPILER DIRECTORY OPTION...
build () {
    local compiler=$1 directory=$2
    shift 2
    CC=$compiler meson setup -Dwerror=true --sysconfdir=/etc "$@" "$work/$directory" &&
        meson compile -C "$work/$directory"
}

# Prints how many cases passed, failed and were skipped, by the log of meson: a case of a TAP program counts, not the
# program. But a program can fail while none of its cases did: it crashed, was too slow, or ran fewer than it said.
count_cases () {
    python3 - "$1" <<'PYTHON'
import json, re, sys
totals = [0, 0, 0]
with open(sys.argv[1]) as log:
    programs = [json.loads(line) for line in log]
for program in programs:
    cases = re.findall(r"^(not )?ok\b(.*)$", program.get("stdout", ""), re.MULTILINE)
    failed = sum(1 for negation, _ in cases if negation)
    skipped = sum(1 for _, text in cases if re.search(r"# *skip", text, re.IGNORECASE))
    passed = len(cases) - failed - skipped
    if program["result"] == "SKIP" and not cases:
        skipped = 1
    elif program["result"] == "OK" and not cases:
        passed = 1
    elif program["result"] not in ("OK", "SKIP") and not failed:
        failed = 1
    totals = [total + count for total, count in zip(totals, (passed, failed, skipped))]
print(*totals)
PYTHON
}

# run_tests DIRECTORY: all tests of a build
run_tests () {
    local began=$SECONDS log=$work/$1/meson-logs/testlog.json ok=0 bad=0 not_run=0 status=0
    meson test -C "$work/$1" --no-rebuild >"$work/test-$1.log" 2>&1 </dev/null || status=$?
    [ ! -e "$log" ] || read -r ok bad not_run < <(count_cases "$log") || bad=1
    if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$ok" -eq 0 ]; }; then
        bad=1
    fi
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + not_run))
    echo "tests of $1: $ok passed, $bad failed, $not_run skipped, $((SECONDS - began)) s"
    [ "$bad" -eq 0 ] || show_failures "$1" | cut -c 1-400 | sed 's/^/    /'
}

# The programs that failed, then each failed case with its comments: GLib writes them before it, the lab behind it.
show_failures () {
    grep -E ' (FAIL|ERROR|TIMEOUT|INTERRUPT) ' "$work/test-$1.log" || tail -n 20 "$work/test-$1.log"
    awk '/^#/ { if (failed) print; else held = held $0 "\n"; next }
         /^(not )?ok / { failed = $1 == "not"; if (failed) printf "%s%s\n", held, $0; held = "" }' \
        "$work/$1/meson-logs/testlog.txt"
    echo "all of it: $work/$1/meson-logs/testlog.txt"
}

formatted () {
    find lib hook plugin tests -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run -Werror
}

is_script () {
    head -n 3 "$1" | grep -qE '^#!/bin/(ba)?sh|^# shellcheck shell='
}

scripts_checked () {
    local file scripts=()
    while IFS= read -r -d '' file; do
        ! is_script "$file" || scripts+=("$file")
    done < <(find tests examples hook plugin docs .ci -type f -print0 2>/dev/null)
    shellcheck -x "${scripts[@]}"
}

finish () {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
}

rm -rf "$work"
mkdir "$work"
check packages install_packages "${packages_build[@]}" "${packages_lab[@]}" "${packages_mdev_lab[@]}" "${packages_test[@]}" || {
    finish
    exit 1
}
check formatting formatted || true
check shellcheck scripts_checked || true
if check build-gcc build gcc gcc -Dlab=true; then
    run_tests gcc
fi
if check build-clang build clang clang; then
    run_tests clang
fi
# b_lundef: a library that is sanitised finds the sanitiser in the program
if check build-sanitised build gcc sanitised -Db_sanitize=address,undefined -Db_lundef=false; then
    export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
    run_tests sanitised
fi
finish
