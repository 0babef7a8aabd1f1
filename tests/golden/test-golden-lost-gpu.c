/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One GPU of two is lost: what concerns it is refused or left out with the reason, and the guests of the
 * other one are not affected. */
#include "command-case.h"
#include "golden.h"
#include "hook-case.h"
#include "refusal.h"
#include "../test-glib.h"

#include <signal.h>
#include <string.h>

#define FOLDER "lost-gpu"
#define LOST   "0000:c2:00.0"
/* How NVML fails: before or after it identifies the GPU. */
#define HANDLE   "fail nvmlDeviceGetHandleByIndex GPU_IS_LOST --gpu " LOST
#define METADATA "fail nvmlDeviceGetVgpuMetadata GPU_IS_LOST --gpu " LOST
#define ACTIVE   "fail nvmlDeviceGetActiveVgpus 999 --gpu " LOST
/* fails after the GPU was read, at a vGPU that runs there */
#define INSTANCE                                                             \
    "plug --vm 22222222-2222-4222-8222-222222222222 --type 1120 --gpu " LOST \
    "; fail nvmlVgpuInstanceGetVmID RESET_REQUIRED --gpu " LOST
#define BOTH METADATA "; fail nvmlDeviceGetName RESET_REQUIRED --gpu " CASE_GPU

/* Puts the guest's device on the lost GPU or on the other one. */
static void
device_on_healthy (FakeHost *host)
{
    fake_host_add_gpu (host, CASE_GPU, FAKE_H100);
    fake_host_add_gpu (host, LOST, FAKE_H100);
    fake_host_add_mdev (host, CASE_MDEV, FAKE_TYPE_H100_20C, CASE_GPU);
}

static void
device_on_lost (FakeHost *host)
{
    fake_host_add_gpu (host, CASE_GPU, FAKE_H100);
    fake_host_add_gpu (host, LOST, FAKE_H100);
    fake_host_add_mdev (host, CASE_MDEV, FAKE_TYPE_H100_20C, LOST);
}

static void
device_on_lost_and_another (FakeHost *host)
{
    device_on_lost (host);
    fake_host_add_mdev (host, CASE_MDEV_2, FAKE_TYPE_H100_20C, CASE_GPU);
}

static void
incoming (FakeHost *host)
{
    device_on_lost (host);
    fake_host_qemu_started (host, CASE_DOMAIN, TRUE);
}

static void
incoming_on_healthy (FakeHost *host)
{
    device_on_healthy (host);
    fake_host_qemu_started (host, CASE_DOMAIN, TRUE);
}

#define CHECKED "[gate]\ncold-start=check\n"
#define OPEN    "[gate]\nbackend-failure=allow\n"

