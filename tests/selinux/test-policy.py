#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""packaging/selinux/vgpu-gate.cil can be loaded into Fedora's policy and into the reference policy, and then allows
what it must and nothing else. Here these are policies with their names only; the SELinux lab loads it into the real one
of Debian. Prints TAP.

Arguments: secilc and vgpu-gate.cil; or a compiled policy that has it, and "fedora" or "reference".
"""
import os
import re
import subprocess
import sys
import tempfile

# the source directory stays as it is
sys.dont_write_bytecode = True
import rules  # pylint: disable=wrong-import-position

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = ("fedora", "reference")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def names():
    """(kind, name, the policies that have it)"""
    lines = (line.split() for line in read(os.path.join(HERE, "names.txt")).splitlines() if not line.startswith("#"))
    return [(words[0], words[1], words[2:]) for words in lines]


def base_of(kind):
    word = {"type": "type", "attribute": "typeattribute"}
    declared = [f"({word[what]} {name})" for what, name, policies in names() if kind in policies]
    return read(os.path.join(HERE, "base.cil")) + "\n".join(declared) + "\n"


def unresolved(errors):
    """The names that secilc did not find (a parameter of a macro is not found either, once its caller is left out)"""
    return set(re.findall(r"Failed to resolve (\w+)", errors)) - {"who", "what", "program", "peer"}


def compile_policy(secilc, policy, kind, directory):
    base, binary = (os.path.join(directory, f"{kind}.{suffix}") for suffix in ("cil", "policy"))
    with open(base, "w", encoding="utf-8") as file:
        file.write(base_of(kind))
    run = subprocess.run([secilc, "-v", "-c", "31", "-o", binary, "-f", os.path.join(directory, "contexts"), base, policy],
                         capture_output=True, text=True)
    return run.returncode, run.stdout + run.stderr, binary


def with_bases(secilc, policy):
    absent = {kind: {name for _, name, policies in names() if kind not in policies} for kind in KINDS}
    with tempfile.TemporaryDirectory() as directory:
        for kind in KINDS:
            status, text, binary = compile_policy(secilc, policy, kind, directory)
            yield rules.line(status == 0, f"{kind}: it compiles", text.replace("\n", "\n# "))
            if status != 0:
                continue
            missing = unresolved(text)
            yield rules.line(missing <= absent[kind], f"{kind}: only names of the other policy are unknown",
                             f"unknown: {missing - absent[kind]}")
            yield from (line.replace(" - ", f" - {kind}: ", 1) for line in rules.check(binary, kind))


def in_real(policy, kind):
    """The list of names is right (attributes that stand for one type or none are not in a compiled policy)"""
    known = set()
    for each in rules.setools.SELinuxPolicy(policy).types():
        known |= {str(each), *map(str, each.aliases())}
    listed = [(name, kind in policies) for what, name, policies in names() if what == "type"]
    wrong = {name for name, is_there in listed if (name in known) != is_there}
    yield rules.line(not wrong, "names.txt is right about its types", f"wrong: {wrong}")
    yield from rules.check(policy, kind)


def main():
    first, second = sys.argv[1:]
    lines = list(in_real(first, second) if second in KINDS else with_bases(first, second))
    for number, text in enumerate(lines, 1):
        print(re.sub(r"^((not )?ok)", rf"\1 {number}", text))
    print(f"1..{len(lines)}")
    return any(text.startswith("not") for text in lines)


sys.exit(main())
