#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""That the manual pages are well-formed, and name what the programs' --help names, each in its own place.

Arguments: vgpu-gate, vgpu-gated, vgpu-gate-hook and vgpu-sim, then the pages as they are installed.
"""
import os
import re
import subprocess
import sys

vgpu_gate, vgpu_gated, hook, vgpu_sim, *pages = sys.argv[1:]
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
    commands = re.findall(r"^  ([a-z-]+) ", listed, re.M)
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
    """Each command is on its own line, with all its options and no others."""
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


def options_in(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text.replace("\\-", "-")))


def described(name):
    """The options that a page lists: those of its synopsis, and the tags of its paragraphs."""
    lines = lines_of(name)
    tags = [lines[i + 1] for i in range(len(lines) - 1) if lines[i].startswith(".TP")]
    return options_in("\n".join(section(name, "SYNOPSIS") + tags))


def all_help(program, commands):
    return "\n".join(run(program, *command.split(), "--help").stdout for command in ["", *commands])


def sim_commands():
    text = run(vgpu_sim, "--help").stdout.replace("\n", " ")
    return re.search(r"Commands: (.*?);", text)[1].split(", ")


def check_options():
    """Each option of every --help is listed on the program's page, and the other way round."""
    complaints = []
    for name, text in (
            ("vgpu-gate.1", all_help(vgpu_gate, commands_of(vgpu_gate))),
            ("vgpu-gated.8", all_help(vgpu_gated, [])),
            ("vgpu-gate-hook.8", all_help(hook, [])),
            ("vgpu-sim.1", all_help(vgpu_sim, sim_commands())),
            ("vgpu-gate.conf.5", "")):
        listed = re.findall(r"^  (?:(-\w), )?(--[a-z-]+)", text, re.M)
        helped = {option for _, option in listed}
        if name != "vgpu-gate.conf.5" and len(helped) < 5:
            complaints.append(f"{name}: --help lists only {sorted(helped)}")
        complaints += [f"{name} does not list {option}" for option in sorted(helped - described(name))]
        complaints += [f"{name} lists {option}, which no --help has" for option in sorted(described(name) - helped)]
        page = "\n".join(lines_of(name)).replace("\\-", "-")
        complaints += [f"{name} does not say that {short} is {option}" for short, option in sorted(set(listed))
                       if short and not re.search(rf"^\.B[RI]? .*{option}\b.*[ ,]{short}\b|^\.B[RI]? .*[ ,]{short}\b.*{option}\b",
                                                  page, re.M)]
    return complaints


def check_sim_synopsis():
    """Each command of vgpu-sim has its options in the synopsis, and no others."""
    complaints, seen = [], {}
    for line in section("vgpu-sim.1", "SYNOPSIS"):
        if line.startswith(".SY"):
            command = line.replace("\\ ", " ").split()[2:3]
            options = seen.setdefault(command[0] if command else "", set())
        options |= options_in(line)
    for command in sim_commands():
        helped = help_of(vgpu_sim, command)[0]
        for option in sorted(helped ^ seen.get(command, set())):
            where = "the synopsis" if option in helped else "its --help"
            complaints.append(f"'vgpu-sim {command}': {option} is not in {where}")
    return complaints


def check_filled_in():
    """Version and paths come from the build."""
    return [f"{name}: {line}" for name in by_name for line in lines_of(name) if re.search(r"@[A-Z]+@", line)]


def check_sections():
    """What a reader looks for at the end of each page, in the usual order."""
    wanted = ["NAME", "DESCRIPTION", "AUTHORS", "REPORTING BUGS", "SEE ALSO"]
    complaints = []
    for name in by_name:
        titles = [line[3:].strip(' "') for line in lines_of(name) if line.startswith(".SH")]
        if [title for title in titles if title in wanted] != wanted:
            complaints.append(f"{name} does not have the sections {', '.join(wanted)} in this order: {titles}")
        complaints += [f"{name} has no section {title}" for title in ("EXAMPLES", "FILES") if title not in titles]
    return complaints


CHECKS = [check_lint, check_synopsis, check_entries, check_options, check_sim_synopsis, check_filled_in,
          check_sections]
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
