/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From init to shutdown, with forks, a changing or broken host file, faults and threads. */
#include "sim-client.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static nvmlReturn_t
count_gpus (SimClient *client)
{
    unsigned int count;

    return client->nvmlDeviceGetCount_v2 (&count);
}

/* Every call that needs initialisation, with NULLs and zeros: the error about the process has priority. */
static void
assert_uninitialised (SimClient *client)
{
    const nvmlReturn_t codes[] = {
        client->nvmlShutdown (),
        client->nvmlSystemGetDriverVersion (NULL, 0),
        client->nvmlDeviceGetCount (NULL),
        client->nvmlDeviceGetCount_v2 (NULL),
        client->nvmlDeviceGetHandleByIndex (0, NULL),
        client->nvmlDeviceGetHandleByIndex_v2 (0, NULL),
        client->nvmlDeviceGetHandleByPciBusId (NULL, NULL),
        client->nvmlDeviceGetHandleByPciBusId_v2 (NULL, NULL),
        client->nvmlDeviceGetPciInfo (NULL, NULL),
        client->nvmlDeviceGetPciInfo_v2 (NULL, NULL),
        client->nvmlDeviceGetPciInfo_v3 (NULL, NULL),
        client->nvmlDeviceGetName (NULL, NULL, 0),
        client->nvmlDeviceGetUUID (NULL, NULL, 0),
        client->nvmlDeviceGetMemoryInfo (NULL, NULL),
        client->nvmlDeviceGetVirtualizationMode (NULL, NULL),
        client->nvmlDeviceGetHostVgpuMode (NULL, NULL),
        client->nvmlDeviceGetEccMode (NULL, NULL, NULL),
        client->nvmlDeviceGetActiveVgpus (NULL, NULL, NULL),
        client->nvmlDeviceGetSupportedVgpus (NULL, NULL, NULL),
        client->nvmlDeviceGetCreatableVgpus (NULL, NULL, NULL),
        client->nvmlDeviceGetPgpuMetadataString (NULL, NULL, NULL),
        client->nvmlDeviceGetVgpuMetadata (NULL, NULL, NULL),
        client->nvmlDeviceGetVgpuSchedulerCapabilities (NULL, NULL),
        client->nvmlDeviceGetVgpuSchedulerState (NULL, NULL),
        client->nvmlDeviceSetVgpuSchedulerState (NULL, NULL),
        client->nvmlDeviceGetVgpuSchedulerLog (NULL, NULL),
        client->nvmlDeviceGetMigMode (NULL, NULL, NULL),
        client->nvmlVgpuInstanceGetGpuInstanceId (0, NULL),
        client->nvmlVgpuTypeGetGpuInstanceProfileId (0, NULL),
        client->nvmlDeviceGetVgpuCapabilities (NULL, 0, NULL),
        client->nvmlDeviceGetVgpuHeterogeneousMode (NULL, NULL),
        client->nvmlDeviceSetVgpuHeterogeneousMode (NULL, NULL),
        client->nvmlDeviceGetVgpuTypeSupportedPlacements (NULL, 0, NULL),
        client->nvmlDeviceGetVgpuTypeCreatablePlacements (NULL, 0, NULL),
        client->nvmlVgpuInstanceGetPlacementId (0, NULL),
        client->nvmlGetVgpuCompatibility (NULL, NULL, NULL),
        client->nvmlGetVgpuDriverCapabilities (0, NULL),
        client->nvmlGetVgpuVersion (NULL, NULL),
        client->nvmlSetVgpuVersion (NULL),
        client->nvmlVgpuInstanceGetMetadata (0, NULL, NULL),
        client->nvmlVgpuInstanceGetVmID (0, NULL, 0, NULL),
        client->nvmlVgpuInstanceGetUUID (0, NULL, 0),
        client->nvmlVgpuInstanceGetMdevUUID (0, NULL, 0),
        client->nvmlVgpuInstanceGetGpuPciId (0, NULL, NULL),
        client->nvmlVgpuInstanceGetType (0, NULL),
        client->nvmlVgpuInstanceGetVmDriverVersion (0, NULL, 0),
        client->nvmlVgpuInstanceGetFbUsage (0, NULL),
        client->nvmlVgpuInstanceGetRuntimeStateSize (0, NULL),
        client->nvmlVgpuInstanceGetEccMode (0, NULL),
        client->nvmlVgpuTypeGetName (0, NULL, NULL),
        client->nvmlVgpuTypeGetClass (0, NULL, NULL),
        client->nvmlVgpuTypeGetFramebufferSize (0, NULL),
        client->nvmlVgpuTypeGetMaxInstances (NULL, 0, NULL),
    };

    for (gsize i = 0; i < G_N_ELEMENTS (codes); i++)
        g_assert_cmpint (codes[i], ==, NVML_ERROR_UNINITIALIZED);
}

