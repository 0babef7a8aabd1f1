#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client that shares no line with us: plain ctypes, with the structures written down once more.

Arguments: the library, vgpu-sim.
"""
import ctypes
import os
import subprocess
import sys
import tempfile
import traceback

LIBRARY, COMMAND = sys.argv[1:]
VM = "11111111-1111-4111-8111-111111111111"
SUCCESS, UNINITIALIZED, INVALID_ARGUMENT, NOT_FOUND, INSUFFICIENT_SIZE, GPU_IS_LOST = 0, 1, 2, 6, 7, 15
COLD, LIVE, LIMIT_GPU = 1, 8, 4


class VgpuMetadata(ctypes.Structure):
    _fields_ = [
        ("version", ctypes.c_uint), ("revision", ctypes.c_uint), ("guestInfoState", ctypes.c_uint),
        ("guestDriverVersion", ctypes.c_char * 80), ("hostDriverVersion", ctypes.c_char * 80),
        ("reserved", ctypes.c_uint * 6), ("vgpuVirtualizationCaps", ctypes.c_uint),
        ("guestVgpuVersion", ctypes.c_uint), ("opaqueDataSize", ctypes.c_uint),
        ("opaqueData", ctypes.c_char * 260),
    ]


class PgpuMetadata(ctypes.Structure):
    _fields_ = [
        ("version", ctypes.c_uint), ("revision", ctypes.c_uint), ("hostDriverVersion", ctypes.c_char * 80),
        ("pgpuVirtualizationCaps", ctypes.c_uint), ("reserved", ctypes.c_uint * 5), ("min", ctypes.c_uint),
        ("max", ctypes.c_uint), ("opaqueDataSize", ctypes.c_uint), ("opaqueData", ctypes.c_char * 256),
    ]


class Compatibility(ctypes.Structure):
    _fields_ = [("states", ctypes.c_uint), ("limit", ctypes.c_uint)]


class Memory(ctypes.Structure):
    _fields_ = [("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong)]


def equal(left, right):
    if left != right:
        raise AssertionError(f"{left!r} is not {right!r}")


class Client:
    def __init__(self, host):
        self.nvml = ctypes.CDLL(LIBRARY)
        self.host = host

    def vgpu_sim(self, *words):
        run = subprocess.run([COMMAND, "--file", self.host, *words], check=True, capture_output=True,
                             text=True)
        return run.stdout.strip()

    def gpu(self):
        handle = ctypes.c_void_p()
        equal(self.nvml.nvmlDeviceGetHandleByIndex_v2(0, ctypes.byref(handle)), SUCCESS)
        return handle

    def instance(self):
        count, instance = ctypes.c_uint(1), ctypes.c_uint()
        code = self.nvml.nvmlDeviceGetActiveVgpus(self.gpu(), ctypes.byref(count), ctypes.byref(instance))
        equal(code, SUCCESS)
        equal(count.value, 1)
        return instance

    def record(self, call, first, kind, needed):
        size, record = ctypes.c_uint(0), kind()
        equal(call(first, None, ctypes.byref(size)), INSUFFICIENT_SIZE)
        equal(size.value, needed)
        equal(ctypes.sizeof(record), needed)
        equal(call(first, ctypes.byref(record), ctypes.byref(size)), SUCCESS)
        equal(size.value, needed)
        return record

    def vgpu(self):
        return self.record(self.nvml.nvmlVgpuInstanceGetMetadata, self.instance(), VgpuMetadata, 468)

    def pgpu(self):
        return self.record(self.nvml.nvmlDeviceGetVgpuMetadata, self.gpu(), PgpuMetadata, 380)


def test_life(client):
    count = ctypes.c_uint()
    equal(client.nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)), UNINITIALIZED)
    equal(client.nvml.nvmlInit_v2(), SUCCESS)
    equal(client.nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)), SUCCESS)
    equal(count.value, 1)
    child = os.fork()
    if child == 0:
        os._exit(client.nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)))
    equal(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), UNINITIALIZED)
    equal(client.nvml.nvmlShutdown(), SUCCESS)
    equal(client.nvml.nvmlShutdown(), UNINITIALIZED)


def test_error_string(client):
    client.nvml.nvmlErrorString.restype = ctypes.c_char_p
    equal(client.nvml.nvmlErrorString(GPU_IS_LOST), b"GPU is lost")


def test_texts(client):
    client.nvml.nvmlInit_v2()
    text = ctypes.create_string_buffer(96)
    equal(client.nvml.nvmlSystemGetDriverVersion(text, 80), SUCCESS)
    equal(text.value, b"580.159.04")
    equal(client.nvml.nvmlDeviceGetName(client.gpu(), text, 96), SUCCESS)
    equal(text.value, b"NVIDIA H100 80GB HBM3")
    equal(client.nvml.nvmlDeviceGetName(None, text, 96), INVALID_ARGUMENT)


def test_memory(client):
    client.nvml.nvmlInit_v2()
    memory = Memory()
    client.vgpu_sim("plug", "--vm", VM, "--type", "1120")
    equal(client.nvml.nvmlDeviceGetMemoryInfo(client.gpu(), ctypes.byref(memory)), SUCCESS)
    equal((memory.total, memory.free, memory.used), (80 << 30, 60 << 30, 20 << 30))


def test_metadata(client):
    client.nvml.nvmlInit_v2()
    client.vgpu_sim("plug", "--vm", VM, "--type", "1121", "--guest-driver", "550.90.05",
                    "--guest-range", "7.1-20.1")
    vgpu, pgpu = client.vgpu(), client.pgpu()
    equal(vgpu.version, 3)
    equal(vgpu.guestInfoState, 1)
    equal(vgpu.guestDriverVersion, b"550.90.05")
    equal(vgpu.guestVgpuVersion, 20 << 16 | 1)
    equal(vgpu.opaqueDataSize, 260)
    equal(bytes(vgpu)[212:228], b"233016C100000003")
    equal(bytes(pgpu)[124:380], b"233016C100000003".ljust(256, b"\0"))
    equal((pgpu.min, pgpu.max), (18 << 16 | 1, 26 << 16 | 1))


def test_compatibility(client):
    client.nvml.nvmlInit_v2()
    answer = Compatibility()
    client.vgpu_sim("plug", "--vm", VM, "--type", "1121")
    vgpu = client.vgpu()
    ask = client.nvml.nvmlGetVgpuCompatibility
    equal(ask(ctypes.byref(vgpu), ctypes.byref(client.pgpu()), ctypes.byref(answer)), SUCCESS)
    equal((answer.states, answer.limit), (COLD | LIVE, 0))
    client.vgpu_sim("update", "--gpu", "0000:41:00.0", "--ecc", "off")
    equal(ask(ctypes.byref(vgpu), ctypes.byref(client.pgpu()), ctypes.byref(answer)), SUCCESS)
    equal((answer.states, answer.limit), (0, LIMIT_GPU))


def test_instances_come_and_go(client):
    client.nvml.nvmlInit_v2()
    text = ctypes.create_string_buffer(80)
    uuid = client.vgpu_sim("plug", "--vm", VM, "--type", "1121")
    instance = client.instance()
    equal(client.nvml.nvmlVgpuInstanceGetUUID(instance, text, 80), SUCCESS)
    equal(text.value.decode(), uuid)
    client.vgpu_sim("unplug", "--vm", VM)
    equal(client.nvml.nvmlVgpuInstanceGetUUID(instance, text, 80), NOT_FOUND)


def test_fault(client):
    client.nvml.nvmlInit_v2()
    count = ctypes.c_uint()
    client.vgpu_sim("fail", "nvmlDeviceGetCount", "GPU_IS_LOST")
    equal(client.nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)), GPU_IS_LOST)
    client.vgpu_sim("heal")
    equal(client.nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)), SUCCESS)


def run(test):
    with tempfile.TemporaryDirectory() as directory:
        host = os.path.join(directory, "host.conf")
        os.environ["VGPU_SIM_HOST"] = host
        client = Client(host)
        client.vgpu_sim("init")
        try:
            test(client)
            return True
        except AssertionError:
            for line in traceback.format_exc().splitlines():
                print("#", line)
            return False
        finally:
            while client.nvml.nvmlShutdown() == SUCCESS:
                pass


TESTS = [test_life, test_error_string, test_texts, test_memory, test_metadata, test_compatibility,
         test_instances_come_and_go, test_fault]
print(f"1..{len(TESTS)}", flush=True)
passed = 0
for number, one in enumerate(TESTS, 1):
    good = run(one)
    passed += good
    print(f"{'ok' if good else 'not ok'} {number} - {one.__name__}", flush=True)
sys.exit(0 if passed == len(TESTS) else 1)
