/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate version: its output, its refusals and its question. */
#include "command-table.h"
#include "../test-glib.h"

#include <string.h>

#define FOLDER "version"
#define VM     "9c2f4d1e-8b7a-4c65-b3d0-1e2f3a4b5c6d"
#define VM_2   "9c2f4d1e-8b7a-4c65-b3d0-1e2f3a4b5c6e"

static void
add_nothing (G_GNUC_UNUSED FakeHost *host)
{
}

static void
narrow (FakeHost *host)
{
    case_standard_host (host);
    fake_host_sim (host, "update --advertised-range 24.1-25.1");
}

static void
run_vgpus (FakeHost *host)
{
    case_standard_host (host);
    fake_host_sim (host, "plug --vm " VM " --type 1120; plug --vm " VM_2 " --type 1120");
}

static void
narrow_and_run_vgpus (FakeHost *host)
{
    narrow (host);
    fake_host_sim (host, "plug --vm " VM " --type 1120");
}

static void
run_many_vgpus (FakeHost *host)
{
    fake_host_add_gpu (host, "0000:61:00.0", FAKE_H100);
    case_standard_host (host);
    for (int i = 0; i < 3; i++)
        fake_host_sim (host, "plug --vm " VM " --type 1120 --gpu 0000:61:00.0; "
                             "plug --vm " VM_2 " --type 1120 --gpu " CASE_GPU);
}

/* The state before each run of a command that changes something. */
static void
forget (FakeHost *host)
{
    fake_host_sim (host, "reload");
}

static void
forget_and_narrow (FakeHost *host)
{
    fake_host_sim (host, "reload; update --advertised-range 24.1-25.1");
}

static const CommandReport reports[] = {
    {"get", "version get", case_standard_host, NULL},
    {"get-narrowed", "version get", narrow, NULL},
    {"get-while-vgpus-run", "version get", run_vgpus, NULL},
    /* a host without a GPU for vGPUs has a driver nevertheless */
    {"get-no-gpu", "version get", add_nothing, NULL},
    {"set", "version set 24.1-25.1 --yes", case_standard_host, forget},
    {"set-one", "version set 26.1-26.1 --yes", case_standard_host, forget},
    {"set-all", "version set 18.1-26.1 --yes", case_standard_host, forget_and_narrow},
    {"reset", "version reset --yes", case_standard_host, forget_and_narrow},
    /* nothing changes, so running vGPUs do not prevent it */
    {"set-same", "version set 18.1-26.1", run_vgpus, NULL},
    {"reset-same", "version reset", run_vgpus, NULL},
};

/* Returns the range that the driver advertises afterwards. */
static void
assert_range (FakeHost *host, const char *range)
{
    g_autofree char *expected = g_strdup_printf ("\nrange      %s\n", range);
    g_auto (ProgramRun) run = {0};

    fake_host_sim (host, "heal");
    command_run (host, "version get", &run);
    command_assert_done (&run);
    if (!strstr (run.out, expected))
        test_fail ("the range is not %s: %s", range, run.out);
}

