/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every program on a host with GPUs but without vGPUs gives a clear answer, and does not crash. The host is
 * the recorded one, whose driver answers as NVIDIA's did (tests/replay). */
#include "command-case.h"
#include "golden.h"
#include "hook-case.h"
#include "refusal.h"
#include "../test-glib.h"

#include <string.h>

#define FOLDER    "ordinary-host"
#define HOST_FILE "tests/data/nvml-calls-r580.conf"
/* The GPU of the recording, which is also in sysfs. */
#define GPU "0000:04:00.0"

static void
add_ordinary_host (FakeHost *host)
{
    fake_host_take_sim_file (host, HOST_FILE);
    fake_host_add_unlisted_gpu (host, GPU, FAKE_H100);
}

/* The same for a guest that is started with -incoming. */
static void
add_incoming_guest (FakeHost *host)
{
    add_ordinary_host (host);
    fake_host_qemu_started (host, CASE_DOMAIN, TRUE);
}

/* At least one line for every command of vgpu-gate; add new commands here. The output is golden. */
/* clang-format off */
static const struct {
    const char *name;
    const char *line;
    int status;
    gboolean has_no_output; /* except a refusal on standard error */
} commands[] = {
    {"host", "host --root $ROOT", 0, FALSE},
    {"host-text", "host --root $ROOT --output text", 0, FALSE},
    {"host-json", "host --root $ROOT --output json", 0, FALSE},
    {"version-get", "version get", 0, FALSE},
    {"version-set", "version set 18.1-25.1 --yes", 0, FALSE},
    {"scheduler-capabilities", "scheduler capabilities", 1, TRUE},
    {"scheduler-state", "scheduler state " GPU, 1, TRUE},
    {"scheduler-log", "scheduler log", 1, TRUE},
    {"scheduler-log-follow", "scheduler log --follow", 1, TRUE},
    {"scheduler-set", "scheduler set " GPU " --policy equal-share", 1, TRUE},
    {"check", "check @element.in.xml", 1, FALSE},
    {"check-restore", "check --operation restore @element.in.xml", 1, FALSE},
    {"check-start", "check --root $ROOT --operation start @bare-mdev.in.xml", 3, FALSE},
    {"check-device", "check --root $ROOT @mdev.in.xml", 1, FALSE},
    {"check-bare", "check --root $ROOT @bare-mdev.in.xml", 3, FALSE},
    {"check-whole-gpu", "check --root $ROOT @whole-gpu.in.xml", 3, FALSE},
    {"check-no-vgpu", "check @no-vgpu.in.xml", 0, FALSE},
    {"matrix", "matrix --root $ROOT --fleet $ROOT/none", 3, TRUE},
    {"guest", "guest @no-vgpu.in.xml", 0, FALSE},
    {"fleet", "fleet collect", 2, TRUE},
    {"audit", "audit --root $ROOT", 0, FALSE},
    {"plan-upgrade", "plan-upgrade --driver 1 --branches $ROOT/none --fleet $ROOT/none", 3, TRUE},
    {"drain", "drain host-a --root $ROOT --fleet $ROOT/none", 3, TRUE},
    {"device-list", "device list --root $ROOT", 0, FALSE},
    {"device-make", "device make " CASE_MDEV " --type H100XM-20C --root $ROOT", 1, TRUE},
    {"device-make-guest", "device make @mdev.in.xml --root $ROOT", 1, TRUE},
    {"device-remove", "device remove " CASE_MDEV " --yes --root $ROOT", 1, TRUE},
    {"devices-apply", "devices apply --wait 0 --root $ROOT $ROOT/none", 3, TRUE},
    {"devices-status", "devices status --root $ROOT $ROOT/none", 3, TRUE},
    {"allow-once", "allow-once --list --root $ROOT", 0, FALSE},
    {"allow-restore", "allow-restore --yes --root $ROOT @bare-mdev.in.xml", 1, TRUE},
    /* whether vgpu-gated runs on the test machine does not matter here */
    {"agent", "agent status now", 2, TRUE},
    {"switchover", "switchover status", 0, FALSE},
    {"self-check", "self-check --root $ROOT", 1, FALSE},
    {"validate", "validate --schemas $SCHEMAS @element.in.xml", 0, FALSE},
    {"validate-config", "validate --config", 0, FALSE},
    {"config", "config show", 0, FALSE},
    {"explain", "explain VGATE-506", 0, FALSE},
    {"help", "help check", 0, FALSE},
};

