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
import time
import traceback

LIBRARY, COMMAND = sys.argv[1:]
VM = "11111111-1111-4111-8111-111111111111"
SUCCESS, UNINITIALIZED, INVALID_ARGUMENT, NOT_FOUND, INSUFFICIENT_SIZE, GPU_IS_LOST = 0, 1, 2, 6, 7, 15
COLD, LIVE, LIMIT_GPU = 1, 8, 4
NOT_SUPPORTED, IN_USE, VERSION_MISMATCH = 3, 19, 25
BEST_EFFORT, EQUAL_SHARE, ARR_ON = 1, 2, 2
NVENC0, FUNCTION_NOT_FOUND, DEPRECATED = 3, 13, 26


# The vGPU migration chapter; the last test checks that the others made all of its calls.
TEN_CALLS = {
    "nvmlDeviceGetPgpuMetadataString", "nvmlDeviceGetVgpuMetadata", "nvmlVgpuInstanceGetMetadata",
    "nvmlGetVgpuCompatibility", "nvmlGetVgpuVersion", "nvmlSetVgpuVersion",
    "nvmlDeviceGetVgpuSchedulerCapabilities", "nvmlDeviceGetVgpuSchedulerState",
    "nvmlDeviceSetVgpuSchedulerState", "nvmlDeviceGetVgpuSchedulerLog",
}
SUCCEEDED = set()


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


class Version(ctypes.Structure):
    _fields_ = [("min", ctypes.c_uint), ("max", ctypes.c_uint)]


class SchedulerState(ctypes.Structure):
    """Read and set alike: the second parameter is a time slice when read, a frequency when set."""
    _fields_ = [("policy", ctypes.c_uint), ("arr", ctypes.c_uint), ("parameters", ctypes.c_uint * 2)]


class SchedulerCapabilities(ctypes.Structure):
    _fields_ = [("supported", ctypes.c_uint * 3), ("limits", ctypes.c_uint * 7)]


class LogEntry(ctypes.Structure):
    _fields_ = [("timestamp", ctypes.c_ulonglong), ("timeRunTotal", ctypes.c_ulonglong),
                ("timeRun", ctypes.c_ulonglong), ("swRunlistId", ctypes.c_uint),
                ("targetTimeSlice", ctypes.c_ulonglong), ("cumulativePreemptionTime", ctypes.c_ulonglong)]


class SchedulerLog(ctypes.Structure):
    _fields_ = [("engine", ctypes.c_uint), ("policy", ctypes.c_uint), ("arr", ctypes.c_uint),
                ("parameters", ctypes.c_uint * 2), ("count", ctypes.c_uint), ("entries", LogEntry * 200)]


class SchedulerStateV2(ctypes.Structure):
    """Read and set alike: the last field is a time slice when read, a frequency when set."""
    _fields_ = [("engine", ctypes.c_uint), ("policy", ctypes.c_uint), ("average", ctypes.c_uint),
                ("time", ctypes.c_uint)]


class LogEntryV2(ctypes.Structure):
    _fields_ = [*LogEntry._fields_, ("weight", ctypes.c_uint)]


class SchedulerLogV2(ctypes.Structure):
    _fields_ = [("engine", ctypes.c_uint), ("policy", ctypes.c_uint), ("average", ctypes.c_uint),
                ("time", ctypes.c_uint), ("count", ctypes.c_uint), ("entries", LogEntryV2 * 200)]


class Memory(ctypes.Structure):
    _fields_ = [("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong)]


class HeterogeneousMode(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint), ("mode", ctypes.c_uint)]


class PlacementId(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint), ("placementId", ctypes.c_uint)]


class RuntimeState(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint), ("size", ctypes.c_ulonglong)]


class PlacementList(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint), ("placementSize", ctypes.c_uint), ("count", ctypes.c_uint),
                ("placementIds", ctypes.POINTER(ctypes.c_uint)), ("mode", ctypes.c_uint)]


class Library:
    """The library, and which of its calls succeeded at least once."""

    def __init__(self):
        self.library = ctypes.CDLL(LIBRARY)

    def __getattr__(self, name):
        call = getattr(self.library, name)
        if name not in TEN_CALLS:
            return call

        def noted(*arguments):
            code = call(*arguments)
            if code == SUCCESS:
                SUCCEEDED.add(name)
            return code
        return noted


def equal(left, right):
    if left != right:
        raise AssertionError(f"{left!r} is not {right!r}")


class Client:
    def __init__(self, host):
        self.nvml = Library()
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


def test_metadata_string(client):
    client.nvml.nvmlInit_v2()
    text, size = ctypes.create_string_buffer(256), ctypes.c_uint(0)
    ask = client.nvml.nvmlDeviceGetPgpuMetadataString
    equal(ask(client.gpu(), None, ctypes.byref(size)), INSUFFICIENT_SIZE)
    equal(ask(client.gpu(), text, ctypes.byref(size)), SUCCESS)
    equal(text.value, b"233016C100000003")


