/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"

#include "base/output.h"
#include "host/gpu-name.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
vgate_command_usage (const char *what)
{
    /* the text quotes an argument, which can contain any bytes */
    g_autofree char *shown = vgate_printable (what, 1000);

    /* the program's name includes the sub-command */
    fprintf (stderr, "vgpu-gate: VGATE-902: %s; see '%s --help'\n", shown, g_get_prgname ());
    return VGATE_EXIT_USAGE;
}

int
vgate_command_bad_value (const char *option, const char *typed, const char *form)
{
    g_autofree char *what = g_strdup_printf ("invalid value '%s' for --%s: expected %s", typed, option, form);

    return vgate_command_usage (what);
}

gboolean
vgate_command_parse_number (const char *typed, guint64 max, guint64 *number)
{
    return !typed || g_ascii_string_to_unsigned (typed, 10, 1, max, number, NULL);
}

int
vgate_command_fail (const GError *error)
{
    return vgate_command_fail_domain (error, NULL);
}

static VgateCode
code_of (const GError *error)
{
    return error->domain == VGATE_ERROR ? (VgateCode)error->code : VGATE_CODE_INTERNAL;
}

char *
vgate_command_describe_error (const GError *error)
{
    const VgateCode code = code_of (error);
    /* the messages of these codes already contain the way out for this case */
    const gboolean is_complete = code == VGATE_CODE_NVML_REFUSED || code == VGATE_CODE_NOT_ROOT ||
                                 code == VGATE_CODE_SWITCH_OVER_NOT_REPAIRED ||
                                 code == VGATE_CODE_SWITCH_OVER_SKIPPED;

    return g_strdup_printf ("%s.%s%s", error->message, is_complete ? "" : " ",
                            is_complete ? "" : vgate_code_info ((int)code)->cure);
}

int
vgate_command_fail_domain (const GError *error, const char *name)
{
    const VgateCode code = code_of (error);
    g_autofree char *text = vgate_command_describe_error (error);
    g_autofree char *line = vgate_message_line (code, name, text);

    fprintf (stderr, "%s\n", line);
    return vgate_code_is_unanswered (code) ? VGATE_EXIT_UNANSWERED : VGATE_EXIT_REFUSED;
}

gboolean
vgate_command_parse (int argc, char *argv[], const char *arguments, const char *summary,
                     const GOptionEntry *entries, char ***words, GError **error)
{
    const GOptionEntry rest[] = {
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, words, NULL, arguments},
        {0},
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

gboolean
vgate_command_line_parse (VgateCommandLine *line, int argc, char *argv[], const char *arguments,
                          const char *summary, const GOptionEntry *entries, GError **error)
{
    g_autoptr (GArray) all = g_array_new (TRUE, TRUE, sizeof (GOptionEntry));
    /* a command that writes a document as XML does so unless it is asked for something else */
    const gboolean has_xml = line->output == VGATE_OUTPUT_XML;
    const GOptionEntry output = {"output",
                                 0,
                                 0,
                                 G_OPTION_ARG_STRING,
                                 &line->output_name,
                                 has_xml ? "print in format FORM: xml (the default), json or text"
                                         : "print in format FORM: text (the default) or json",
                                 "FORM"};

    g_array_append_val (all, output);
    for (; entries && entries->long_name; entries++)
        g_array_append_vals (all, entries, 1);
    if (!vgate_command_parse (argc, argv, arguments, summary, (const GOptionEntry *)all->data, &line->words,
                              error))
        return FALSE;
    line->n_words = line->words ? g_strv_length (line->words) : 0;
    if (line->output_name && (!vgate_output_parse (line->output_name, &line->output) ||
                              (line->output == VGATE_OUTPUT_XML && !has_xml))) {
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                     "invalid value '%s' for --output: expected text%s json%s", line->output_name,
                     has_xml ? "," : " or", has_xml ? " or xml" : "");
        return FALSE;
    }
    return TRUE;
}

char *
vgate_command_parse_gpu (const char *typed, GError **error)
{
    char *gpu = vgate_gpu_name_read (typed);

    if (!gpu)
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                     "invalid GPU '%s': expected " VGATE_GPU_NAME_FORM, typed);
    return gpu;
}

gboolean
vgate_command_take_gpu (const VgateCommandLine *line, char **gpu, GError **error)
{
    if (line->n_words > 1) {
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                     "unexpected argument '%s': only one GPU can be given", line->words[1]);
        return FALSE;
    }
    *gpu = line->n_words > 0 ? vgate_command_parse_gpu (line->words[0], error) : NULL;
    return line->n_words == 0 || *gpu;
}

VgatePolicy *
vgate_command_policy (const char *config, GError **error)
{
    return vgate_policy_load (config, error);
}

gboolean
vgate_command_check_config (const char *config, GError **error)
{
    g_autoptr (VgatePolicy) policy = config ? vgate_policy_load (config, error) : NULL;

    return !config || policy;
}

