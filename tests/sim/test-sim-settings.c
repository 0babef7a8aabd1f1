/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Run-time settings of clients, the administrator's range and the schedulers: each refusal, that other
 * processes see the settings, and that a reload of the driver removes them. */
#include "sim-client.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define GPU   "0000:41:00.0"
#define OTHER "0001:82:00.0"

#define VERSION(major, minor) ((major) << 16 | (minor))

typedef int (*InChild) (SimClient *client);

/* Returns the result of the child's function, from a process that initialises NVML itself. */
static int
in_child (SimClient *client, InChild run)
{
    int status;
    const pid_t child = fork ();

    if (child == 0)
        _exit (client->nvmlInit_v2 () == NVML_SUCCESS ? run (client) : 255);
    g_assert_cmpint (waitpid (child, &status, 0), ==, child);
    g_assert_true (WIFEXITED (status));
    return WEXITSTATUS (status);
}

static nvmlReturn_t
set_range (SimClient *client, unsigned int min, unsigned int max)
{
    nvmlVgpuVersion_t range = {min, max};

    return client->nvmlSetVgpuVersion (&range);
}

static void
assert_range (SimClient *client, unsigned int min, unsigned int max)
{
    nvmlVgpuVersion_t current = {0, 0};

    g_assert_cmpint (client->nvmlGetVgpuVersion (NULL, &current), ==, NVML_SUCCESS);
    g_assert_cmphex (current.minVersion, ==, min);
    g_assert_cmphex (current.maxVersion, ==, max);
}

