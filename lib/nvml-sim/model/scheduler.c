/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/scheduler.h"

#include "nvml/nvml-abi.h"

#define NS_PER_S 1000000000u

/* The keys of a scheduler, and the names of the engines' keys. */
typedef enum { POLICY, ARR, TIME_SLICE, FREQUENCY, AVERAGE_FACTOR, EPOCH, N_KEYS } Key;

static const char *const keys[VGPU_SIM_N_ENGINES][N_KEYS] = {
    [VGPU_SIM_GRAPHICS] = {"scheduler", "scheduler-arr", "scheduler-time-slice", "scheduler-frequency",
                           "scheduler-average-factor", "scheduler-epoch"},
    [VGPU_SIM_NVENC1] = {"nvenc1-scheduler", "nvenc1-scheduler-arr", "nvenc1-scheduler-time-slice",
                         "nvenc1-scheduler-frequency", "nvenc1-scheduler-average-factor",
                         "nvenc1-scheduler-epoch"},
    [VGPU_SIM_NVENC0] = {"nvenc0-scheduler", "nvenc0-scheduler-arr", "nvenc0-scheduler-time-slice",
                         "nvenc0-scheduler-frequency", "nvenc0-scheduler-average-factor",
                         "nvenc0-scheduler-epoch"},
};
static const char *const engines[] = {"graphics", "nvenc1", "nvenc0"};
static const char *const generations[] = {"v1", "v1-deprecated", "v2"};

G_STATIC_ASSERT (G_N_ELEMENTS (engines) == VGPU_SIM_N_ENGINES);
/* the indices are NVML's numbers less 1 */
G_STATIC_ASSERT (VGPU_SIM_GRAPHICS == NVML_ENGINE_GRAPHICS - 1 && VGPU_SIM_NVENC1 == NVML_ENGINE_NVENC1 - 1 &&
                 VGPU_SIM_NVENC0 == NVML_ENGINE_NVENC0 - 1);
G_STATIC_ASSERT (G_N_ELEMENTS (generations) == VGPU_SIM_SCHEDULER_V2 + 1);

/* Both are in the order of NVML's numbers. */
static const char *const policies[] = {NULL, "best-effort", "equal-share", "fixed-share"};
static const char *const arr_modes[] = {"default", "off", "on"};

G_STATIC_ASSERT (G_N_ELEMENTS (policies) == NVML_SCHEDULER_FIXED_SHARE + 1);
G_STATIC_ASSERT (G_N_ELEMENTS (arr_modes) == NVML_ARR_ENABLE + 1);

const char *
vgpu_sim_scheduler_policy_name (guint policy)
{
    return policy < G_N_ELEMENTS (policies) && policies[policy] ? policies[policy] : "unknown";
}

const char *
vgpu_sim_engine_name (VgpuSimEngine engine)
{
    return engines[engine];
}

gboolean
vgpu_sim_scheduler_calls_parse (const char *name, VgpuSimSchedulerCalls *calls)
{
    for (gsize i = 0; i < G_N_ELEMENTS (generations); i++) {
        if (g_str_equal (generations[i], name)) {
            *calls = (VgpuSimSchedulerCalls)i;
            return TRUE;
        }
    }
    return FALSE;
}

guint32
vgpu_sim_scheduler_slice (const VgpuSimScheduler *scheduler)
{
    return scheduler->arr == NVML_ARR_ENABLE ? NS_PER_S / scheduler->frequency : scheduler->time_slice;
}

/* Parses a choice. A missing key leaves *choice unchanged. */
static gboolean
parse_choice (VgpuSimGroup group, const char *key, const char *const *names, gsize count, guint *choice,
              GError **error)
{
    g_autofree char *value = g_key_file_get_value (group.file, group.group, key, NULL);

    if (!value)
        return TRUE;
    for (gsize i = 0; i < count; i++) {
        if (g_strcmp0 (names[i], value) == 0) {
            *choice = (guint)i;
            return TRUE;
        }
    }
    return vgpu_sim_value_bad (group, key, error, "invalid value '%s'", value);
}

/* Parses a parameter. A missing key results in fallback; a key without a meaning in this mode must be
 * missing. */
static gboolean
parse_parameter (VgpuSimGroup group, const char *key, gboolean has_meaning, guint32 min, guint32 max,
                 guint32 fallback, guint32 *parameter, GError **error)
{
    guint64 number = fallback;

    *parameter = 0;
    if (!has_meaning)
        return !vgpu_sim_value_has (group, key) ||
               vgpu_sim_value_bad (group, key, error, "has no meaning with this policy and ARR mode");
    if (vgpu_sim_value_has (group, key) && !vgpu_sim_value_number (group, key, min, max, &number, error))
        return FALSE;
    *parameter = (guint32)number;
    return TRUE;
}