static const CommandFailure failures[] = {
    {"inverted", {.line = "version set 25.1-24.1"}, NULL, "hang nvmlSetVgpuVersion", NULL, 1},
    {"below", {.line = "version set 17.1-25.1"}, NULL, "hang nvmlSetVgpuVersion", NULL, 1},
    {"above", {.line = "version set 24.1-26.2"}, NULL, "hang nvmlSetVgpuVersion", NULL, 1},
    {"in-use", {.line = "version set 24.1-25.1 --yes"}, run_vgpus, NULL, NULL, 1},
    {"in-use-many", {.line = "version set 24.1-25.1 --yes"}, run_many_vgpus, NULL, NULL, 1},
    {"in-use-reset", {.line = "version reset --yes"}, narrow_and_run_vgpus, NULL, NULL, 1},
    {"in-use-unseen",
     {.line = "version set 24.1-25.1 --yes"},
     NULL,
     "fail nvmlSetVgpuVersion IN_USE",
     NULL,
     1},
    {"not-supported",
     {.line = "version set 24.1-25.1 --yes"},
     NULL,
     "fail nvmlSetVgpuVersion NOT_SUPPORTED",
     NULL,
     1},
    {"invalid",
     {.line = "version set 24.1-25.1 --yes"},
     NULL,
     "fail nvmlSetVgpuVersion INVALID_ARGUMENT",
     NULL,
     1},
    {"lost", {.line = "version set 24.1-25.1 --yes"}, NULL, "fail nvmlSetVgpuVersion GPU_IS_LOST", NULL, 3},
    {"no-permission",
     {.line = "version set 24.1-25.1 --yes"},
     NULL,
     "fail nvmlSetVgpuVersion NO_PERMISSION",
     NULL,
     1},
    {"hangs",
     {.line = "version set 24.1-25.1 --yes"},
     NULL,
     "hang nvmlSetVgpuVersion",
     "[backend]\ndeadline-ms=300\n",
     3},
    {"get-fails", {.line = "version get"}, NULL, "fail nvmlGetVgpuVersion 999", NULL, 3},
    {"get-hangs",
     {.line = "version get"},
     NULL,
     "hang nvmlGetVgpuVersion",
     "[backend]\ndeadline-ms=300\n",
     3},
    {"no-library", {.line = "version get"}, NULL, NULL, "[backend]\nlibrary=$ROOT/none.so\n", 3},
    {"configuration", {.line = "version get"}, NULL, NULL, "[gate]\nmissing=1\n", 3},
    {"not-root", {.line = "version set 24.1-25.1 --output json", .as_nobody = TRUE}, NULL, NULL, NULL, 1},
    {"not-root-reset", {.line = "version reset", .as_nobody = TRUE}, NULL, NULL, NULL, 1},
    {"answer-no", {.line = "version set 24.1-25.1", .answer = "n\n"}, NULL, NULL, NULL, 1},
    {"answer-nothing", {.line = "version set 24.1-25.1", .answer = "\n"}, NULL, NULL, NULL, 1},
    {"answer-end", {.line = "version set 24.1-25.1", .answer = "\004"}, NULL, NULL, NULL, 1},
    {"answer-other", {.line = "version set 24.1-25.1", .answer = "yesterday\n"}, NULL, NULL, NULL, 1},
    {"answer-reset", {.line = "version reset", .answer = "no\n"}, narrow, NULL, NULL, 1},
    /* nobody can be asked, whatever comes in on standard input */
    {"no-terminal", {.line = "version set 24.1-25.1"}, NULL, "hang nvmlSetVgpuVersion", NULL, 2},
    {"no-terminal-reset", {.line = "version reset"}, narrow, "hang nvmlSetVgpuVersion", NULL, 2},
    {"usage-none", {.line = "version"}, NULL, NULL, NULL, 2},
    {"usage-other", {.line = "version show"}, NULL, NULL, NULL, 2},
    {"usage-get", {.line = "version get 18.1-26.1"}, NULL, NULL, NULL, 2},
    {"usage-get-yes", {.line = "version get --yes"}, NULL, NULL, NULL, 2},
    {"usage-set", {.line = "version set"}, NULL, NULL, NULL, 2},
    {"usage-set-two", {.line = "version set 18.1 26.1"}, NULL, NULL, NULL, 2},
    {"usage-set-form", {.line = "version set 18.01-26.1"}, NULL, NULL, NULL, 2},
    {"usage-reset", {.line = "version reset 18.1-26.1"}, NULL, NULL, NULL, 2},
    {"usage-output", {.line = "version get --output yaml"}, NULL, NULL, NULL, 2},
    {"usage-output-xml", {.line = "version get --output xml"}, NULL, NULL, NULL, 2},
};

static gboolean
is_narrowed (CasePrepare prepare)
{
    return prepare == narrow || prepare == narrow_and_run_vgpus;
}

static void
assert_unchanged (FakeHost *host, const CommandFailure *failure)
{
    if (!failure->config)
        assert_range (host, is_narrowed (failure->prepare) ? "24.1-25.1" : "18.1-26.1");
}

static const CommandTable table = {
    .folder = FOLDER,
    .reports = reports,
    .n_reports = G_N_ELEMENTS (reports),
    .failures = failures,
    .n_failures = G_N_ELEMENTS (failures),
    .assert_unchanged = assert_unchanged,
};

/* The question names old and new value; y and yes set it, and --yes skips the question. */
static void
test_yes (gconstpointer data)
{
    static const CommandCall calls[] = {
        {.line = "version set 24.1-25.1", .answer = "y\n"},
        {.line = "version set 24.1-25.1", .answer = "Yes\n"},
        {.line = "version set 24.1-25.1 --yes", .answer = "n\n"},
        {.line = "version set -y 24.1-25.1", .answer = "n\n"},
    };
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    if (!command_can_run (&calls[i]))
        return;
    case_standard_host (host);
    command_call (host, &calls[i], &run);
    g_assert_cmpint (run.status, ==, 0);
    g_assert_cmpint (strstr (run.err, "from 18.1-26.1 to 24.1-25.1?") != NULL, ==, i < 2);
    g_assert_cmpint (strlen (run.err) > 0, ==, i < 2);
    assert_range (host, "24.1-25.1");
}

int
main (int argc, char *argv[])
{
    static const char *const yes[] = {"y", "yes", "option", "short-option"};

    program_test_init (&argc, &argv);
    command_table_add (&table);
    for (guint i = 0; i < G_N_ELEMENTS (yes); i++)
        command_add_test (FOLDER, "yes", yes[i], i, test_yes);
    command_add_none_left (FOLDER);
    return g_test_run ();
}
