/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate validate: documents and the configuration against schema and sense, with line numbers. */
#include "validate/document.h"

#include "base/fault.h"
#include "command.h"
#include "declared/declaration.h"
#include "wrap.h"

#include <string.h>

#define FORMAT "vgpu-gate/validate/1"
/* The most characters of a path that are shown. */
#define PATH_MAX_SHOWN 4096

typedef enum {
    RESULT_VALID,
    RESULT_INVALID,
    RESULT_UNREADABLE,
    N_RESULTS,
} Result;

static const char *const results[N_RESULTS] = {"valid", "invalid", "unreadable"};

/* What is printed about each file as soon as it was checked. */
typedef struct {
    JsonArray *files; /* NULL: text is printed */
    guint n[N_RESULTS];
} Report;

static void
add_problem (JsonArray *list, VgateCode code, guint line, gboolean is_warning, const char *text)
{
    JsonObject *item = vgate_tree_add_item (list);

    if (line > 0)
        vgate_tree_set_number (item, "line", line);
    json_object_set_string_member (item, "severity", is_warning ? "warning" : "error");
    vgate_tree_set_code (item, (int)code);
    vgate_tree_set_path (item, "text", text);
    json_object_set_string_member (item, "way-out", vgate_code_info ((int)code)->cure);
}

static void
print_json (Report *report, const char *path, const VgateDocument *document, const GError *error,
            Result result)
{
    JsonObject *file = vgate_tree_add_item (report->files);
    JsonArray *problems;

    vgate_tree_set_path (file, "path", path);
    json_object_set_string_member (file, "kind",
                                   vgate_kind_name (document ? document->kind : VGATE_KIND_UNKNOWN));
    json_object_set_string_member (file, "result", results[result]);
    if (document && document->can_have_metadata)
        json_object_set_boolean_member (file, "metadata", document->has_metadata);
    problems = vgate_tree_add_list (file, "problem");
    for (guint i = 0; document && i < document->faults->len; i++) {
        const VgateFault *fault = g_ptr_array_index (document->faults, i);

        add_problem (problems, fault->code, fault->line, fault->is_warning, fault->text);
    }
    if (error)
        add_problem (problems, (VgateCode)error->code, 0, FALSE, error->message);
}

static void
print_text (const char *path, const VgateDocument *document, Result result)
{
    g_autofree char *name =
        strcmp (path, "-") == 0 ? g_strdup ("standard input") : vgate_printable (path, PATH_MAX_SHOWN);
    g_autofree char *verdict = NULL;

    for (guint i = 0; i < document->faults->len; i++) {
        const VgateFault *fault = g_ptr_array_index (document->faults, i);
        g_autofree char *shown = vgate_printable (fault->text, PATH_MAX_SHOWN);
        g_autofree char *number = fault->line > 0 ? g_strdup_printf (":%u", fault->line) : g_strdup ("");
        char code[VGATE_CODE_TEXT_SIZE];
        g_autofree char *line = g_strdup_printf (
            "%s%s: %s%s: %s. %s\n", name, number, fault->is_warning ? "warning: " : "",
            vgate_code_format ((int)fault->code, code), shown, vgate_code_info ((int)fault->code)->cure);

        vgate_print_wrapped (line);
    }
    verdict =
        g_strdup_printf ("%s: %s (%s%s)\n", name, results[result], vgate_kind_describe (document->kind),
                         document->is_missing ? "; the file does not exist, so all keys have their defaults"
                         : document->can_have_metadata && !document->has_metadata ? " without metadata"
                                                                                  : "");
    vgate_print_wrapped (verdict);
}

/* Takes the answer about a file: a document, or the error why there is no answer. */
static void
report_file (Report *report, const char *path, VgateDocument *taken, GError *taken_error)
{
    g_autoptr (VgateDocument) document = taken;
    g_autoptr (GError) error = taken_error;
    const Result result = error                                    ? RESULT_UNREADABLE
                          : vgate_faults_refuse (document->faults) ? RESULT_INVALID
                                                                   : RESULT_VALID;

    report->n[result]++;
    if (error && !strstr (error->message, path) && strcmp (path, "-") != 0)
        g_prefix_error (&error, "%s: ", path);
    if (error)
        vgate_command_fail (error);
    if (report->files)
        print_json (report, path, document, error, result);
    else if (document)
        print_text (path, document, result);
}

static void
check_files (Report *report, const VgateValidation *validation, char *const *paths)
{
    for (gsize i = 0; paths[i]; i++) {
        GError *error = NULL;
        VgateDocument *document = vgate_validate_file (validation, paths[i], &error);

        report_file (report, paths[i], document, error);
    }
}

/* given: the argument, where "-" is standard input; otherwise the file of --config, or NULL for the installed
 * configuration. */