SIM_TEST (test_uninitialised)
{
    assert_uninitialised (client);
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlShutdown (), ==, NVML_SUCCESS);
    assert_uninitialised (client);
}

SIM_TEST (test_reference_count)
{
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlInit (), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlInitWithFlags (0), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlShutdown (), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlShutdown (), ==, NVML_SUCCESS);
    g_assert_cmpint (count_gpus (client), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlShutdown (), ==, NVML_SUCCESS);
    g_assert_cmpint (count_gpus (client), ==, NVML_ERROR_UNINITIALIZED);
    g_assert_cmpint (client->nvmlShutdown (), ==, NVML_ERROR_UNINITIALIZED);
    /* and again with the same file */
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    g_assert_cmpint (count_gpus (client), ==, NVML_SUCCESS);
}

SIM_TEST (test_init_flags)
{
    static const unsigned int flags[] = {0, 3, 4, 0xffffffff};

    /* measured: an unknown flag is not an error */
    for (gsize i = 0; i < G_N_ELEMENTS (flags); i++) {
        g_assert_cmpint (client->nvmlInitWithFlags (flags[i]), ==, NVML_SUCCESS);
        g_assert_cmpint (count_gpus (client), ==, NVML_SUCCESS);
        g_assert_cmpint (client->nvmlShutdown (), ==, NVML_SUCCESS);
        g_assert_cmpint (count_gpus (client), ==, NVML_ERROR_UNINITIALIZED);
    }
}

SIM_TEST (test_error_strings)
{
    g_assert_cmpstr (client->nvmlErrorString (NVML_SUCCESS), ==, "Success");
    for (int code = 1; code <= NVML_ERROR_RESET_TYPE_NOT_SUPPORTED; code++)
        g_assert_cmpstr (client->nvmlErrorString (code), !=, "Unknown Error");
    g_assert_cmpstr (client->nvmlErrorString (NVML_ERROR_UNKNOWN), ==, "Unknown Error");
    g_assert_cmpstr (client->nvmlErrorString (31), ==, "Unknown Error");
    g_assert_cmpstr (client->nvmlErrorString (-1), ==, "Unknown Error");
}

SIM_TEST (test_description)
{
    g_autofree char *expected = g_strconcat ("simulated driver, host file ", client->host_file, NULL);

    g_assert_cmpstr (client->vgpuSimDescription (), ==, expected);
    g_unsetenv ("VGPU_SIM_HOST");
    g_assert_cmpstr (client->vgpuSimDescription (), ==,
                     "simulated driver, host file /etc/vgpu-gate/sim-host.conf");
}

/* Runs part in a child process, which must exit by itself and with success. */
static void
in_child (SimClient *client, void (*part) (SimClient *))
{
    const pid_t child = fork ();
    int status;

    g_assert_cmpint (child, >=, 0);
    if (child == 0) {
        part (client);
        _exit (EXIT_SUCCESS);
    }
    g_assert_cmpint (waitpid (child, &status, 0), ==, child);
    g_assert_true (WIFEXITED (status));
    g_assert_cmpint (WEXITSTATUS (status), ==, EXIT_SUCCESS);
}

static void
initialise_anew (SimClient *client)
{
    assert_uninitialised (client);
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    g_assert_cmpint (count_gpus (client), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlShutdown (), ==, NVML_SUCCESS);
    assert_uninitialised (client);
}

