/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A client in plain C that uses only nvml-abi.h and is linked with the library at build time, as an NVML
 * client is with NVIDIA's: so the declarations suffice, and match the library.
 *
 * It makes the ten calls of the vGPU migration chapter, and asks for sizes in the three ways of real clients.
 * Its argument is vgpu-sim.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "nvml/nvml-abi.h"

#define VM           "11111111-1111-4111-8111-111111111111"
#define GUARD        0x5a
#define ROOM         2048
#define VERSION_20_1 (20u << 16 | 1u)
#define VERSION_25_1 (25u << 16 | 1u)
#define VERSION_26_1 (26u << 16 | 1u)

static const char *vgpu_sim;
static unsigned int n_tests, n_failed;

static void
check (int is_good, const char *what)
{
    n_failed += !is_good;
    printf ("%s %u - %s\n", is_good ? "ok" : "not ok", ++n_tests, what);
}

static int
run_sim (const char *const *words)
{
    const char *argv[16] = {vgpu_sim};
    const pid_t child = fork ();
    int status = -1;

    for (size_t i = 0; words[i]; i++)
        argv[i + 1] = words[i];
    if (child == 0) {
        /* its output is not TAP */
        if (dup2 (open ("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO) < 0)
            _exit (127);
        execv (vgpu_sim, (char *const *)argv);
        _exit (127);
    }
    return child > 0 && waitpid (child, &status, 0) == child && status == 0;
}

/* The calls that write the number of bytes that they return, with one signature. */
typedef struct {
    const char *name;
    nvmlReturn_t (*call) (void *of, void *buffer, unsigned int *size);
    void *of; /* the device, or where the instance's number is */
    unsigned int needed;
} Sized;

static nvmlReturn_t
get_string (void *of, void *buffer, unsigned int *size)
{
    return nvmlDeviceGetPgpuMetadataString ((nvmlDevice_t)of, (char *)buffer, size);
}

static nvmlReturn_t
get_pgpu (void *of, void *buffer, unsigned int *size)
{
    return nvmlDeviceGetVgpuMetadata ((nvmlDevice_t)of, (nvmlVgpuPgpuMetadata_t *)buffer, size);
}

static nvmlReturn_t
get_vgpu (void *of, void *buffer, unsigned int *size)
{
    return nvmlVgpuInstanceGetMetadata (*(nvmlVgpuInstance_t *)of, (nvmlVgpuMetadata_t *)buffer, size);
}

static int
is_guarded (const unsigned char *bytes, unsigned int from)
{
    for (unsigned int i = from; i < ROOM; i++) {
        if (bytes[i] != GUARD)
            return 0;
    }
    return 1;
}

/* First no buffer and no size, then a buffer of exactly the size that was returned. */
static int
ask_without_buffer (const Sized *sized, unsigned char *bytes)
{
    unsigned int size = 0;

    return sized->call (sized->of, NULL, &size) == NVML_ERROR_INSUFFICIENT_SIZE && size == sized->needed &&
           sized->call (sized->of, bytes, &size) == NVML_SUCCESS && size == sized->needed &&
           is_guarded (bytes, size);
}

/* First a buffer of size 0, which must not change, then one of the size that was returned. */
static int
ask_with_buffer (const Sized *sized, unsigned char *bytes)
{
    unsigned int size = 0;

    return sized->call (sized->of, bytes, &size) == NVML_ERROR_INSUFFICIENT_SIZE && is_guarded (bytes, 0) &&
           size == sized->needed && sized->call (sized->of, bytes, &size) == NVML_SUCCESS &&
           is_guarded (bytes, sized->needed);
}

/* A buffer whose size the client doubles. */
static int
ask_doubling (const Sized *sized, unsigned char *bytes)
{
    nvmlReturn_t code = NVML_ERROR_INSUFFICIENT_SIZE;
    unsigned int size = 0;

    for (unsigned int have = 16; have <= ROOM && code == NVML_ERROR_INSUFFICIENT_SIZE; have *= 2) {
        size = have;
        code = sized->call (sized->of, bytes, &size);
    }
    return code == NVML_SUCCESS && size == sized->needed && is_guarded (bytes, size);
}

static void
check_sizing (const Sized *sized)
{
    static const struct {
        const char *name;
        int (*ask) (const Sized *sized, unsigned char *bytes);
    } ways[] = {{"without a buffer", ask_without_buffer},
                {"with a buffer", ask_with_buffer},
                {"with a doubling buffer", ask_doubling}};

    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        unsigned char bytes[ROOM];
        char what[128];

        memset (bytes, GUARD, sizeof bytes);
        snprintf (what, sizeof what, "%s asked %s", sized->name, ways[i].name);
        check (ways[i].ask (sized, bytes), what);
    }
}

static void
check_versions (void)
{
    nvmlVgpuVersion_t supported = {0, 0}, current = {0, 0}, wanted = {VERSION_20_1, VERSION_25_1};

    check (nvmlGetVgpuVersion (&supported, &current) == NVML_SUCCESS &&
               supported.maxVersion == VERSION_26_1 && current.maxVersion == VERSION_26_1,
           "nvmlGetVgpuVersion");
    check (nvmlSetVgpuVersion (&wanted) == NVML_SUCCESS &&
               nvmlGetVgpuVersion (NULL, &current) == NVML_SUCCESS && current.minVersion == VERSION_20_1 &&
               current.maxVersion == VERSION_25_1,
           "nvmlSetVgpuVersion");
}

static void
check_scheduler (nvmlDevice_t gpu)
{
    nvmlVgpuSchedulerCapabilities_t caps;
    nvmlVgpuSchedulerGetState_t state;
    nvmlVgpuSchedulerSetState_t wanted;

    memset (&wanted, 0, sizeof wanted);
    check (nvmlDeviceGetVgpuSchedulerCapabilities (gpu, &caps) == NVML_SUCCESS &&
               caps.supportedSchedulers[2] == NVML_SCHEDULER_FIXED_SHARE && caps.minTimeslice == 1000000,
           "nvmlDeviceGetVgpuSchedulerCapabilities");
    wanted.schedulerPolicy = NVML_SCHEDULER_EQUAL_SHARE;
    wanted.enableARRMode = NVML_ARR_DISABLE;
    wanted.schedulerParams.vgpuSchedData.timeslice = 1000000;
    check (nvmlDeviceSetVgpuSchedulerState (gpu, &wanted) == NVML_SUCCESS, "nvmlDeviceSetVgpuSchedulerState");
    check (nvmlDeviceGetVgpuSchedulerState (gpu, &state) == NVML_SUCCESS &&
               state.schedulerPolicy == NVML_SCHEDULER_EQUAL_SHARE &&
               state.schedulerParams.vgpuSchedData.timeslice == 1000000,
           "nvmlDeviceGetVgpuSchedulerState");
}

static void
check_log (nvmlDevice_t gpu, nvmlVgpuInstance_t instance)
{
    const struct timespec while_it_runs = {0, 100000000};
    nvmlVgpuSchedulerLog_t log;

    nanosleep (&while_it_runs, NULL);
    check (nvmlDeviceGetVgpuSchedulerLog (gpu, &log) == NVML_SUCCESS && log.entriesCount > 0 &&
               log.entriesCount <= NVML_SCHEDULER_LOG_ENTRIES && log.logEntries[0].swRunlistId == instance &&
               log.logEntries[0].timeRun == 1000000,
           "nvmlDeviceGetVgpuSchedulerLog");
}

static void
check_compatibility (nvmlDevice_t gpu, nvmlVgpuInstance_t instance)
{
    union {
        nvmlVgpuMetadata_t fixed;
        char bytes[NVML_VGPU_METADATA_OPAQUE_OFFSET + NVML_VGPU_OPAQUE_SIZE];
    } vgpu;
    union {
        nvmlVgpuPgpuMetadata_t fixed;
        char bytes[NVML_PGPU_METADATA_OPAQUE_OFFSET + NVML_PGPU_OPAQUE_SIZE];
    } pgpu;
    unsigned int vgpu_size = sizeof vgpu.bytes, pgpu_size = sizeof pgpu.bytes;
    nvmlVgpuPgpuCompatibility_t answer = {0, 0};

    check (nvmlVgpuInstanceGetMetadata (instance, &vgpu.fixed, &vgpu_size) == NVML_SUCCESS &&
               vgpu.fixed.guestVgpuVersion == VERSION_25_1 &&
               vgpu.fixed.opaqueDataSize == NVML_VGPU_OPAQUE_SIZE,
           "the vGPU's metadata have what they declare");
    check (nvmlDeviceGetVgpuMetadata (gpu, &pgpu.fixed, &pgpu_size) == NVML_SUCCESS &&
               pgpu.fixed.hostSupportedVgpuRange.minVersion == VERSION_20_1 &&
               strcmp (pgpu.bytes + NVML_PGPU_METADATA_OPAQUE_OFFSET, "233016C100000003") == 0,
           "the pGPU's metadata have what they declare");
    check (nvmlGetVgpuCompatibility (&vgpu.fixed, &pgpu.fixed, &answer) == NVML_SUCCESS &&
               answer.vgpuVmCompatibility == (NVML_VM_COMPATIBILITY_COLD | NVML_VM_COMPATIBILITY_LIVE) &&
               answer.compatibilityLimitCode == NVML_LIMIT_NONE,
           "nvmlGetVgpuCompatibility");
}

static void
check_calls (void)
{
    static const char *const plug[] = {
        "plug",      "--vm",          VM,          "--type", "1121", "--guest-driver",
        "580.82.07", "--guest-range", "18.1-26.1", NULL};
    nvmlVgpuInstance_t instance = 0;
    unsigned int count = 1;
    nvmlDevice_t gpu = NULL;
    Sized sized[] = {{"nvmlDeviceGetPgpuMetadataString", get_string, NULL, NVML_PGPU_STRING_SIZE},
                     {"nvmlDeviceGetVgpuMetadata", get_pgpu, NULL, 380},
                     {"nvmlVgpuInstanceGetMetadata", get_vgpu, &instance, 468}};

    check (nvmlInit_v2 () == NVML_SUCCESS && nvmlDeviceGetHandleByIndex_v2 (0, &gpu) == NVML_SUCCESS,
           "nvmlInit");
    check_versions ();
    check_scheduler (gpu);
    check (run_sim (plug) && nvmlDeviceGetActiveVgpus (gpu, &count, &instance) == NVML_SUCCESS && count == 1,
           "a vGPU is plugged");
    sized[0].of = sized[1].of = gpu;
    for (size_t i = 0; i < sizeof sized / sizeof *sized; i++)
        check_sizing (&sized[i]);
    check_compatibility (gpu, instance);
    check_log (gpu, instance);
    check (nvmlShutdown () == NVML_SUCCESS && nvmlShutdown () == NVML_ERROR_UNINITIALIZED, "nvmlShutdown");
}

int
main (int argc, char **argv)
{
    static const char *const init[] = {"init", NULL};
    char directory[] = "/tmp/vgpu-sim-XXXXXX", host[64], lock[80];

    if (argc != 2 || !mkdtemp (directory))
        return EXIT_FAILURE;
    vgpu_sim = argv[1];
    snprintf (host, sizeof host, "%s/host.conf", directory);
    snprintf (lock, sizeof lock, "%s.lock", host);
    setenv ("VGPU_SIM_HOST", host, 1);
    check (run_sim (init), "vgpu-sim init");
    check_calls ();
    printf ("1..%u\n", n_tests);
    unlink (host);
    unlink (lock);
    return rmdir (directory) == 0 && n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