/* Each is run as libvirt runs it, and as a dry run. Such a host has no mediated devices, so a guest without
 * an element cannot have a vGPU. */
static const HookCase events[] = {
    {.name = "migrate", .input = "element", .operation = "migrate", .code = 506},
    {.name = "restore", .input = "element", .operation = "restore", .code = 506},
    {.name = "prepare", .input = "element", .operation = "prepare", .code = 506,
     .config = "[gate]\ncold-start=check\n"},
    {.name = "started", .input = "bare-mdev", .operation = "started", .code = 2,
     .prepare = add_incoming_guest},
    {.name = "migrate", .input = "mdev", .operation = "migrate", .code = 506},
    {.name = "migrate", .input = "vf", .operation = "migrate", .code = 506},
    {.name = "migrate", .input = "suspended", .operation = "migrate", .code = 506},
};
/* clang-format on */

static void
test_command (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    if (!command_can_run (&(CommandCall){.line = commands[i].line}))
        return;
    add_ordinary_host (host);
    command_run (host, commands[i].line, &run);
    g_assert_cmpint (run.status, ==, commands[i].status);
    if (commands[i].has_no_output) {
        g_assert_cmpstr (run.out, ==, "");
        command_compare_error (host, FOLDER, commands[i].name, &run);
    } else {
        g_assert_cmpstr (run.err, ==, "");
        command_compare (host, FOLDER, commands[i].name, "out", run.out);
    }
}

/* The host document of this host gives another host the same answers. */
static void
test_document (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) document = {0}, run = {0};

    add_ordinary_host (host);
    command_run (host, "host --root $ROOT", &document);
    g_assert_cmpint (document.status, ==, 0);
    fake_host_write_file (host, "host.xml", document.out, strlen (document.out), 0644);
    fake_host_set_helper (host, "exit 1");
    command_run (host, "check --host $ROOT/host.xml @element.in.xml", &run);
    g_assert_cmpint (run.status, ==, 1);
    command_compare (host, FOLDER, "document", "out", run.out);
    g_assert_cmpstr (run.err, ==, "");
}

static void
test_event (gconstpointer data)
{
    HookCase c = *(const HookCase *)data;

    if (!c.prepare)
        c.prepare = add_ordinary_host;
    c.report = TRUE;
    case_run (&c, FOLDER);
}

static gboolean
has_case (const char *command)
{
    const gsize length = strlen (command);

    for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
        if (strncmp (commands[i].line, command, length) == 0 && strchr (" ", commands[i].line[length]))
            return TRUE;
    return FALSE;
}

/* Compares with the commands in --help, one a line after "Commands:". */
static void
test_all_commands (G_GNUC_UNUSED gconstpointer data)
{
    const char *argv[] = {program_path ("command"), "--help", NULL};
    g_auto (ProgramRun) run = {0};
    g_auto (GStrv) lines = NULL;
    const char *list;
    guint n_commands = 0;

    program_run (argv, "", 0, &run);
    list = strstr (run.out, "\nCommands:\n");
    g_assert_nonnull (list);
    lines = g_strsplit (list + strlen ("\nCommands:\n"), "\n", -1);
    for (gsize i = 0; g_str_has_prefix (lines[i], "  "); i++) {
        g_auto (GStrv) words = g_strsplit (lines[i] + 2, " ", 2);

        if (!has_case (words[0]))
            test_fail ("'%s' has no line in commands[] of %s", words[0], __FILE__);
        n_commands++;
    }
    g_assert_cmpuint (n_commands, >=, 3);
}

static void
test_none_left (G_GNUC_UNUSED gconstpointer data)
{
    golden_assert_none_left (FOLDER, ".out");
    refusal_assert_none_left (FOLDER);
    golden_assert_none_left (FOLDER, ".report");
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
        g_autofree char *path = g_strconcat ("/ordinary-host/command/", commands[i].name, NULL);

        program_add_test (path, GUINT_TO_POINTER (i), test_command);
    }
    for (guint i = 0; i < G_N_ELEMENTS (events); i++) {
        g_autofree char *path =
            g_strdup_printf ("/ordinary-host/hook/%s/%s", events[i].input, events[i].name);

        program_add_test (path, &events[i], test_event);
    }
    program_add_test ("/ordinary-host/document", NULL, test_document);
    program_add_test ("/ordinary-host/all-commands", NULL, test_all_commands);
    program_add_test ("/none-left/ordinary-host", NULL, test_none_left);
    return g_test_run ();
}
