/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate scheduler capabilities, state and set: their output, refusals and questions. */
#include "command-table.h"
#include "../test-glib.h"

#include <string.h>

#define FOLDER "scheduler"
#define GPU_2  "0000:61:00.0"
#define UUID_2 "GPU-6a52c1de-0000-4000-8000-000061000000" /* fake_host_add_gpu () */
#define VM     "9c2f4d1e-8b7a-4c65-b3d0-1e2f3a4b5c6d"
#define SET    "scheduler set " CASE_GPU " "
#define HANGS  "[backend]\ndeadline-ms=300\n"

static void
add_nothing (G_GNUC_UNUSED FakeHost *host)
{
}

static void
add_two (FakeHost *host)
{
    case_standard_host (host);
    fake_host_add_gpu (host, GPU_2, FAKE_L40S);
}

static void
add_mig (FakeHost *host)
{
    add_two (host);
    fake_host_set_mig (host, GPU_2);
}

static void
add_mig_only (FakeHost *host)
{
    case_standard_host (host);
    fake_host_set_mig (host, CASE_GPU);
}

static void
add_upper_case (FakeHost *host)
{
    fake_host_add_gpu (host, "0000:a1:00.0", FAKE_L40S);
}

static void
run_vgpu (FakeHost *host)
{
    case_standard_host (host);
    fake_host_sim (host, "plug --vm " VM " --type 1120");
}

static void
set (FakeHost *host, const char *settings)
{
    g_autofree char *line = g_strconcat (SET, settings, " --yes", NULL);
    g_auto (ProgramRun) run = {0};

    if (!command_can_run (&(CommandCall){.line = line}))
        return;
    command_run (host, line, &run);
    command_assert_done (&run);
}

static void
set_equal_share (FakeHost *host)
{
    set (host, "--policy equal-share --arr disabled --time-slice 4ms");
}

static void
set_with_arr (FakeHost *host)
{
    set (host, "--policy fixed-share --arr enabled --frequency 480 --average-factor 20");
}

static void
add_equal_share (FakeHost *host)
{
    add_two (host);
    set_equal_share (host);
}

static void
add_with_arr (FakeHost *host)
{
    add_two (host);
    set_with_arr (host);
}

/* A driver that has only the calls since r595. */
static void
add_v2 (FakeHost *host)
{
    case_standard_host (host);
    fake_host_sim (host, "update --scheduler-calls v2");
}

/* A driver that has both, of which the older ones are not to be used any more. */
static void
add_deprecated (FakeHost *host)
{
    case_standard_host (host);
    fake_host_sim (host, "update --scheduler-calls v1-deprecated");
    set (host, "--engine nvenc1 --policy fixed-share --frequency 250");
}

static void
forget (FakeHost *host)
{
    fake_host_sim (host, "reload");
}

static const CommandReport reports[] = {
    {"capabilities", "scheduler capabilities", case_standard_host, NULL},
    {"capabilities-two", "scheduler capabilities", add_two, NULL},
    {"capabilities-one-of-two", "scheduler capabilities " GPU_2, add_two, NULL},
    {"capabilities-mig", "scheduler capabilities", add_mig, NULL},
    {"state", "scheduler state", case_standard_host, NULL},
    {"state-equal-share", "scheduler state", add_equal_share, NULL},
    {"state-arr", "scheduler state", add_with_arr, NULL},
    {"state-one", "scheduler state " CASE_GPU, add_with_arr, NULL},
    {"state-mig", "scheduler state", add_mig, NULL},
    {"state-mig-only", "scheduler state " CASE_GPU, add_mig_only, NULL},
    {"state-vgpu", "scheduler state", run_vgpu, NULL},
    {"set", SET "--policy equal-share --time-slice 2ms --yes", case_standard_host, forget},
    {"set-ns", SET "--policy fixed-share --arr disabled --time-slice 1500000 --yes", case_standard_host,
     forget},
    {"set-default", SET "--policy fixed-share --yes", case_standard_host, forget},
    {"set-arr", SET "--policy fixed-share --arr enabled --frequency 480Hz --average-factor 20 --yes",
     case_standard_host, forget},
    {"set-arr-default", SET "--policy equal-share --arr enabled --yes", case_standard_host, forget},
    {"set-back", SET "--policy best-effort --yes", case_standard_host, set_equal_share},
    {"capabilities-v2", "scheduler capabilities", add_v2, NULL},
    {"state-v2", "scheduler state", add_v2, NULL},
    {"state-v2-nvenc0", "scheduler state --engine nvenc0", add_deprecated, NULL},
    {"state-v2-nvenc1", "scheduler state --engine nvenc1 " CASE_GPU, add_deprecated, NULL},
    {"state-nvenc-v1", "scheduler state --engine nvenc0", case_standard_host, NULL},
    {"set-v2", SET "--policy equal-share --frequency 500 --yes", add_v2, forget},
    {"set-v2-nvenc0", SET "--engine nvenc0 --policy fixed-share --arr enabled --average-factor 20 --yes",
     add_v2, forget},
    {"set-upper-case", "scheduler set 0000:A1:00.0 --policy equal-share --yes", add_upper_case, forget},
};

