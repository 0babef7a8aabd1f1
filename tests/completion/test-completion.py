#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Completion in real shells on a terminal, and that it offers what --help lists.

Arguments: the directory of vgpu-gate, that of the completion files, and the source tree.
"""
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

PROGRAMS, COMPLETION, SOURCE = sys.argv[1:]
HELPER = os.path.join(COMPLETION, "vgpu-gate-complete")
PROGRAM = os.path.join(PROGRAMS, "vgpu-gate")
BRANCHES = os.path.join(SOURCE, "lib/compat/vgpu-branches.conf")
READY = "READY>"

work = tempfile.mkdtemp(prefix="vgpu-gate-completion-")
results = []


def report(name, problem=None, skip=None):
    results.append(problem)
    mark = f" # SKIP {skip}" if skip else ""
    print(f"{'not ok' if problem else 'ok'} {len(results)} - {name}{mark}", flush=True)
    for line in (problem or "").splitlines():
        print("#", line.encode("unicode_escape").decode(), flush=True)


# --- a host, a fleet, and a libvirt ---

def write(path, text, mode=0o644):
    full = os.path.join(work, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(full, mode)


def make_world():
    for address, vendor, extra in (("0000:41:00.0", "0x10de", ""), ("0000:41:00.4", "0x10de", "physfn"),
                                   ("0000:c2:00.0", "0x10de", ""), ("0000:00:1f.2", "0x8086", "")):
        write(f"root/sys/bus/pci/devices/{address}/vendor", vendor + "\n")
        write(f"root/sys/bus/pci/devices/{address}/class", "0x030200\n")
        if extra:
            write(f"root/sys/bus/pci/devices/{address}/{extra}", "")
    write("root/sys/bus/mdev/devices/e2b1c1f0-0000-4000-8000-000000000001/x", "")
    write("fleet/hosts/a.xml", "<host xmlns='urn:x-vgpu-gate:host:1' time='x' name='alpha' uuid='u'>\n</host>\n")
    write("fleet/hosts/b.xml", "<host xmlns='urn:x-vgpu-gate:host:1' time='x' name='$(touch${IFS}pwned)' uuid='u'>\n")
    write("fleet/guests/g.xml", "<domain type='kvm'>\n  <name>guest7</name>\n</domain>\n")
    write("files/image.save", "")
    write("files/with blank.xml", "")
    write("files/directory/x", "")
    # the last name is that of a domain whose owner wants a shell to run it
    write("bin/virsh", "#!/bin/sh\n[ \"$*\" = '-q list --all --name' ] || exit 1\n"
          "printf '%s\\n' web1 web2 database '$(touch pwned)' '' \n", 0o755)
    os.symlink(PROGRAM, os.path.join(work, "bin/vgpu-gate"))
    write("completions/completions/vgpu-gate", open(os.path.join(COMPLETION, "vgpu-gate.bash"), encoding="utf-8").read())


ENVIRONMENT = {
    "PATH": os.path.join(work, "bin") + ":" + os.environ["PATH"],
    "HOME": work,
    "TERM": "dumb",
    "LC_ALL": "C.UTF-8",
    "VGPU_GATE_COMPLETE": HELPER,
}


# --- the helper alone ---

def offered(*words):
    run = subprocess.run([HELPER, PROGRAM, *words], capture_output=True, text=True, check=False, env=ENVIRONMENT,
                         cwd=work)
    assert run.returncode == 0 and run.stderr == "", run
    return [line.split("\t")[0] for line in run.stdout.splitlines()]


def help_of(*words):
    return subprocess.run([PROGRAM, *words, "--help"], capture_output=True, text=True, check=True,
                          env={**ENVIRONMENT, "LC_ALL": "C"}).stdout


def commands_of(text):
    found = re.search(r"^Commands:\n((?:  .*\n)+)", text, re.M)
    return [line.split()[0] for line in found.group(1).splitlines()] if found else []


def every_command(path=()):
    yield path
    for name in commands_of(help_of(*path)):
        yield from every_command(path + (name,))


def check_options():
    """Each command offers the options of its --help, with "=" for those that take a value, and its commands."""
    problems, n = [], 0
    for path in every_command():
        text = help_of(*path)
        listed = sorted(name + "=" * bool(value)
                        for name, value in re.findall(r"^  (?:-\w, )?(--[a-z-]+)(=\S+)?", text, re.M))
        if sorted(offered(*path, "--")) != listed:
            problems.append(f"{path}: {offered(*path, '--')} instead of {listed}")
        if commands_of(text) and offered(*path, "") != commands_of(text):
            problems.append(f"{path}: {offered(*path, '')} instead of {commands_of(text)}")
        n += len(listed)
    if n < 60:
        problems.append(f"only {n} options")
    report("each command offers what its --help lists", "\n".join(problems))


VALUES = [
    (("matrix", "--output", ""), ["text", "csv", "json", "html"]),
    (("matrix", "--output=c"), ["--output=csv"]),
    (("host", "--output", ""), ["xml", "json", "text"]),
    (("check", "--operation", ""), ["migrate", "restore", "start"]),
    (("device", "make", "--operation", ""), ["migrate", "restore"]),
    (("scheduler", "set", "--policy", "e"), ["equal-share"]),
    (("scheduler", "state", "--engine", "nv"), ["nvenc0", "nvenc1"]),
    (("scheduler", "set", "--arr=d"), ["--arr=default", "--arr=disabled"]),
    (("scheduler", "set", "--time-slice", ""), []),
    (("check", "--link-speed", ""), []),
    (("device", "make", "--root", "root", "--gpu", ""), ["0000:41:00.0", "0000:c2:00.0"]),
    (("device", "make", "--root=root", "--gpu=0000:c"), ["--gpu=0000:c2:00.0"]),
    (("device", "remove", "--root", "root", ""), ["e2b1c1f0-0000-4000-8000-000000000001"]),
    (("devices", ""), ["apply", "status"]),
    (("devices", "apply", "--wait", ""), []),
    (("switchover", "en"), ["enable"]),
    (("allow-once", "w"), ["web1", "web2"]),
    (("allow-once", "--withdraw", "d"), ["database"]),
    (("switchover", "enable", "w"), ["web1", "web2"]),
    (("switchover", "status", ""), ["web1", "web2", "database", "$(touch pwned)"]),
    (("switchover", "enable", "--connect", "qemu:///s"), ["qemu:///system", "qemu:///session"]),
    (("switchover", "-c", "test:///x", "enable", ""), []),
    (("explain", "VGATE-30"), [f"VGATE-30{i}" for i in range(1, 8)]),
    (("explain", "303"), ["303"]),
    (("help", "expl"), ["explain"]),
    (("help", "device", "r"), ["remove"]),
    (("audit", "--branches", BRANCHES, "--driver", "59"), ["590", "595"]),
    (("matrix", "--fleet", "fleet", "--host", "al"), ["alpha", ":files "]),
    (("matrix", "--fleet=fleet", "--host=a"), ["--host=alpha", ":files --host="]),
    (("matrix", "--fleet", "fleet", "gu"), ["guest7", ":files "]),
    (("matrix", ""), [":files "]),
    (("matrix", "--fleet", ""), [":directories "]),
    (("check", ""), [":files "]),
    (("validate", ""), [":files "]),
    (("validate", "--config", ""), [":files "]),
    (("validate", "--schemas", ""), [":directories "]),
    (("validate", "--o"), ["--output="]),
    (("config", ""), ["show"]),
    (("config", "show", "--output", "j"), ["json"]),
    (("audit", ""), [":files "]),
    (("--config", "x", "version", "r"), ["reset"]),
    (("--config", ""), [":files "]),
    (("version", "set", ""), []),
    (("no-such-command", ""), []),
    (("version", "no-such-command", ""), []),
    (("version", "get", "--no-such-option", "--o"), ["--output="]),
]


def check_values():
    problems = [f"{words}: {offered(*words)} instead of {expected}" for words, expected in VALUES
                if offered(*words) != expected]
    report("values, arguments and names", "\n".join(problems))


# --- a shell on a terminal ---

class Shell:
    """An interactive shell, in which vgpu-gate prints its arguments."""

    def __init__(self, argv, setup):
        self.unread = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(os.path.join(work, "files"))
            os.execvpe(argv[0], argv, {**ENVIRONMENT, "PS1": READY})
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        self.read_until(READY)
        for line in (*setup, "vgpu-gate () { printf '<%s>' \"$@\"; echo; }"):
            self.run(line)

    def read_until(self, wanted):
        """What the shell writes up to and including wanted; the rest is kept for the next call."""
        deadline = time.monotonic() + 30
        while wanted not in self.unread:
            if not select.select([self.fd], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError(f"no {wanted!r} in {self.unread!r}")
            try:
                self.unread += os.read(self.fd, 65536).decode("utf-8", "replace")
            except OSError as error:
                raise EOFError(f"the shell has ended: {self.unread!r}") from error
        end = self.unread.index(wanted) + len(wanted)
        text, self.unread = self.unread[:end], self.unread[end:]
        return text

    def type(self, text):
        os.write(self.fd, text.encode())

    def run(self, line):
        """The output of a line that is typed."""
        self.type(line + "; echo 'E''ND'\n")
        text = self.read_until("END")
        self.read_until(READY)
        return text

    def complete(self, line):
        """The arguments after the line was completed with one TAB."""
        self.type(line + "\t")
        # the shell reads what follows when it has completed the word
        self.type("; echo 'E''ND'\n")
        text = self.read_until("END")
        self.read_until(READY)
        output = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text.replace("\r", "")).split("\n", 1)[-1]
        # zsh removes the slash behind a directory when the word ends
        return [word.removesuffix("/") for word in re.findall(r"<([^>]*)>", output)]

    def list(self, line):
        """What the shell lists for two TABs."""
        self.type(line + "\t\t")
        time.sleep(0.2)
        self.type("\x15echo 'E''ND'\n")
        text = self.read_until("END\r\n")
        self.read_until(READY)
        return text

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


COMPLETED = [
    ("vgpu-gate matr", ["matrix"]),
    ("vgpu-gate audit --dri", ["audit", "--driver="]),
    ("vgpu-gate matrix --output=js", ["matrix", "--output=json"]),
    ("vgpu-gate device make --root ../root --gpu 0000:c", ["device", "make", "--root", "../root", "--gpu", "0000:c2:00.0"]),
    ("vgpu-gate device make --root ../root --gpu=0000:c", ["device", "make", "--root", "../root", "--gpu=0000:c2:00.0"]),
    ("vgpu-gate switchover enable da", ["switchover", "enable", "database"]),
    ("vgpu-gate matrix --fleet ../fleet --host al", ["matrix", "--fleet", "../fleet", "--host", "alpha"]),
    ("vgpu-gate audit im", ["audit", "image.save"]),
    ("vgpu-gate audit wi", ["audit", "with blank.xml"]),
    ("vgpu-gate matrix --fleet dir", ["matrix", "--fleet", "directory"]),
    ("vgpu-gate check --host=im", ["check", "--host=image.save"]),
    # names that a shell would run are completed in quotes
    ("vgpu-gate switchover enable \\$", ["switchover", "enable", "$(touch pwned)"]),
    ("vgpu-gate matrix --fleet ../fleet --host \\$", ["matrix", "--fleet", "../fleet", "--host", "$(touch${IFS}pwned)"]),
]


def check_shell(name, argv, setup):
    if not shutil.which(argv[0]):
        report(name, skip=f"{argv[0]} is not installed")
        return
    problems = []
    try:
        shell = Shell(argv, setup)
        for line, expected in COMPLETED:
            found = shell.complete(line)
            if found != expected:
                problems.append(f"{line!r}: {found} instead of {expected}")
        listing = shell.list("vgpu-gate switchover ")
        problems += [f"'switchover' does not list {word}" for word in ("enable", "disable", "repair", "status")
                     if word not in listing]
        shell.end()
    except (TimeoutError, EOFError) as error:
        problems.append(str(error))
    for folder, _, files in os.walk(work):
        if "pwned" in files:
            problems.append(f"a name was run in {folder}")
    report(name, "\n".join(problems))


def check_dynamic_loading():
    """bash-completion finds the file by the program's name."""
    script = "/usr/share/bash-completion/bash_completion"
    if not os.path.exists(script):
        report("bash-completion loads it", skip="bash-completion is not installed")
        return
    line = (f"export BASH_COMPLETION_USER_DIR={work}/completions; . {script}; "
            "_completion_loader vgpu-gate; complete -p vgpu-gate")
    run = subprocess.run(["bash", "--norc", "-c", line], capture_output=True, text=True, env=ENVIRONMENT, check=False)
    report("bash-completion loads it", None if "-F _vgpu_gate vgpu-gate" in run.stdout else run.stdout + run.stderr)


print("1..5")
try:
    make_world()
    check_options()
    check_values()
    check_shell("bash", ["bash", "--norc", "--noprofile", "-i"],
                ["bind 'set bell-style none'", f". {COMPLETION}/vgpu-gate.bash"])
    check_shell("zsh", ["zsh", "-f", "-i"],
                ["unsetopt beep prompt_cr prompt_sp zle_bracketed_paste 2>/dev/null", f"fpath=({COMPLETION} $fpath)",
                 "autoload -Uz compinit; compinit -u -D", "zstyle ':completion:*' menu no"])
    check_dynamic_loading()
finally:
    shutil.rmtree(work)
sys.exit(1 if any(results) else 0)
