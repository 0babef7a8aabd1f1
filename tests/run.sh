#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Installs what the tests need, and runs all of them: sudo tests/run.sh
# Builds in build-tests/, where the logs remain. The last line is "N passed, N failed, N skipped".
# The labs wait more than they compute, so they run in parallel with each other and with the builds. Tests that measure
# time come last, when they have the machine for themselves.
#
# tests/run.sh --quick, for daily work: one build, which is kept in build-quick/, its unit and golden tests. It installs
# nothing and needs neither root nor namespaces.
set -eu -o pipefail

usage () {
    echo 'usage: tests/run.sh [--quick]' >&2
    exit 2
}

cd "${BASH_SOURCE[0]%/*}/.."
export LC_ALL=C.UTF-8

# Most of these tests wait, for a deadline or for each other, so more of them run at once than there are processors.
quick () {
    local compiler=gcc
    ! command -v ccache >/dev/null || compiler='ccache gcc'
    # The compiler cache of the whole run, for users who may write to it.
    [ ! -w /var/cache/vgpu-gate-ccache ] || export CCACHE_DIR=/var/cache/vgpu-gate-ccache CCACHE_NOHASHDIR=yes
    [ -e build-quick/build.ninja ] || CC=$compiler meson setup -Dwerror=true --sysconfdir=/etc build-quick
    exec meson test -C build-quick --suite unit --suite golden --no-suite alone --num-processes "$(($(nproc) * 3))" \
        --timeout-multiplier 2 --print-errorlogs
}

case $#:${1-} in
0:) ;;
1:--quick) quick ;;
*) usage ;;
esac

# shellcheck source=SCRIPTDIR/lab/requirements.sh
. tests/lab/requirements.sh
obstacle=$(lab_obstacle)
[ -z "$obstacle" ] || {
    echo "tests/run.sh: the labs cannot run: $obstacle. All other tests: see CONTRIBUTING.md" >&2
    exit 2
}
# shellcheck source=SCRIPTDIR/packages.sh
. tests/packages.sh

work=build-tests
# reuse what was compiled before, also from another clone
export CCACHE_DIR=/var/cache/vgpu-gate-ccache CCACHE_NOHASHDIR=yes CCACHE_MAXSIZE=1G
# those that run, by the PID of the leader of their process group
declare -A lanes=()

