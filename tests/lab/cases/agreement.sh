# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154  # the words and names come from lib.sh
# The dry run before an operation answers what the gate answers then: random guests on random hosts. And the matrix of
# all guests and both hosts is, cell by cell, what the dry run says of each pair. The numbers of operations are
# VGPU_GATE_AGREEMENTS, the seed is VGPU_GATE_SEED.
#
# Each case prepares its guests once. Then only the host that is asked about changes, where none of them runs.

# Puts host $1 into its first state, without what the last operation changed. (vgpu-gated may be reading.)
first_state () {
    # shellcheck disable=SC2016  # to be expanded in there
    on "$1" bash -c 'cd /run/lab/vgpu-gate
        for file in sim-host.conf vgpu-gate.conf; do
            cp -p "$file" /etc/vgpu-gate/new && mv /etc/vgpu-gate/new "/etc/vgpu-gate/$file" || exit
        done'
}

# Changes the driver and the configuration of host $1 at random, and what runs there. Sets changes to what it did.
change_host () {
    local change rule types type vm
    draw change '' '' '' '--driver 590.48.01 --range 24.1-27.1' '--driver 595.58.03 --range 24.1-28.1' \
        '--advertised-range 24.1-25.1' '--structure-version 2' "--gpu $h100 --ecc off" "--gpu $h100 --migration off" \
        "--gpu $h100 --type $h100_20c --count 0" "--gpu $l40s --ecc off" "--gpu $l40s --type $l40s_12q --count 0"
    # shellcheck disable=SC2086  # several words
    [ -z "$change" ] || host_update "$1" $change
    draw types '' '' "$h100_20c" "$h100_20c $h100_20c $h100_20c" "$h100_80c" "$l40s_12q $l40s_12q $l40s_12q $l40s_12q"
    for type in $types; do
        vm=$(</proc/sys/kernel/random/uuid)
        on "$1" vgpu-sim plug --vm "$vm" --type "$type" >/dev/null 2>&1 || types+=' (not all)'
    done
    draw rule '' '' '' guest-driver-down=warn host-driver-newer=refuse host-driver-not-same=refuse
    [ -z "$rule" ] || host_configure "$1" rules <<<"$rule"
    changes="driver: ${change:-unchanged}; others run: ${types:-none}; rule: ${rule:-none}"
}

# define_and_start NAME TYPE...: on host a; a cold start is asked about, too
define_and_start () {
    local output status=0
    guest_define a "$@"
    check_both a start "$(on a virsh -q dumpxml --inactive "$1")"
    output=$(on a virsh -q start "$1" 2>&1) || status=$?
    agree "start of $1 with ${*:2}" "$status" "$output"
}

# Starts a guest on host a, by its name, and waits until it is captured.
prepare_guest () {
    local name=$1
    case $name in
        plain) define_and_start "$name" ;;
        one | early | old) define_and_start "$name" "$h100_20c" ;;
        pair) define_and_start "$name" "$h100_20c" "$l40s_12q" ;;
        twins) define_and_start "$name" "$h100_20c" "$h100_20c" ;;
        whole) define_and_start "$name" "$h100_80c" ;;
    esac
    case $name in
        plain) return 0 ;;
        early) ;;
        old) guest_driver_up a "$name" 535.261.03 7.1-18.1 ;;
        *) guest_driver_up a "$name" ;;
    esac
    wait_ready a "$name"
}

# It was captured on host $1 with the version that its driver has.
wait_ready () {
    case $2 in
        plain) return 0 ;;
        early) wait_captured "$1" "$2" 0.0 ;;
        old) wait_captured "$1" "$2" 18.1 ;;
        *) wait_captured "$1" "$2" 26.1 ;;
    esac
    wait_attribute "$1" "$2" '/*/capture/@host' "host-$1"
}

