#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""That the JSON of the commands matches the schemas that are installed, and that the schemas are strict.

Arguments: vgpu-gate, the source tree and make-fleet.
"""
import copy
import glob
import json
import os
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("1..0 # SKIP python3-jsonschema is not installed")
    sys.exit(0)

vgpu_gate, source, make_fleet = sys.argv[1:]
# in place of a configuration that is installed on the test machine
EMPTY = tempfile.NamedTemporaryFile(suffix=".conf")
COMMAND = [vgpu_gate, "--config", EMPTY.name]


def printed(*words):
    """What a command that needs no host prints."""
    run = subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=True)
    return [(" ".join(words), json.loads(run.stdout))]


def golden(folder):
    """The golden files of a folder, in which the time is a word."""
    found = []
    for path in sorted(glob.glob(os.path.join(source, "tests/golden", folder, "*.json"))):
        with open(path, encoding="utf-8") as file:
            found.append((path, json.loads(file.read().replace('"TIME"', '"2026-11-29T03:05:13Z"'))))
    return found


def of_fleets():
    """Matrices of random fleets, one with a document that cannot be read, and checks of their first guests."""
    matrices, checks = [], []
    for hosts, guests, seed in ((6, 20, 1), (3, 9, 2), (8, 40, 3)):
        with tempfile.TemporaryDirectory() as fleet:
            subprocess.run([make_fleet, fleet, str(hosts), str(guests), str(seed)], check=True)
            config = os.path.join(fleet, "vgpu-gate.conf")
            with open(config, "w", encoding="utf-8") as file:
                file.write("[placement]\nmode=apply\n")
            if seed == 2:
                # a name that is not UTF-8
                with open(os.path.join(os.fsencode(fleet), b"guests", b"bad\xff.xml"), "w", encoding="utf-8") as file:
                    file.write("<domain>")
                os.rename(os.path.join(fleet, "guests", "vm00001.xml"),
                          os.path.join(os.fsencode(fleet), b"guests", b"vm\xff.xml"))
            for documents, words in ((matrices, ["matrix"]),
                                     (checks, ["check", "--virsh", "vm00001", "vm00002", "vm00003", "vm00004"])):
                run = subprocess.run([vgpu_gate, "--config", config, *words, "--root", os.path.join(fleet, "no-host"),
                                      "--fleet", fleet, "--output", "json"],
                                     capture_output=True, text=True, check=False)
                assert run.returncode in (0, 1, 3), run.stderr
                documents.append((f"{words[0]} {seed}", json.loads(run.stdout)))
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, "vgpu-gate.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write("[gate]\nmode=report\n[backend]\nhelper=/nonexistent\n")
        run = subprocess.run([vgpu_gate, "--config", config, "check", "--output", "json", "--root", folder,
                              os.path.join(source, "tests/golden/hook/element.in.xml")],
                             capture_output=True, text=True, check=False)
        checks.append(("check that is only reported", json.loads(run.stdout)))
        assert checks[-1][1]["answer"][0]["judged"][0]["only-reported"] is True
    return matrices, checks


def drains():
    """Plans for hosts of random fleets: with moves, with guests that stay, with a document that cannot be read."""
    documents = []
    for hosts, guests, seed in ((12, 60, 4), (12, 60, 1), (6, 12, 3)):
        with tempfile.TemporaryDirectory() as fleet:
            subprocess.run([make_fleet, fleet, str(hosts), str(guests), str(seed)], check=True)
            if seed == 3:
                with open(os.path.join(fleet, "guests", "bad.xml"), "w", encoding="utf-8") as file:
                    file.write("<domain>")
            run = subprocess.run([*COMMAND, "drain", "--root", os.path.join(fleet, "no-host"), "--fleet", fleet,
                                  "--link-speed", "25000", "--output", "json", "host-002"],
                                 capture_output=True, text=True, check=False)
            assert run.returncode in (0, 1, 3), run.stderr
            documents.append((f"drain {seed}", json.loads(run.stdout)))
    assert any(document["move"] for _, document in documents)
    assert any(document["stay"] for _, document in documents)
    assert any(document["fault"] for _, document in documents)
    return documents


def upgrades():
    """Plans for the update of random fleets: guests that move or must be shut down, and a document that cannot be
    read."""
    documents = []
    table = os.path.join(source, "lib/compat/vgpu-branches.conf")
    for hosts, guests, seed, driver in ((6, 24, 3, "590"), (6, 24, 3, "580"), (3, 4, 1, "595.58.03")):
        with tempfile.TemporaryDirectory() as fleet:
            subprocess.run([make_fleet, fleet, str(hosts), str(guests), str(seed)], check=True)
            if seed == 1:
                with open(os.path.join(fleet, "guests", "bad.xml"), "w", encoding="utf-8") as file:
                    file.write("<domain>")
            run = subprocess.run([*COMMAND, "plan-upgrade", "--root", os.path.join(fleet, "no-host"), "--fleet", fleet,
                                  "--driver", driver, "--branches", table, "--output", "json"],
                                 capture_output=True, text=True, check=False)
            assert run.returncode in (0, 1, 3), run.stderr
            documents.append((f"plan-upgrade {driver}", json.loads(run.stdout)))
    assert any(document["restart"] for _, document in documents)
    assert any(step["shut-down"] for _, document in documents for step in document["step"])
    assert any(step["move"] for _, document in documents for step in document["step"])
    assert any(document["fault"] for _, document in documents)
    return documents


MATRICES, CHECKS = of_fleets()
def validations():
    """Of files that are valid, have problems with and without a line, and cannot be read; and of the installed configuration."""
    documents = []
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, "vgpu-gate.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write("[gate]\nmax-age=1\nmax-age=2\n")
        bad = os.path.join(folder, "bad.conf")
        with open(bad, "wb") as file:
            file.write(b"[gate]\nmax-aeg=1\nmax-age=\xff\n[seal]\nkey-file=/nonexistent\n")
        hostile = os.path.join(os.fsencode(folder), b"bad\xff\n.xml")
        with open(hostile, "w", encoding="utf-8") as file:
            file.write("<network/>")
        data = os.path.join(source, "tests/data")
        schemas = ["--schemas", os.path.join(source, "schemas")]
        for words in (["validate", *schemas, os.path.join(data, "domain-mdev.xml")],
                      ["validate", *schemas, *sorted(glob.glob(os.path.join(data, "*.xml"))), hostile, "/nonexistent", config,
                       *sorted(glob.glob(os.path.join(data, "save-images", "*")))],
                      ["validate", "--config", bad],
                      ["validate", "--config", config],
                      ["validate", "--config"]):
            run = subprocess.run([vgpu_gate, "--config", config, *words, "--output", "json"],
                                 capture_output=True, text=True, check=False)
            assert run.returncode in (0, 1, 3), run.stderr
            documents.append((os.fsdecode(b" ".join(map(os.fsencode, words[:3]))), json.loads(run.stdout)))
        shown = [("config show", json.loads(subprocess.run(
            [vgpu_gate, "--config", config, "config", "show", "--output", "json"],
            capture_output=True, text=True, check=True).stdout))]
    results = {file["result"] for _, document in documents for file in document["file"]}
    assert results == {"valid", "invalid", "unreadable"}, results
    return documents, shown


VALIDATIONS, SETTINGS = validations()
DOCUMENTS = {
    "check": CHECKS,
    "config": SETTINGS,
    "validate": VALIDATIONS,
    "explain": printed("explain", "--output", "json") + printed("explain", "303", "--output", "json"),
    "self-check": golden("self-check"),
    "devices": golden("devices"),
    "matrix": MATRICES,
    "audit": golden("audit"),
    "drain": drains(),
    "plan-upgrade": upgrades(),
}


def objects_in(node, path=()):
    """The path of every object in a document."""
    if isinstance(node, dict):
        yield path
        for name, value in node.items():
            yield from objects_in(value, path + (name,))
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from objects_in(value, path + (i,))


def at(node, path):
    for step in path:
        node = node[step]
    return node


def check(name, documents):
    """The documents are valid; one with an unknown member, another format or no format is not."""
    complaints = []
    with open(os.path.join(source, "schemas", f"vgpu-gate-{name}.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    if not documents:
        return ["no document"]
    for label, document in documents:
        if next(iter(document)) != "format":
            complaints.append(f"{label} does not begin with its format")
        complaints += [f"{label}: {error.json_path}: {error.message}" for error in validator.iter_errors(document)]
    label, document = documents[0]
    for path in list(objects_in(document))[:20]:
        wrong = copy.deepcopy(document)
        at(wrong, path)["no-such-member"] = 1
        if validator.is_valid(wrong):
            complaints.append(f"{label} is valid with an unknown member in {path}")
    for value in (None, f"vgpu-gate/{name}/2", 1):
        wrong = copy.deepcopy(document)
        if value is None:
            del wrong["format"]
        else:
            wrong["format"] = value
        if validator.is_valid(wrong):
            complaints.append(f"{label} is valid with the format {value}")
    return complaints


print(f"1..{len(DOCUMENTS)}")
failed = 0
for number, (one, given) in enumerate(DOCUMENTS.items(), 1):
    problems = check(one, given)
    failed += bool(problems)
    print(f"{'not ok' if problems else 'ok'} {number} - {one}: {len(given)} documents")
    for problem in problems:
        print("#", problem)
sys.exit(1 if failed else 0)
