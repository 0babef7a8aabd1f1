#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls every vGPU and GPU-instance call of NVML by ctypes: none is missing, none crashes, each checks its arguments.

Arguments: the library, vgpu-sim, calls.def, and the list of NVML's calls.
"""
import ctypes
import os
import re
import subprocess
import sys
import tempfile
import traceback

LIBRARY, COMMAND, TABLE, LIST = sys.argv[1:]
VM = "11111111-1111-4111-8111-111111111111"
SUCCESS, UNINITIALIZED, INVALID_ARGUMENT, NOT_SUPPORTED, NOT_FOUND = 0, 1, 2, 3, 6
INSUFFICIENT_SIZE, FUNCTION_NOT_FOUND, GPU_IS_LOST, VERSION_MISMATCH, DEPRECATED = 7, 13, 15, 25, 26
IN_USE, UNKNOWN = 19, 999
# The answers of a call that is asked something sensible, but with structures that have no version yet.
SENSIBLE = {SUCCESS, INVALID_ARGUMENT, NOT_SUPPORTED, NOT_FOUND, INSUFFICIENT_SIZE, IN_USE, VERSION_MISMATCH,
            DEPRECATED}


def read_list():
    """The calls and the kinds of their arguments."""
    calls = {}
    with open(LIST, encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#"):
                name, *kinds = line.split()
                calls[name] = kinds
    return calls


def read_table():
    with open(TABLE, encoding="utf-8") as file:
        rows = re.findall(r"^VGPU_SIM_(ANSWERS|LACKS) \((\w+)\)$", file.read(), re.M)
    return {name: kind for kind, name in rows}


CALLS, KNOWN = read_list(), read_table()
LACKS = {name for name, kind in KNOWN.items() if kind == "LACKS"}


def equal(left, right):
    if left != right:
        raise AssertionError(f"{left!r} is not {right!r}")


class Client:
    """A host with one MIG-backed vGPU, and the arguments that a client of it would give."""

    def __init__(self, directory):
        self.host = os.path.join(directory, "host.conf")
        os.environ["VGPU_SIM_HOST"] = self.host
        self.nvml = ctypes.CDLL(LIBRARY)
        self.vgpu_sim("init", "--gpu", "h100-mig")
        self.vgpu_sim("update", "--scheduler-calls", "v1-deprecated")
        self.vgpu_sim("plug", "--vm", VM, "--type", "1123", "--guest-driver", "580.82.07", "--guest-range",
                      "18.1-26.1")
        self.device, self.gpu_instance, self.vgpu = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_uint()

    def vgpu_sim(self, *words):
        subprocess.run([COMMAND, "--file", self.host, *words], check=True, capture_output=True)

    def begin(self):
        count = ctypes.c_uint(1)
        equal(self.nvml.nvmlInit_v2(), SUCCESS)
        equal(self.nvml.nvmlDeviceGetHandleByIndex_v2(0, ctypes.byref(self.device)), SUCCESS)
        equal(self.nvml.nvmlDeviceGetActiveVgpus(self.device, ctypes.byref(count), ctypes.byref(self.vgpu)),
              SUCCESS)
        equal(self.nvml.nvmlDeviceGetGpuInstanceById(self.device, 1, ctypes.byref(self.gpu_instance)), SUCCESS)

    def end(self):
        equal(self.nvml.nvmlShutdown(), SUCCESS)

    def arguments(self, name, **other):
        """A pointer is to zeroed memory that is larger than any structure."""
        values = {"device": self.device, "gpu-instance": self.gpu_instance, "vgpu": self.vgpu,
                  "type": ctypes.c_uint(1123), "number": ctypes.c_uint(1), "long": ctypes.c_ulonglong(0), **other}
        for kind in CALLS[name]:
            if kind.startswith("pointer"):
                yield values["pointer"] if "pointer" in values else ctypes.create_string_buffer(1 << 16)
            else:
                yield values[kind]

    def call(self, name, **other):
        return getattr(self.nvml, name)(*self.arguments(name, **other))


def test_table(client):
    del client
    equal(set(CALLS) - set(KNOWN), set())
    equal(LACKS - set(CALLS), set())
    equal(len(CALLS), 108)


def test_all_are_exported(client):
    equal([name for name in CALLS if not hasattr(client.nvml, name)], [])


def test_without_init(client):
    equal({name: client.call(name) for name in CALLS}, dict.fromkeys(CALLS, UNINITIALIZED))


def test_sensible_arguments(client):
    client.begin()
    codes = {name: client.call(name) for name in CALLS}
    equal({name: code for name, code in codes.items() if code not in SENSIBLE}, {})
    equal({name: codes[name] for name in LACKS}, dict.fromkeys(LACKS, NOT_SUPPORTED))
    client.end()


def test_no_pointers(client):
    """All are missing at once, then those of the unknown calls one at a time."""
    client.begin()
    with_pointers = [name for name, kinds in CALLS.items() if "pointer" in kinds]
    accepted = {name for name in with_pointers if client.call(name, pointer=None) not in
                (INVALID_ARGUMENT, NOT_SUPPORTED, DEPRECATED)}
    # measured: accepts NULL
    equal(accepted, {"nvmlGetVgpuVersion"})
    for name in sorted(LACKS):
        for position, kind in enumerate(CALLS[name]):
            arguments = list(client.arguments(name))
            if kind == "pointer":
                arguments[position] = None
                equal((name, position, getattr(client.nvml, name)(*arguments)),
                      (name, position, INVALID_ARGUMENT))
    client.end()


def test_wrong_handles(client):
    client.begin()
    for kind, wrong in (("device", None), ("device", ctypes.c_void_p(0x1234)), ("device", client.gpu_instance),
                        ("gpu-instance", None), ("gpu-instance", ctypes.c_void_p(0x1234)),
                        ("gpu-instance", client.device), ("vgpu", ctypes.c_uint(0)),
                        ("type", ctypes.c_uint(0))):
        # the older scheduler calls are deprecated whatever they get; a size comes first in two calls of a vGPU
        names = [name for name, kinds in CALLS.items() if kinds[0] == kind]
        codes = {name: client.call(name, **{kind: wrong}) for name in names}
        equal({name: code for name, code in codes.items() if code not in
               (INVALID_ARGUMENT, DEPRECATED, INSUFFICIENT_SIZE, VERSION_MISMATCH)}, {})
        equal({codes[name] for name in LACKS & set(names)} - {INVALID_ARGUMENT}, set())
    client.end()


def faulty(client, code, suffix=""):
    """Gives every call a fault, in the host file, as `vgpu-sim fail' does for one."""
    with open(client.host, encoding="utf-8") as file:
        text = file.read()
    bases = sorted({re.sub(r"_v\d$", "", name) for name in CALLS})
    with open(client.host + ".new", "w", encoding="utf-8") as file:
        file.write(text + "\n[faults]\n" + "".join(f"{base}{suffix}={code}\n" for base in bases))
    os.rename(client.host + ".new", client.host)


def test_faults(client):
    client.begin()
    faulty(client, UNKNOWN)
    deprecated = {f"nvmlDevice{what}" for what in ("GetVgpuSchedulerState", "SetVgpuSchedulerState",
                                                   "GetVgpuSchedulerLog")}
    equal({name: client.call(name) for name in CALLS},
          {name: DEPRECATED if name in deprecated else UNKNOWN for name in CALLS})
    client.end()


def test_faults_of_a_gpu(client):
    client.begin()
    faulty(client, GPU_IS_LOST, "@0000:41:00.0")
    names = [name for name, kinds in CALLS.items() if kinds[0] in ("device", "gpu-instance")]
    codes = {name: client.call(name) for name in names}
    equal({name: code for name, code in codes.items() if code not in (GPU_IS_LOST, DEPRECATED)}, {})
    client.vgpu_sim("heal")
    client.vgpu_sim("fail", "nvmlGpuInstanceGetInfo", "GPU_IS_LOST", "--gpu", "0000:41:00.0")
    equal(client.call("nvmlGpuInstanceGetInfo"), GPU_IS_LOST)
    client.end()


def run(test):
    with tempfile.TemporaryDirectory() as directory:
        try:
            test(Client(directory))
            return True
        except AssertionError:
            for line in traceback.format_exc().splitlines():
                print("#", line)
            return False


TESTS = [test_table, test_all_are_exported, test_without_init, test_sensible_arguments, test_no_pointers,
         test_wrong_handles, test_faults, test_faults_of_a_gpu]
print(f"1..{len(TESTS)}", flush=True)
passed = 0
for number, one in enumerate(TESTS, 1):
    good = run(one)
    passed += good
    print(f"{'ok' if good else 'not ok'} {number} - {one.__name__}", flush=True)
sys.exit(0 if passed == len(TESTS) else 1)
