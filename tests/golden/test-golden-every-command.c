/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every command of vgpu-gate must do, also one that is added later: it must be in the table below. */
#include "command-case.h"
#include "hook-case.h"

#include <string.h>

#define MISSING "--config /missing/vgpu-gate.conf "

static const char *const lines[] = {
    "host",
    "check @element.in.xml",
    "allow-once --list --root $ROOT",
    "allow-restore @element.in.xml",
    "version get",
    "version set 24.1-25.1",
    "version reset",
    "scheduler capabilities",
    "scheduler state",
    ("scheduler set " CASE_GPU " --policy best-effort"),
    "scheduler log",
    "scheduler state --engine nvenc0",
    ("scheduler set " CASE_GPU " --engine nvenc1 --policy best-effort"),
    "scheduler log --engine nvenc0",
    "device list",
    "device make @mdev.in.xml",
    ("device remove " CASE_MDEV),
    "devices apply --wait 0",
    "devices status",
    "agent status",
    "agent metrics",
    "switchover enable vm1",
    "switchover disable vm1",
    "switchover status",
    "switchover status vm1",
    "switchover repair vm1",
    "self-check",
    "matrix --fleet /missing",
    "guest /missing",
    "fleet collect /missing",
    "audit",
    "drain host-a --fleet /missing",
    "plan-upgrade --driver 580 --fleet /missing",
    "validate @element.in.xml",
    "validate --config",
    "config show",
    "explain",
    "explain 303",
    "explain --markdown",
    "explain --catalog",
    "help",
    "help device make",
};

static gboolean
has_line (const char *command)
{
    g_autofree char *start = g_strconcat (command, " ", NULL);

    for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
        if (strcmp (lines[i], command) == 0 || g_str_has_prefix (lines[i], start))
            return TRUE;
    return FALSE;
}

/* The commands that the help of a group lists, or of vgpu-gate itself with "". Returns how many. */
static guint
assert_listed (FakeHost *host, const char *group)
{
    g_autofree char *line = g_strconcat (group, *group != '\0' ? " " : "", "--help", NULL);
    g_auto (ProgramRun) run = {0};
    const char *commands;
    g_auto (GStrv) rows = NULL;
    guint n = 0;

    command_run (host, line, &run);
    command_assert_done (&run);
    commands = strstr (run.out, "\nCommands:\n");
    rows = g_strsplit (commands ? commands + strlen ("\nCommands:\n") : "", "\n", -1);
    for (gsize i = 0; rows[i] && g_str_has_prefix (rows[i], "  "); i++) {
        g_auto (GStrv) words = g_strsplit (rows[i] + 2, " ", 2);
        g_autofree char *command = g_strconcat (group, *group != '\0' ? " " : "", words[0], NULL);

        if (!has_line (command))
            g_error ("no line of the test runs 'vgpu-gate %s'", command);
        if (*group == '\0')
            assert_listed (host, command);
        n++;
    }
    return n;
}

static void
test_table (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();

    g_assert_cmpuint (assert_listed (host, ""), >, 5);
}

/* A configuration that is named must exist, whether or not the command uses it. */
static void
test_missing_configuration (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();

    for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
        g_autofree char *line = g_strconcat (MISSING, lines[i], NULL);
        g_auto (ProgramRun) run = {0};
        /* its answer is that */
        const gboolean is_answer = g_str_equal (lines[i], "self-check");
        const char *place;

        if (!command_can_run (&(CommandCall){.line = lines[i]}))
            continue;
        command_run (host, line, &run);
        place = strstr (is_answer ? run.out : run.err, "VGATE-601: cannot open '/missing/vgpu-gate.conf'");
        if (!place || run.status != (is_answer ? 1 : 3))
            g_error ("vgpu-gate %s: status %d\n%s%s", line, run.status, run.out, run.err);
    }
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    program_add_test ("/every-command/table", NULL, test_table);
    program_add_test ("/every-command/missing-configuration", NULL, test_missing_configuration);
    return g_test_run ();
}