SIM_TEST (test_fork)
{
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    in_child (client, assert_uninitialised);
    in_child (client, initialise_anew);
    g_assert_cmpint (count_gpus (client), ==, NVML_SUCCESS);
}

typedef struct {
    SimClient *client;
    GThread *threads[3];
    int n_calling; /* atomic: threads that have made a call */
    int stop;      /* atomic */
} Busy;

/* The values of one call belong to one host: never the driver of one and the range of another. */
static void
assert_whole (SimClient *client, nvmlDevice_t gpu)
{
    union {
        nvmlVgpuPgpuMetadata_t fixed;
        guint8 bytes[380];
    } pgpu;
    unsigned int size = sizeof pgpu.bytes;

    g_assert_cmpint (client->nvmlDeviceGetVgpuMetadata (gpu, &pgpu.fixed, &size), ==, NVML_SUCCESS);
    if (pgpu.fixed.hostSupportedVgpuRange.maxVersion == (26 << 16 | 1))
        g_assert_cmpstr (pgpu.fixed.hostDriverVersion, ==, "580.159.04");
    else
        g_assert_cmpstr (pgpu.fixed.hostDriverVersion, ==, "590.44");
}

static gpointer
keep_calling (gpointer data)
{
    Busy *busy = data;
    nvmlDevice_t gpu = NULL;

    g_assert_cmpint (busy->client->nvmlDeviceGetHandleByIndex_v2 (0, &gpu), ==, NVML_SUCCESS);
    assert_whole (busy->client, gpu);
    g_atomic_int_inc (&busy->n_calling);
    while (!g_atomic_int_get (&busy->stop))
        assert_whole (busy->client, gpu);
    return NULL;
}

/* Returns when all threads make calls. */
static void
start_calling (Busy *busy)
{
    g_assert_cmpint (busy->client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    for (gsize i = 0; i < G_N_ELEMENTS (busy->threads); i++)
        busy->threads[i] = g_thread_new ("busy", keep_calling, busy);
    while (g_atomic_int_get (&busy->n_calling) < (int)G_N_ELEMENTS (busy->threads))
        g_usleep (1000);
}

static void
stop_calling (Busy *busy)
{
    g_atomic_int_set (&busy->stop, 1);
    for (gsize i = 0; i < G_N_ELEMENTS (busy->threads); i++)
        g_thread_join (busy->threads[i]);
}

/* A lock that another thread holds during fork () must not be locked in the child. */
SIM_TEST (test_fork_beside_threads)
{
    Busy busy = {.client = client};

    start_calling (&busy);
    for (int i = 0; i < 30; i++)
        in_child (client, initialise_anew);
    stop_calling (&busy);
}

SIM_TEST (test_threads_beside_a_writer)
{
    Busy busy = {.client = client};

    start_calling (&busy);
    for (int i = 0; i < 20; i++) {
        sim_client_must (client, "update", "--driver", "590.44", "--range", "24.1-27.1");
        sim_client_must (client, "update", "--driver", "580.159.04", "--range", "18.1-26.1");
    }
    stop_calling (&busy);
}

SIM_TEST (test_missing_file)
{
    sim_client_write (client, NULL);
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_ERROR_DRIVER_NOT_LOADED);
    g_assert_cmpint (client->nvmlInitWithFlags (1), ==, NVML_ERROR_DRIVER_NOT_LOADED);
    assert_uninitialised (client);
    sim_client_write (client, sim_client_host ());
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
}

SIM_TEST (test_directory_for_a_file)
{
    g_setenv ("VGPU_SIM_HOST", client->directory, TRUE);
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_ERROR_DRIVER_NOT_LOADED);
}

/* A file becomes invalid under a running client, and valid again. */
SIM_TEST (test_file_breaks_later)
{
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    sim_client_write (client, "[driver\nversion");
    g_assert_cmpint (count_gpus (client), ==, NVML_ERROR_UNKNOWN);
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_ERROR_DRIVER_NOT_LOADED);
    sim_client_write (client, NULL);
    g_assert_cmpint (count_gpus (client), ==, NVML_ERROR_UNKNOWN);
    sim_client_write (client, sim_client_host ());
    g_assert_cmpint (count_gpus (client), ==, NVML_SUCCESS);
    sim_client_write (client, NULL);
    g_assert_cmpint (client->nvmlShutdown (), ==, NVML_SUCCESS);
    assert_uninitialised (client);
}