static gboolean
parse_parameters (VgpuSimGroup group, const char *const *names, VgpuSimScheduler *scheduler, GError **error)
{
    const gboolean shares = scheduler->policy != NVML_SCHEDULER_BEST_EFFORT;
    const gboolean arr = scheduler->arr == NVML_ARR_ENABLE;

    if (!parse_parameter (group, names[TIME_SLICE], shares && !arr, VGPU_SIM_TIME_SLICE_MIN,
                          VGPU_SIM_TIME_SLICE_MAX, VGPU_SIM_TIME_SLICE_DEFAULT, &scheduler->time_slice,
                          error) ||
        !parse_parameter (group, names[FREQUENCY], shares && arr, VGPU_SIM_FREQUENCY_MIN,
                          VGPU_SIM_FREQUENCY_MAX, VGPU_SIM_FREQUENCY_DEFAULT, &scheduler->frequency, error) ||
        !parse_parameter (group, names[AVERAGE_FACTOR], shares && arr, VGPU_SIM_AVERAGE_FACTOR_MIN,
                          VGPU_SIM_AVERAGE_FACTOR_MAX, VGPU_SIM_AVERAGE_FACTOR_DEFAULT,
                          &scheduler->average_factor, error))
        return FALSE;
    if (!shares)
        scheduler->time_slice = VGPU_SIM_TIME_SLICE_DEFAULT;
    return TRUE;
}

static gboolean
parse_arr (VgpuSimGroup group, const char *key, VgpuSimSchedulerCalls calls, VgpuSimScheduler *scheduler,
           GError **error)
{
    const gboolean shares = scheduler->policy != NVML_SCHEDULER_BEST_EFFORT;

    if (!shares && vgpu_sim_value_has (group, key))
        return vgpu_sim_value_bad (group, key, error, "has no meaning under best effort");
    if (shares && calls != VGPU_SIM_SCHEDULER_V1)
        scheduler->arr = NVML_ARR_ENABLE;
    if (!parse_choice (group, key, arr_modes, G_N_ELEMENTS (arr_modes), &scheduler->arr, error))
        return FALSE;
    if (shares && calls != VGPU_SIM_SCHEDULER_V1 && scheduler->arr != NVML_ARR_ENABLE)
        return vgpu_sim_value_bad (group, key, error, "is always on with these scheduler-calls");
    return TRUE;
}

gboolean
vgpu_sim_scheduler_parse (VgpuSimGroup group, VgpuSimEngine engine, VgpuSimSchedulerCalls calls,
                          VgpuSimScheduler *scheduler, GError **error)
{
    const char *const *names = keys[engine];

    *scheduler = (VgpuSimScheduler){.policy = NVML_SCHEDULER_BEST_EFFORT, .arr = NVML_ARR_DEFAULT};
    /* the epoch can be that of a driver before this one */
    for (Key key = POLICY; engine != VGPU_SIM_GRAPHICS && calls == VGPU_SIM_SCHEDULER_V1 && key < EPOCH;
         key++)
        if (vgpu_sim_value_has (group, names[key]))
            return vgpu_sim_value_bad (group, names[key], error, "has no meaning with these scheduler-calls");
    return parse_choice (group, names[POLICY], policies, G_N_ELEMENTS (policies), &scheduler->policy,
                         error) &&
           parse_arr (group, names[ARR], calls, scheduler, error) &&
           parse_parameters (group, names, scheduler, error) &&
           (!vgpu_sim_value_has (group, names[EPOCH]) ||
            vgpu_sim_value_number (group, names[EPOCH], 0, G_MAXINT64, &scheduler->epoch, error));
}

static void
write_number (VgpuSimGroup group, const char *key, guint64 number)
{
    g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, number);

    g_key_file_set_value (group.file, group.group, key, text);
}

void
vgpu_sim_scheduler_write (VgpuSimGroup group, VgpuSimEngine engine, const VgpuSimScheduler *scheduler)
{
    const char *const *names = keys[engine];

    for (Key key = POLICY; key < EPOCH; key++)
        g_key_file_remove_key (group.file, group.group, names[key], NULL);
    /* defaults are not written, so that the file after a reload is the same as before the change */
    if (scheduler->policy == NVML_SCHEDULER_BEST_EFFORT)
        return;
    g_key_file_set_value (group.file, group.group, names[POLICY], policies[scheduler->policy]);
    g_key_file_set_value (group.file, group.group, names[ARR], arr_modes[scheduler->arr]);
    if (scheduler->arr == NVML_ARR_ENABLE) {
        write_number (group, names[FREQUENCY], scheduler->frequency);
        write_number (group, names[AVERAGE_FACTOR], scheduler->average_factor);
    } else {
        write_number (group, names[TIME_SLICE], scheduler->time_slice);
    }
}

void
vgpu_sim_scheduler_write_epoch (VgpuSimGroup group, VgpuSimEngine engine, guint64 epoch)
{
    write_number (group, keys[engine][EPOCH], epoch);
}
