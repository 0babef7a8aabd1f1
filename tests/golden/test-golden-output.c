/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every program reports when its output cannot be written, so that a script does not take an incomplete
 * document for the whole one. */
#include "command-case.h"
#include "hook-case.h"
#include "../test-glib.h"

#include <string.h>

#define NO_SPACE "cannot write to standard output: No space left on device"

/* A full file system, and a closed standard output. */
static const char *const scripts[] = {
    "#!/bin/sh\nexec \"$@\" >/dev/full\n",
    "#!/bin/sh\nexec \"$@\" >&-\n",
};

/* Programs are run this way until program_run_by (NULL). */
static void
run_without_output (FakeHost *host, guint how)
{
    g_autofree char *path = fake_host_path (host, "without-output");

    fake_host_write_file (host, "without-output", scripts[how], strlen (scripts[how]), 0755);
    program_run_by (path);
}

static const char *const lines[] = {
    "host",
    "host --output text",
    "host --output json",
    "version get",
    "version get --output json",
    "version set 24.1-25.1 --yes",
    "scheduler capabilities",
    "scheduler state --output json",
    "scheduler set " CASE_GPU " --policy best-effort --yes",
    "scheduler log",
    "check @element.in.xml",
    "check @two-one-refused.in.xml",
    "switchover status",
    "validate --schemas $SCHEMAS @element.in.xml",
    "validate --schemas $SCHEMAS --output json @element.in.xml",
    "validate --config",
    "config show",
    "config show --output json",
    "explain",
    "explain --markdown",
    "explain --catalog",
    "explain --output json",
    "self-check --root $ROOT",
    "self-check --root $ROOT --output json",
    "explain 303",
    "--version",
    "--help",
    "host --help",
    "version --help",
    "version get --help",
};

static void
test_command (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data) / G_N_ELEMENTS (scripts);
    const guint how = GPOINTER_TO_UINT (data) % G_N_ELEMENTS (scripts);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    if (!command_can_run (&(CommandCall){.line = lines[i]}))
        return;
    case_standard_host (host);
    run_without_output (host, how);
    command_run (host, lines[i], &run);
    program_run_by (NULL);
    g_assert_cmpint (run.status, ==, 3);
    if (!g_str_has_prefix (run.err, "vgpu-gate: VGATE-518: cannot write to standard output: ") ||
        (how == 0 && !strstr (run.err, NO_SPACE)) || strchr (run.err, '\n') != strrchr (run.err, '\n'))
        test_fail ("%s says: %s", lines[i], run.err);
}

/* It ends by itself, because nobody reads its output any more. */
static void
test_follow (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    case_standard_host (host);
    run_without_output (host, 0);
    command_run (host, "scheduler log --follow", &run);
    program_run_by (NULL);
    g_assert_cmpint (run.status, ==, 3);
    g_assert_true (g_str_has_prefix (run.err, "vgpu-gate: VGATE-518: " NO_SPACE));
    fake_host_assert_helper_ends (host);
}

static const struct {
    const char *name, *program, *words;
    int status;
    const char *begins;
} others[] = {
    {"hook-version", "hook", "--version", 3, "vgpu-gate: VGATE-518: " NO_SPACE},
    {"hook-help", "hook", "--help", 3, "vgpu-gate: VGATE-518: " NO_SPACE},
    {"hook-dry-run", "hook", "--dry-run vm1 migrate end -", 3, "vgpu-gate: VGATE-518: " NO_SPACE},
    {"daemon-version", "daemon", "--version", 3, "vgpu-gate: VGATE-518: " NO_SPACE},
    {"daemon-help", "daemon", "--help", 3, "vgpu-gate: VGATE-518: " NO_SPACE},
    {"sim-version", "vgpu-sim", "--version", 1, "vgpu-sim: " NO_SPACE},
    {"sim-help", "vgpu-sim", "--help", 1, "vgpu-sim: " NO_SPACE},
    {"sim-show", "vgpu-sim", "--file $ROOT/sim-host.conf show", 1, "vgpu-sim: " NO_SPACE},
};

static void
test_other (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autoptr (GString) words = g_string_new (others[i].words);
    g_auto (GStrv) argv = NULL;
    g_auto (ProgramRun) run = {0};

    case_standard_host (host);
    g_string_replace (words, "$ROOT", fake_host_root (host), 0);
    g_string_prepend_c (words, ' ');
    g_string_prepend (words, program_path (others[i].program));
    argv = g_strsplit (words->str, " ", -1);
    run_without_output (host, 0);
    program_run ((const char *const *)argv, "", 0, &run);
    program_run_by (NULL);
    g_assert_cmpint (run.status, ==, others[i].status);
    if (!g_str_has_prefix (run.err, others[i].begins))
        test_fail ("%s says: %s", others[i].name, run.err);
}

/* A call by libvirt: if the changed domain cannot be written, it is refused, with one of the two exit
 * statuses. */
static void
test_hook_as_libvirt_runs_it (G_GNUC_UNUSED gconstpointer data)
{
    const HookCase c = {.input = "element"};
    g_autoptr (FakeHost) host = fake_host_new ();
    HookCall call = {.host = host, .domain = CASE_DOMAIN, .operation = "migrate"};
    g_autofree char *xml = case_input (&c, &call.length);
    g_auto (ProgramRun) run = {0};

    case_standard_host (host);
    run_without_output (host, 0);
    call.input = xml;
    case_call_hook (&call, &run);
    program_run_by (NULL);
    case_assert_answer (&run, CASE_DOMAIN, 1);
}

int
main (int argc, char *argv[])
{
    static const char *const hows[] = {"full", "closed"};

    program_test_init (&argc, &argv);
    for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
        for (guint how = 0; how < G_N_ELEMENTS (scripts); how++) {
            g_autofree char *path = g_strdup_printf ("/output/%s/%s", hows[how], lines[i]);

            program_add_test (path, GUINT_TO_POINTER (i * G_N_ELEMENTS (scripts) + how), test_command);
        }
    }
    for (guint i = 0; i < G_N_ELEMENTS (others); i++) {
        g_autofree char *path = g_strdup_printf ("/output/other/%s", others[i].name);

        program_add_test (path, GUINT_TO_POINTER (i), test_other);
    }
    program_add_test ("/output/follow", NULL, test_follow);
    program_add_test ("/output/hook", NULL, test_hook_as_libvirt_runs_it);
    return g_test_run ();
}
