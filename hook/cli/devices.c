/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate devices: what devices.conf declares, compared with this host, and applied to it. */
#include "command.h"
#include "declared/apply.h"
#include "device-command.h"
#include "wrap.h"

#include <stdio.h>
#include <string.h>

#define FORMAT "vgpu-gate/devices/1"

typedef struct {
    VgateCommandLine line;
    char *root;
    char *wait;
    gboolean dry_run;
} Options;

static void
options_clear (Options *options)
{
    vgate_command_line_clear (&options->line);
    g_free (options->root);
    g_free (options->wait);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static const char *const results[] = {
    [VGATE_DECLARED_DONE] = "as-declared",
    [VGATE_DECLARED_DIFFERS] = "differs",
    [VGATE_DECLARED_UNKNOWN] = "unknown",
};

static const char *const actions[] = {
    [VGATE_DECLARED_LOOK] = "status",
    [VGATE_DECLARED_DRY_RUN] = "dry-run",
    [VGATE_DECLARED_APPLY] = "apply",
};

/* --- as JSON --- */

static void
add_setting (JsonObject *tree, const char *name, VgateSettingState state, const char *declared,
             const char *is, const char *was)
{
    JsonObject *child;

    if (state == VGATE_SETTING_NOT_DECLARED)
        return;
    child = vgate_tree_add_child (tree, name);
    json_object_set_string_member (child, "state", vgate_setting_state_name (state));
    json_object_set_string_member (child, "declared", declared);
    vgate_tree_set_optional (child, "is", is);
    vgate_tree_set_optional (child, "was", was);
}

static void
add_problems (JsonObject *tree, const GPtrArray *problems)
{
    JsonArray *list = vgate_tree_add_list (tree, "problem");

    for (guint i = 0; i < problems->len; i++) {
        const GError *error = g_ptr_array_index (problems, i);
        JsonObject *item = vgate_tree_add_item (list);

        vgate_tree_set_code (item, error->code);
        vgate_tree_set_path (item, "text", error->message);
        json_object_set_string_member (item, "way-out", vgate_code_info (error->code)->cure);
    }
}

static void
add_gpu (JsonArray *list, const VgateGpuReport *gpu)
{
    JsonObject *tree = vgate_tree_add_item (list);
    JsonArray *types, *devices;

    json_object_set_string_member (tree, "declared-as", gpu->declared_as);
    vgate_tree_set_optional (tree, "address", gpu->address);
    vgate_tree_set_optional (tree, "name", gpu->name);
    add_setting (tree, "scheduler", gpu->scheduler, gpu->scheduler_declared, gpu->scheduler_is,
                 gpu->scheduler_was);
    types = vgate_tree_add_list (tree, "type");
    for (guint i = 0; i < gpu->counts->len; i++) {
        const VgateDeclaredCount *count = g_ptr_array_index (gpu->counts, i);
        JsonObject *item = vgate_tree_add_item (types);

        json_object_set_string_member (item, "name", count->name);
        vgate_tree_set_number (item, "declared", count->n_declared);
        vgate_tree_set_number (item, "existed", count->n_existing);
        vgate_tree_set_number (item, "created", count->n_created);
    }
    devices = vgate_tree_add_list (tree, "device");
    for (guint i = 0; i < gpu->devices->len; i++) {
        const VgateDeclaredDevice *device = g_ptr_array_index (gpu->devices, i);
        JsonObject *item = vgate_tree_add_item (devices);

        vgate_tree_set_optional (item, "name", device->name);
        vgate_tree_set_optional (item, "type", device->type);
        json_object_set_string_member (item, "result", vgate_outcome_name (device->outcome));
        vgate_tree_set_optional (item, "user", device->user);
    }
    add_problems (tree, gpu->problems);
}

static void
print_json (const char *path, VgateDeclaredAction action, const VgateDeclaredReport *report)
{
    g_autoptr (JsonObject) tree = json_object_new ();
    JsonArray *gpus;

    json_object_set_string_member (tree, "format", FORMAT);
    vgate_tree_set_path (tree, "file", path);
    json_object_set_string_member (tree, "action", actions[action]);
    json_object_set_string_member (tree, "result", results[vgate_declared_report_result (report)]);
    add_setting (tree, "version-range", report->range, report->range_declared, report->range_is,
                 report->range_was);
    gpus = vgate_tree_add_list (tree, "gpu");
    for (guint i = 0; i < report->gpus->len; i++)
        add_gpu (gpus, g_ptr_array_index (report->gpus, i));
    add_problems (tree, report->problems);
    vgate_command_print (tree, VGATE_OUTPUT_JSON);
}

/* --- as text --- */

/* "version range 18.1-25.1: set (it was 18.1-26.1)" */
static void
append_setting (GString *text, const char *name, VgateSettingState state, const char *declared,
                const char *is, const char *was)
{
    switch (state) {
    case VGATE_SETTING_AS_DECLARED:
        g_string_append_printf (text, "%s %s: as declared\n", name, declared);
        break;
    case VGATE_SETTING_SET:
        g_string_append_printf (text, "%s %s: set (it was %s)\n", name, declared, was);
        break;
    case VGATE_SETTING_WOULD_BE_SET:
        g_string_append_printf (text, "%s %s: would be set (it is %s)\n", name, declared, is);
        break;
    case VGATE_SETTING_DIFFERS:
        g_string_append_printf (text, "%s %s: differs (it is %s)\n", name, declared, is ? is : "not known");
        break;
    default: break;
    }
}

static void
append_problems (GString *text, const char *indent, const GPtrArray *problems)
{
    for (guint i = 0; i < problems->len; i++) {
        const GError *error = g_ptr_array_index (problems, i);
        char code[VGATE_CODE_TEXT_SIZE];

        g_autofree char *described = vgate_command_describe_error (error);

        g_string_append_printf (text, "%s%s: %s\n", indent, vgate_code_format (error->code, code), described);
    }
}

static void
append_gpu (GString *text, VgateDeclaredAction action, const VgateGpuReport *gpu)
{
    g_string_append_printf (text, "GPU %s%s%s%s\n", gpu->address ? gpu->address : gpu->declared_as,
                            gpu->name ? " (" : "", gpu->name ? gpu->name : "", gpu->name ? ")" : "");
    append_setting (text, "  scheduler", gpu->scheduler, gpu->scheduler_declared, gpu->scheduler_is,
                    gpu->scheduler_was);
    for (guint i = 0; i < gpu->counts->len; i++) {
        const VgateDeclaredCount *count = g_ptr_array_index (gpu->counts, i);

        g_string_append_printf (text, "  %s: %u declared, %u exist%s", count->name, count->n_declared,
                                count->n_existing, count->n_existing == 1 ? "s" : "");
        if (action != VGATE_DECLARED_LOOK)
            g_string_append_printf (text, ", %u %screated", count->n_created,
                                    action == VGATE_DECLARED_APPLY ? "" : "would be ");
        g_string_append_c (text, '\n');
    }
    for (guint i = 0; i < gpu->devices->len; i++) {
        static const char *const words[VGATE_N_OUTCOMES] = {
            [VGATE_OUTCOME_EXISTED] = "declared",
            [VGATE_OUTCOME_KEPT] = "declared from now on; it was created for a guest",
            [VGATE_OUTCOME_CREATED] = "created",
            [VGATE_OUTCOME_WOULD_BE_CREATED] = "would be created",
            [VGATE_OUTCOME_REMOVED] = "removed, as it is not declared",
            [VGATE_OUTCOME_WOULD_BE_REMOVED] = "would be removed, as it is not declared",
            [VGATE_OUTCOME_OTHER] = "not declared",
            [VGATE_OUTCOME_MDEVCTL] = "defined by mdevctl",
            [VGATE_OUTCOME_GUEST] = "created for a guest",
            [VGATE_OUTCOME_UNUSABLE] = "left, as it is unusable",
        };
        const VgateDeclaredDevice *device = g_ptr_array_index (gpu->devices, i);

        g_string_append_printf (text, "  %s (%s): %s%s%s\n", device->name ? device->name : "a new device",
                                device->type ? device->type : "unknown type", words[device->outcome],
                                device->user ? "; " : "", device->user ? device->user : "");
    }
    append_problems (text, "  ", gpu->problems);
}

static void
print_text (VgateDeclaredAction action, const VgateDeclaredReport *report)
{
    static const char *const ends[] = {
        [VGATE_DECLARED_DONE] = "as declared",
        [VGATE_DECLARED_DIFFERS] = "not as declared",
        [VGATE_DECLARED_UNKNOWN] = "could not be found out completely",
    };
    g_autoptr (GString) text = g_string_new (NULL);
    const VgateDeclaredResult result = vgate_declared_report_result (report);

    append_setting (text, "version range", report->range, report->range_declared, report->range_is,
                    report->range_was);
    for (guint i = 0; i < report->gpus->len; i++)
        append_gpu (text, action, g_ptr_array_index (report->gpus, i));
    append_problems (text, "", report->problems);
    g_string_append_printf (
        text, "this host: %s%s\n",
        action == VGATE_DECLARED_DRY_RUN && result == VGATE_DECLARED_DONE ? "would be " : "", ends[result]);
    vgate_print_wrapped (text->str);
}

/* --- the commands --- */

static void
tell_wait (const char *why, gpointer user_data)
{
    const guint *wait = user_data;

    fprintf (stderr, "vgpu-gate: waiting for %u s at most: %s\n", *wait, why);
}

static int
run (const Options *options, VgateDeclaredAction action, const char *config)
{
    static const int statuses[] = {
        [VGATE_DECLARED_DONE] = VGATE_EXIT_ALLOWED,
        [VGATE_DECLARED_DIFFERS] = VGATE_EXIT_REFUSED,
        [VGATE_DECLARED_UNKNOWN] = VGATE_EXIT_UNANSWERED,
    };
    const char *root = options->root ? options->root : "";
    g_autofree char *path =
        options->line.n_words > 0 ? g_strdup (options->line.words[0]) : vgate_declaration_default_path (root);
    g_autoptr (GError) error = NULL;
    g_autoptr (VgatePolicy) policy = vgate_command_policy (config, &error);
    g_autoptr (VgateDeclaration) declaration = policy ? vgate_declaration_read (path, &error) : NULL;
    g_autoptr (VgateDeclaredReport) report = NULL;
    VgateDeclaredRequest request = {.root = root, .policy = policy, .action = action, .on_wait = tell_wait};

    if (!declaration)
        return vgate_command_fail (error);
    request.declaration = declaration;
    request.wait = declaration->wait;
    /* the form was checked before */
    if (options->wait)
        request.wait = (guint)g_ascii_strtoull (options->wait, NULL, 10);
    request.user_data = &request.wait;
    report = vgate_declared_run (&request);
    if (options->line.output == VGATE_OUTPUT_JSON)
        print_json (path, action, report);
    else
        print_text (action, report);
    return statuses[vgate_declared_report_result (report)];
}

#define ROOT_ENTRY(options)                                        \
    {                                                              \
        "root", 0, 0, G_OPTION_ARG_FILENAME, &(options)->root,     \
            "look for /sys, /proc, /run and /etc below DIR", "DIR" \
    }

static int
apply (int argc, char *argv[], const char *config)
{
    g_auto (Options) options = {.line = {.output = VGATE_OUTPUT_TEXT}};
    g_autofree char *as_root = vgate_command_as_root (argc, argv, config);
    const GOptionEntry entries[] = {
        {"dry-run", 'n', 0, G_OPTION_ARG_NONE, &options.dry_run,
         "print what would be done, and wait for nothing", NULL},
        {"wait", 0, 0, G_OPTION_ARG_STRING, &options.wait,
         "wait for the driver and the GPUs for SECONDS at most, instead of wait= in FILE", "SECONDS"},
        ROOT_ENTRY (&options),
        {0},
    };
    g_autoptr (GError) error = NULL;

    if (!vgate_command_line_parse (
            &options.line, argc, argv, "[FILE]",
            "Make this host as FILE declares, or else devices.conf: create the vGPU devices, and set the\n"
            "range of vGPU versions and the schedulers. What is in use is not changed.",
            entries, &error))
        return vgate_command_usage (error->message);
    if (options.line.n_words > 1)
        return vgate_command_usage ("'devices apply' takes at most one FILE");
    if (options.wait &&
        !g_ascii_string_to_unsigned (options.wait, 10, 0, VGATE_DECLARED_WAIT_MAX, NULL, NULL))
        return vgate_command_bad_value ("wait", options.wait,
                                        "0 to " G_STRINGIFY (VGATE_DECLARED_WAIT_MAX) " (seconds)");
    if (!vgate_device_need_root (options.root, "create devices", as_root, &error))
        return vgate_command_fail (error);
    return run (&options, options.dry_run ? VGATE_DECLARED_DRY_RUN : VGATE_DECLARED_APPLY, config);
}

static int
status (int argc, char *argv[], const char *config)
{
    g_auto (Options) options = {.line = {.output = VGATE_OUTPUT_TEXT}};
    g_autofree char *as_root = vgate_command_as_root (argc, argv, config);
    const GOptionEntry entries[] = {ROOT_ENTRY (&options), {0}};
    g_autoptr (GError) error = NULL;

    if (!vgate_command_line_parse (&options.line, argc, argv, "[FILE]",
                                   "Compare this host with what FILE declares, or else devices.conf.",
                                   entries, &error))
        return vgate_command_usage (error->message);
    if (options.line.n_words > 1)
        return vgate_command_usage ("'devices status' takes at most one FILE");
    if (!vgate_device_need_root (options.root, "list which devices are in use", as_root, &error))
        return vgate_command_fail (error);
    return run (&options, VGATE_DECLARED_LOOK, config);
}

int
vgate_command_devices (int argc, char *argv[], const char *config)
{
    static const VgateCommand commands[] = {
        {"apply", apply, "create the declared vGPU devices, and set range and schedulers"},
        {"status", status, "compare this host with what is declared"},
    };

    return vgate_command_group (commands, G_N_ELEMENTS (commands), argc, argv, config);
}