static const CommandFailure failures[] = {
    {"no-gpu", {.line = "scheduler state"}, add_nothing, NULL, NULL, 1},
    {"no-gpu-capabilities", {.line = "scheduler capabilities"}, add_nothing, NULL, NULL, 1},
    {"no-gpu-set", {.line = SET "--policy best-effort"}, add_nothing, NULL, NULL, 1},
    {"other-gpu", {.line = "scheduler state 0000:99:00.0"}, add_two, NULL, NULL, 1},
    {"other-index", {.line = "scheduler state 7"}, add_two, NULL, NULL, 1},
    {"other-uuid",
     {.line = "scheduler state GPU-00000000-0000-4000-8000-000000000000"},
     add_two,
     NULL,
     NULL,
     1},
    {"set-other-index", {.line = "scheduler set 7 --policy equal-share --yes"}, add_two, NULL, NULL, 1},
    {"fails", {.line = "scheduler state"}, NULL, "fail nvmlDeviceGetVgpuSchedulerState 999", NULL, 3},
    {"fails-capabilities",
     {.line = "scheduler capabilities"},
     NULL,
     "fail nvmlDeviceGetVgpuSchedulerCapabilities GPU_IS_LOST",
     NULL,
     3},
    {"hangs", {.line = "scheduler state"}, NULL, "hang nvmlDeviceGetVgpuSchedulerState", HANGS, 3},
    {"set-in-use", {.line = SET "--policy equal-share --yes"}, run_vgpu, NULL, NULL, 1},
    {"set-mig", {.line = SET "--policy equal-share --yes"}, add_mig_only, NULL, NULL, 1},
    {"set-not-supported",
     {.line = SET "--policy equal-share --yes"},
     NULL,
     "fail nvmlDeviceSetVgpuSchedulerState NOT_SUPPORTED",
     NULL,
     1},
    {"set-reset",
     {.line = SET "--policy equal-share --yes"},
     NULL,
     "fail nvmlDeviceSetVgpuSchedulerState RESET_REQUIRED",
     NULL,
     1},
    {"set-invalid",
     {.line = SET "--policy equal-share --yes"},
     NULL,
     "fail nvmlDeviceSetVgpuSchedulerState INVALID_ARGUMENT",
     NULL,
     1},
    {"set-no-permission",
     {.line = SET "--policy equal-share --yes"},
     NULL,
     "fail nvmlDeviceSetVgpuSchedulerState NO_PERMISSION",
     NULL,
     1},
    {"set-hangs",
     {.line = SET "--policy equal-share --yes"},
     NULL,
     "hang nvmlDeviceSetVgpuSchedulerState",
     HANGS,
     3},
    {"set-not-root",
     {.line = SET "--policy equal-share --time-slice 2ms", .as_nobody = TRUE},
     NULL,
     NULL,
     NULL,
     1},
    /* values that the GPU does not support are refused before the driver is asked */
    {"slice-short",
     {.line = SET "--policy equal-share --time-slice 500us"},
     NULL,
     "hang nvmlDeviceSetVgpuSchedulerState",
     NULL,
     1},
    {"slice-long",
     {.line = SET "--policy equal-share --time-slice 31ms"},
     NULL,
     "hang nvmlDeviceSetVgpuSchedulerState",
     NULL,
     1},
    {"slice-arr", {.line = SET "--policy equal-share --arr enabled --time-slice 2ms"}, NULL, NULL, NULL, 1},
    {"frequency-low", {.line = SET "--policy equal-share --arr enabled --frequency 62"}, NULL, NULL, NULL, 1},
    {"frequency-without-arr", {.line = SET "--policy equal-share --frequency 480"}, NULL, NULL, NULL, 1},
    {"factor-high",
     {.line = SET "--policy equal-share --arr enabled --average-factor 61"},
     NULL,
     NULL,
     NULL,
     1},
    {"factor-without-arr",
     {.line = SET "--policy equal-share --arr disabled --average-factor 33"},
     NULL,
     NULL,
     NULL,
     1},
    /* what a driver since r595 cannot do is refused before it is asked */
    {"v2-slice",
     {.line = SET "--policy equal-share --time-slice 2ms --yes"},
     add_v2,
     "hang nvmlDeviceSetVgpuSchedulerState",
     NULL,
     1},
    {"v2-arr-off",
     {.line = SET "--engine nvenc1 --policy equal-share --arr disabled --yes"},
     add_v2,
     "hang nvmlDeviceSetVgpuSchedulerState",
     NULL,
     1},
    {"v2-frequency", {.line = SET "--policy equal-share --frequency 961 --yes"}, add_v2, NULL, NULL, 1},
    {"v2-reset",
     {.line = SET "--policy equal-share --yes"},
     add_v2,
     "fail nvmlDeviceSetVgpuSchedulerState_v2 RESET_REQUIRED",
     NULL,
     1},
    {"v2-fails", {.line = "scheduler state"}, add_v2, "fail nvmlDeviceGetVgpuSchedulerState_v2 999", NULL, 3},
    {"nvenc-v1", {.line = SET "--engine nvenc0 --policy equal-share --yes"}, NULL, NULL, NULL, 1},
    {"answer-no-nvenc",
     {.line = SET "--engine nvenc0 --policy equal-share --frequency 500", .answer = "n\n"},
     add_v2,
     NULL,
     NULL,
     1},
    {"usage-engine", {.line = "scheduler state --engine nvenc2"}, NULL, NULL, NULL, 2},
    {"answer-no",
     {.line = SET "--policy equal-share --arr disabled --time-slice 2ms", .answer = "n\n"},
     NULL,
     NULL,
     NULL,
     1},
    {"answer-no-arr",
     {.line = SET "--policy fixed-share --arr enabled --frequency 480 --average-factor 9", .answer = "n\n"},
     NULL,
     NULL,
     NULL,
     1},
    {"answer-no-default", {.line = SET "--policy best-effort", .answer = "n\n"}, NULL, NULL, NULL, 1},
    /* nobody can be asked, whatever comes in on standard input */
    {"no-terminal",
     {.line = SET "--policy equal-share"},
     NULL,
     "hang nvmlDeviceSetVgpuSchedulerState",
     NULL,
     2},
    {"usage-none", {.line = "scheduler"}, NULL, NULL, NULL, 2},
    {"usage-address", {.line = "scheduler state card0"}, NULL, NULL, NULL, 2},
    {"usage-domain", {.line = "scheduler state 100000000:41:00.0"}, NULL, NULL, NULL, 2},
    {"usage-index", {.line = "scheduler state -1"}, NULL, NULL, NULL, 2},
    {"usage-uuid", {.line = "scheduler state GPU-1234"}, NULL, NULL, NULL, 2},
    {"usage-two", {.line = "scheduler state " CASE_GPU " " GPU_2}, NULL, NULL, NULL, 2},
    {"usage-set", {.line = "scheduler set --policy equal-share"}, NULL, NULL, NULL, 2},
    {"usage-policy", {.line = SET "--time-slice 2ms"}, NULL, NULL, NULL, 2},
    {"usage-policy-name", {.line = SET "--policy equal"}, NULL, NULL, NULL, 2},
    {"usage-unknown", {.line = SET "--policy unknown"}, NULL, NULL, NULL, 2},
    {"usage-arr", {.line = SET "--policy equal-share --arr on"}, NULL, NULL, NULL, 2},
    {"usage-slice", {.line = SET "--policy equal-share --time-slice 2.5ms"}, NULL, NULL, NULL, 2},
    {"usage-frequency",
     {.line = SET "--policy equal-share --arr enabled --frequency 480kHz"},
     NULL,
     NULL,
     NULL,
     2},
    {"usage-frequency-sign",
     {.line = SET "--policy equal-share --arr enabled --frequency +480"},
     NULL,
     NULL,
     NULL,
     2},
    {"usage-factor",
     {.line = SET "--policy equal-share --arr enabled --average-factor 033"},
     NULL,
     NULL,
     NULL,
     2},
};

