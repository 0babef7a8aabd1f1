/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The texts of vgpu-gate: usage, versions and message codes. */
#include "base/codes.h"
#include "gate/ways-out.h"
#include "golden.h"
#include "program.h"
#include "../test-glib.h"

#include <json-glib/json-glib.h>
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
    {"check-none", {"check", NULL}, 2, "", USAGE_OF ("check", "'check' requires a GUEST")},
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
    {"explain-markdown-output", {"explain", "--markdown", "--output", "json", NULL}, 2, "",
     USAGE_OF ("explain", "--markdown, --catalog and --output exclude each other")},
    {"explain-markdown-catalog", {"explain", "--markdown", "--catalog", NULL}, 2, "",
     USAGE_OF ("explain", "--markdown, --catalog and --output exclude each other")},
    {"explain-catalog-code", {"explain", "--catalog", "303", NULL}, 2, "",
     USAGE_OF ("explain", "--markdown and --catalog take no code")},
    {"explain-output", {"explain", "--output", "xml", NULL}, 2, "",
     USAGE_OF ("explain", "invalid value 'xml' for --output: expected text or json")},
    {"explain-markdown-code", {"explain", "--markdown", "303", NULL}, 2, "",
     USAGE_OF ("explain", "--markdown and --catalog take no code")},
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
        test_fail ("the help does not say '%s':\n%s", expected, run.out);
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
    assert_help_has (check, "GUEST...");
    assert_help_has (check, "--host=HOST");
    assert_help_has (check, "--operation=OP");
    assert_help_has (explain, "[CODE]");
}

/*
 * The text that a golden case of this code has, as an example: what differs on each machine has a value as on
 * a real host, and the way out is left out. NULL when no golden case comes to the code.
 */
static char *
expected_example (int code)
{
    static const struct {
        const char *what, *by;
    } names[] = {
        {"HOST refuses", "host-b refuses"},
        {"ROOT/vgpu-gate.conf", "/etc/vgpu-gate/vgpu-gate.conf"},
        {"ROOT/fleet.key", "/etc/vgpu-gate/fleet.key"},
        {"ROOT/", "/"},
        {"LIBRARY", "libnvidia-ml.so.1"},
        {"AGE s ", "7200 s "},
        {", simulated driver", ""},
        {"\u201c", "'"},
        {"\u201d", "'"},
    };
    g_autofree char *file = g_strdup_printf ("VGATE-%03d", code);
    g_autofree char *path = program_source ("codes", file), *text = NULL, *begin = NULL;
    g_autoptr (GString) example = NULL;
    g_autoptr (GRegex) sentence =
        g_regex_new ("(\\.|; see '[^']*')( [A-Z'].*)?\n*$", G_REGEX_DOTALL, 0, NULL);
    g_autofree char *first = NULL;
    const char *line;

    if (!g_file_get_contents (path, &text, NULL, NULL))
        return NULL;
    begin = g_strdup_printf ("vgpu-gate: %s: ", file);
    line = strstr (text, begin);
    g_assert_nonnull (line);
    example = g_string_new (line + strlen (begin));
    for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
        g_string_replace (example, names[i].what, names[i].by, 0);
    g_string_truncate (example, strcspn (example->str, "\n"));
    first = g_regex_replace (sentence, example->str, -1, 0, "", 0, NULL);
    return g_steal_pointer (&first);
}

/* Every code in each of its spellings. */
static void
test_code (gconstpointer data)
{
    const VgateCodeInfo *info = data;
    static const char *const prefixes[] = {"VGATE-", "vgate-", ""};
    g_autoptr (GString) expected = g_string_new (NULL);
    g_autofree char *example = NULL;

    g_string_printf (expected, "VGATE-%03d: %s\n\ncause: %s\n\nway out: %s\n", (int)info->code, info->summary,
                     info->cause, info->cure);
    for (VgateSituation s = 0; s < VGATE_N_SITUATIONS; s++) {
        g_autofree char *way_out = vgate_way_out ((VgateCode)info->code, s, NULL);

        if (vgate_way_out_differs ((VgateCode)info->code, s))
            g_string_append_printf (expected, "\nway out %s: %s\n", vgate_situation_describe (s), way_out);
    }
    if (vgate_way_out_with_device ((VgateCode)info->code))
        g_string_append_printf (expected, "\nway out with another device: %s\n",
                                vgate_way_out_with_device ((VgateCode)info->code));
    example = expected_example ((int)info->code);
    if (example)
        g_string_append_printf (expected, "\nexample: %s\n", example);

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
    g_auto (ProgramRun) run = {0};
    g_auto (GStrv) lines = NULL;
    gsize n;
    const VgateCodeInfo *const *infos = vgate_code_infos (&n);
    guint n_codes = 0, n_groups = 0;
    const char *group = NULL;

    run_command (words, &run);
    g_assert_cmpint (run.status, ==, 0);
    lines = g_strsplit (run.out, "\n", -1);
    /* each code is below the heading of its group, and each heading is printed once */
    for (gsize i = 0; lines[i] && *lines[i] != '\0'; i++) {
        g_auto (GStrv) parts = NULL;
        const VgateCodeInfo *info;

        if (*lines[i] != ' ') {
            group = lines[i];
            n_groups++;
            for (gsize j = 0; j < i; j++)
                g_assert_cmpstr (lines[j], !=, group);
            continue;
        }
        parts = g_strsplit (lines[i] + 2, "  ", 2);
        info = vgate_code_info ((int)vgate_code_parse (parts[0]));
        g_assert_nonnull (info);
        g_assert_cmpstr (parts[1], ==, info->summary);
        g_assert_cmpstr (vgate_code_group (info->code), ==, group);
        n_codes++;
        if (lines[i + 1] && *lines[i + 1] == '\0')
            i++;
    }
    g_assert_cmpuint (n_codes, ==, n);
    g_assert_cmpuint (n_groups, >=, 12);
    g_assert_cmpint (infos[0]->code, ==, 1);
}