SIM_TEST (test_range_refused)
{
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlSetVgpuVersion (NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (set_range (client, VERSION (25, 1), VERSION (20, 1)), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (set_range (client, VERSION (18, 0), VERSION (25, 1)), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (set_range (client, VERSION (18, 1), VERSION (26, 2)), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (set_range (client, 0, 0), ==, NVML_ERROR_INVALID_ARGUMENT);
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu", OTHER);
    g_assert_cmpint (set_range (client, VERSION (20, 1), VERSION (25, 1)), ==, NVML_ERROR_IN_USE);
    /* a wrong argument is refused at any time */
    g_assert_cmpint (set_range (client, VERSION (25, 1), VERSION (20, 1)), ==, NVML_ERROR_INVALID_ARGUMENT);
    assert_range (client, VERSION (18, 1), VERSION (26, 1));
    sim_client_must (client, "unplug", "--vm", SIM_VM_A);
    g_assert_cmpint (set_range (client, VERSION (20, 1), VERSION (25, 1)), ==, NVML_SUCCESS);
}

static int
set_range_in_child (SimClient *client)
{
    return set_range (client, VERSION (20, 1), VERSION (25, 1));
}

/* Set by one process, seen by another, and used to negotiate with new guests. */
SIM_TEST (test_range_is_shared)
{
    union {
        nvmlVgpuMetadata_t fixed;
        guint8 bytes[468];
    } record;
    unsigned int size = sizeof record.bytes;
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);

    assert_range (client, VERSION (18, 1), VERSION (26, 1));
    g_assert_cmpint (in_child (client, set_range_in_child), ==, NVML_SUCCESS);
    assert_range (client, VERSION (20, 1), VERSION (25, 1));
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "11", "--guest-driver", "580.1",
                     "--guest-range", "18.1-26.1");
    g_assert_cmpint (
        client->nvmlVgpuInstanceGetMetadata (sim_client_instance (client, gpu), &record.fixed, &size), ==,
        NVML_SUCCESS);
    g_assert_cmphex (record.fixed.guestVgpuVersion, ==, VERSION (25, 1));
    g_assert_cmpint (sim_client_run (client, NULL, "plug", "--vm", SIM_VM_B, "--type", "12", "--guest-driver",
                                     "535.1", "--guest-range", "7.1-18.1", NULL),
                     ==, 1);
}

SIM_TEST (test_range_reverts)
{
    g_autofree char *line = NULL;

    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    g_assert_cmpint (set_range (client, VERSION (20, 1), VERSION (25, 1)), ==, NVML_SUCCESS);
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "11");
    g_assert_cmpint (sim_client_run (client, &line, "reload", NULL), ==, 1);
    g_assert_cmpstr (line, ==, "vgpu-sim: the driver is in use: 1 vGPUs run on this host");
    assert_range (client, VERSION (20, 1), VERSION (25, 1));
    sim_client_must (client, "unplug", "--vm", SIM_VM_A);
    sim_client_must (client, "reload");
    assert_range (client, VERSION (18, 1), VERSION (26, 1));
    g_assert_cmpint (set_range (client, VERSION (20, 1), VERSION (20, 1)), ==, NVML_SUCCESS);
    assert_range (client, VERSION (20, 1), VERSION (20, 1));
    sim_client_must (client, "update", "--driver", "590.44", "--range", "24.1-27.1");
    assert_range (client, VERSION (24, 1), VERSION (27, 1));
}

/* The setting is only in the file. */
SIM_TEST (test_range_goes_with_the_file)
{
    nvmlVgpuVersion_t current;

    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    g_assert_cmpint (set_range (client, VERSION (20, 1), VERSION (25, 1)), ==, NVML_SUCCESS);
    sim_client_write (client, NULL);
    g_assert_cmpint (client->nvmlGetVgpuVersion (NULL, &current), ==, NVML_ERROR_UNKNOWN);
    sim_client_write (client, sim_client_host ());
    assert_range (client, VERSION (18, 1), VERSION (26, 1));
}

static nvmlVgpuSchedulerSetState_t
plain (unsigned int policy, unsigned int arr, unsigned int time_slice)
{
    nvmlVgpuSchedulerSetState_t state = {policy, arr, {{0, 0}}};

    state.schedulerParams.vgpuSchedData.timeslice = time_slice;
    return state;
}

static nvmlVgpuSchedulerSetState_t
adaptive (unsigned int policy, unsigned int factor, unsigned int frequency)
{
    return (nvmlVgpuSchedulerSetState_t){policy, NVML_ARR_ENABLE, {{factor, frequency}}};
}

static nvmlReturn_t
set (SimClient *client, nvmlDevice_t gpu, nvmlVgpuSchedulerSetState_t state)
{
    return client->nvmlDeviceSetVgpuSchedulerState (gpu, &state);
}

/* factor: -1 for none (without ARR). */
static void
assert_state (SimClient *client, nvmlDevice_t gpu, unsigned int policy, unsigned int arr, int factor,
              unsigned int time_slice)
{
    nvmlVgpuSchedulerGetState_t state;

    memset (&state, 0xff, sizeof state);
    g_assert_cmpint (client->nvmlDeviceGetVgpuSchedulerState (gpu, &state), ==, NVML_SUCCESS);
    g_assert_cmpuint (state.schedulerPolicy, ==, policy);
    g_assert_cmpuint (state.arrMode, ==, arr);
    if (factor < 0) {
        g_assert_cmpuint (state.schedulerParams.vgpuSchedData.timeslice, ==, time_slice);
    } else {
        g_assert_cmpuint (state.schedulerParams.vgpuSchedDataWithARR.avgFactor, ==, (unsigned int)factor);
        g_assert_cmpuint (state.schedulerParams.vgpuSchedDataWithARR.timeslice, ==, time_slice);
    }
}

static void
assert_best_effort (SimClient *client, nvmlDevice_t gpu)
{
    assert_state (client, gpu, NVML_SCHEDULER_BEST_EFFORT, NVML_ARR_DEFAULT, 0, 0);
}

/* Asserts the answers of all four calls about a device. */
static void
assert_device (SimClient *client, nvmlDevice_t gpu, nvmlReturn_t code)
{
    g_autofree nvmlVgpuSchedulerLog_t *log = g_new0 (nvmlVgpuSchedulerLog_t, 1);
    nvmlVgpuSchedulerCapabilities_t caps;
    nvmlVgpuSchedulerGetState_t state;

    g_assert_cmpint (client->nvmlDeviceGetVgpuSchedulerCapabilities (gpu, &caps), ==, code);
    g_assert_cmpint (client->nvmlDeviceGetVgpuSchedulerState (gpu, &state), ==, code);
    g_assert_cmpint (client->nvmlDeviceGetVgpuSchedulerLog (gpu, log), ==, code);
    g_assert_cmpint (set (client, gpu, plain (NVML_SCHEDULER_BEST_EFFORT, 0, 0)), ==, code);
}

SIM_TEST (test_scheduler_devices)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    const nvmlDevice_t l4 = sim_client_gpu (client, "0000:c1:00.0");

    assert_device (client, NULL, NVML_ERROR_INVALID_ARGUMENT);
    assert_device (client, l4, NVML_ERROR_NOT_SUPPORTED);
    assert_device (client, gpu, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlDeviceGetVgpuSchedulerCapabilities (gpu, NULL), ==,
                     NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetVgpuSchedulerState (gpu, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceSetVgpuSchedulerState (gpu, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    g_assert_cmpint (client->nvmlDeviceGetVgpuSchedulerLog (gpu, NULL), ==, NVML_ERROR_INVALID_ARGUMENT);
    sim_client_write_more (client, "[gpu " GPU "]\nmig=true\n");
    assert_device (client, gpu, NVML_ERROR_NOT_SUPPORTED);
}

SIM_TEST (test_capabilities)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    nvmlVgpuSchedulerCapabilities_t caps;

    g_assert_cmpint (client->nvmlDeviceGetVgpuSchedulerCapabilities (gpu, &caps), ==, NVML_SUCCESS);
    for (unsigned int i = 0; i < G_N_ELEMENTS (caps.supportedSchedulers); i++)
        g_assert_cmpuint (caps.supportedSchedulers[i], ==, i + NVML_SCHEDULER_BEST_EFFORT);
    g_assert_cmpuint (caps.minTimeslice, ==, 1000000);
    g_assert_cmpuint (caps.maxTimeslice, ==, 30000000);
    g_assert_cmpuint (caps.isArrModeSupported, ==, 1);
    g_assert_cmpuint (caps.minFrequencyForARR, ==, 63);
    g_assert_cmpuint (caps.maxFrequencyForARR, ==, 960);
    g_assert_cmpuint (caps.minAvgFactorForARR, ==, 1);
    g_assert_cmpuint (caps.maxAvgFactorForARR, ==, 60);
}

/* Until a scheduler is set, the host behaves like one without schedulers in its file. */
SIM_TEST (test_default_state)
{
    assert_best_effort (client, sim_client_gpu (client, GPU));
    assert_best_effort (client, sim_client_gpu (client, OTHER));
}

SIM_TEST (test_set_plain)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    const unsigned int equal = NVML_SCHEDULER_EQUAL_SHARE, fixed = NVML_SCHEDULER_FIXED_SHARE;

    g_assert_cmpint (set (client, gpu, plain (equal, NVML_ARR_DISABLE, 1000000)), ==, NVML_SUCCESS);
    assert_state (client, gpu, equal, NVML_ARR_DISABLE, -1, 1000000);
    g_assert_cmpint (set (client, gpu, plain (fixed, NVML_ARR_DEFAULT, 30000000)), ==, NVML_SUCCESS);
    assert_state (client, gpu, fixed, NVML_ARR_DEFAULT, -1, 30000000);
    g_assert_cmpint (set (client, gpu, plain (equal, NVML_ARR_DISABLE, 0)), ==, NVML_SUCCESS);
    assert_state (client, gpu, equal, NVML_ARR_DISABLE, -1, 2000000);
    /* the other GPU has its own */
    assert_best_effort (client, sim_client_gpu (client, OTHER));
    g_assert_cmpint (set (client, gpu, plain (NVML_SCHEDULER_BEST_EFFORT, NVML_ARR_DISABLE, 3000000)), ==,
                     NVML_SUCCESS);
    assert_best_effort (client, gpu);
}

SIM_TEST (test_set_adaptive)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    const unsigned int equal = NVML_SCHEDULER_EQUAL_SHARE;

    g_assert_cmpint (set (client, gpu, adaptive (equal, 60, 960)), ==, NVML_SUCCESS);
    assert_state (client, gpu, equal, NVML_ARR_ENABLE, 60, 1041666);
    g_assert_cmpint (set (client, gpu, adaptive (equal, 1, 63)), ==, NVML_SUCCESS);
    assert_state (client, gpu, equal, NVML_ARR_ENABLE, 1, 15873015);
    g_assert_cmpint (set (client, gpu, adaptive (equal, 0, 0)), ==, NVML_SUCCESS);
    assert_state (client, gpu, equal, NVML_ARR_ENABLE, 33, 2083333);
    g_assert_cmpint (set (client, gpu, plain (equal, NVML_ARR_DISABLE, 4000000)), ==, NVML_SUCCESS);
    assert_state (client, gpu, equal, NVML_ARR_DISABLE, -1, 4000000);
}

