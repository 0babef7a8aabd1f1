/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The scheduler's log, read by clients over time.
 *
 * The proof that no entry was lost is made for each runlist: timeRunTotal of an entry is that of the
 * runlist's previous entry, plus timeRun. A lost entry leaves a gap.
 */
#include "sim-client.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define GPU "0000:41:00.0"
#define MS  1000

static nvmlDevice_t
gpu_with (SimClient *client, unsigned int policy)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    nvmlVgpuSchedulerSetState_t state = {policy, NVML_ARR_DISABLE, {{0, 0}}};

    state.schedulerParams.vgpuSchedData.timeslice = 1000000;
    g_assert_cmpint (client->nvmlDeviceSetVgpuSchedulerState (gpu, &state), ==, NVML_SUCCESS);
    return gpu;
}

static void
plug (SimClient *client, const char *vm)
{
    sim_client_must (client, "plug", "--vm", vm, "--type", "12", "--gpu", GPU, "--guest-version", "26.1");
}

static nvmlVgpuSchedulerLog_t *
read_log (SimClient *client, nvmlDevice_t gpu)
{
    nvmlVgpuSchedulerLog_t *log = g_new (nvmlVgpuSchedulerLog_t, 1);

    memset (log, 0xff, sizeof *log);
    g_assert_cmpint (client->nvmlDeviceGetVgpuSchedulerLog (gpu, log), ==, NVML_SUCCESS);
    g_assert_cmpuint (log->entriesCount, <=, NVML_SCHEDULER_LOG_ENTRIES);
    return log;
}

/* A reader's state for each of the two runlists, and the time until which it has read. */
typedef struct {
    unsigned long long totals[2];
    unsigned long long until;
} Reader;

/* Follows the log; returns the time in ns that vGPUs have run without an entry that the reader has seen. */
static unsigned long long
follow (Reader *reader, const nvmlVgpuSchedulerLog_t *log)
{
    unsigned long long lost = 0;

    for (unsigned int i = 0; i < log->entriesCount; i++) {
        const nvmlVgpuSchedulerLogEntry_t *entry = &log->logEntries[i];
        unsigned long long *total = &reader->totals[entry->swRunlistId % 2];

        if (entry->timestamp <= reader->until)
            continue;
        g_assert_cmpuint (entry->timeRunTotal, >=, *total + entry->timeRun);
        lost += entry->timeRunTotal - *total - entry->timeRun;
        *total = entry->timeRunTotal;
        reader->until = entry->timestamp;
    }
    return lost;
}

SIM_TEST (test_empty)
{
    const nvmlDevice_t gpu = gpu_with (client, NVML_SCHEDULER_FIXED_SHARE);
    g_autofree nvmlVgpuSchedulerLog_t *log = read_log (client, gpu);

    g_assert_cmpuint (log->engineId, ==, NVML_ENGINE_GRAPHICS);
    g_assert_cmpuint (log->schedulerPolicy, ==, NVML_SCHEDULER_FIXED_SHARE);
    g_assert_cmpuint (log->arrMode, ==, NVML_ARR_DISABLE);
    g_assert_cmpuint (log->schedulerParams.vgpuSchedData.timeslice, ==, 1000000);
    g_assert_cmpuint (log->entriesCount, ==, 0);
}

