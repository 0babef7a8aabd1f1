/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command-case.h"

#include "fields.h"
#include "golden.h"
#include "refusal.h"
#include "../test-glib.h"

#include <fcntl.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <pty.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* the user nobody, on every distribution */
#define NOBODY "65534"

static gboolean
can_map_root (void)
{
    const char *const argv[] = {"unshare", "--user", "--map-root-user", "true", NULL};
    g_auto (ProgramRun) run = {0};
    g_autofree char *found = g_find_program_in_path (argv[0]);

    if (!found)
        return FALSE;
    program_run (argv, "", 0, &run);
    return run.status == 0;
}

static gboolean
has_terminals (void)
{
    int us, terminal;

    if (openpty (&us, &terminal, NULL, NULL, NULL) != 0)
        return FALSE;
    close (terminal);
    close (us);
    return TRUE;
}

gboolean
command_can_run (const CommandCall *call)
{
    g_auto (GStrv) words = g_strsplit (call->line, " ", 3);
    const gboolean sets = words[0] && words[1] &&
                          (strcmp (words[0], "allow-restore") == 0 || strcmp (words[1], "set") == 0 ||
                           strcmp (words[1], "reset") == 0);

    if (sets && !call->as_nobody && geteuid () != 0 && !can_map_root ())
        golden_skip_case ("neither root, nor able to be it in a user namespace");
    else if (call->answer && !has_terminals ())
        golden_skip_case ("there are no terminals: /dev/pts is not mounted");
    return !golden_case_is_skipped ();
}

/* Another user may not be able to enter the build directory, so the program is copied to a place that this
 * user can reach. */
static void
add_nobody (const FakeHost *host, GStrvBuilder *builder)
{
    g_autofree char *path = fake_host_path (host, "vgpu-gate");
    g_autofree char *program = NULL;
    g_autoptr (GError) error = NULL;
    gsize length;

    g_file_get_contents (program_path ("command"), &program, &length, &error);
    g_assert_no_error (error);
    g_file_set_contents (path, program, (gssize)length, &error);
    g_assert_no_error (error);
    g_assert_cmpint (chmod (path, 0755), ==, 0);
    g_assert_cmpint (chmod (fake_host_root (host), 0755), ==, 0);
    if (geteuid () == 0)
        test_add_words (builder, "setpriv", "--reuid=" NOBODY, "--regid=" NOBODY, "--clear-groups", NULL);
    g_strv_builder_add (builder, path);
}

static void
add_program (FakeHost *host, const CommandCall *call, GStrvBuilder *builder)
{
    if (call->as_nobody) {
        add_nobody (host, builder);
        return;
    }
    if (geteuid () != 0 && can_map_root ())
        test_add_words (builder, "unshare", "--user", "--map-root-user", NULL);
    g_strv_builder_add (builder, program_path ("command"));
}

static GStrv
make_argv (FakeHost *host, const CommandCall *call)
{
    g_auto (GStrv) words = g_strsplit (call->line, " ", -1);
    g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

    add_program (host, call, builder);
    test_add_words (builder, "--config", fake_host_config (host), NULL);
    for (guint i = 0; words[i]; i++) {
        g_autoptr (GString) word = g_string_new (words[i]);
        g_autofree char *hook = program_source ("hook/", ""), *schemas = program_source ("../../schemas", "");

        g_string_replace (word, "$ROOT", fake_host_root (host), 0);
        g_string_replace (word, "$SCHEMAS", schemas, 0);
        if (*word->str == '@')
            g_string_replace (word, "@", hook, 1);
        g_strv_builder_add (builder, word->str);
    }
    return g_strv_builder_end (builder);
}

/* The terminal keeps what is typed until the program reads it. */
static void
run_on_terminal (const char *const *argv, const char *answer, ProgramRun *run)
{
    int us, terminal;

    g_assert_cmpint (openpty (&us, &terminal, NULL, NULL, NULL), ==, 0);
    g_assert_cmpint (write (us, answer, strlen (answer)), ==, (gssize)strlen (answer));
    program_run_on (argv, terminal, run);
    close (terminal);
    close (us);
}

void
command_call (FakeHost *host, const CommandCall *call, ProgramRun *run)
{
    g_auto (GStrv) argv = make_argv (host, call);

    if (call->answer)
        run_on_terminal ((const char *const *)argv, call->answer, run);
    else
        program_run ((const char *const *)argv, "", 0, run);
}

void
command_run (FakeHost *host, const char *line, ProgramRun *run)
{
    const CommandCall call = {.line = line};

    command_call (host, &call, run);
}