def test_versions(client):
    client.nvml.nvmlInit_v2()
    preset, current = Version(), Version()
    equal(client.nvml.nvmlGetVgpuVersion(ctypes.byref(preset), ctypes.byref(current)), SUCCESS)
    equal((current.min, current.max), (preset.min, preset.max))
    narrow = Version(20 << 16 | 1, 25 << 16 | 1)
    equal(client.nvml.nvmlSetVgpuVersion(ctypes.byref(narrow)), SUCCESS)
    equal(client.nvml.nvmlGetVgpuVersion(None, ctypes.byref(current)), SUCCESS)
    equal((current.min, current.max), (20 << 16 | 1, 25 << 16 | 1))
    client.vgpu_sim("plug", "--vm", VM, "--type", "1121")
    equal(client.nvml.nvmlSetVgpuVersion(ctypes.byref(preset)), IN_USE)


def test_scheduler(client):
    client.nvml.nvmlInit_v2()
    gpu, state, caps = client.gpu(), SchedulerState(), SchedulerCapabilities()
    equal(client.nvml.nvmlDeviceGetVgpuSchedulerCapabilities(gpu, ctypes.byref(caps)), SUCCESS)
    equal(list(caps.supported), [1, 2, 3])
    equal(list(caps.limits), [30000000, 1000000, 1, 960, 63, 60, 1])
    equal(client.nvml.nvmlDeviceGetVgpuSchedulerState(gpu, ctypes.byref(state)), SUCCESS)
    equal(state.policy, BEST_EFFORT)
    wanted = SchedulerState(EQUAL_SHARE, ARR_ON, (0, 500))
    equal(client.nvml.nvmlDeviceSetVgpuSchedulerState(gpu, ctypes.byref(wanted)), SUCCESS)
    equal(client.nvml.nvmlDeviceGetVgpuSchedulerState(gpu, ctypes.byref(state)), SUCCESS)
    equal((state.policy, state.arr, list(state.parameters)), (EQUAL_SHARE, ARR_ON, [33, 2000000]))
    client.vgpu_sim("plug", "--vm", VM, "--type", "1121")
    equal(client.nvml.nvmlDeviceSetVgpuSchedulerState(gpu, ctypes.byref(wanted)), NOT_SUPPORTED)


def test_scheduler_log(client):
    client.nvml.nvmlInit_v2()
    log = SchedulerLog()
    equal(ctypes.sizeof(log), 9624)
    client.vgpu_sim("plug", "--vm", VM, "--type", "1121", "--guest-version", "25.1")
    time.sleep(0.1)
    equal(client.nvml.nvmlDeviceGetVgpuSchedulerLog(client.gpu(), ctypes.byref(log)), SUCCESS)
    equal((log.engine, log.policy), (1, BEST_EFFORT))
    entries = list(log.entries)[:log.count]
    equal(len(entries) > 10, True)
    for before, after in zip(entries, entries[1:]):
        equal(after.timeRunTotal, before.timeRunTotal + after.timeRun)
        equal(after.swRunlistId, client.instance().value)


def test_scheduler_v2(client):
    client.nvml.nvmlInit_v2()
    gpu, state, log = client.gpu(), SchedulerStateV2(NVENC0), SchedulerLogV2(NVENC0)
    equal((ctypes.sizeof(state), ctypes.sizeof(LogEntryV2), ctypes.sizeof(log)), (16, 56, 11224))
    equal(client.nvml.nvmlDeviceGetVgpuSchedulerState_v2(gpu, ctypes.byref(state)), FUNCTION_NOT_FOUND)
    client.vgpu_sim("update", "--scheduler-calls", "v1-deprecated")
    equal(client.nvml.nvmlDeviceGetVgpuSchedulerState(gpu, ctypes.byref(SchedulerState())), DEPRECATED)
    wanted = SchedulerStateV2(NVENC0, EQUAL_SHARE, 0, 500)
    equal(client.nvml.nvmlDeviceSetVgpuSchedulerState_v2(gpu, ctypes.byref(wanted)), SUCCESS)
    equal(client.nvml.nvmlDeviceGetVgpuSchedulerState_v2(gpu, ctypes.byref(state)), SUCCESS)
    equal((state.engine, state.policy, state.average, state.time), (NVENC0, EQUAL_SHARE, 33, 2000000))
    client.vgpu_sim("plug", "--vm", VM, "--type", "1121", "--guest-version", "25.1")
    equal(client.nvml.nvmlDeviceSetVgpuSchedulerState_v2(gpu, ctypes.byref(wanted)), NOT_SUPPORTED)
    time.sleep(0.1)
    equal(client.nvml.nvmlDeviceGetVgpuSchedulerLog_v2(gpu, ctypes.byref(log)), SUCCESS)
    equal((log.engine, log.policy, log.count > 10), (NVENC0, EQUAL_SHARE, True))
    equal({entry.weight for entry in log.entries[:log.count]}, {1})


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