/* Nothing has been set. */
static void
assert_best_effort (FakeHost *host)
{
    g_auto (ProgramRun) run = {0};

    fake_host_sim (host, "heal");
    command_run (host, "scheduler state " CASE_GPU " --output json", &run);
    command_assert_done (&run);
    if (!strstr (run.out, "\"policy\" : \"best-effort\"\n") && !strstr (run.out, "\"available\" : false\n"))
        test_fail ("the scheduler was set: %s", run.out);
}

static void
assert_unchanged (FakeHost *host, const CommandFailure *failure)
{
    if (failure->prepare != add_nothing && !failure->config)
        assert_best_effort (host);
}

static const CommandTable table = {
    .folder = FOLDER,
    .reports = reports,
    .n_reports = G_N_ELEMENTS (reports),
    .failures = failures,
    .n_failures = G_N_ELEMENTS (failures),
    .assert_unchanged = assert_unchanged,
};

/* Each name that nvidia-smi prints names the same GPU, in every command that takes one. */
static void
test_names (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const commands[] = {"scheduler state", "scheduler capabilities", "scheduler log"};
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *upper = g_ascii_strup (UUID_2, -1);

    add_two (host);
    for (gsize c = 0; c < G_N_ELEMENTS (commands); c++) {
        const char *const names[] = {"1", UUID_2, upper, "00000000:61:00.0", "00000:61:00.0", "61:00.0"};
        g_autofree char *by_address = g_strdup_printf ("%s " GPU_2, commands[c]);
        g_auto (ProgramRun) expected = {0};

        command_run (host, by_address, &expected);
        command_assert_done (&expected);
        g_assert_nonnull (strstr (expected.out, GPU_2));
        for (gsize n = 0; n < G_N_ELEMENTS (names); n++) {
            g_autofree char *line = g_strdup_printf ("%s %s", commands[c], names[n]);
            g_auto (ProgramRun) run = {0};

            command_run (host, line, &run);
            command_assert_done (&run);
            g_assert_cmpstr (run.out, ==, expected.out);
        }
    }
}

