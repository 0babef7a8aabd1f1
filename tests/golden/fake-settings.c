/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The settings of a fake host: its driver's by vgpu-sim, our programs' by their configuration. */
#include "fake-host-internal.h"
#include "program.h"
#include "../test-glib.h"

#include <signal.h>
#include <string.h>

/* How much longer than its deadline a helper may take to end on a busy machine. */
#define HELPER_PATIENCE_MS 20000

/* --- the driver --- */

static void
run_sim (FakeHost *host, const char *command)
{
    g_autofree char *file = fake_host_path (host, "sim-host.conf");
    g_autofree char *line = g_strdup_printf ("%s --file %s %s", program_path ("vgpu-sim"), file, command);
    g_auto (GStrv) argv = g_strsplit (line, " ", -1);
    g_auto (ProgramRun) run = {0};

    program_run ((const char *const *)argv, "", 0, &run);
    g_assert_cmpstr (run.err, ==, "");
    g_assert_cmpint (run.status, ==, 0);
}

void
fake_host_sim (FakeHost *host, const char *commands)
{
    g_auto (GStrv) all = g_strsplit (commands, ";", -1);

    for (guint i = 0; all[i]; i++)
        run_sim (host, g_strstrip (all[i]));
}

/* --- the configuration --- */

static void
replace_all (char **text, const char *what, const char *by)
{
    g_autoptr (GString) changed = g_string_new (*text);

    g_string_replace (changed, what, by, 0);
    g_free (*text);
    *text = g_string_free (g_steal_pointer (&changed), FALSE);
}

static void
save_settings (FakeHost *host)
{
    g_autofree char *text = g_key_file_to_data (host->settings, NULL, NULL);

    fake_host_write_config (host, text, 0644);
}

void
fake_host_write_config (FakeHost *host, const char *text, guint mode)
{
    fake_host_write_file (host, "vgpu-gate.conf", text, strlen (text), mode);
}

void
fake_host_configure (FakeHost *host, const char *lines)
{
    g_autoptr (GKeyFile) file = g_key_file_new ();
    g_autoptr (GError) error = NULL;
    g_auto (GStrv) groups = NULL;

    g_assert_true (g_key_file_load_from_data (file, lines, (gsize)-1, G_KEY_FILE_NONE, &error));
    groups = g_key_file_get_groups (file, NULL);
    for (guint i = 0; groups[i]; i++) {
        g_auto (GStrv) keys = g_key_file_get_keys (file, groups[i], NULL, NULL);

        for (guint j = 0; keys[j]; j++) {
            g_autofree char *value = g_key_file_get_value (file, groups[i], keys[j], NULL);

            replace_all (&value, "$ROOT", host->root);
            g_key_file_set_value (host->settings, groups[i], keys[j], value);
        }
    }
    save_settings (host);
}

void
fake_host_set_library (FakeHost *host, const char *library)
{
    g_key_file_set_string (host->settings, "backend", "library", library);
    save_settings (host);
}

void
fake_host_forget_uuid (FakeHost *host)
{
    g_key_file_remove_group (host->settings, "host", NULL);
    save_settings (host);
}

void
fake_host_set_helper (FakeHost *host, const char *lines)
{
    g_auto (GStrv) sanitizers = program_sanitizer_environment (host->root);
    g_autofree char *exports = g_strjoinv (" ", sanitizers);
    g_autofree char *path = fake_host_path (host, "helper");
    g_autofree char *script =
        g_strdup_printf ("#!/bin/sh\necho $$ >%s/helper.pid\n"
                         "export VGPU_SIM_HOST=%s/sim-host.conf HELPER=%s %s\n%s\n",
                         host->root, host->root, program_path ("helper"), exports, lines);

    fake_host_write_file (host, "helper", script, strlen (script), 0755);
    g_key_file_set_string (host->settings, "backend", "helper", path);
    save_settings (host);
}

