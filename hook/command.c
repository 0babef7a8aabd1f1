/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate: the operator's command. */
#include "command.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run) (int argc, char *argv[], const char *config);
    const char *summary;
} commands[] = {
    {"host", vgate_command_host, "print this host's pGPUs as a host document"},
    {"check", vgate_command_check,
     "dry run: would this domain be let in here, or on the host of a document?"},
    {"explain", vgate_command_explain, "cause and cure of a message code"},
};

int
vgate_command_usage (const char *what)
{
    /* it quotes what was typed, which a script may have put together */
    g_autofree char *shown = vgate_printable (what, 1000);

    fprintf (stderr, "vgpu-gate: VGATE-902: %s; see 'vgpu-gate --help'\n", shown);
    return VGATE_EXIT_USAGE;
}

int
vgate_command_fail (const GError *error)
{
    const VgateCode code = error->domain == VGATE_ERROR ? (VgateCode)error->code : VGATE_CODE_INTERNAL;
    g_autofree char *text = g_strdup_printf ("%s. %s", error->message, vgate_code_info ((int)code)->cure);
    g_autofree char *line = vgate_message_line (code, NULL, text);

    fprintf (stderr, "%s\n", line);
    return VGATE_EXIT_REFUSED;
}

gboolean
vgate_command_parse (int argc, char *argv[], const char *arguments, const char *summary,
                     const GOptionEntry *entries, char ***words, GError **error)
{
    const GOptionEntry rest[] = {
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, words, NULL, arguments},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr (GOptionContext) context = g_option_context_new (NULL);

    g_option_context_set_summary (context, summary);
    if (entries)
        g_option_context_add_main_entries (context, entries, NULL);
    g_option_context_add_main_entries (context, rest, NULL);
    return g_option_context_parse (context, &argc, &argv, error);
}

void
vgate_command_line_clear (VgateCommandLine *line)
{
    g_clear_pointer (&line->output_name, g_free);
    g_clear_pointer (&line->words, g_strfreev);
}

static const char *
output_name (VgateOutput output)
{
    static const char *const names[] = {"text, the default; json or xml", "json, the default; text or xml",
                                        "xml, the default; json or text"};

    return names[output];
}

gboolean
vgate_command_line_parse (VgateCommandLine *line, int argc, char *argv[], const char *arguments,
                          const char *summary, const GOptionEntry *entries, GError **error)
{
    g_autoptr (GArray) all = g_array_new (TRUE, TRUE, sizeof (GOptionEntry));
    const GOptionEntry output = {
        "output", 0, 0, G_OPTION_ARG_STRING, &line->output_name, output_name (line->output), "FORM"};

    g_array_append_val (all, output);
    for (; entries && entries->long_name; entries++)
        g_array_append_vals (all, entries, 1);
    if (!vgate_command_parse (argc, argv, arguments, summary, (const GOptionEntry *)all->data, &line->words,
                              error))
        return FALSE;
    line->n_words = line->words ? g_strv_length (line->words) : 0;
    if (line->output_name && !vgate_output_parse (line->output_name, &line->output)) {
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "there is no output '%s'",
                     line->output_name);
        return FALSE;
    }
    return TRUE;
}

VgatePolicy *
vgate_command_policy (const char *config, GError **error)
{
    return vgate_policy_load (config ? config : vgate_policy_default_path (), error);
}

static char *
describe_commands (void)
{
    g_autoptr (GString) text = g_string_new ("Commands:\n");

    for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
        g_string_append_printf (text, "  %-10s %s\n", commands[i].name, commands[i].summary);
    g_string_append (
        text, "\nExit status: 0 allowed or done, 1 refused or failed, 2 wrong usage. See vgpu-gate(1).");
    return g_string_free (g_steal_pointer (&text), FALSE);
}

static int
run_command (int argc, char *argv[], const char *config)
{
    g_autofree char *what = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS (commands); i++) {
        if (strcmp (argv[0], commands[i].name) == 0) {
            g_autofree char *program = g_strdup_printf ("vgpu-gate %s", argv[0]);

            g_set_prgname (program);
            return commands[i].run (argc, argv, config);
        }
    }
    what = g_strdup_printf ("there is no command '%s'", argv[0]);
    return vgate_command_usage (what);
}

int
main (int argc, char *argv[])
{
    gboolean show_version = FALSE;
    g_autofree char *config = NULL;
    const GOptionEntry entries[] = {
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &config, "another configuration than the installed one",
         "FILE"},
        {"version", 0, 0, G_OPTION_ARG_NONE, &show_version, "print the version", NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr (GOptionContext) context = g_option_context_new ("COMMAND [ARGUMENT...]");
    g_autofree char *description = describe_commands ();
    g_autoptr (GError) error = NULL;

    setlocale (LC_ALL, "");
    g_set_prgname ("vgpu-gate");
    g_option_context_set_summary (context,
                                  "Can a guest with NVIDIA vGPUs run here, or there, and if not, why not?");
    g_option_context_set_description (context, description);
    g_option_context_add_main_entries (context, entries, NULL);
    /* options behind the command are the command's */
    g_option_context_set_strict_posix (context, TRUE);
    if (!g_option_context_parse (context, &argc, &argv, &error))
        return vgate_command_usage (error->message);
    if (show_version) {
        puts ("vgpu-gate " VGATE_VERSION);
        return VGATE_EXIT_ALLOWED;
    }
    if (argc < 2)
        return vgate_command_usage ("a command is needed");
    return run_command (argc - 1, argv + 1, config);
}