int
vgate_command_print (JsonObject *report, VgateOutput output)
{
    g_autofree char *text = vgate_report_render (report, output);

    vgate_output_print (text);
    return VGATE_EXIT_ALLOWED;
}

int
vgate_command_tell_unusable (GPtrArray *unusable, int status)
{
    for (guint i = 0; i < unusable->len; i++) {
        g_autofree char *gpu = vgate_unusable_gpu_describe (g_ptr_array_index (unusable, i));
        g_autofree char *text = g_strdup_printf ("%s; the output does not include this GPU. %s", gpu,
                                                 vgate_code_info (VGATE_CODE_GPU_UNUSABLE)->cure);
        g_autofree char *line = vgate_message_line (VGATE_CODE_GPU_UNUSABLE, NULL, text);

        fprintf (stderr, "%s\n", line);
        status = VGATE_EXIT_UNANSWERED;
    }
    g_ptr_array_set_size (unusable, 0);
    return status;
}

static void
append_word (GString *line, const char *word)
{
    const gboolean is_plain =
        *word != '\0' && word[strspn (word, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-.:=/")] == '\0';
    g_autofree char *quoted = is_plain ? g_strdup (word) : g_shell_quote (word);

    g_string_append_printf (line, " %s", quoted);
}

static GString *
begin_line (const char *program, const char *config)
{
    GString *line = g_string_new (program);

    if (config) {
        append_word (line, "--config");
        append_word (line, config);
    }
    return line;
}

char *
vgate_command_write (const char *const *words, const char *config)
{
    g_autoptr (GString) line = begin_line ("vgpu-gate", config);

    for (gsize i = 0; words[i]; i++)
        append_word (line, words[i]);
    return g_string_free (g_steal_pointer (&line), FALSE);
}

char *
vgate_command_as_root (int argc, char *argv[], const char *config)
{
    g_autoptr (GString) line = begin_line ("sudo vgpu-gate", config);

    /* "vgpu-gate version set": the words before the options */
    g_string_append (line, g_get_prgname () + strlen ("vgpu-gate"));
    for (int i = 1; i < argc; i++)
        append_word (line, argv[i]);
    return g_string_free (g_steal_pointer (&line), FALSE);
}

gboolean
vgate_command_need_root (const char *what, const char *as_root, GError **error)
{
    if (geteuid () == 0)
        return TRUE;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_NOT_ROOT, "only root can %s; run: %s", what, as_root);
    return FALSE;
}

int
vgate_command_fail_setting (const GError *error, const char *as_root, const char *look)
{
    g_autoptr (GError) longer = NULL;

    if (vgate_error_is (error, VGATE_CODE_NVML_TIMEOUT) || vgate_error_is (error, VGATE_CODE_NVML_CRASHED))
        longer = g_error_new (VGATE_ERROR, error->code,
                              "%s; cannot tell whether the setting has taken effect; run: %s", error->message,
                              look);
    else if (vgate_error_is (error, VGATE_CODE_NOT_ROOT))
        longer = g_error_new (VGATE_ERROR, error->code, "%s; only root can change this setting; run: %s",
                              error->message, as_root);
    return vgate_command_fail (longer ? longer : error);
}

char *
vgate_command_describe (const VgateCommand *all, gsize n_all)
{
    g_autoptr (GString) text = g_string_new ("Commands:\n");

    for (gsize i = 0; i < n_all; i++)
        g_string_append_printf (text, "  %-12s %s\n", all[i].name, all[i].summary);
    g_string_append (
        text,
        "\nExit status: 0 yes or done; 1 no; 2 wrong usage; 3 the answer could not be determined, or the\n"
        "output could not be written. See vgpu-gate(1).");
    return g_string_free (g_steal_pointer (&text), FALSE);
}

int
vgate_command_dispatch (const VgateCommand *all, gsize n_all, int argc, char *argv[], const char *config)
{
    g_autofree char *what = NULL;

    for (gsize i = 0; i < n_all; i++) {
        if (strcmp (argv[0], all[i].name) == 0) {
            g_autofree char *program = g_strdup_printf ("%s %s", g_get_prgname (), argv[0]);

            g_set_prgname (program);
            return all[i].run (argc, argv, config);
        }
    }
    what = g_strdup_printf ("unknown command '%s'", argv[0]);
    return vgate_command_usage (what);
}

int
vgate_command_group (const VgateCommand *all, gsize n_all, int argc, char *argv[], const char *config)
{
    g_autoptr (GOptionContext) context = g_option_context_new ("COMMAND [ARGUMENT...]");
    g_autofree char *description = vgate_command_describe (all, n_all);
    g_autoptr (GError) error = NULL;

    g_option_context_set_description (context, description);
    g_option_context_set_strict_posix (context, TRUE);
    if (!g_option_context_parse (context, &argc, &argv, &error))
        return vgate_command_usage (error->message);
    if (argc < 2)
        return vgate_command_usage ("a command is required");
    return vgate_command_dispatch (all, n_all, argc - 1, argv + 1, config);
}