SIM_TEST (test_set_out_of_limits)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    const nvmlVgpuSchedulerSetState_t bad[] = {
        plain (NVML_SCHEDULER_UNKNOWN, NVML_ARR_DISABLE, 0),
        plain (NVML_SCHEDULER_FIXED_SHARE + 1, NVML_ARR_DISABLE, 0),
        plain (NVML_SCHEDULER_EQUAL_SHARE, NVML_ARR_ENABLE + 1, 0),
        plain (NVML_SCHEDULER_EQUAL_SHARE, NVML_ARR_DISABLE, 999999),
        plain (NVML_SCHEDULER_EQUAL_SHARE, NVML_ARR_DISABLE, 30000001),
        plain (NVML_SCHEDULER_FIXED_SHARE, NVML_ARR_DEFAULT, 1),
        plain (NVML_SCHEDULER_BEST_EFFORT, NVML_ARR_DISABLE, 1),
        adaptive (NVML_SCHEDULER_EQUAL_SHARE, 61, 480),
        adaptive (NVML_SCHEDULER_EQUAL_SHARE, 33, 62),
        adaptive (NVML_SCHEDULER_FIXED_SHARE, 33, 961),
    };
    g_autofree char *before = sim_client_read (client);
    g_autofree char *after = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
        g_assert_cmpint (set (client, gpu, bad[i]), ==, NVML_ERROR_INVALID_ARGUMENT);
    after = sim_client_read (client);
    g_assert_cmpstr (after, ==, before);
}

