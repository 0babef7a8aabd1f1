/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate version: which vGPU versions this host accepts. */
#include "command.h"
#include "confirm.h"
#include "driver/control.h"

#define WHAT "the vGPU versions that this host accepts"

static void
add_range (JsonObject *tree, const char *name, VgateVersionRange range)
{
    char text[VGATE_VERSION_RANGE_TEXT_SIZE];

    json_object_set_string_member (tree, name, vgate_version_range_format (range, text));
}

static JsonObject *
describe (JsonObject *report, const char *name, const VgateVersions *versions)
{
    JsonObject *tree = vgate_tree_add_child (report, name);

    json_object_set_string_member (tree, "driver", versions->driver);
    json_object_set_boolean_member (tree, "simulated", versions->simulated);
    add_range (tree, "preset", versions->preset);
    return tree;
}

static int
get (int argc, char *argv[], const char *config)
{
    g_auto (VgateCommandLine) line = {.output = VGATE_OUTPUT_TEXT};
    g_auto (VgateVersions) versions = {0};
    g_autoptr (VgatePolicy) policy = NULL;
    g_autoptr (JsonObject) report = json_object_new ();
    g_autoptr (GError) error = NULL;

    if (!vgate_command_line_parse (
            &line, argc, argv, NULL,
            "Print the vGPU versions that the driver supports (preset) and accepts (range).", NULL, &error))
        return vgate_command_usage (error->message);
    if (line.n_words > 0)
        return vgate_command_usage ("'version get' takes no arguments");
    policy = vgate_command_policy (config, &error);
    if (!policy || !vgate_control_versions (&policy->backend, &versions, &error))
        return vgate_command_fail (error);
    add_range (describe (report, "version", &versions), "range", versions.current);
    return vgate_command_print (report, line.output);
}

static int
print_change (const VgateVersions *was, const VgateVersions *is, VgateOutput output)
{
    g_autoptr (JsonObject) report = json_object_new ();
    JsonObject *tree = describe (report, "version-change", is);

    add_range (tree, "was", was->current);
    add_range (tree, "is", is->current);
    return vgate_command_print (report, output);
}

static int
confirm (VgateVersionRange now, VgateVersionRange range)
{
    char was[VGATE_VERSION_RANGE_TEXT_SIZE], wanted[VGATE_VERSION_RANGE_TEXT_SIZE];
    g_autofree char *question =
        g_strdup_printf ("Change the accepted vGPU versions from %s to %s?%s",
                         vgate_version_range_format (now, was), vgate_version_range_format (range, wanted),
                         vgate_version_range_contains (range, now)
                             ? ""
                             : " Guests with other versions can then no longer migrate here.");

    return vgate_confirm (question);
}

typedef struct {
    const VgateVersionRange *range; /* NULL: the range that the driver supports */
    VgateOutput output;
    gboolean yes;
    const char *as_root;
} Change;

static int
change_range (const Change *change, const char *config)
{
    g_auto (VgateVersions) now = {0}, was = {0}, is = {0};
    g_autoptr (VgatePolicy) policy = NULL;
    g_autoptr (GError) error = NULL;
    VgateVersionRange range;
    int status;

    if (!vgate_command_need_root ("set " WHAT, change->as_root, &error))
        return vgate_command_fail (error);
    policy = vgate_command_policy (config, &error);
    if (!policy || !vgate_control_versions (&policy->backend, &now, &error))
        return vgate_command_fail (error);
    range = change->range ? *change->range : now.preset;
    if (!vgate_control_check_range (range, now.preset, &error))
        return vgate_command_fail (error);
    /* no change is needed, which also works while VMs run, when the driver would refuse one */
    if (range.min == now.current.min && range.max == now.current.max)
        return print_change (&now, &now, change->output);
    status = change->yes ? VGATE_EXIT_ALLOWED : confirm (now.current, range);
    if (status != VGATE_EXIT_ALLOWED)
        return status;
    if (!vgate_control_set_version_range (&policy->backend, range, &was, &is, &error))
        return vgate_command_fail_setting (error, change->as_root, "vgpu-gate version get");
    return print_change (&was, &is, change->output);
}

static int
set (int argc, char *argv[], const char *config)
{
    g_auto (VgateCommandLine) line = {.output = VGATE_OUTPUT_TEXT};
    g_autofree char *as_root = vgate_command_as_root (argc, argv, config);
    Change change = {.as_root = as_root};
    const GOptionEntry entries[] = {VGATE_COMMAND_YES (&change.yes), {0}};
    g_autoptr (GError) error = NULL;
    VgateVersionRange range;

    if (!vgate_command_line_parse (&line, argc, argv, "MIN-MAX",
                                   "Narrow " WHAT " until its driver is loaded again.", entries, &error))
        return vgate_command_usage (error->message);
    if (line.n_words != 1)
        return vgate_command_usage ("'version set' requires one range of versions, such as 18.1-26.1");
    if (!vgate_version_range_parse (line.words[0], &range)) {
        g_autofree char *what = g_strdup_printf (
            "invalid range of versions '%s': expected MIN-MAX, such as 18.1-26.1", line.words[0]);

        return vgate_command_usage (what);
    }
    change.range = &range;
    change.output = line.output;
    return change_range (&change, config);
}

static int
reset (int argc, char *argv[], const char *config)
{
    g_auto (VgateCommandLine) line = {.output = VGATE_OUTPUT_TEXT};
    g_autofree char *as_root = vgate_command_as_root (argc, argv, config);
    Change change = {.as_root = as_root};
    const GOptionEntry entries[] = {VGATE_COMMAND_YES (&change.yes), {0}};
    g_autoptr (GError) error = NULL;

    if (!vgate_command_line_parse (&line, argc, argv, NULL,
                                   "Accept all vGPU versions that the driver supports.", entries, &error))
        return vgate_command_usage (error->message);
    if (line.n_words > 0)
        return vgate_command_usage ("'version reset' takes no arguments");
    change.output = line.output;
    return change_range (&change, config);
}

int
vgate_command_version (int argc, char *argv[], const char *config)
{
    static const VgateCommand commands[] = {
        {"get", get, "print the vGPU versions that the driver supports and accepts"},
        {"set", set, "accept only the vGPU versions MIN-MAX"},
        {"reset", reset, "accept all vGPU versions that the driver supports"},
    };

    return vgate_command_group (commands, G_N_ELEMENTS (commands), argc, argv, config);
}