/* The same facts as the text, for programs; tests/unit/test-json-schemas.py compares it with its schema. */
static void
test_json (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const words[] = {"explain", "303", "--output", "json", NULL};
    const VgateCodeInfo *info = vgate_code_info (VGATE_CODE_VERSION_OUTSIDE_RANGE);
    g_autoptr (JsonParser) parser = json_parser_new ();
    g_autoptr (GError) error = NULL;
    g_auto (ProgramRun) run = {0};
    JsonObject *report;
    JsonArray *list;

    run_command (words, &run);
    g_assert_cmpint (run.status, ==, 0);
    json_parser_load_from_data (parser, run.out, -1, &error);
    g_assert_no_error (error);
    g_assert_true (g_str_has_prefix (run.out, "{\n  \"format\" : \"vgpu-gate/explain/1\","));
    report = json_node_get_object (json_parser_get_root (parser));
    list = json_object_get_array_member (report, "code");
    g_assert_cmpuint (json_array_get_length (list), ==, 1);
    report = json_array_get_object_element (list, 0);
    g_assert_cmpstr (json_object_get_string_member (report, "summary"), ==, info->summary);
    g_assert_cmpstr (json_object_get_string_member (report, "way-out"), ==, info->cure);
    g_assert_true (json_object_has_member (report, "example"));
    list = json_object_get_array_member (report, "situation");
    for (guint i = 0; i < json_array_get_length (list); i++)
        g_assert_true (json_object_has_member (json_array_get_object_element (list, i), "way-out"));
    g_assert_cmpuint (json_array_get_length (list), >, 0);
}

/* hook/cli/examples.def is what the golden cases say. */
static void
test_examples (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (GString) file = g_string_new (
        "/* SPDX-License-Identifier: LGPL-2.1-or-later */\n"
        "/* One message for each code that a golden test comes to, without its way out. Written by "
        "VGATE_REGENERATE=1 and\n * test-golden-explain; do not edit. */\n");
    gsize n;
    const VgateCodeInfo *const *infos = vgate_code_infos (&n);

    for (gsize i = 0; i < n; i++) {
        g_autofree char *example = expected_example ((int)infos[i]->code);
        g_autofree char *escaped = example ? g_strescape (example, NULL) : NULL;

        if (escaped)
            g_string_append_printf (file, "VGATE_EXAMPLE (%d, \"%s\")\n", (int)infos[i]->code, escaped);
    }
    golden_compare ("../..", "hook/cli/examples.def", file->str);
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

/* Without blank lines and comments. */
static char *
lines_of_catalog (const char *text)
{
    g_autoptr (GString) kept = g_string_new (NULL);
    g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

    for (gsize i = 0; lines[i]; i++)
        if (lines[i][0] != '\0' && lines[i][0] != '#')
            g_string_append_printf (kept, "%s\n", lines[i]);
    return g_string_free (g_steal_pointer (&kept), FALSE);
}

/* systemd reads the catalogue, and finds in it what we wrote. */
static void
test_catalog (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const words[] = {"explain", "--catalog", NULL};
    g_autofree char *journalctl = g_find_program_in_path ("journalctl");
    g_autoptr (GError) error = NULL;
    g_autofree char *root = g_dir_make_tmp ("vgpu-gate-XXXXXX", &error);
    g_autofree char *root_option = g_strconcat ("--root=", root, NULL);
    g_autofree char *source = g_build_filename (root, "usr/lib/systemd/catalog", NULL);
    g_autofree char *file = g_build_filename (source, "vgpu-gate.catalog", NULL);
    g_autofree char *state = g_build_filename (root, "var/lib/systemd/catalog", NULL);
    const char *const update[] = {journalctl, root_option, "--update-catalog", NULL};
    const char *const dump[] = {journalctl, root_option, "--dump-catalog", NULL};
    const char *const remove_all[] = {"rm", "-r", root, NULL};
    g_autofree char *written = NULL, *found = NULL;
    g_auto (ProgramRun) print = {0}, updated = {0}, dumped = {0}, removed = {0};

    g_assert_no_error (error);
    run_command (words, &print);
    g_assert_cmpint (g_mkdir_with_parents (source, 0755), ==, 0);
    g_assert_cmpint (g_mkdir_with_parents (state, 0755), ==, 0);
    g_file_set_contents (file, print.out, -1, &error);
    g_assert_no_error (error);
    if (journalctl) {
        program_run (update, "", 0, &updated);
        program_run (dump, "", 0, &dumped);
        written = lines_of_catalog (print.out);
        found = lines_of_catalog (dumped.out);
        g_assert_cmpstr (updated.err, ==, "");
        g_assert_cmpstr (found, ==, written);
        g_assert_nonnull (strstr (found, "\n-- d728cc8b66154e22b635a23bb80a0303\nSubject: VGATE-303: "));
    } else {
        g_test_skip ("there is no journalctl");
    }
    program_run (remove_all, "", 0, &removed);
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
    program_add_test ("/command/explain/json", NULL, test_json);
    program_add_test ("/command/explain/examples", NULL, test_examples);
    program_add_test ("/command/explain/document", NULL, test_document);
    program_add_test ("/command/explain/catalog", NULL, test_catalog);
    return g_test_run ();
}