/* The GPU is set that the user confirmed. */
static void
test_set_by_index (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const lines[] = {"scheduler set 1 --policy equal-share --yes", "scheduler state 0",
                                        "scheduler state 1"};
    static const char *const policies[] = {GPU_2, "best-effort", "equal-share"};
    g_autoptr (FakeHost) host = fake_host_new ();

    if (!command_can_run (&(CommandCall){.line = lines[0]}))
        return;
    add_two (host);
    for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
        g_auto (ProgramRun) run = {0};

        command_run (host, lines[i], &run);
        command_assert_done (&run);
        g_assert_nonnull (strstr (run.out, policies[i]));
    }
}

static void
test_yes (G_GNUC_UNUSED gconstpointer data)
{
    const CommandCall call = {.line = SET "--policy equal-share --time-slice 4ms", .answer = "yes\n"};
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    if (!command_can_run (&call))
        return;
    case_standard_host (host);
    command_call (host, &call, &run);
    g_assert_cmpint (run.status, ==, 0);
    g_assert_nonnull (strstr (run.err, "from best-effort to equal-share with 4 ms"));
    g_assert_nonnull (strstr (run.out, "is time slice  4 ms\n"));
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    command_table_add (&table);
    command_add_test (FOLDER, "yes", "yes", 0, test_yes);
    command_add_test (FOLDER, "names", "names", 0, test_names);
    command_add_test (FOLDER, "set-by-index", "set-by-index", 0, test_set_by_index);
    command_add_none_left (FOLDER);
    return g_test_run ();
}