SIM_TEST (test_reread)
{
    char version[NVML_DRIVER_VERSION_SIZE];
    nvmlDevice_t gpu;
    char name[NVML_DEVICE_NAME_SIZE];

    gpu = sim_client_gpu (client, "0001:82:00.0");
    sim_client_must (client, "update", "--driver", "590.44");
    g_assert_cmpint (client->nvmlSystemGetDriverVersion (version, sizeof version), ==, NVML_SUCCESS);
    g_assert_cmpstr (version, ==, "590.44");
    /* a GPU is removed and added again: its handle remains valid */
    sim_client_write (client, "[driver]\nversion=1\nrange=18.1-26.1\n");
    g_assert_cmpint (client->nvmlDeviceGetName (gpu, name, sizeof name), ==, NVML_ERROR_GPU_IS_LOST);
    sim_client_write (client, sim_client_host ());
    g_assert_cmpint (client->nvmlDeviceGetName (gpu, name, sizeof name), ==, NVML_SUCCESS);
    g_assert_cmpstr (name, ==, "NVIDIA A100-SXM4-80GB");
}

/* Some editors write into the file instead of replacing it. */
SIM_TEST (test_edit_in_place)
{
    g_autofree char *text =
        g_strconcat (sim_client_host (), "[faults]\nnvmlDeviceGetCount=GPU_IS_LOST\n", NULL);
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    g_file_set_contents_full (client->host_file, text, -1, G_FILE_SET_CONTENTS_NONE, 0644, &error);
    g_assert_no_error (error);
    g_assert_cmpint (count_gpus (client), ==, NVML_ERROR_GPU_IS_LOST);
}

SIM_TEST (test_fail)
{
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    sim_client_must (client, "fail", "nvmlDeviceGetCount", "15");
    g_assert_cmpint (count_gpus (client), ==, NVML_ERROR_GPU_IS_LOST);
    g_assert_cmpint (client->nvmlDeviceGetCount (NULL), ==, NVML_ERROR_GPU_IS_LOST);
    g_assert_cmpint (client->nvmlGetVgpuVersion (NULL, NULL), ==, NVML_SUCCESS);
    sim_client_must (client, "fail", "nvmlDeviceGetCount_v2", "777");
    g_assert_cmpint (count_gpus (client), ==, 777);
    /* both names are one call, whichever was set first */
    sim_client_must (client, "fail", "nvmlDeviceGetCount", "16");
    g_assert_cmpint (count_gpus (client), ==, NVML_ERROR_RESET_REQUIRED);
    sim_client_must (client, "fail", "nvmlDeviceGetCount_v2", "17");
    g_assert_cmpint (count_gpus (client), ==, NVML_ERROR_OPERATING_SYSTEM);
    sim_client_must (client, "heal");
    g_assert_cmpint (count_gpus (client), ==, NVML_SUCCESS);
}

SIM_TEST (test_fail_of_init_and_shutdown)
{
    sim_client_must (client, "fail", "nvmlInit", "LIB_RM_VERSION_MISMATCH");
    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_ERROR_LIB_RM_VERSION_MISMATCH);
    g_assert_cmpint (client->nvmlInit (), ==, NVML_ERROR_LIB_RM_VERSION_MISMATCH);
    assert_uninitialised (client);
    sim_client_must (client, "heal", "nvmlInit_v2");
    g_assert_cmpint (client->nvmlInit (), ==, NVML_SUCCESS);
    sim_client_must (client, "fail", "nvmlShutdown", "999");
    g_assert_cmpint (client->nvmlShutdown (), ==, NVML_ERROR_UNKNOWN);
    g_assert_cmpint (count_gpus (client), ==, NVML_SUCCESS);
    sim_client_must (client, "heal", "nvmlShutdown");
    g_assert_cmpint (client->nvmlShutdown (), ==, NVML_SUCCESS);
    /* a process that is not initialised gets only that error */
    sim_client_must (client, "fail", "nvmlDeviceGetCount", "15");
    g_assert_cmpint (count_gpus (client), ==, NVML_ERROR_UNINITIALIZED);
}

