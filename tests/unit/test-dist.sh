#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# That 'meson dist' makes an archive of what is committed: with all files of git, and no others, under the name of the
# version, and with everything that a build needs. What is not committed is not in it.
# Arguments: meson, the source directory, the version.
set -eu -o pipefail
meson=$1 source=$2 version=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# root may test what belongs to another user
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' LC_ALL=C

echo 1..3
n=0
# is WHAT COMMAND...: one test
is () {
    local what=$1
    shift
    n=$((n + 1))
    if "$@" >"$work/log" 2>&1; then
        echo "ok $n - $what"
    else
        sed 's/^/# /' "$work/log"
        echo "not ok $n - $what"
    fi
}

dist () {
    "$meson" setup -Ddaemon=false -Dcommand=false -Dsimulator=false -Dtests=false "$work/small" "$source"
    "$meson" dist -C "$work/small" --no-tests --allow-dirty --formats gztar
    tar -xzf "$work/small/meson-dist/vgpu-gate-$version.tar.gz" -C "$work"
}

# Some versions of meson leave out what is only for git.
same_files () {
    git -C "$source" ls-tree -r --name-only HEAD | grep -v '^\.git' | sort >"$work/committed"
    (cd "$work/vgpu-gate-$version" && find . ! -type d -printf '%P\n') | grep -v '^\.git' | sort >"$work/archive"
    diff "$work/committed" "$work/archive"
}

is 'the archive is made' dist
is 'it has the files of git and no others' same_files
# meson looks for each source that it is told of
is 'a build of it can be set up' "$meson" setup "$work/build" "$work/vgpu-gate-$version"