# compare_cells HOST FROM NAME...: the matrix of these guests on host FROM and of both hosts is what `check` says of each
# pair. Both run on the other host than HOST, with HOST's configuration.
compare_cells () {
    local host=$1 from=$2 name guests=()
    shift 2
    for name; do
        guests+=("$from:$name")
    done
    collect_fleet "${guests[@]}"
    on "$host" cat /etc/vgpu-gate/vgpu-gate.conf >"$fleet/document.conf"
    # shellcheck disable=SC2016  # to be expanded in there
    on "$(peer_of "$host")" bash -c '
        cd "$1"
        vgpu-gate --config document.conf matrix --fleet . --output csv >matrix.csv
        for name in "${@:2}"; do
            vgpu-gate --config document.conf check --fleet . --output json "$name" >"$name.json"
        done
        true' cells "$fleet" "$@"
    python3 - "$fleet" "$@" <<'PYTHON' || fail 'the matrix and check do not agree:' "$(cat "$fleet/matrix.csv")"
import csv, json, sys
fleet, *guests = sys.argv[1:]
with open(f"{fleet}/matrix.csv", newline="") as file:
    cells = {(cell["guest"], cell["host"]): cell["code"] for cell in csv.DictReader(file)}
answers = {}
for guest in guests:
    with open(f"{fleet}/{guest}.json") as file:
        for answer in json.load(file)["answer"]:
            code = [each["code"] for each in answer["judged"] if each["operation"] == answer["operation"]]
            answers[guest, answer["host"]["name"]] = code[0]
for pair in sorted(cells.keys() | answers.keys()):
    if cells.get(pair) != answers.get(pair):
        print(pair, "matrix", cells.get(pair), "check", answers.get(pair))
sys.exit(cells != answers or len(cells) != 2 * len(guests))
PYTHON
}

# Migrates guest $1 from host $2, and compares. Sets moved to its host.
migrate_and_compare () {
    local name=$1 from=$2 to xml asked output status=0 what=$3
    to=$(peer_of "$from")
    xml=$(on "$from" virsh dumpxml "$name")
    check_both "$to" migrate "$xml"
    check_cell "$to" "$name" "$xml"
    # where the guest runs, nothing is judged
    asked=$(on "$from" vgpu-gate check - <<<"$xml") || true
    [[ $xml != *"$element_uri"* || $(code_of "$asked") == 520 ]] || fail "on host $from, check said:" "$asked"
    output=$(migrate "$from" "$name") || status=$?
    agree "migration of $name to host $to, $what" "$status" "$output"
    [ "$status" -ne 0 ] && moved=$from || moved=$to
}

# A guest that arrived goes back to host a, which has not changed.
test_the_dry_run_agrees_with_migrations () {
    local seed=${VGPU_GATE_SEED:-$RANDOM} n=${VGPU_GATE_AGREEMENTS:-20} i=0 name changes moved cells=0
    local guests=(plain one pair old early)
    RANDOM=$seed
    for name in "${guests[@]}"; do
        prepare_guest "$name"
    done
    while [ "$i" -lt "$n" ]; do
        first_state b
        change_host b
        compare_cells b a "${guests[@]}"
        cells=$((cells + 2 * ${#guests[@]}))
        draw name "${guests[@]}"
        migrate_and_compare "$name" a "$changes"
        i=$((i + 1))
        [ "$moved" = b ] || continue
        wait_ready b "$name"
        migrate_and_compare "$name" b 'back'
        i=$((i + 1))
        [ "$moved" = b ] || {
            wait_ready a "$name"
            continue
        }
        on b virsh -q destroy "$name"
        prepare_guest "$name"
    done
    echo "note: seed $seed, $i migrations, $cells cells of the matrix"
}

# Restores the image of guest $1 on host $2, and compares.
restore_and_compare () {
    local name=$1 to=$2 what=$3 file=/var/lib/libvirt/$1.save output status=0
    check_both "$to" restore "$(on "$to" virsh save-image-dumpxml "$file")"
    output=$(on "$to" virsh -q restore "$file" 2>&1) || status=$?
    agree "restore of $name on host $to, $what" "$status" "$output"
    [ "$status" -ne 0 ] || on "$to" virsh -q destroy "$name"
}

# The images are those of host a, where nothing runs any more.
test_the_dry_run_agrees_with_restores () {
    local seed=${VGPU_GATE_SEED:-$RANDOM} n=${VGPU_GATE_AGREEMENTS:-36} i name host changes
    local guests=(plain one pair old early twins whole)
    RANDOM=$seed
    host_configure a jobs <<<'unrestorable-save=ignore'
    gated_restart a
    for name in "${guests[@]}"; do
        prepare_guest "$name"
        on a virsh -q save "$name" "/var/lib/libvirt/$name.save"
        cp "$VGPU_GATE_LAB/a/var/lib/libvirt/$name.save" "$VGPU_GATE_LAB/b/var/lib/libvirt/"
    done
    for ((i = 0; i < n; i++)); do
        draw host a b b
        draw name "${guests[@]}"
        first_state "$host"
        change_host "$host"
        restore_and_compare "$name" "$host" "$changes"
    done
    echo "note: seed $seed, $n restores"
}
