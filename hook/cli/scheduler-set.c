/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate scheduler set. */
#include "command.h"
#include "confirm.h"
#include "driver/control.h"
#include "scheduler/settings.h"
#include "tree-scheduler.h"

/* The options as they were typed. */
typedef struct {
    VgateCommandLine line;
    char *engine;
    char *policy;
    char *arr;
    char *time_slice;
    char *frequency;
    char *average_factor;
    gboolean yes;
} SetOptions;

static void
set_options_clear (SetOptions *options)
{
    vgate_command_line_clear (&options->line);
    g_free (options->engine);
    g_free (options->policy);
    g_free (options->arr);
    g_free (options->time_slice);
    g_free (options->frequency);
    g_free (options->average_factor);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SetOptions, set_options_clear)

static gboolean
parse_set_options (SetOptions *options, int argc, char *argv[], GError **error)
{
    const GOptionEntry entries[] = {
        VGATE_SCHEDULER_ENGINE (&options->engine),
        {"policy", 0, 0, G_OPTION_ARG_STRING, &options->policy,
         "use policy POLICY: best-effort, equal-share or fixed-share", "POLICY"},
        {"arr", 0, 0, G_OPTION_ARG_STRING, &options->arr,
         "adaptive round robin (ARR): default, enabled or disabled", "MODE"},
        {"time-slice", 0, 0, G_OPTION_ARG_STRING, &options->time_slice,
         "time slice of a vGPU without ARR: 2ms, 2000us or 2000000 (ns)", "TIME"},
        {"frequency", 0, 0, G_OPTION_ARG_STRING, &options->frequency,
         "scheduling frequency with ARR: 480Hz or 480", "HZ"},
        {"average-factor", 0, 0, G_OPTION_ARG_STRING, &options->average_factor, "averaging factor with ARR",
         "N"},
        VGATE_COMMAND_YES (&options->yes),
        {0},
    };

    return vgate_command_line_parse (&options->line, argc, argv, "GPU",
                                     "Set the vGPU scheduler of a GPU until its driver is loaded again.\n"
                                     "A value that is omitted or 0 means the driver's default.",
                                     entries, error);
}

static gboolean
parse_settings (const SetOptions *options, VgateSchedulerSettings *settings, GError **error)
{
    const struct {
        const char *name, *value;
    } typed[] = {
        {"policy", options->policy},
        {"arr", options->arr},
        {"time-slice", options->time_slice},
        {"frequency", options->frequency},
        {"average-factor", options->average_factor},
    };

    *settings = (VgateSchedulerSettings){.size = sizeof (VgateSchedulerSettings), .arr = VGATE_ARR_DEFAULT};
    if (!options->policy) {
        g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--policy is required");
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS (typed); i++) {
        const VgateSchedulerSetting *setting = vgate_scheduler_setting_find (typed[i].name);

        if (!typed[i].value || setting->read (typed[i].value, settings))
            continue;
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                     "invalid value '%s' for --%s: expected %s", typed[i].value, setting->name,
                     setting->expected);
        return FALSE;
    }
    return TRUE;
}

static int
confirm (const VgateGpuScheduler *gpu, int engine, const VgateSchedulerSettings *settings)
{
    g_autofree char *was = vgate_scheduler_describe (&gpu->scheduler);
    g_autofree char *wanted = vgate_scheduler_settings_describe (settings);
    g_autofree char *of_engine = engine != VGATE_ENGINE_GRAPHICS
                                     ? g_strdup_printf ("engine %s of ", vgate_engine_name (engine))
                                     : NULL;
    g_autofree char *question =
        g_strdup_printf ("Change the vGPU scheduler of %sGPU %s (%s) from %s to %s?",
                         of_engine ? of_engine : "", gpu->address, gpu->name, was, wanted);

    return vgate_confirm (question);
}

static int
print_change (const VgateGpuScheduler *was, const VgateGpuScheduler *is, int engine, VgateOutput output)
{
    g_autoptr (JsonObject) report = json_object_new ();
    JsonObject *tree = vgate_tree_add_child (report, "scheduler-change");

    json_object_set_string_member (tree, "address", is->address);
    json_object_set_string_member (tree, "name", is->name);
    vgate_tree_add_engine (tree, engine);
    vgate_tree_add_scheduler (vgate_tree_add_child (tree, "was"), &was->scheduler);
    vgate_tree_add_scheduler (vgate_tree_add_child (tree, "is"), &is->scheduler);
    return vgate_command_print (report, output);
}

/* Reports wrong settings before the user is asked to confirm. For a GPU without a scheduler, the driver's own
 * answer is reported later. */
static gboolean
check (const VgateGpuScheduler *gpu, const VgateSchedulerSettings *settings, GError **error)
{
    return !gpu->is_available || vgate_scheduler_settings_check (settings, &gpu->capabilities, error);
}

static int
change (const SetOptions *options, const char *name, int engine, const VgateSchedulerSettings *settings,
        const char *config, const char *as_root)
{
    g_auto (VgateGpuScheduler) was = {0}, is = {0};
    g_autoptr (VgatePolicy) policy = NULL;
    g_autoptr (GPtrArray) gpus = NULL;
    g_autoptr (GError) error = NULL;
    int status;

    if (!vgate_command_need_root ("set the vGPU scheduler of a GPU", as_root, &error))
        return vgate_command_fail (error);
    policy = vgate_command_policy (config, &error);
    gpus = policy ? vgate_control_schedulers (&policy->backend, name, engine, NULL, &error) : NULL;
    if (!gpus || !check (g_ptr_array_index (gpus, 0), settings, &error))
        return vgate_command_fail (error);
    status = options->yes ? VGATE_EXIT_ALLOWED : confirm (g_ptr_array_index (gpus, 0), engine, settings);
    if (status != VGATE_EXIT_ALLOWED)
        return status;
    /* an index can be another GPU's after a reset, so the GPU that was confirmed is named by its address */
    if (!vgate_control_set_scheduler (&policy->backend,
                                      ((const VgateGpuScheduler *)g_ptr_array_index (gpus, 0))->address,
                                      engine, settings, &was, &is, &error))
        return vgate_command_fail_setting (error, as_root, "vgpu-gate scheduler state");
    return print_change (&was, &is, engine, options->line.output);
}

int
vgate_command_scheduler_set (int argc, char *argv[], const char *config)
{
    g_auto (SetOptions) options = {.line = {.output = VGATE_OUTPUT_TEXT}};
    g_autofree char *as_root = vgate_command_as_root (argc, argv, config);
    g_autofree char *gpu_name = NULL;
    g_autoptr (GError) error = NULL;
    VgateSchedulerSettings settings = VGATE_INIT (VgateSchedulerSettings);
    int engine;

    if (!parse_set_options (&options, argc, argv, &error) ||
        !vgate_command_take_gpu (&options.line, &gpu_name, &error) ||
        !vgate_scheduler_engine_parse (options.engine, &engine, &error) ||
        !parse_settings (&options, &settings, &error))
        return vgate_command_usage (error->message);
    if (!gpu_name)
        return vgate_command_usage ("'scheduler set' requires a GPU, such as 0 or 0000:41:00.0");
    return change (&options, gpu_name, engine, &settings, config, as_root);
}