# "${in_memory[@]}" COMMAND...: the command has a file system in memory for its temporary files, which nobody else sees. The
# tests make and delete small files by the hundred thousand; on a disk that takes five times the processor time.
memory=/mnt
[[ $(pwd -P)/ != /mnt/* ]] || memory=/srv
# shellcheck disable=SC2016  # to be expanded in there
in_memory=(tests/lab/own-mounts sh -c 'mount -t tmpfs -o mode=1777,size=3g tests "$0" && TMPDIR=$0 exec "$@"' "$memory")

# Prints its input in one piece, without mixing it with other output.
say () {
    local text
    text=$(cat)
    (
        flock 9
        printf '%s\n' "$text"
    ) 9>"$work/lock"
}

# count PASSED FAILED SKIPPED
count () {
    echo "$*" >>"$work/counts"
}

# check NAME COMMAND...: counts as one test; its output is shown when it fails. Fails itself then.
check () {
    local name=$1 began=$SECONDS
    shift
    if "$@" >"$work/$name.log" 2>&1 </dev/null; then
        count 1 0 0
        echo "ok: $name, $((SECONDS - began)) s" | say
    else
        count 0 1 0
        {
            echo "FAILED: $name, $((SECONDS - began)) s; the end of $work/$name.log:"
            tail -n 30 "$work/$name.log" | sed 's/^/    /'
        } | say
        return 1
    fi
}

# build COMPILER DIRECTORY OPTION...: at low priority, because other tests have time limits
build () {
    local compiler=$1 directory=$2
    shift 2
    CC="ccache $compiler" meson setup -Dwerror=true --sysconfdir=/etc "$@" "$work/$directory" &&
        nice -n 5 meson compile -C "$work/$directory"
}

# Prints how many cases passed, failed and were skipped. With the log of meson, a file of JSON: a case of a TAP program
# counts, not the program. But a program can fail while none of its cases did: it crashed, was too slow, or ran fewer
# than it said. With the output of one TAP program: the same, where $2 is its exit status.
count_cases () {
    python3 - "$@" <<'PYTHON'
import json, re, sys

def cases_of(text):
    return re.findall(r"^(not )?ok\b(.*)$", text, re.MULTILINE)

def tally(text, result):
    cases = cases_of(text)
    failed = sum(1 for negation, _ in cases if negation)
    skipped = sum(1 for _, case in cases if re.search(r"# *skip", case, re.IGNORECASE))
    passed = len(cases) - failed - skipped
    if result == "SKIP" and not cases:
        skipped = 1
    elif result == "OK" and not cases:
        passed = 1
    elif result not in ("OK", "SKIP") and not failed:
        failed = 1
    return passed, failed, skipped

def result_of(text, status):
    plan = re.search(r"^1\.\.(\d+)(.*)$", text, re.MULTILINE)
    if status != "0" or not plan or int(plan[1]) != len(cases_of(text)):
        return "ERROR"
    if plan[1] == "0":
        return "SKIP" if re.search(r"# *skip", plan[2], re.IGNORECASE) else "ERROR"
    return "OK"

with open(sys.argv[1], errors="replace") as log:
    if len(sys.argv) == 2:
        tallies = [tally(p.get("stdout", ""), p["result"]) for p in map(json.loads, log)]
    else:
        text = log.read()
        tallies = [tally(text, result_of(text, sys.argv[2]))]
print(*map(sum, zip((0, 0, 0), *tallies)))
PYTHON
}

# Prints the failed cases with their comments from a TAP log: GLib writes comments before the case, the lab after it.
failed_cases () {
    awk '/^#/ { if (failed) print; else held = held $0 "\n"; next }
         /^(not )?ok / { failed = $1 == "not"; if (failed) printf "%s%s\n", held, $0; held = "" }' "$1"
}

# conclude NAME SECONDS LOG PASSED FAILED SKIPPED: counts and prints it; stdin has the description of a failure
conclude () {
    local details
    details=$(cat)
    count "$4" "$5" "$6"
    {
        echo "tests of $1: $4 passed, $5 failed, $6 skipped, $2 s"
        [ "$5" -eq 0 ] || {
            printf '%s\n' "$details"
            failed_cases "$3"
            echo "all of it: $3"
        } | cut -c 1-400 | sed 's/^/    /'
    } | say
}

# run_tests NAME DIRECTORY OPTION...: runs the tests of a build that the options select. A test that hangs is ended, but
# not one that is slow on a busy machine.
run_tests () {
    local name=$1 directory=$work/$2 began=$SECONDS logs=$work/$2/meson-logs ok=0 bad=0 not_run=0 status=0
    shift 2
    "${in_memory[@]}" meson test -C "$directory" --no-rebuild --timeout-multiplier 4 --logbase "$name" "$@" >"$work/$name.log" 2>&1 \
        </dev/null || status=$?
    [ ! -e "$logs/$name.json" ] || read -r ok bad not_run < <(count_cases "$logs/$name.json") || bad=1
    if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$ok" -eq 0 ]; }; then
        bad=1
    fi
    { grep -E ' (FAIL|ERROR|TIMEOUT|INTERRUPT) ' "$work/$name.log" || tail -n 20 "$work/$name.log"; } |
        conclude "$name" "$((SECONDS - began))" "$logs/$name.txt" "$ok" "$bad" "$not_run"
}

# run_lab NAME COMMAND...: not by meson, which does not give a lab time to be taken down after a signal
run_lab () {
    local name=$1 began=$SECONDS log=$work/$1.log ok=0 bad=1 not_run=0 status=0
    shift
    timeout --foreground 3600 "$@" >"$log" 2>&1 </dev/null || status=$?
    read -r ok bad not_run < <(count_cases "$log" "$status") || bad=1
    { echo "exit status $status; the end of it:" && tail -n 5 "$log"; } |
        conclude "$name" "$((SECONDS - began))" "$log" "$ok" "$bad" "$not_run"
}

formatted () {
    find lib hook plugin tests -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run -Werror
}

is_script () {
    head -n 3 "$1" | grep -E '^#!/bin/(ba)?sh|^# shellcheck shell=' >/dev/null
}

scripts_checked () {
    local file scripts=()
    while IFS= read -r -d '' file; do
        ! is_script "$file" || scripts+=("$file")
    done < <(find tests examples hook plugin docs packaging .ci -type f -print0 2>/dev/null)
    shellcheck -x "${scripts[@]}"
    # grep -q ends at the first match; with pipefail, a process that still writes to it then makes the match a failure
    ! grep -nE '\|[[:space:]]*(e|f)?grep -[A-Za-z]*q' "${scripts[@]}"
}

finish () {
    local sums
    sums=$(awk '{ passed += $1; failed += $2; skipped += $3 }
        END { print passed + 0 " passed, " failed + 0 " failed, " skipped + 0 " skipped" }' "$work/counts")
    echo "$sums"
    [[ $sums == *' 0 failed'* ]]
}

# in_lane COMMAND...: in the background, beside other lanes, in a process group of its own
in_lane () {
    set -m
    (
        # once what it runs has ended, which gets the signal as well
        trap 'exit 143' TERM
        "$@"
    ) </dev/null &
    set +m
    lanes[$!]=yes
}

# wait_for LANE...: ignores failures, which were already counted and printed
wait_for () {
    local lane
    for lane; do
        wait "$lane" || true
        unset "lanes[$lane]"
    done
}

# Ends everything that was started, and gives it the time to clean up.
end_lanes () {
    local lane
    trap '' INT TERM HUP
    for lane in "${!lanes[@]}"; do
        kill -TERM -- "-$lane" 2>/dev/null || true
    done
    wait_for "${!lanes[@]}"
    exit "$1"
}
trap 'end_lanes 130' INT
trap 'end_lanes 143' TERM HUP

# --- what there is to do ---

install () {
    check packages install_packages "${packages_build[@]}" "${packages_lab[@]}" "${packages_mdev_lab[@]}" \
        "${packages_test[@]}" && touch "$work/installed"
}

# The labs have lanes of their own, and the mdev lab runs the tests on Debian 13 with its gcc.
checks () {
    check formatting formatted || true
    check shellcheck scripts_checked || true
    check licenses reuse lint || true
    [ ! -e "$work/built-gcc" ] || run_tests gcc gcc --no-suite lab --no-suite alone
    # The sanitised build is clang's, so that each test runs with both compilers. b_lundef: a library that is sanitised finds
    # the sanitiser in the program. Its checks are the same at -O1, which takes a quarter less time to compile.
    if check build-sanitised build clang sanitised -Db_sanitize=address,undefined -Db_lundef=false -Doptimization=1; then
        export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
        run_tests sanitised sanitised --no-suite alone --no-suite any-build
    fi
}

lab () {
    run_lab "$1" "${in_memory[@]}" tests/lab/run-tests --build "$work/gcc" "${@:2}"
}

# The tests in emulated machines, each of which occupies a processor. A case of the first two takes a minute or two of it.
# So a run has every second one: which half is determined by the commit, so that one commit always has the same, and the
# next one the other as often as not. (tests/mdev-lab/run and tests/debian-lab/run have all.)
vm_labs () {
    local commit half
    commit=$(git -c safe.directory='*' rev-parse HEAD 2>/dev/null) || commit=0
    half=$((0x${commit:0:1} % 2 + 1))
    echo "half $half of the cases of mdev-lab and debian-lab" | say
    run_lab mdev-lab tests/mdev-lab/run --half "$half"
    run_lab debian-lab tests/debian-lab/run --half "$half"
    run_lab selinux-lab tests/selinux-lab/run
}

# In roots of their own. It takes minutes, and as many again if the roots have to be made.
packages () {
    run_lab packages nice -n 5 tests/packaging/run
    run_lab ansible nice -n 5 tests/ansible/run
}

build_gcc () {
    check build-gcc build gcc gcc -Dlab=true && touch "$work/built-gcc"
}

# Tests that measure time, one after the other.
alone () {
    [ ! -e "$work/built-gcc" ] || run_tests gcc-alone gcc --suite alone --no-suite lab
    [ ! -e "$work/built-gcc" ] || lab lab-timed --timed
}

rm -rf "$work"
mkdir "$work"
in_lane install
wait_for $!
if [ ! -e "$work/installed" ]; then
    finish
    exit 1
fi
# they take longest of all, and need none of the builds
in_lane vm_labs
in_lane build_gcc
wait_for $!
in_lane packages
in_lane checks
if [ -e "$work/built-gcc" ]; then
    in_lane lab lab-1 --untimed --part 1/2
    in_lane lab lab-2 --untimed --part 2/2
fi
wait_for "${!lanes[@]}"
in_lane alone
wait_for $!
finish
