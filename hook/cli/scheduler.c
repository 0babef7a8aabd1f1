/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate scheduler: the settings that each GPU's vGPU scheduler supports, and its current settings. */
#include "command.h"
#include "driver/control.h"
#include "tree-scheduler.h"

static void
add_limits (JsonObject *tree, const char *name, guint32 min, guint32 max)
{
    JsonObject *limits = vgate_tree_add_child (tree, name);

    vgate_tree_set_number (limits, "min", min);
    vgate_tree_set_number (limits, "max", max);
}

static void
add_capabilities (JsonObject *tree, const VgateGpuScheduler *gpu)
{
    const VgateSchedulerCapabilities *c = &gpu->capabilities;

    for (int policy = VGATE_SCHEDULER_BEST_EFFORT; policy <= VGATE_SCHEDULER_FIXED_SHARE; policy++)
        json_object_set_boolean_member (tree, vgate_scheduler_policy_name (policy),
                                        (c->policies & 1u << policy) != 0);
    json_object_set_boolean_member (tree, "arr", c->has_arr);
    /* a driver that is always adaptive takes no time slice */
    if (c->is_always_adaptive)
        json_object_set_boolean_member (tree, "always-adaptive", TRUE);
    else
        add_limits (tree, "time-slice", c->time_slice_min, c->time_slice_max);
    if (c->has_arr) {
        add_limits (tree, "frequency", c->frequency_min, c->frequency_max);
        add_limits (tree, "average-factor", c->average_factor_min, c->average_factor_max);
    }
}

static void
add_state (JsonObject *tree, const VgateGpuScheduler *gpu)
{
    vgate_tree_add_scheduler (tree, &gpu->scheduler);
}

typedef struct {
    const char *name;
    const char *summary;
    void (*add) (JsonObject *tree, const VgateGpuScheduler *gpu);
    gboolean has_engine; /* the option --engine exists */
} Report;

static int
report (const Report *what, int argc, char *argv[], const char *config)
{
    g_auto (VgateCommandLine) line = {.output = VGATE_OUTPUT_TEXT};
    g_autoptr (VgatePolicy) policy = NULL;
    g_autoptr (GPtrArray) unusable = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_unusable_gpu_free);
    g_autoptr (GPtrArray) gpus = NULL;
    g_autoptr (JsonObject) root = json_object_new ();
    JsonArray *list = vgate_tree_add_list (vgate_tree_add_child (root, what->name), "gpu");
    g_autofree char *gpu_name = NULL, *engine_name = NULL;
    const GOptionEntry entries[] = {VGATE_SCHEDULER_ENGINE (&engine_name), {0}};
    g_autoptr (GError) error = NULL;
    int engine;

    if (!vgate_command_line_parse (&line, argc, argv, "[GPU]", what->summary,
                                   what->has_engine ? entries : NULL, &error) ||
        !vgate_command_take_gpu (&line, &gpu_name, &error) ||
        !vgate_scheduler_engine_parse (engine_name, &engine, &error))
        return vgate_command_usage (error->message);
    policy = vgate_command_policy (config, &error);
    gpus = policy ? vgate_control_schedulers (&policy->backend, gpu_name, engine, unusable, &error) : NULL;
    if (!gpus)
        return vgate_command_fail (error);
    for (guint i = 0; i < gpus->len; i++) {
        const VgateGpuScheduler *gpu = g_ptr_array_index (gpus, i);
        JsonObject *item = vgate_tree_add_item (list);

        json_object_set_string_member (item, "address", gpu->address);
        json_object_set_string_member (item, "name", gpu->name);
        vgate_tree_add_engine (item, engine);
        json_object_set_boolean_member (item, "available", gpu->is_available);
        if (gpu->is_available)
            what->add (item, gpu);
    }
    return vgate_command_tell_unusable (unusable, vgate_command_print (root, line.output));
}

static int
capabilities (int argc, char *argv[], const char *config)
{
    static const Report what = {
        "scheduler-capabilities",
        "Print the policies and limits of the vGPU scheduler of a GPU, or of every GPU.", add_capabilities,
        FALSE};

    return report (&what, argc, argv, config);
}

static int
state (int argc, char *argv[], const char *config)
{
    static const Report what = {"scheduler-state",
                                "Print the settings of the vGPU scheduler of a GPU, or of every GPU.",
                                add_state, TRUE};

    return report (&what, argc, argv, config);
}

int
vgate_command_scheduler (int argc, char *argv[], const char *config)
{
    static const VgateCommand commands[] = {
        {"capabilities", capabilities, "print the policies and limits of the schedulers"},
        {"state", state, "print the settings of the schedulers"},
        {"set", vgate_command_scheduler_set, "change the scheduler of a GPU"},
        {"log", vgate_command_scheduler_log, "print or follow the logs of the schedulers"},
    };

    return vgate_command_group (commands, G_N_ELEMENTS (commands), argc, argv, config);
}
