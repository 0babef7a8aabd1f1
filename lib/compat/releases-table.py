#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""releases-table.py vgpu-branches.conf OUTPUT: the table in lib/compat/releases.c, in ascending order."""
import configparser
import sys

table, output = sys.argv[1:]
groups = configparser.ConfigParser(interpolation=None)
with open(table, encoding="utf-8") as file:
    groups.read_file(file)
entries = []
for branch in groups.sections():
    group = groups[branch]
    if "release" not in group:
        continue
    last_windows = group["windows"].split("-")[1].split(".")[0]
    is_long_term = "TRUE" if group.getboolean("long-term", fallback=False) else "FALSE"
    entries.append((int(group["release"]), int(branch), int(last_windows), is_long_term))
with open(output, "w", encoding="utf-8") as file:
    for entry in sorted(entries):
        file.write("{%d, %d, %d, %s},\n" % entry)