int
fake_host_helper_pid (const FakeHost *host)
{
    g_autofree char *path = fake_host_path (host, "helper.pid");
    g_autofree char *text = NULL;
    g_autoptr (GError) error = NULL;
    guint64 pid = 0;

    g_file_get_contents (path, &text, NULL, &error);
    g_assert_no_error (error);
    g_ascii_string_to_unsigned (g_strchomp (text), 10, 1, G_MAXINT32, &pid, &error);
    g_assert_no_error (error);
    return (int)pid;
}

void
fake_host_assert_helper_ends (const FakeHost *host)
{
    const int pid = fake_host_helper_pid (host);

    for (guint waited = 0; waited < HELPER_PATIENCE_MS; waited += 10) {
        g_autofree char *path = g_strdup_printf ("/proc/%d/stat", pid);
        g_autofree char *stat = NULL;
        const char *state;

        /* a zombie counts as ended, because there may be nobody to wait for it */
        if (!g_file_get_contents (path, &stat, NULL, NULL) || !(state = strrchr (stat, ')')) ||
            g_str_has_prefix (state, ") Z"))
            return;
        g_usleep (10000);
    }
    kill (pid, SIGKILL);
    test_fail ("the helper goes on");
}

/* --- values that differ in each run --- */

char *
fake_host_normalise (const FakeHost *host, const char *text)
{
    static const struct {
        const char *pattern;
        const char *replacement;
    } rules[] = {
        {"^host: .* \\(", "host: NAME ("},
        /* whether vgpu-gated runs on the test machine */
        {"^this host: (not )?served by", "this host: SERVED by"},
        {"^(<host .*) time='[^']*' name='[^']*'", "\\1 time='TIME' name='NAME'"},
        {"^(name  +)[^ ]*$", "\\1NAME"},
        {"^(time  +)[^ ]*$", "\\1TIME"},
        {"\"time\" : \"[^\"]*\",\n    \"name\" : \"[^\"]*\"",
         "\"time\" : \"TIME\",\n    \"name\" : \"NAME\""},
        {"(hooks at|created at) \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ", "\\1 TIME"},
        {"^  \"time\" : \"[^\"]*\",\n  \"result\"", "  \"time\" : \"TIME\",\n  \"result\""},
        /* the directory depends on the prefix of the build */
        {"[^ ']*/sbin/vgpu-gate-hook", "SBINDIR/vgpu-gate-hook"},
        {"read \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC", "read TIME"},
        {"for another \\d+ s", "for another TIME s"},
        {"\"expires-in\" : 35\\d\\d\\b", "\"expires-in\" : TIME"},
        {"59 min \\d\\d s", "59 min .. s"},
        {"(the metadata|the host document) is \\d+ s old", "\\1 is AGE s old"},
        {"written at \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ", "written at TIME"},
        {"\\d+ s in the future", "AGE s in the future"},
        /* libxml2 words these differently in each release */
        {"Excessive depth.*(\\. Pass)", "...\\1"},
        {"(VGATE-10[678]: .*?line \\d+: ).*(\\. (?:Pass|Try) )", "\\1...\\2"},
    };
    char *normal = g_strdup (text);
    /* a refusal names this machine; the name in a host document is the test's */
    g_autofree char *speaker = g_strdup_printf (": %s refuses ", g_get_host_name ());
    g_autofree char *would = g_strdup_printf (": %s would refuse ", g_get_host_name ());

    replace_all (&normal, speaker, ": HOST refuses ");
    replace_all (&normal, would, ": HOST would refuse ");
    replace_all (&normal, host->root, "ROOT");
    replace_all (&normal, program_path ("library"), "LIBRARY");
    replace_all (&normal, program_path ("stub-real"), "LIBRARY");
    replace_all (&normal, program_path ("source"), "SOURCE");
    for (gsize i = 0; i < G_N_ELEMENTS (rules); i++) {
        g_autoptr (GRegex) regex = g_regex_new (rules[i].pattern, G_REGEX_MULTILINE, 0, NULL);
        char *replaced = g_regex_replace (regex, normal, -1, 0, rules[i].replacement, 0, NULL);

        g_free (normal);
        normal = replaced;
    }
    return normal;
}
