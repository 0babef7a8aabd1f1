#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""That the manual pages are well-formed, and name what the programs' --help names, each in its own place.

Arguments: vgpu-gate, vgpu-gated and vgpu-gate-hook, then the pages.
"""
import os
import re
import subprocess
import sys

vgpu_gate, vgpu_gated, hook, *pages = sys.argv[1:]
by_name = {os.path.basename(page): page for page in pages}


def run(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def lines_of(name):
    """The lines of a page, without comments."""
    with open(by_name[name], encoding="utf-8") as file:
        return [line.rstrip("\n") for line in file if not line.startswith('.\\"')]


def section(name, title):
    """The lines between this .SH and the next one."""
    lines, inside = [], False
    for line in lines_of(name):
        if line.startswith(".SH"):
            inside = line[3:].strip(' "') == title
        elif inside:
            lines.append(line)
    return lines


def words_of(line):
    """A line of text, or of a macro that sets its arguments in some font, as a reader sees it."""
    macro, _, rest = line.partition(" ")
    text = rest if re.fullmatch(r"\.[A-Z]{1,2}", macro) else line
    text = re.sub(r"\\f[A-Z]", "", text).replace("\\-", "-")
    if len(macro) == 3 and macro.startswith("."):  # .BR and its like put no blank between two arguments
        return "".join(quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', text))
    return text.replace('"', "")


def synopsis(name):
    """One text for each line of the synopsis, which .br ends."""
    entries = [[]]
    for line in section(name, "SYNOPSIS"):
        if line == ".br":
            entries.append([])
        else:
            entries[-1].append(words_of(line))
    return [" ".join(entry) for entry in entries]


def help_of(program, *command):
    """The options that --help lists, and the commands."""
    text = run(program, *command, "--help").stdout
    _, _, listed = text.partition("Commands:\n")
    commands = re.findall(r"^  ([a-z]+) ", listed, re.M)
    return set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", text, re.M)) - {"--help"}, commands


def commands_of(program):
    """{command, with its group's name before it: its options}"""
    found = {}
    for name in help_of(program)[1]:
        options, below = help_of(program, name)
        if not below:
            found[name] = options
        for action in below:
            found[f"{name} {action}"] = help_of(program, name, action)[0]
    return found


def check_lint():
    try:
        found = [run("mandoc", "-T", "lint", "-W", "warning", page).stdout for page in pages]
    except FileNotFoundError:
        return None
    return "".join(found).splitlines()


def check_synopsis():
    """Each command stands on a line of its own, with all its options and with no others."""
    complaints, seen = [], []
    commands = commands_of(vgpu_gate)
    if len(commands) < 10:
        return [f"--help lists only {sorted(commands)}"]
    for entry in synopsis("vgpu-gate.1"):
        rest = re.sub(r"^vgpu-gate (\[--config FILE\] )?", "", entry)
        if rest == entry:
            complaints.append(f"a line of the synopsis does not begin with vgpu-gate: {entry}")
            continue
        if rest == "--version":
            continue
        command = next((name for name in commands if rest == name or rest.startswith(name + " ")), None)
        if not command:
            complaints.append(f"--help knows no such command: {rest}")
            continue
        seen.append(command)
        options = set(re.findall(r"--[a-z-]+", rest))
        for option in sorted(options ^ commands[command]):
            where = "its --help" if option in options else "the synopsis"
            complaints.append(f"'{command}': {option} is not in {where}")
    for command in commands:
        if seen.count(command) != 1:
            complaints.append(f"'{command}' has {seen.count(command)} lines in the synopsis instead of 1")
    return complaints


def check_entries():
    """Each command has a tagged paragraph of its own among the commands."""
    lines = section("vgpu-gate.1", "COMMANDS")
    tags = [words_of(lines[i + 1]) for i in range(len(lines) - 1) if lines[i].startswith(".TP")]
    complaints = []
    for command in commands_of(vgpu_gate):
        n = sum(tag == command or tag.startswith(command + " ") for tag in tags)
        if n != 1:
            complaints.append(f"'{command}' has {n} entries under COMMANDS instead of 1")
    return complaints


def check_options():
    """Each option of --help is somewhere on the program's page."""
    complaints = []
    for program, name in ((vgpu_gate, "vgpu-gate.1"), (vgpu_gated, "vgpu-gated.8"), (hook, "vgpu-gate-hook.8")):
        text = "\n".join(lines_of(name)).replace("\\-", "-")
        options = set().union(help_of(program)[0], *(commands_of(program).values()))
        if not options:
            complaints.append(f"{program} --help lists no option")
        complaints += [f"{name}: {option} is missing" for option in sorted(options)
                       if not re.search(re.escape(option) + r"(?![a-z-])", text)]
    return complaints


CHECKS = [check_lint, check_synopsis, check_entries, check_options]
print(f"1..{len(CHECKS)}")
failed = 0
for number, one in enumerate(CHECKS, 1):
    problems = one()
    if problems is None:
        print(f"ok {number} - {one.__name__} # SKIP mandoc is not installed")
        continue
    failed += bool(problems)
    print(f"{'not ok' if problems else 'ok'} {number} - {one.__name__}")
    for problem in problems:
        print("#", problem)
sys.exit(1 if failed else 0)