SIM_TEST (test_entries)
{
    const nvmlDevice_t gpu = gpu_with (client, NVML_SCHEDULER_EQUAL_SHARE);
    g_autofree nvmlVgpuSchedulerLog_t *log = NULL;
    nvmlVgpuInstance_t instance;
    unsigned long long now;

    plug (client, SIM_VM_A);
    instance = sim_client_instance (client, gpu);
    plug (client, SIM_VM_B);
    g_usleep (600 * MS);
    log = read_log (client, gpu);
    now = (unsigned long long)g_get_monotonic_time () * 1000 + 1000;
    g_assert_cmpuint (log->entriesCount, ==, NVML_SCHEDULER_LOG_ENTRIES);
    for (unsigned int i = 0; i < log->entriesCount; i++) {
        const nvmlVgpuSchedulerLogEntry_t *entry = &log->logEntries[i];

        g_assert_cmpuint (entry->swRunlistId - instance, <, 2);
        g_assert_cmpuint (entry->timestamp, <=, now);
        g_assert_cmpuint (entry->timeRun, ==, 1000000);
        g_assert_cmpuint (entry->targetTimeSlice, ==, 1000000);
        g_assert_cmpuint (entry->timeRunTotal % entry->timeRun, ==, 0);
        g_assert_cmpuint (entry->cumulativePreemptionTime / (entry->timeRunTotal / entry->timeRun), ==,
                          20000);
        if (i > 0)
            g_assert_cmpuint (entry->timestamp - entry[-1].timestamp, >=, entry->timeRun);
    }
}

/* If the machine has made this reader wait, its result proves nothing, and it tries again. */
static gboolean
reads_fast (SimClient *client, nvmlDevice_t gpu)
{
    g_autofree nvmlVgpuSchedulerLog_t *first = read_log (client, gpu);
    Reader reader = {{0, 0}, 0};
    gint64 before = g_get_monotonic_time ();

    follow (&reader, first);
    for (int i = 0; i < 10; i++) {
        g_autofree nvmlVgpuSchedulerLog_t *log = NULL;
        const gint64 begun = before;

        g_usleep (100 * MS);
        log = read_log (client, gpu);
        before = g_get_monotonic_time ();
        if (before - begun > 200 * MS)
            return FALSE;
        g_assert_cmpuint (follow (&reader, log), ==, 0);
    }
    return TRUE;
}

SIM_TEST (test_fast_reader)
{
    const nvmlDevice_t gpu = gpu_with (client, NVML_SCHEDULER_EQUAL_SHARE);
    int tries = 0;

    plug (client, SIM_VM_A);
    plug (client, SIM_VM_B);
    while (!reads_fast (client, gpu) && ++tries < 10)
        continue;
    if (tries == 10)
        g_test_skip ("the machine is too busy to read five times a second");
}

SIM_TEST (test_slow_reader)
{
    const nvmlDevice_t gpu = gpu_with (client, NVML_SCHEDULER_EQUAL_SHARE);
    g_autofree nvmlVgpuSchedulerLog_t *first = NULL;
    g_autofree nvmlVgpuSchedulerLog_t *second = NULL;
    Reader reader = {{0, 0}, 0};

    plug (client, SIM_VM_A);
    plug (client, SIM_VM_B);
    first = read_log (client, gpu);
    follow (&reader, first);
    g_usleep (600 * MS);
    second = read_log (client, gpu);
    /* in 600 ms there are about 510 entries, of which 200 can be read */
    g_assert_cmpuint (follow (&reader, second), >=, 200 * 1000000);
}

