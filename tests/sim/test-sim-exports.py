#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the simulated driver exports: NVML's calls and our one mark, under every list that names them.

Arguments: nm, readelf, the library, its version map, nvml-abi.h, nvml-abi-more.h, sim-client.h, vgpu-sim.
"""
import os
import re
import subprocess
import sys
import tempfile

nm, readelf, library, map_file, abi_header, more_header, client_header, command = sys.argv[1:]

# Names that older clients look up; nvml-abi.h declares one name for each of its calls.
OLDER = {
    "nvmlInit", "nvmlInitWithFlags", "nvmlDeviceGetCount", "nvmlDeviceGetHandleByIndex",
    "nvmlDeviceGetHandleByPciBusId", "nvmlDeviceGetPciInfo", "nvmlDeviceGetPciInfo_v2",
}
MARK = {"vgpuSimDescription"}


def output(*argv):
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def exported():
    # "ADDRESS T NAME"; a versioned symbol would be NAME@VERSION, and so not be found in the map
    return {line.split()[-1] for line in output(nm, "-D", "--defined-only", library).splitlines()}


def mapped():
    return set(re.findall(r"^\s+(\w+);$", read(map_file).split("local:")[0], re.M))


def declared():
    return set(re.findall(r"\b(nvml\w+) \(", read(abi_header) + read(more_header)))


def tested():
    return set(re.findall(r"CALL \((\w+)\)", read(client_header)))


def refused_by_command(names):
    refused = set()
    with tempfile.TemporaryDirectory() as directory:
        host = os.path.join(directory, "host.conf")
        subprocess.run([command, "--file", host, "init"], check=True)
        for name in names:
            run = subprocess.run([command, "--file", host, "fail", name, "999"], capture_output=True,
                                 check=False)
            if run.returncode != 0:
                refused.add(name)
    return refused


def check(number, name, left, right):
    print(f"{'ok' if left == right else 'not ok'} {number} - {name}")
    for symbol in sorted(left ^ right):
        print(f"# {symbol}: only in the {'first' if symbol in left else 'second'}")
    return left == right


symbols = exported()
soname = re.search(r"\(SONAME\).*\[(.*)\]", output(readelf, "-d", library))
checks = [
    ("the library's exports and the version map", symbols, mapped()),
    ("the version map and the headers with the older spellings", mapped(), declared() | OLDER | MARK),
    ("the version map and what the tests look up", mapped(), tested()),
    ("the calls that vgpu-sim cannot make fail, and those that cannot", refused_by_command(symbols),
     MARK | {"nvmlErrorString"}),
    ("the soname and NVIDIA's", {soname.group(1) if soname else ""}, {"libnvidia-ml.so.1"}),
]
print(f"1..{len(checks)}")
sys.exit(0 if all([check(i, *c) for i, c in enumerate(checks, 1)]) else 1)
