#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
releases-table.py vgpu-branches.conf OUTPUT: the table in lib/compat/releases.c, in ascending order.
releases-table.py vgpu-branches.conf OUTPUT PAGE: a manual page, with the table instead of its line @RELEASES@.
"""
import configparser
import sys


def read(path):
    groups = configparser.ConfigParser(interpolation=None)
    with open(path, encoding="utf-8") as file:
        groups.read_file(file)
    releases = []
    for branch in groups.sections():
        group = groups[branch]
        if "release" in group:
            windows = [int(end.split(".")[0]) for end in group["windows"].split("-")]
            releases.append((int(group["release"]), int(branch), windows,
                             group.getboolean("long-term", fallback=False)))
    return sorted(releases)


def supported(releases, index):
    """As vgate_releases_judge(), which tests/unit/test-compat-releases.c compares with the page."""
    before = [entry for entry in releases[:index] if entry[3]][-1:] if releases[index][3] else []
    near = [entry for entry in releases if releases[index][0] - 1 <= entry[0] <= releases[index][0]]
    return [entry[0] for entry in reversed(before + near)]


def row(releases, index):
    release, branch, (first, last), is_long_term = releases[index]
    name = f"{release} (long-term)" if is_long_term else str(release)
    windows = f"{first} to {last}" if first < last else str(first)
    guests = ", ".join(map(str, dict.fromkeys(supported(releases, index))))
    return f"{name}\t{branch}\t{windows}\t{guests}"


table, output = sys.argv[1:3]
entries = read(table)
if len(sys.argv) == 3:
    text = "".join("{%d, %d, %d, %s},\n" % (release, branch, last, "TRUE" if is_long_term else "FALSE")
                   for release, branch, (_, last), is_long_term in entries)
else:
    with open(sys.argv[3], encoding="utf-8") as page:
        text = page.read().replace("@RELEASES@", "\n".join(row(entries, i) for i in range(len(entries))))
with open(output, "w", encoding="utf-8") as file:
    file.write(text)