SIM_TEST (test_set_beside_vgpus)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    const nvmlVgpuSchedulerSetState_t wanted = plain (NVML_SCHEDULER_EQUAL_SHARE, NVML_ARR_DISABLE, 0);

    /* a vGPU on another device does not matter */
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu", OTHER);
    g_assert_cmpint (set (client, gpu, wanted), ==, NVML_SUCCESS);
    sim_client_must (client, "plug", "--vm", SIM_VM_B, "--type", "12", "--gpu", GPU);
    g_assert_cmpint (set (client, gpu, plain (NVML_SCHEDULER_BEST_EFFORT, 0, 0)), ==,
                     NVML_ERROR_NOT_SUPPORTED);
    assert_state (client, gpu, NVML_SCHEDULER_EQUAL_SHARE, NVML_ARR_DISABLE, -1, 2000000);
    sim_client_must (client, "unplug", "--vm", SIM_VM_B);
    g_assert_cmpint (set (client, gpu, plain (NVML_SCHEDULER_BEST_EFFORT, 0, 0)), ==, NVML_SUCCESS);
}

/* The documented fatal failure cannot be caused otherwise. */
SIM_TEST (test_set_fatal_failure)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);

    sim_client_must (client, "fail", "nvmlDeviceSetVgpuSchedulerState", "RESET_REQUIRED");
    g_assert_cmpint (set (client, gpu, plain (NVML_SCHEDULER_EQUAL_SHARE, 0, 0)), ==,
                     NVML_ERROR_RESET_REQUIRED);
    assert_best_effort (client, gpu);
}

