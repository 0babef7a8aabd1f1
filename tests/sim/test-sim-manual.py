#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""That the manual page tells what the programs do: its example loads, every key and command is there.

Arguments: vgpu-sim, the page, and the sources that list the keys.
"""
import os
import re
import subprocess
import sys
import tempfile

command, page, *sources = sys.argv[1:]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def unescape(text):
    return text.replace("\\-", "-").replace("\\e", "\\")


def examples(text):
    return [unescape(example) for example in re.findall(r"^\.EX\n(.*?)^\.EE$", text, re.M | re.S)]


def run(*argv, **more):
    return subprocess.run(argv, capture_output=True, text=True, check=False, **more)


def check_host_example(text):
    example = next(e for e in examples(text) if "[driver]" in e)
    with tempfile.TemporaryDirectory() as directory:
        host = os.path.join(directory, "host.conf")
        with open(host, "w", encoding="utf-8") as file:
            file.write(example)
        shown = run(command, "--file", host, "show")
    return [] if shown.returncode == 0 and "guest driver 580.82.07" in shown.stdout else [shown.stderr]


def check_command_example(text):
    example = next(e for e in examples(text) if "vgpu-sim init" in e)
    with tempfile.TemporaryDirectory() as directory:
        script = "set -e\nvgpu-sim () { \"$COMMAND\" \"$@\"; }\n"
        script += example.replace("/tmp", directory) + "vgpu-sim show\n"
        done = run("bash", "-c", script, env={**os.environ, "COMMAND": os.path.abspath(command)})
    return [] if done.returncode == 0 and "vGPU version 25.1" in done.stdout else [done.stderr, done.stdout]


def check_keys(text):
    keys = set()
    for source in sources:
        for table in re.findall(r"\bkeys\[\] = \{(.*?)\}", read(source), re.S):
            keys |= set(re.findall(r'"([a-z0-9-]+)"', table))
    documented = set(re.findall(r"^([a-z][a-z0-9-]+)\t", text, re.M))
    return sorted(keys ^ documented) if len(keys) > 20 else ["the sources list no keys"]


def check_options(text):
    plain = unescape(text)
    missing = []
    names = re.search(r"Commands: (.*);", run(command, "--help").stdout.replace("\n", " ")).group(1)
    for name in names.split(", "):
        if not re.search(rf"^\.SY vgpu-sim\\ {name}\b", text, re.M):
            missing.append(name)
        for option in re.findall(r"^  (--[a-z-]+)", run(command, name, "--help").stdout, re.M):
            if option not in plain:
                missing.append(f"{name} {option}")
    return missing


def check_lint(text):
    del text
    try:
        lint = run("mandoc", "-T", "lint", "-W", "warning", page)
    except FileNotFoundError:
        return None
    return lint.stdout.splitlines()


CHECKS = [check_host_example, check_command_example, check_keys, check_options, check_lint]
print(f"1..{len(CHECKS)}")
failed = 0
for number, one in enumerate(CHECKS, 1):
    complaints = one(read(page))
    if complaints is None:
        print(f"ok {number} - {one.__name__} # SKIP mandoc is not installed")
        continue
    failed += bool(complaints)
    print(f"{'not ok' if complaints else 'ok'} {number} - {one.__name__}")
    for complaint in complaints:
        print("#", complaint.strip().replace("\n", "\n# "))
sys.exit(1 if failed else 0)