/* Two processes see the same past, which no process had to store. */
SIM_TEST (test_processes_agree)
{
    const nvmlDevice_t gpu = gpu_with (client, NVML_SCHEDULER_EQUAL_SHARE);
    nvmlVgpuSchedulerLog_t *theirs =
        mmap (NULL, sizeof *theirs, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    g_autofree nvmlVgpuSchedulerLog_t *ours = NULL;
    unsigned int common = 0;
    pid_t child;
    int status;

    g_assert_true (theirs != MAP_FAILED);
    plug (client, SIM_VM_A);
    g_usleep (50 * MS);
    child = fork ();
    if (child == 0)
        _exit (client->nvmlInit_v2 () == NVML_SUCCESS ? client->nvmlDeviceGetVgpuSchedulerLog (gpu, theirs)
                                                      : 255);
    ours = read_log (client, gpu);
    g_assert_cmpint (waitpid (child, &status, 0), ==, child);
    g_assert_cmpint (status, ==, 0);
    for (unsigned int i = 0, j = 0; i < ours->entriesCount && j < theirs->entriesCount;) {
        const nvmlVgpuSchedulerLogEntry_t *our = &ours->logEntries[i], *their = &theirs->logEntries[j];

        if (our->timestamp == their->timestamp) {
            g_assert_cmpuint (our->swRunlistId, ==, their->swRunlistId);
            g_assert_cmpuint (our->timeRunTotal, ==, their->timeRunTotal);
            g_assert_cmpuint (our->cumulativePreemptionTime, ==, their->cumulativePreemptionTime);
            common++;
        }
        i += our->timestamp <= their->timestamp;
        j += their->timestamp <= our->timestamp;
    }
    g_assert_cmpuint (common, >, 0);
    munmap (theirs, sizeof *theirs);
}

/* When a vGPU or a guest driver comes or goes, the log begins again: it never changes entries that were
 * read. */
SIM_TEST (test_change_begins_again)
{
    const nvmlDevice_t gpu = gpu_with (client, NVML_SCHEDULER_EQUAL_SHARE);
    g_autofree nvmlVgpuSchedulerLog_t *before = NULL;
    g_autofree nvmlVgpuSchedulerLog_t *after = NULL;
    g_autofree nvmlVgpuSchedulerLog_t *nothing = NULL;

    plug (client, SIM_VM_A);
    g_usleep (300 * MS);
    before = read_log (client, gpu);
    g_assert_cmpuint (before->entriesCount, >, 0);
    plug (client, SIM_VM_B);
    g_usleep (20 * MS);
    after = read_log (client, gpu);
    g_assert_cmpuint (after->entriesCount, >, 0);
    g_assert_cmpuint (after->logEntries[0].timestamp, >,
                      before->logEntries[before->entriesCount - 1].timestamp);
    /* the first entry of a log is marked as such, if it can still be read */
    if (after->entriesCount < NVML_SCHEDULER_LOG_ENTRIES)
        g_assert_cmpuint (after->logEntries[0].timeRunTotal, ==, after->logEntries[0].timeRun);
    sim_client_must (client, "guest-driver", "down", "--vm", SIM_VM_A);
    sim_client_must (client, "guest-driver", "down", "--vm", SIM_VM_B);
    nothing = read_log (client, gpu);
    g_assert_cmpuint (nothing->entriesCount, ==, 0);
}

/* A file that was kept over a restart of the machine, whose clock began at 0 again. */
SIM_TEST (test_epoch_in_the_future)
{
    const nvmlDevice_t gpu = sim_client_gpu (client, GPU);
    g_autofree nvmlVgpuSchedulerLog_t *log = NULL;

    sim_client_write_more (client, "[gpu " GPU "]\nscheduler-epoch=9223372036854775807\n"
                                   "[vgpu 33333333-3333-4333-8333-333333333333]\ninstance=7\nvm=" SIM_VM_A
                                   "\ngpu=" GPU "\ntype=12\nguest-driver-state=up\nguest-driver=580.1\n"
                                   "guest-version=26.1\n");
    log = read_log (client, gpu);
    g_assert_cmpuint (log->entriesCount, ==, NVML_SCHEDULER_LOG_ENTRIES);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    sim_client_arguments (argc, argv);
    sim_client_add_test ("/sim/log/empty", test_empty);
    sim_client_add_test ("/sim/log/entries", test_entries);
    sim_client_add_test ("/sim/log/fast-reader", test_fast_reader);
    sim_client_add_test ("/sim/log/slow-reader", test_slow_reader);
    sim_client_add_test ("/sim/log/processes-agree", test_processes_agree);
    sim_client_add_test ("/sim/log/change-begins-again", test_change_begins_again);
    sim_client_add_test ("/sim/log/epoch-in-the-future", test_epoch_in_the_future);
    return g_test_run ();
}