void
command_says (FakeHost *host, const char *line, int status, const char *words)
{
    g_auto (ProgramRun) run = {0};

    command_run (host, line, &run);
    g_assert_cmpint (run.status, ==, status);
    if (!strstr (run.out, words) && !strstr (run.err, words))
        test_fail ("'%s' is neither in '%s' nor in '%s'", words, run.out, run.err);
}

GSubprocess *
command_start (FakeHost *host, const char *line)
{
    const CommandCall call = {.line = line};
    g_auto (GStrv) argv = make_argv (host, &call);
    g_autofree char *out = fake_host_path (host, "out"), *err = fake_host_path (host, "err");

    return program_start ((const char *const *)argv, out, err);
}

void
command_compare (const FakeHost *host, const char *folder, const char *name, const char *suffix,
                 const char *text)
{
    g_autofree char *file = g_strdup_printf ("%s.%s", name, suffix);
    g_autofree char *normal = fake_host_normalise (host, text);

    golden_compare (folder, file, normal);
}

void
command_assert_done (const ProgramRun *run)
{
    g_assert_cmpstr (run->err, ==, "");
    g_assert_cmpint (run->status, ==, 0);
}

void
command_assert_valid (const char *schema, const char *xml)
{
    g_autofree char *path = program_source ("../../schemas", schema);
    xmlRelaxNGParserCtxt *parser = xmlRelaxNGNewParserCtxt (path);
    xmlRelaxNG *grammar = xmlRelaxNGParse (parser);
    xmlRelaxNGValidCtxt *validator = xmlRelaxNGNewValidCtxt (grammar);
    xmlDoc *doc = xmlReadMemory (xml, (int)strlen (xml), NULL, NULL, XML_PARSE_NONET);

    g_assert_nonnull (grammar);
    g_assert_cmpint (xmlRelaxNGValidateDoc (validator, doc), ==, 0);
    xmlFreeDoc (doc);
    xmlRelaxNGFreeValidCtxt (validator);
    xmlRelaxNGFree (grammar);
    xmlRelaxNGFreeParserCtxt (parser);
}

void
command_assert_outputs (const FakeHost *host, const char *folder, const char *name, const char *text,
                        const char *json)
{
    command_compare (host, folder, name, "text", text);
    command_compare (host, folder, name, "json", json);
}

void
command_assert_same_fields (const char *json, const char *xml)
{
    g_autofree char *xml_fields = fields_of_xml (xml), *json_fields = fields_of_json (json);

    g_assert_cmpstr (xml_fields, ==, json_fields);
}

void
command_assert_none_left (const char *folder)
{
    static const char *const suffixes[] = {".out", ".text", ".json"};

    for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++)
        golden_assert_none_left (folder, suffixes[i]);
    refusal_assert_none_left (folder);
}

void
command_assert_report (FakeHost *host, const char *folder, const char *name, const char *line,
                       void (*restore) (FakeHost *host))
{
    static const char *const forms[] = {"text", "json"};
    g_auto (ProgramRun) text = {0}, json = {0};
    ProgramRun *const runs[] = {&text, &json};

    for (gsize i = 0; i < G_N_ELEMENTS (forms); i++) {
        g_autofree char *whole = g_strdup_printf ("%s --output %s", line, forms[i]);

        if (restore)
            restore (host);
        command_run (host, whole, runs[i]);
        command_assert_done (runs[i]);
    }
    command_assert_outputs (host, folder, name, text.out, json.out);
}

void
command_compare_error (const FakeHost *host, const char *folder, const char *name, const ProgramRun *run)
{
    g_autofree char *normal = fake_host_normalise (host, run->err);

    refusal_compare (folder, name, run->status, normal);
}

void
command_assert_failure (FakeHost *host, const char *folder, const char *name, const CommandCall *call,
                        int status)
{
    g_auto (ProgramRun) run = {0};

    command_call (host, call, &run);
    g_assert_cmpstr (run.out, ==, "");
    g_assert_cmpint (run.status, ==, status);
    command_compare_error (host, folder, name, &run);
}

void
command_assert_cannot_write (FakeHost *host, const char *line)
{
    static const char script[] = "#!/bin/sh\nexec \"$@\" >/dev/full\n";
    g_autofree char *path = fake_host_path (host, "without-output");
    g_auto (ProgramRun) run = {0};

    fake_host_write_file (host, "without-output", script, strlen (script), 0755);
    program_run_by (path);
    command_run (host, line, &run);
    program_run_by (NULL);
    g_assert_cmpint (run.status, ==, 3);
    g_assert_nonnull (strstr (run.err, "cannot write to standard output: No space left on device"));
}