static int
set_in_child (SimClient *client)
{
    return set (client, sim_client_gpu (client, GPU), adaptive (NVML_SCHEDULER_FIXED_SHARE, 12, 100));
}

SIM_TEST (test_state_is_shared)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);

    assert_best_effort (client, gpu);
    g_assert_cmpint (in_child (client, set_in_child), ==, NVML_SUCCESS);
    assert_state (client, gpu, NVML_SCHEDULER_FIXED_SHARE, NVML_ARR_ENABLE, 12, 10000000);
}

SIM_TEST (test_state_is_lost_at_reload)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    g_autofree char *after = NULL;

    g_assert_cmpint (set_in_child (client), ==, NVML_SUCCESS);
    sim_client_must (client, "reload");
    assert_best_effort (client, gpu);
    after = sim_client_read (client);
    g_assert_null (strstr (after, "scheduler"));
    g_assert_cmpint (set_in_child (client), ==, NVML_SUCCESS);
    sim_client_must (client, "update", "--driver", "590.44");
    assert_best_effort (client, gpu);
    g_assert_cmpint (set_in_child (client), ==, NVML_SUCCESS);
    sim_client_must (client, "update", "--gpu", GPU, "--ecc", "off");
    assert_state (client, gpu, NVML_SCHEDULER_FIXED_SHARE, NVML_ARR_ENABLE, 12, 10000000);
}

/* Processes that set different things concurrently: none reverts another's setting. */
#define ROUNDS 20

static int
set_many_ranges (SimClient *client)
{
    int code = NVML_SUCCESS;

    for (unsigned int i = 0; i < ROUNDS && code == NVML_SUCCESS; i++)
        code = set_range (client, VERSION (19, i), VERSION (25, 1));
    return code;
}

static int
set_many_schedulers (SimClient *client)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, OTHER);
    int code = NVML_SUCCESS;

    for (unsigned int i = 1; i <= ROUNDS && code == NVML_SUCCESS; i++)
        code = set (client, gpu, adaptive (NVML_SCHEDULER_EQUAL_SHARE, i, 0));
    return code;
}

static gpointer
set_in_thread (gpointer data)
{
    SimClient *client = data;
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    int code = NVML_SUCCESS;

    for (unsigned int i = 1; i <= ROUNDS && code == NVML_SUCCESS; i++)
        code = set (client, gpu, plain (NVML_SCHEDULER_FIXED_SHARE, NVML_ARR_DISABLE, i * 1000000));
    return GINT_TO_POINTER (code);
}

static pid_t
begin_child (SimClient *client, InChild run)
{
    const pid_t child = fork ();

    if (child == 0)
        _exit (client->nvmlInit_v2 () == NVML_SUCCESS ? run (client) : 255);
    return child;
}

SIM_TEST (test_setters_at_once)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    const pid_t children[] = {begin_child (client, set_many_ranges),
                              begin_child (client, set_many_schedulers)};
    GThread *threads[2];
    int status;

    for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("setter", set_in_thread, client);
    for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
        g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (threads[i])), ==, NVML_SUCCESS);
    for (gsize i = 0; i < G_N_ELEMENTS (children); i++) {
        g_assert_cmpint (waitpid (children[i], &status, 0), ==, children[i]);
        g_assert_cmpint (status, ==, 0);
    }
    assert_range (client, VERSION (19, ROUNDS - 1), VERSION (25, 1));
    assert_state (client, sim_client_gpu (client, OTHER), NVML_SCHEDULER_EQUAL_SHARE, NVML_ARR_ENABLE, ROUNDS,
                  2083333);
    assert_state (client, gpu, NVML_SCHEDULER_FIXED_SHARE, NVML_ARR_DISABLE, -1, ROUNDS * 1000000);
}

