#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Parts can be left out, with what only they need: the hook alone, which is built, and each other part alone, which is
# configured with its tests.
#   test-parts.sh DIRECTORY MESON: DIRECTORY has the same name in each run, so that a compiler cache knows the files
set -eu -o pipefail
work=$1 meson=$2
# meson does not look for a compiler cache if $CC is set
! command -v ccache >/dev/null || export CC="ccache $CC"

rm -rf -- "$work"
mkdir -p "$work"
trap 'rm -rf -- "$work"' EXIT
echo 1..8

number=0
# verdict NAME EXPECTED FOUND: both are lists of words
verdict () {
    local name=$1 expected found
    number=$((number + 1))
    expected=$(tr -s ' ' '\n' <<<"$2" | sed '/^$/d' | sort)
    found=$(tr -s ' ' '\n' <<<"$3" | sed '/^$/d' | sort)
    if [ "$expected" = "$found" ]; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        { diff <(echo "$expected") <(echo "$found") || true; } | sed 's/^/# /'
    fi
}

quietly () {
    "$@" >"$work/log" 2>&1 || {
        sed 's/^/# /' "$work/log"
        exit 1
    }
}

# configure NAME PARTS OPTION...: PARTS are those that are built besides the hook
configure () {
    local name=$1 parts=$2 part options=()
    shift 2
    for part in daemon command simulator; do
        options+=("-D$part=$([[ " $parts " == *" $part "* ]] && echo true || echo false)")
    done
    quietly "$meson" setup --prefix=/usr --sysconfdir=/etc --libdir=lib "${options[@]}" "$@" "$work/$name" \
        "$VGATE_SRCDIR"
}

# The packages and libraries that the configuration looked for, but those of libc.
dependencies_of () {
    "$meson" introspect "$work/$1" --dependencies |
        python3 -c 'import json, sys; print(*{d["name"] for d in json.load(sys.stdin)} - {"dl", "m", "threads"})'
}

# The programs and libraries that are built, but those of the tests.
targets_of () {
    "$meson" introspect "$work/$1" --targets | python3 -c 'import json, sys
print(*(t["name"] for t in json.load(sys.stdin) if t["installed"] and t["type"] != "custom"))'
}

# The libraries that the files name, but those of libc.
needed_by () {
    readelf --dynamic "$@" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sed 's,\.so.*,,' |
        grep -vE '^(libc|libm|libdl|ld-linux.*)$' | sort -u
}

hook='vgpu-gate-hook vgpu-gate-judge vgpu-gate-nvml vgpu-gate'
library='glib-2.0 gio-unix-2.0 libxml-2.0'

configure hook '' -Dtests=false
verdict 'the hook alone needs GLib and libxml2' "$library" "$(dependencies_of hook)"
quietly "$meson" compile -C "$work/hook"
quietly "$meson" install -C "$work/hook" --no-rebuild --quiet --destdir "$work/root"
verdict 'what is installed of the hook alone' '/etc/libvirt/hooks/qemu.d/50-vgpu-gate /etc/vgpu-gate
    /usr/include/vgpu-gate/vgpu-gate.h
    /usr/lib/libvgpu-gate.so /usr/lib/libvgpu-gate.so.0 /usr/lib/libvgpu-gate.so.0.1.0 /usr/lib/pkgconfig/vgpu-gate.pc
    /usr/libexec/vgpu-gate/vgpu-gate-judge /usr/libexec/vgpu-gate/vgpu-gate-nvml /usr/sbin/vgpu-gate-hook
    /usr/share/man/man5/vgpu-gate.conf.5 /usr/share/man/man7/vgpu-gate.7 /usr/share/man/man8/vgpu-gate-hook.8
    /usr/share/vgpu-gate/schemas/vgpu-gate-domain.rng /usr/share/vgpu-gate/schemas/vgpu-gate-host.rng
    /usr/share/vgpu-gate/schemas/vgpu-gate-payload.rng /usr/share/vgpu-gate/schemas/vgpu-gate-types.rng
    /usr/share/vgpu-gate/vgpu-branches.conf /usr/share/vgpu-gate/vgpu-gate.conf' \
    "$(cd "$work/root" && find . ! -type d -o -empty | sed 's/^.//')"
verdict 'the libraries that it is linked to' 'libglib-2.0 libxml2' \
    "$(needed_by "$work/root/usr/libexec/vgpu-gate/"* "$work/root/usr/sbin/vgpu-gate-hook")"

configure daemon daemon
verdict 'the daemon needs libvirt' "$library json-glib-1.0 libsystemd libvirt libvirt-glib-1.0 libvirt-qemu systemd" \
    "$(dependencies_of daemon)"
verdict 'the daemon is built' "$hook vgpu-gated" "$(targets_of daemon)"
configure command command
verdict 'the command is built' "$hook vgpu-gate" "$(targets_of command)"
configure simulator simulator
verdict 'the simulated driver needs no more than the hook' "$library" "$(dependencies_of simulator)"
verdict 'the simulated driver is built' "$hook nvidia-ml vgpu-sim" "$(targets_of simulator)"