/* Starts a child whose call hangs, and checks that only the signal ends it. */
static void
assert_hangs_until (SimClient *client, void (*call) (SimClient *), int signal_number)
{
    const pid_t child = fork ();
    int status;

    if (child == 0) {
        signal (SIGALRM, SIG_DFL);
        if (signal_number == SIGALRM)
            alarm (1);
        call (client);
        _exit (EXIT_SUCCESS);
    }
    if (signal_number != SIGALRM) {
        g_usleep (200000);
        g_assert_cmpint (waitpid (child, &status, WNOHANG), ==, 0);
        g_assert_cmpint (kill (child, signal_number), ==, 0);
    }
    g_assert_cmpint (waitpid (child, &status, 0), ==, child);
    g_assert_true (WIFSIGNALED (status));
    g_assert_cmpint (WTERMSIG (status), ==, signal_number);
}

static void
init_and_count (SimClient *client)
{
    client->nvmlInit_v2 ();
    count_gpus (client);
}

SIM_TEST (test_hang_ends_by_signal)
{
    sim_client_must (client, "hang", "nvmlDeviceGetCount");
    assert_hangs_until (client, init_and_count, SIGALRM);
    assert_hangs_until (client, init_and_count, SIGKILL);
    sim_client_must (client, "heal");
    sim_client_must (client, "hang", "nvmlInit");
    assert_hangs_until (client, init_and_count, SIGTERM);
}

static gpointer
count_in_thread (gpointer data)
{
    return GINT_TO_POINTER (count_gpus (data));
}

/* The call that hangs returns when the fault is removed; other calls are not affected. */
SIM_TEST (test_hang_ends_by_heal)
{
    char version[NVML_DRIVER_VERSION_SIZE];
    GThread *thread;

    g_assert_cmpint (client->nvmlInit_v2 (), ==, NVML_SUCCESS);
    sim_client_must (client, "hang", "nvmlDeviceGetCount");
    thread = g_thread_new ("hangs", count_in_thread, client);
    g_assert_cmpint (client->nvmlSystemGetDriverVersion (version, sizeof version), ==, NVML_SUCCESS);
    sim_client_must (client, "heal", "nvmlDeviceGetCount");
    g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, NVML_SUCCESS);

    sim_client_must (client, "hang", "nvmlDeviceGetCount");
    thread = g_thread_new ("hangs", count_in_thread, client);
    sim_client_must (client, "fail", "nvmlDeviceGetCount", "TIMEOUT");
    g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, NVML_ERROR_TIMEOUT);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    sim_client_arguments (argc, argv);
    sim_client_add_test ("/sim/life/uninitialised", test_uninitialised);
    sim_client_add_test ("/sim/life/reference-count", test_reference_count);
    sim_client_add_test ("/sim/life/init-flags", test_init_flags);
    sim_client_add_test ("/sim/life/error-strings", test_error_strings);
    sim_client_add_test ("/sim/life/description", test_description);
    sim_client_add_test ("/sim/life/fork", test_fork);
    sim_client_add_test ("/sim/life/fork-beside-threads", test_fork_beside_threads);
    sim_client_add_test ("/sim/life/threads-beside-a-writer", test_threads_beside_a_writer);
    sim_client_add_test ("/sim/file/missing", test_missing_file);
    sim_client_add_test ("/sim/file/directory", test_directory_for_a_file);
    sim_client_add_test ("/sim/file/breaks-later", test_file_breaks_later);
    sim_client_add_test ("/sim/file/reread", test_reread);
    sim_client_add_test ("/sim/file/edit-in-place", test_edit_in_place);
    sim_client_add_test ("/sim/fault/fail", test_fail);
    sim_client_add_test ("/sim/fault/fail-of-init-and-shutdown", test_fail_of_init_and_shutdown);
    sim_client_add_test ("/sim/fault/hang-ends-by-signal", test_hang_ends_by_signal);
    sim_client_add_test ("/sim/fault/hang-ends-by-heal", test_hang_ends_by_heal);
    return g_test_run ();
}
