#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Header, version map and exports of libvgpu-gate say the same, both ways.

Arguments: nm, readelf, the library, its version map, vgpu-gate.h, the version of the project, the symbols file of the
Debian package.
"""
import re
import subprocess
import sys

nm, readelf, library, map_file, header, version, debian = sys.argv[1:]


def output(*argv):
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def read(path):
    with open(path, encoding="utf-8") as file:
        return re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)


def exported():
    """NAME@@NODE of everything defined, but the nodes themselves"""
    lines = (line.split() for line in output(nm, "-D", "--defined-only", "--with-symbol-versions", library).splitlines())
    return {words[-1] for words in lines if words[-2] != "A"}


def mapped():
    names = set()
    for node, body in re.findall(r"(\w[\w.]*) \{(.*?)\}", read(map_file), re.S):
        names |= {f"{name}@@{node}" for name in re.findall(r"(\w+);", body.split("local:")[0])}
    return names


def declared():
    """Functions that the header declares without defining them"""
    text = re.sub(r"static inline.*?\n\}\n", "", read(header), flags=re.S)
    return set(re.findall(r"\b(vgate_\w+) \([^()]*(?:\([^()]*\)[^()]*)*\);", text))


def documented():
    """NAME@@NODE of the functions before which a comment in their paragraph of the header says since when they are"""
    symbols = set()
    with open(header, encoding="utf-8") as file:
        for paragraph in file.read().split("\n\n"):
            since = None
            for match in re.finditer(r"/\*(.*?)\*/|\b(vgate_\w+) \([^;{]*\)(?:;|\n\{)", paragraph, re.S):
                if match.group(1) is not None:
                    said = re.search(r"@since (\S+)", match.group(1))
                    since = said.group(1) if said else None
                elif since:
                    symbols.add(f"{match.group(2)}@@LIBVGPU_GATE_{since}")
    return symbols


def inlined():
    return set(re.findall(r"static inline [^(]*\b(vgate_\w+) \(", read(header)))


def inline():
    return {symbol for symbol in documented() if symbol.split("@")[0] in inlined()}


def check(number, name, left, right):
    print(f"{'ok' if left == right else 'not ok'} {number} - {name}")
    for symbol in sorted(left ^ right):
        print(f"# {symbol}: only in the {'first' if symbol in left else 'second'}")
    return left == right


def numbers(text):
    return [int(part) for part in text.split(".")]


symbols = exported()
names = {symbol.split("@")[0] for symbol in symbols}
nodes = set(re.findall(r"^(\w[\w.]*) \{", read(map_file), re.M))
dynamic = output(readelf, "-d", library)
needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
checks = [
    ("the library's exports and the version map", symbols, mapped()),
    ("the exports and what vgpu-gate.h declares", names, declared()),
    ("the exports, and since when they are, as vgpu-gate.h says", symbols, documented() - inline()),
    ("the inline functions of vgpu-gate.h, likewise", {name.split("@")[0] for name in inline()}, inlined()),
    # a release without a new function has no node
    ("no node of the map is newer than this version",
     {node for node in nodes if numbers(node.removeprefix("LIBVGPU_GATE_")) > numbers(version)}, set()),
    ("the nodes of the map and those of the Debian package's symbols file", nodes,
     set(re.findall(r"^ \(symver\)(\S+)", read(debian), re.M))),
    ("the soname", set(re.findall(r"\(SONAME\).*\[(.*)\]", dynamic)), {"libvgpu-gate.so.0"}),
    ("no library is needed but GLib and libc", {name for name in needed if not re.match(r"lib(glib-2\.0|c|asan|ubsan)\.so", name)},
     set()),
]
print(f"1..{len(checks)}")
sys.exit(0 if all([check(i, *c) for i, c in enumerate(checks, 1)]) else 1)
