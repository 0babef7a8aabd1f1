/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The texts of vgpu-gate: usage, versions and message codes. */
#include "base/codes.h"
#include "gate/ways-out.h"
#include "program.h"

#include <pty.h>
#include <string.h>
#include <unistd.h>

#define USAGE(what)             "vgpu-gate: VGATE-902: " what "; see 'vgpu-gate --help'\n"
#define USAGE_OF(command, what) "vgpu-gate: VGATE-902: " what "; see 'vgpu-gate " command " --help'\n"

typedef struct {
    const char *name;
    const char *words[7];
    int status;
    const char *out;
    const char *err;
} Words;

/* clang-format off */
static const Words calls[] = {
    {"version", {"--version", NULL}, 0, "vgpu-gate " VGATE_VERSION "\n", ""},
    {"none", {NULL}, 2, "", USAGE ("a command is required")},
    {"unknown-command", {"migrate", NULL}, 2, "", USAGE ("unknown command 'migrate'")},
    {"unknown-option", {"--force", NULL}, 2, "", USAGE ("Unknown option --force")},
    {"option-without-value", {"--config", NULL}, 2, "", USAGE ("Missing argument for --config")},
    {"host-word", {"host", "b", NULL}, 2, "", USAGE_OF ("host", "'host' takes no arguments")},
    {"host-option", {"host", "--all", NULL}, 2, "", USAGE_OF ("host", "Unknown option --all")},
    {"check-none", {"check", NULL}, 2, "", USAGE_OF ("check", "'check' requires one DOMAIN.xml")},
    {"check-two", {"check", "a.xml", "b.xml", NULL}, 2, "",
     USAGE_OF ("check", "'check' requires one DOMAIN.xml")},
    {"check-operation", {"check", "--operation", "reconnect", "a.xml", NULL}, 2, "",
     USAGE_OF ("check", "invalid value 'reconnect' for --operation: expected migrate, restore or start")},
    {"check-link-speed", {"check", "--link-speed", "0", "a.xml", NULL}, 2, "",
     USAGE_OF ("check", "invalid value '0' for --link-speed: expected 1 to 10000000 (Mbit/s)")},
    {"check-down-time-limit", {"check", "--down-time-limit", "1s", "a.xml", NULL}, 2, "",
     USAGE_OF ("check", "invalid value '1s' for --down-time-limit: expected 1 to 2000000 (ms)")},
    /* before anything is read, even a wrong configuration */
    {"check-before-configuration", {"--config", "/dev/null/none", "check", "--link-speed", "0", "a", NULL},
     2, "", USAGE_OF ("check", "invalid value '0' for --link-speed: expected 1 to 10000000 (Mbit/s)")},
    {"check-option", {"check", "--hosts", "b.xml", "a.xml", NULL}, 2, "",
     USAGE_OF ("check", "Unknown option --hosts")},
    {"explain-unknown", {"explain", "VGATE-999", NULL}, 2, "",
     USAGE_OF ("explain", "unknown message code 'VGATE-999'")},
    {"explain-zero", {"explain", "0", NULL}, 2, "", USAGE_OF ("explain", "unknown message code '0'")},
    {"explain-empty", {"explain", "", NULL}, 2, "", USAGE_OF ("explain", "unknown message code ''")},
    {"explain-sign", {"explain", "+303", NULL}, 2, "", USAGE_OF ("explain", "unknown message code '+303'")},
    {"explain-more", {"explain", "303x", NULL}, 2, "", USAGE_OF ("explain", "unknown message code '303x'")},
    {"explain-blank", {"explain", " 303", NULL}, 2, "", USAGE_OF ("explain", "unknown message code ' 303'")},
    {"explain-word", {"explain", "ecc", NULL}, 2, "", USAGE_OF ("explain", "unknown message code 'ecc'")},
    {"explain-line-feed", {"explain", "3\n03", NULL}, 2, "",
     USAGE_OF ("explain", "unknown message code '3?03'")},
    {"explain-two", {"explain", "303", "304", NULL}, 2, "",
     USAGE_OF ("explain", "'explain' takes at most one code")},
    {"explain-markdown-code", {"explain", "--markdown", "303", NULL}, 2, "",
     USAGE_OF ("explain", "--markdown takes no code")},
};
/* clang-format on */

static void
run_command (const char *const *words, ProgramRun *run)
{
    const char *argv[9] = {program_path ("command")};

    for (gsize i = 0; words[i]; i++)
        argv[i + 1] = words[i];
    program_run (argv, "", 0, run);
}

static void
test_words (gconstpointer data)
{
    const Words *call = data;
    g_auto (ProgramRun) run = {0};

    run_command (call->words, &run);
    g_assert_cmpstr (run.out, ==, call->out);
    g_assert_cmpstr (run.err, ==, call->err);
    g_assert_cmpint (run.status, ==, call->status);
}

static void
assert_prints (const char *const *words, const char *expected)
{
    g_auto (ProgramRun) run = {0};

    run_command (words, &run);
    g_assert_cmpstr (run.err, ==, "");
    g_assert_cmpint (run.status, ==, 0);
    g_assert_cmpstr (run.out, ==, expected);
}

static void
assert_help_has (const char *const *words, const char *expected)
{
    g_auto (ProgramRun) run = {0};

    run_command (words, &run);
    g_assert_cmpstr (run.err, ==, "");
    g_assert_cmpint (run.status, ==, 0);
    if (!strstr (run.out, expected))
        g_test_fail_printf ("the help does not say '%s':\n%s", expected, run.out);
}