static const HookCase cases[] = {
    {.name = "handle",
     .input = "mdev",
     .operation = "migrate",
     .code = 1,
     .prepare = device_on_healthy,
     .sim = HANDLE,
     .report = TRUE},
    {.name = "metadata",
     .input = "mdev",
     .operation = "migrate",
     .code = 1,
     .prepare = device_on_healthy,
     .sim = METADATA,
     .report = TRUE},
    {.name = "active",
     .input = "mdev",
     .operation = "migrate",
     .code = 1,
     .prepare = device_on_healthy,
     .sim = ACTIVE,
     .report = TRUE},
    {.name = "instance",
     .input = "mdev",
     .operation = "migrate",
     .code = 1,
     .prepare = device_on_healthy,
     .sim = INSTANCE,
     .report = TRUE},
    {.name = "restore",
     .input = "mdev",
     .operation = "restore",
     .code = 1,
     .prepare = device_on_healthy,
     .sim = HANDLE,
     .report = TRUE},
    {.name = "prepare",
     .input = "mdev",
     .operation = "prepare",
     .code = 1,
     .prepare = device_on_healthy,
     .sim = HANDLE,
     .config = CHECKED,
     .report = TRUE},
    {.name = "without-hostdev",
     .input = "element",
     .operation = "migrate",
     .code = 1,
     .prepare = device_on_healthy,
     .sim = METADATA,
     .report = TRUE},
    {.name = "on-handle",
     .input = "mdev",
     .operation = "migrate",
     .code = 517,
     .prepare = device_on_lost,
     .sim = HANDLE},
    {.name = "on-metadata",
     .input = "mdev",
     .operation = "migrate",
     .code = 517,
     .prepare = device_on_lost,
     .sim = METADATA},
    {.name = "on-active",
     .input = "mdev",
     .operation = "migrate",
     .code = 517,
     .prepare = device_on_lost,
     .sim = ACTIVE},
    {.name = "on-instance",
     .input = "mdev",
     .operation = "migrate",
     .code = 517,
     .prepare = device_on_lost,
     .sim = INSTANCE},
    {.name = "on-restore",
     .input = "mdev",
     .operation = "restore",
     .code = 517,
     .prepare = device_on_lost,
     .sim = METADATA},
    {.name = "on-prepare",
     .input = "mdev",
     .operation = "prepare",
     .code = 517,
     .prepare = device_on_lost,
     .sim = METADATA,
     .config = CHECKED},
    /* one lost GPU is not a failure of the backend, because the answer is known */
    {.name = "on-open",
     .input = "mdev",
     .operation = "migrate",
     .code = 517,
     .prepare = device_on_lost,
     .sim = METADATA,
     .config = OPEN},
    /* the way out is another device, of a GPU that works */
    {.name = "on-suggested",
     .input = "mdev",
     .operation = "migrate",
     .code = 517,
     .prepare = device_on_lost_and_another,
     .sim = METADATA},
    /* a guest from a snapshot: QEMU was started for an incoming migration */
    {.name = "started",
     .input = "mdev",
     .operation = "started",
     .code = 1,
     .prepare = incoming_on_healthy,
     .sim = HANDLE,
     .report = TRUE},
    {.name = "on-started-captured",
     .input = "mdev",
     .operation = "started",
     .code = 517,
     .prepare = incoming,
     .sim = HANDLE},
    {.name = "on-started",
     .input = "bare-mdev",
     .operation = "started",
     .code = 213,
     .prepare = incoming,
     .sim = METADATA},
    {.name = "both",
     .input = "mdev",
     .operation = "migrate",
     .code = 503,
     .prepare = device_on_healthy,
     .sim = BOTH},
    {.name = "both-open",
     .input = "mdev",
     .operation = "migrate",
     .code = 4,
     .prepare = device_on_healthy,
     .sim = BOTH,
     .config = OPEN,
     .report = TRUE},
};

static void
test_case (gconstpointer data)
{
    case_run (data, FOLDER);
}

/* --- vgpu-gate host --- */

static void
test_host (gconstpointer data)
{
    static const struct {
        const char *name, *sim;
    } hosts[] = {{"host-handle", HANDLE}, {"host-metadata", METADATA}};
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) xml = {0}, json = {0}, text = {0};

    device_on_healthy (host);
    fake_host_sim (host, hosts[i].sim);
    command_run (host, "host --root $ROOT", &xml);
    command_run (host, "host --root $ROOT --output json", &json);
    command_run (host, "host --root $ROOT --output text", &text);
    command_assert_done (&xml);
    command_assert_done (&json);
    command_assert_done (&text);
    command_assert_valid ("vgpu-gate-host.rng", xml.out);
    command_assert_outputs (host, FOLDER, hosts[i].name, text.out, json.out);
    command_assert_same_fields (json.out, xml.out);
    /* another host can judge by the document */
    fake_host_write_file (host, "host.xml", xml.out, strlen (xml.out), 0644);
    g_clear_pointer (&text.out, g_free);
    g_clear_pointer (&text.err, g_free);
    command_run (host, "check --host $ROOT/host.xml @element.in.xml", &text);
    command_assert_done (&text);
    g_assert_nonnull (strstr (text.out, "\n  cannot be used: GPU "));
}

/* --- vgpu-gate scheduler --- */

typedef struct {
    const char *name;
    const char *line;
    const char *sim;
    int status;
    gboolean has_no_output;
} Scheduler;