static void
check_configuration (Report *report, const char *given, const char *config)
{
    const char *path = given ? given : config;
    GError *error = NULL;
    VgateDocument *document = g_strcmp0 (given, "-") == 0 ? vgate_validate_configuration_input (&error)
                                                          : vgate_validate_configuration (path, &error);

    report_file (report, path ? path : vgate_policy_default_path (), document, error);
}

/* The installed one, if there is one. */
static void
check_declaration (Report *report)
{
    g_autofree char *path = vgate_declaration_default_path ("");
    GError *error = NULL;
    VgateDocument *document = vgate_validate_declaration (NULL, &error);

    if (document || error)
        report_file (report, path, document, error);
}

static Result
overall (const Report *report)
{
    for (guint result = N_RESULTS; result-- > 0;)
        if (report->n[result] > 0)
            return (Result)result;
    return RESULT_VALID;
}

static void
print_end (const Report *report)
{
    g_autoptr (JsonObject) tree = NULL;
    const guint n_files = report->n[RESULT_VALID] + report->n[RESULT_INVALID] + report->n[RESULT_UNREADABLE];

    if (!report->files) {
        if (n_files > 1)
            g_print ("%u files: %u valid, %u invalid, %u could not be read\n", n_files,
                     report->n[RESULT_VALID], report->n[RESULT_INVALID], report->n[RESULT_UNREADABLE]);
        return;
    }
    tree = json_object_new ();
    json_object_set_string_member (tree, "format", FORMAT);
    json_object_set_string_member (tree, "result", results[overall (report)]);
    json_object_set_array_member (tree, "file", json_array_ref (report->files));
    vgate_command_print (tree, VGATE_OUTPUT_JSON);
}

static guint
count_words (char *const *words, const char *which)
{
    guint n = 0;

    for (gsize i = 0; words && words[i]; i++)
        n += strcmp (words[i], which) == 0 ? 1 : 0;
    return n;
}

/* What is wrong with the arguments, or NULL. */
static const char *
find_misuse (const VgateCommandLine *line, gboolean is_config)
{
    if (is_config && line->n_words > 1)
        return "'validate --config' takes at most one FILE";
    if (!is_config && line->n_words == 0)
        return "'validate' requires a FILE, or --config";
    if (count_words (line->words, "-") > 1)
        return "standard input ('-') can be read only once";
    return count_words (line->words, "") > 0 ? "a FILE must not be empty" : NULL;
}

int
vgate_command_validate (int argc, char *argv[], const char *config)
{
    static const int statuses[N_RESULTS] = {VGATE_EXIT_ALLOWED, VGATE_EXIT_REFUSED, VGATE_EXIT_UNANSWERED};
    g_auto (VgateCommandLine) line = {.output = VGATE_OUTPUT_TEXT};
    gboolean is_config = FALSE;
    g_autofree char *directory = NULL;
    const GOptionEntry entries[] = {
        {"config", 0, 0, G_OPTION_ARG_NONE, &is_config,
         "check a configuration: FILE, that of --config before the command, or the installed ones", NULL},
        {"schemas", 0, 0, G_OPTION_ARG_FILENAME, &directory, "use the RelaxNG schemas in DIR", "DIR"},
        {0},
    };
    g_autoptr (GError) error = NULL, key_error = NULL;
    g_autoptr (VgatePolicy) policy = NULL;
    const char *misuse;
    g_autoptr (VgateSchemas) schemas = NULL;
    g_autoptr (JsonArray) files = NULL;
    Report report = {0};

    if (!vgate_command_line_parse (
            &line, argc, argv, "[FILE...]",
            "Check documents, or with --config the configuration, against their schemas and for sense,\n"
            "and print all that is wrong with its line. A FILE '-' is standard input (but not the file that\n"
            "--config before the command names).",
            entries, &error))
        return vgate_command_usage (error->message);
    misuse = find_misuse (&line, is_config);
    if (misuse)
        return vgate_command_usage (misuse);
    policy = is_config ? NULL : vgate_policy_load_for_user (config, &key_error, &error);
    if (!is_config && !policy)
        return vgate_command_fail (error);
    files = line.output == VGATE_OUTPUT_JSON ? json_array_new () : NULL;
    report.files = files;
    schemas = vgate_schemas_new (directory);
    if (is_config)
        check_configuration (&report, line.n_words > 0 ? line.words[0] : NULL, config);
    if (is_config && line.n_words == 0 && !config)
        check_declaration (&report);
    if (!is_config)
        check_files (&report,
                     &(VgateValidation){.schemas = schemas,
                                        .policy = policy,
                                        .key_error = key_error,
                                        .now = g_get_real_time () / G_USEC_PER_SEC},
                     line.words);
    print_end (&report);
    return statuses[overall (&report)];
}