#define NOBODY 65534

static int
set_as_nobody (SimClient *client)
{
    const nvmlVgpuSchedulerSetState_t wanted = plain (NVML_SCHEDULER_EQUAL_SHARE, 0, 0);
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);

    if (geteuid () == 0 && setuid (NOBODY) != 0)
        return 254;
    return set_range (client, VERSION (20, 1), VERSION (25, 1)) == NVML_ERROR_NO_PERMISSION
               ? set (client, gpu, wanted)
               : 253;
}

/* Documented: these calls need root. Here they need write access to the host file. */
SIM_TEST (test_without_permission)
{
    g_autofree char *lock = g_strconcat (client->host_file, ".lock", NULL);

    g_assert_cmpint (g_chmod (client->directory, 0555), ==, 0);
    g_assert_cmpint (g_chmod (client->host_file, 0444), ==, 0);
    g_assert_cmpint (in_child (client, set_as_nobody), ==, NVML_ERROR_NO_PERMISSION);
    /* the lock can be taken, but the file cannot be written */
    g_assert_cmpint (g_chmod (client->directory, 0755), ==, 0);
    g_assert_true (g_file_set_contents (lock, "", 0, NULL));
    g_assert_cmpint (g_chmod (lock, 0666), ==, 0);
    g_assert_cmpint (g_chmod (client->directory, 0555), ==, 0);
    g_assert_cmpint (in_child (client, set_as_nobody), ==, NVML_ERROR_NO_PERMISSION);
    g_assert_cmpint (g_chmod (client->directory, 0755), ==, 0);
}

/* The lock cannot be taken at all: the driver reports an unknown error. */
SIM_TEST (test_without_lock)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    g_autofree char *lock = g_strconcat (client->host_file, ".lock", NULL);

    g_assert_cmpint (g_mkdir (lock, 0755), ==, 0);
    g_assert_cmpint (set_range (client, VERSION (20, 1), VERSION (25, 1)), ==, NVML_ERROR_UNKNOWN);
    g_assert_cmpint (set (client, gpu, plain (NVML_SCHEDULER_EQUAL_SHARE, 0, 0)), ==, NVML_ERROR_UNKNOWN);
    g_assert_cmpint (g_rmdir (lock), ==, 0);
}

/* --- the calls since r595 --- */

static nvmlReturn_t
set_engine (SimClient *client, nvmlDevice_t gpu, unsigned int engine, unsigned int policy,
            unsigned int factor, unsigned int frequency)
{
    nvmlVgpuSchedulerState_v2_t wanted = {engine, policy, factor, frequency};

    return client->nvmlDeviceSetVgpuSchedulerState_v2 (gpu, &wanted);
}

static void
assert_engine (SimClient *client, nvmlDevice_t gpu, unsigned int engine, unsigned int policy,
               unsigned int factor, unsigned int time_slice)
{
    nvmlVgpuSchedulerStateInfo_v2_t state;

    memset (&state, 0xff, sizeof state);
    state.engineId = engine;
    g_assert_cmpint (client->nvmlDeviceGetVgpuSchedulerState_v2 (gpu, &state), ==, NVML_SUCCESS);
    g_assert_cmpuint (state.engineId, ==, engine);
    g_assert_cmpuint (state.schedulerPolicy, ==, policy);
    g_assert_cmpuint (state.avgFactor, ==, factor);
    g_assert_cmpuint (state.timeslice, ==, time_slice);
}