def test_placements(client):
    client.nvml.nvmlInit_v2()
    gpu, mode = client.gpu(), HeterogeneousMode(0x1000008, 1)
    equal(client.nvml.nvmlDeviceSetVgpuHeterogeneousMode(gpu, ctypes.byref(mode)), SUCCESS)
    client.vgpu_sim("plug", "--vm", VM, "--type", "1120", "--placement", "80")
    placement = PlacementId(0x1000008, 0)
    equal(client.nvml.nvmlVgpuInstanceGetPlacementId(client.instance(), ctypes.byref(placement)), SUCCESS)
    equal(placement.placementId, 80)
    ids = (ctypes.c_uint * 8)()
    free = PlacementList(0x2000020, 0, 8, ids, 0)
    ask = client.nvml.nvmlDeviceGetVgpuTypeCreatablePlacements
    equal(ask(gpu, 1121, ctypes.byref(free)), SUCCESS)
    equal((free.placementSize, list(ids)[:free.count]), (160, [160]))
    free.version = 0x2000018
    equal(ask(gpu, 1121, ctypes.byref(free)), VERSION_MISMATCH)
    equal(client.nvml.nvmlDeviceSetVgpuHeterogeneousMode(gpu, ctypes.byref(mode)), IN_USE)


def test_sizes(client):
    client.nvml.nvmlInit_v2()
    gpu, result = client.gpu(), ctypes.c_uint()
    client.vgpu_sim("update", "--gpu", "0000:41:00.0", "--read-bandwidth", "11000", "--write-bandwidth", "9000")
    for capability, bandwidth in ((3, 11000), (4, 9000)):
        equal(client.nvml.nvmlDeviceGetVgpuCapabilities(gpu, capability, ctypes.byref(result)), SUCCESS)
        equal(result.value, bandwidth)
    client.vgpu_sim("update", "--warm-update", "on")
    equal(client.nvml.nvmlGetVgpuDriverCapabilities(1, ctypes.byref(result)), SUCCESS)
    equal(result.value, 1)
    client.vgpu_sim("plug", "--vm", VM, "--type", "1120", "--framebuffer-used", "7", "--runtime-state", "5")
    state, used = RuntimeState(0x1000010, 0), ctypes.c_ulonglong()
    instance = client.instance()
    equal(client.nvml.nvmlVgpuInstanceGetFbUsage(instance, ctypes.byref(used)), SUCCESS)
    equal(client.nvml.nvmlVgpuInstanceGetRuntimeStateSize(instance, ctypes.byref(state)), SUCCESS)
    equal((used.value, state.size), (7 << 20, 5 << 20))
    state.version = 0x100000c
    equal(client.nvml.nvmlVgpuInstanceGetRuntimeStateSize(instance, ctypes.byref(state)), VERSION_MISMATCH)


def test_mig(client):
    client.vgpu_sim("init", "--force", "--gpu", "h100-mig")
    client.nvml.nvmlInit_v2()
    current, pending, number = ctypes.c_uint(), ctypes.c_uint(), ctypes.c_uint()
    ask = client.nvml.nvmlDeviceGetMigMode
    equal(ask(client.gpu(), ctypes.byref(current), ctypes.byref(pending)), SUCCESS)
    equal((current.value, pending.value), (1, 1))
    equal(client.nvml.nvmlVgpuTypeGetGpuInstanceProfileId(1123, ctypes.byref(number)), SUCCESS)
    equal(number.value, 19)
    client.vgpu_sim("plug", "--vm", VM, "--type", "1123")
    equal(client.nvml.nvmlVgpuInstanceGetGpuInstanceId(client.instance(), ctypes.byref(number)), SUCCESS)
    equal(number.value, 1)
    state = SchedulerState()
    equal(client.nvml.nvmlDeviceGetVgpuSchedulerState(client.gpu(), ctypes.byref(state)), NOT_SUPPORTED)


def test_all_ten_calls(client):
    del client
    equal(SUCCEEDED, TEN_CALLS)


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


TESTS = [test_life, test_error_string, test_texts, test_memory, test_metadata, test_metadata_string,
         test_compatibility, test_versions, test_scheduler, test_scheduler_log, test_scheduler_v2,
         test_instances_come_and_go, test_fault, test_placements, test_sizes, test_mig, test_all_ten_calls]
print(f"1..{len(TESTS)}", flush=True)
passed = 0
for number, one in enumerate(TESTS, 1):
    good = run(one)
    passed += good
    print(f"{'ok' if good else 'not ok'} {number} - {one.__name__}", flush=True)
sys.exit(0 if passed == len(TESTS) else 1)