/* Everything that a terminal of this width shows of the command's output. */
static char *
run_on_terminal (const char *const *words, guint16 columns)
{
    const struct winsize size = {.ws_col = columns, .ws_row = 24};
    g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
    g_autoptr (GSubprocess) process = NULL;
    g_autoptr (GString) shown = g_string_new (NULL);
    g_autoptr (GError) error = NULL;
    const char *argv[9] = {program_path ("command")};
    char buffer[4096];
    int master, terminal;
    gssize n;

    for (gsize i = 0; words[i]; i++)
        argv[i + 1] = words[i];
    g_assert_cmpint (openpty (&master, &terminal, NULL, NULL, &size), ==, 0);
    g_subprocess_launcher_take_stdout_fd (launcher, terminal);
    process = g_subprocess_launcher_spawnv (launcher, argv, &error);
    g_assert_no_error (error);
    /* that nobody has the terminal open any more is told as an error */
    g_clear_object (&launcher);
    while ((n = read (master, buffer, sizeof buffer)) > 0)
        g_string_append_len (shown, buffer, n);
    close (master);
    g_subprocess_wait_check (process, NULL, &error);
    g_assert_no_error (error);
    g_string_replace (shown, "\r\n", "\n", 0);
    return g_string_free (g_steal_pointer (&shown), FALSE);
}

/* On a terminal long lines are wrapped at its width; in a pipe they stay whole. */
static void
test_terminal (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const words[] = {"explain", "VGATE-503", NULL};
    g_autofree char *shown = run_on_terminal (words, 60);
    g_auto (GStrv) lines = g_strsplit (shown, "\n", -1);
    g_autoptr (GString) joined = g_string_new (shown);
    gsize longest = 0;

    for (gsize i = 0; lines[i]; i++)
        longest = MAX (longest, strlen (lines[i]));
    g_assert_cmpuint (longest, >, 40);
    g_assert_cmpuint (longest, <=, 60);
    g_string_replace (joined, "\n    ", " ", 0);
    assert_prints (words, joined->str);
}

static void
test_help (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const all[] = {"--help", NULL};
    static const char *const host[] = {"host", "--help", NULL};
    static const char *const check[] = {"check", "--help", NULL};
    static const char *const explain[] = {"explain", "--help", NULL};

    assert_help_has (all, "\n  host ");
    assert_help_has (all, "\n  check ");
    assert_help_has (all, "\n  explain ");
    assert_help_has (all, "2 wrong usage");
    assert_help_has (host, "vgpu-gate host");
    assert_help_has (check, "DOMAIN.xml");
    assert_help_has (check, "--host=FILE");
    assert_help_has (check, "--operation=OP");
    assert_help_has (explain, "[CODE]");
}

/* Every code in each of its spellings. */
static void
test_code (gconstpointer data)
{
    const VgateCodeInfo *info = data;
    static const char *const prefixes[] = {"VGATE-", "vgate-", ""};
    g_autoptr (GString) expected = g_string_new (NULL);

    g_string_printf (expected, "VGATE-%03d: %s\n\ncause: %s\n\nway out: %s\n", (int)info->code, info->summary,
                     info->cause, info->cure);
    for (VgateSituation s = 0; s < VGATE_N_SITUATIONS; s++) {
        g_autofree char *way_out = vgate_way_out ((VgateCode)info->code, s, NULL);

        if (vgate_way_out_differs ((VgateCode)info->code, s))
            g_string_append_printf (expected, "\nway out %s: %s\n", vgate_situation_describe (s), way_out);
    }

    for (gsize i = 0; i < G_N_ELEMENTS (prefixes); i++) {
        g_autofree char *code = g_strdup_printf ("%s%03d", prefixes[i], (int)info->code);
        const char *const words[] = {"explain", code, NULL};

        assert_prints (words, expected->str);
    }
}

static void
test_list (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const words[] = {"explain", NULL};
    g_autoptr (GString) expected = g_string_new (NULL);
    gsize n;
    const VgateCodeInfo *const *infos = vgate_code_infos (&n);

    for (gsize i = 0; i < n; i++)
        g_string_append_printf (expected, "VGATE-%03d  %s\n", (int)infos[i]->code, infos[i]->summary);
    assert_prints (words, expected->str);
}

static void
test_document (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const words[] = {"explain", "--markdown", NULL};
    g_autofree char *path = program_source ("../..", "docs/codes.md");
    g_autofree char *text = NULL;
    g_autoptr (GError) error = NULL;

    if (!g_file_get_contents (path, &text, NULL, &error))
        text = g_strdup (error->message);
    g_test_message ("docs/codes.md is what 'vgpu-gate explain --markdown' prints; write it again with that");
    assert_prints (words, text);
}

int
main (int argc, char *argv[])
{
    gsize n_infos;
    const VgateCodeInfo *const *infos = vgate_code_infos (&n_infos);

    program_test_init (&argc, &argv);
    for (gsize i = 0; i < G_N_ELEMENTS (calls); i++) {
        g_autofree char *path = g_strdup_printf ("/command/words/%s", calls[i].name);

        program_add_test (path, &calls[i], test_words);
    }
    for (gsize i = 0; i < n_infos; i++) {
        g_autofree char *path = g_strdup_printf ("/command/explain/%03d", (int)infos[i]->code);

        program_add_test (path, infos[i], test_code);
    }
    program_add_test ("/command/help", NULL, test_help);
    program_add_test ("/command/terminal", NULL, test_terminal);
    program_add_test ("/command/explain/list", NULL, test_list);
    program_add_test ("/command/explain/document", NULL, test_document);
    return g_test_run ();
}