/* Asserts the answers of the three older and of the three newer calls, which do not look at NULL before. */
static void
assert_generation (SimClient *client, nvmlReturn_t older, nvmlReturn_t newer)
{
    g_assert_cmpint (client->nvmlDeviceGetVgpuSchedulerState (NULL, NULL), ==, older);
    g_assert_cmpint (client->nvmlDeviceSetVgpuSchedulerState (NULL, NULL), ==, older);
    g_assert_cmpint (client->nvmlDeviceGetVgpuSchedulerLog (NULL, NULL), ==, older);
    g_assert_cmpint (client->nvmlDeviceGetVgpuSchedulerState_v2 (NULL, NULL), ==, newer);
    g_assert_cmpint (client->nvmlDeviceSetVgpuSchedulerState_v2 (NULL, NULL), ==, newer);
    g_assert_cmpint (client->nvmlDeviceGetVgpuSchedulerLog_v2 (NULL, NULL), ==, newer);
}

SIM_TEST (test_generations)
{
    const nvmlReturn_t has = NVML_ERROR_INVALID_ARGUMENT;

    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    assert_generation (client, has, NVML_ERROR_FUNCTION_NOT_FOUND);
    sim_client_must (client, "update", "--scheduler-calls", "v1-deprecated");
    assert_generation (client, NVML_ERROR_DEPRECATED, has);
    sim_client_must (client, "update", "--scheduler-calls", "v2");
    assert_generation (client, NVML_ERROR_FUNCTION_NOT_FOUND, has);
    /* a new vGPU begins a new log of each engine, which the driver before knows nothing of */
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "11", "--gpu", GPU);
    /* a fault concerns only a call that the driver has */
    sim_client_must (client, "fail", "nvmlDeviceGetVgpuSchedulerState", "999");
    g_assert_cmpint (client->nvmlDeviceGetVgpuSchedulerState (NULL, NULL), ==, NVML_ERROR_FUNCTION_NOT_FOUND);
    g_assert_cmpint (client->nvmlDeviceGetVgpuSchedulerState_v2 (NULL, NULL), ==, NVML_ERROR_UNKNOWN);
    sim_client_must (client, "heal");
    sim_client_must (client, "update", "--scheduler-calls", "v1");
    assert_generation (client, has, NVML_ERROR_FUNCTION_NOT_FOUND);
}

/* Each engine has settings of its own, which a reload of the driver removes. */
SIM_TEST (test_engines)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    const unsigned int best = NVML_SCHEDULER_BEST_EFFORT, equal = NVML_SCHEDULER_EQUAL_SHARE;
    const unsigned int fixed = NVML_SCHEDULER_FIXED_SHARE;

    sim_client_must (client, "update", "--scheduler-calls", "v2");
    for (unsigned int engine = NVML_ENGINE_GRAPHICS; engine <= NVML_ENGINE_NVENC0; engine++)
        assert_engine (client, gpu, engine, best, 0, 0);
    g_assert_cmpint (set_engine (client, gpu, NVML_ENGINE_NVENC0, equal, 20, 500), ==, NVML_SUCCESS);
    g_assert_cmpint (set_engine (client, gpu, NVML_ENGINE_GRAPHICS, fixed, 0, 0), ==, NVML_SUCCESS);
    assert_engine (client, gpu, NVML_ENGINE_GRAPHICS, fixed, 33, 2083333);
    assert_engine (client, gpu, NVML_ENGINE_NVENC0, equal, 20, 2000000);
    assert_engine (client, gpu, NVML_ENGINE_NVENC1, best, 0, 0);
    assert_engine (client, sim_client_gpu (client, OTHER), NVML_ENGINE_NVENC0, best, 0, 0);
    sim_client_must (client, "reload");
    for (unsigned int engine = NVML_ENGINE_GRAPHICS; engine <= NVML_ENGINE_NVENC0; engine++)
        assert_engine (client, gpu, engine, best, 0, 0);
}