static const Scheduler schedulers[] = {
    {"state-handle", "scheduler state", HANDLE, 3, FALSE},
    {"state-metadata", "scheduler state", "fail nvmlDeviceGetName GPU_IS_LOST --gpu " LOST, 3, FALSE},
    {"state-call", "scheduler state", "fail nvmlDeviceGetVgpuSchedulerState GPU_IS_LOST --gpu " LOST, 3,
     FALSE},
    {"capabilities-call", "scheduler capabilities",
     "fail nvmlDeviceGetVgpuSchedulerCapabilities GPU_IS_LOST --gpu " LOST, 3, FALSE},
    {"state-healthy", "scheduler state " CASE_GPU, HANDLE, 0, FALSE},
    {"state-lost", "scheduler state " LOST, "fail nvmlDeviceGetName GPU_IS_LOST --gpu " LOST, 3, TRUE},
    {"state-lost-handle", "scheduler state " LOST, HANDLE, 3, TRUE},
    {"state-none", "scheduler state 0000:99:00.0", "fail nvmlDeviceGetName GPU_IS_LOST --gpu " LOST, 1, TRUE},
    {"set-healthy", "scheduler set " CASE_GPU " --policy equal-share --yes", HANDLE, 0, FALSE},
    {"set-lost", "scheduler set " LOST " --policy equal-share --yes", HANDLE, 3, TRUE},
    {"log", "scheduler log", "fail nvmlDeviceGetVgpuSchedulerLog GPU_IS_LOST --gpu " LOST, 3, FALSE},
    {"log-healthy", "scheduler log " CASE_GPU, HANDLE, 0, FALSE},
};

static void
test_scheduler (gconstpointer data)
{
    const Scheduler *scheduler = data;
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    if (!command_can_run (&(CommandCall){.line = scheduler->line}))
        return;
    device_on_healthy (host);
    fake_host_sim (host, scheduler->sim);
    command_run (host, scheduler->line, &run);
    g_assert_cmpint (run.status, ==, scheduler->status);
    if (scheduler->status != 0)
        command_compare_error (host, FOLDER, scheduler->name, &run);
    else
        g_assert_cmpstr (run.err, ==, "");
    if (scheduler->has_no_output)
        g_assert_cmpstr (run.out, ==, "");
    else
        command_compare (host, FOLDER, scheduler->name, "out", run.out);
}

static gboolean
has_come (const FakeHost *host, const char *file, const char *what)
{
    g_autofree char *path = fake_host_path (host, file), *text = NULL;

    return g_file_get_contents (path, &text, NULL, NULL) && strstr (text, what);
}

static void
wait_for (const FakeHost *host, const char *file, const char *what)
{
    for (guint waited = 0; waited < 20000 && !has_come (host, file, what); waited += 10)
        g_usleep (10000);
    if (!has_come (host, file, what))
        test_fail ("'%s' did not come in %s", what, file);
}

/* A GPU is lost while its log is followed: that is reported once, and the others are followed further. */
static void
test_follow (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autoptr (GSubprocess) process = NULL;
    g_autofree char *path = NULL, *err = NULL;
    g_autoptr (GError) error = NULL;

    device_on_healthy (host);
    process = command_start (host, "scheduler log --follow --output json");
    wait_for (host, "out", LOST);
    fake_host_sim (host, "fail nvmlDeviceGetVgpuSchedulerLog GPU_IS_LOST --gpu " LOST);
    wait_for (host, "err", "VGATE-517");
    fake_host_sim (host, "plug --vm 9c2f4d1e-8b7a-4c65-b3d0-1e2f3a4b5c6d --type 1120 --gpu " CASE_GPU
                         " --guest-driver 580.95.05 --guest-range 18.1-26.1");
    wait_for (host, "out", "\"entry\"");
    g_subprocess_send_signal (process, SIGTERM);
    g_subprocess_wait (process, NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 3);
    path = fake_host_path (host, "err");
    g_assert_true (g_file_get_contents (path, &err, NULL, NULL));
    g_assert_true (strstr (err, "VGATE-517: GPU " LOST));
    g_assert_null (strstr (strstr (err, "VGATE-517") + 1, "VGATE-517"));
    fake_host_assert_helper_ends (host);
}

static void
test_none_left (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const suffixes[] = {".out", ".report", ".text", ".json"};

    for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++)
        golden_assert_none_left (FOLDER, suffixes[i]);
    refusal_assert_none_left (FOLDER);
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *path = g_strdup_printf ("/lost-gpu/%s/%s", cases[i].input, cases[i].name);

        program_add_test (path, &cases[i], test_case);
    }
    program_add_test ("/lost-gpu/host/handle", GUINT_TO_POINTER (0), test_host);
    program_add_test ("/lost-gpu/host/metadata", GUINT_TO_POINTER (1), test_host);
    for (gsize i = 0; i < G_N_ELEMENTS (schedulers); i++) {
        g_autofree char *path = g_strdup_printf ("/lost-gpu/scheduler/%s", schedulers[i].name);

        program_add_test (path, &schedulers[i], test_scheduler);
    }
    program_add_test ("/lost-gpu/follow", NULL, test_follow);
    program_add_test ("/none-left/lost-gpu", NULL, test_none_left);
    return g_test_run ();
}