/* The log of an engine shows the engine's own time slices, and the weights of its vGPUs. */
SIM_TEST (test_engine_logs)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    static const unsigned int engines[] = {NVML_ENGINE_NVENC0, NVML_ENGINE_NVENC1};
    static const unsigned int slices[] = {2000000, 1041666};

    sim_client_must (client, "update", "--scheduler-calls", "v2");
    g_assert_cmpint (set_engine (client, gpu, engines[0], NVML_SCHEDULER_EQUAL_SHARE, 0, 500), ==, 0);
    g_assert_cmpint (set_engine (client, gpu, engines[1], NVML_SCHEDULER_FIXED_SHARE, 0, 960), ==, 0);
    sim_client_must (client, "plug", "--vm", SIM_VM_A, "--type", "12", "--gpu", GPU, "--guest-version",
                     "26.1");
    g_usleep (100000);
    for (gsize i = 0; i < G_N_ELEMENTS (engines); i++) {
        g_autofree nvmlVgpuSchedulerLogInfo_v2_t *log = g_new0 (nvmlVgpuSchedulerLogInfo_v2_t, 1);

        log->engineId = engines[i];
        g_assert_cmpint (client->nvmlDeviceGetVgpuSchedulerLog_v2 (gpu, log), ==, NVML_SUCCESS);
        g_assert_cmpuint (log->engineId, ==, engines[i]);
        g_assert_cmpuint (log->avgFactor, ==, 33);
        g_assert_cmpuint (log->timeslice, ==, slices[i]);
        g_assert_cmpuint (log->entriesCount, >, 0);
        for (unsigned int j = 0; j < log->entriesCount; j++) {
            const nvmlVgpuSchedulerLogEntry_v2_t *entry = &log->logEntries[j];

            g_assert_cmpuint (entry->timeRun, ==, slices[i]);
            g_assert_cmpuint (entry->weight, ==, 1);
            if (j > 0)
                g_assert_cmpuint (entry->timeRunTotal, ==, entry[-1].timeRunTotal + entry->timeRun);
        }
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    sim_client_arguments (argc, argv);
    sim_client_add_test ("/sim/range/refused", test_range_refused);
    sim_client_add_test ("/sim/range/shared", test_range_is_shared);
    sim_client_add_test ("/sim/range/reverts", test_range_reverts);
    sim_client_add_test ("/sim/range/goes-with-the-file", test_range_goes_with_the_file);
    sim_client_add_test ("/sim/scheduler/devices", test_scheduler_devices);
    sim_client_add_test ("/sim/scheduler/capabilities", test_capabilities);
    sim_client_add_test ("/sim/scheduler/default", test_default_state);
    sim_client_add_test ("/sim/scheduler/set-plain", test_set_plain);
    sim_client_add_test ("/sim/scheduler/set-adaptive", test_set_adaptive);
    sim_client_add_test ("/sim/scheduler/set-out-of-limits", test_set_out_of_limits);
    sim_client_add_test ("/sim/scheduler/set-beside-vgpus", test_set_beside_vgpus);
    sim_client_add_test ("/sim/scheduler/set-fatal-failure", test_set_fatal_failure);
    sim_client_add_test ("/sim/scheduler/shared", test_state_is_shared);
    sim_client_add_test ("/sim/scheduler/lost-at-reload", test_state_is_lost_at_reload);
    sim_client_add_test ("/sim/scheduler/generations", test_generations);
    sim_client_add_test ("/sim/scheduler/engines", test_engines);
    sim_client_add_test ("/sim/scheduler/engine-logs", test_engine_logs);
    sim_client_add_test ("/sim/set/at-once", test_setters_at_once);
    sim_client_add_test ("/sim/set/without-permission", test_without_permission);
    sim_client_add_test ("/sim/set/without-lock", test_without_lock);
    return g_test_run ();
}
