/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/scheduler.h"

#include "nvml/nvml-abi.h"

#define NS_PER_S 1000000000u

#define POLICY         "scheduler"
#define ARR            "scheduler-arr"
#define TIME_SLICE     "scheduler-time-slice"
#define FREQUENCY      "scheduler-frequency"
#define AVERAGE_FACTOR "scheduler-average-factor"
#define EPOCH          "scheduler-epoch"

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
parse_parameters (VgpuSimGroup group, VgpuSimScheduler *scheduler, GError **error)
{
    const gboolean shares = scheduler->policy != NVML_SCHEDULER_BEST_EFFORT;
    const gboolean arr = scheduler->arr == NVML_ARR_ENABLE;

    if (!shares && vgpu_sim_value_has (group, ARR))
        return vgpu_sim_value_bad (group, ARR, error, "has no meaning under best effort");
    if (!parse_parameter (group, TIME_SLICE, shares && !arr, VGPU_SIM_TIME_SLICE_MIN, VGPU_SIM_TIME_SLICE_MAX,
                          VGPU_SIM_TIME_SLICE_DEFAULT, &scheduler->time_slice, error) ||
        !parse_parameter (group, FREQUENCY, shares && arr, VGPU_SIM_FREQUENCY_MIN, VGPU_SIM_FREQUENCY_MAX,
                          VGPU_SIM_FREQUENCY_DEFAULT, &scheduler->frequency, error) ||
        !parse_parameter (group, AVERAGE_FACTOR, shares && arr, VGPU_SIM_AVERAGE_FACTOR_MIN,
                          VGPU_SIM_AVERAGE_FACTOR_MAX, VGPU_SIM_AVERAGE_FACTOR_DEFAULT,
                          &scheduler->average_factor, error))
        return FALSE;
    if (!shares)
        scheduler->time_slice = VGPU_SIM_TIME_SLICE_DEFAULT;
    return TRUE;
}

gboolean
vgpu_sim_scheduler_parse (VgpuSimGroup group, VgpuSimScheduler *scheduler, GError **error)
{
    *scheduler = (VgpuSimScheduler){.policy = NVML_SCHEDULER_BEST_EFFORT, .arr = NVML_ARR_DEFAULT};
    return parse_choice (group, POLICY, policies, G_N_ELEMENTS (policies), &scheduler->policy, error) &&
           parse_choice (group, ARR, arr_modes, G_N_ELEMENTS (arr_modes), &scheduler->arr, error) &&
           parse_parameters (group, scheduler, error) &&
           (!vgpu_sim_value_has (group, EPOCH) ||
            vgpu_sim_value_number (group, EPOCH, 0, G_MAXINT64, &scheduler->epoch, error));
}

static void
write_number (VgpuSimGroup group, const char *key, guint64 number)
{
    g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, number);

    g_key_file_set_value (group.file, group.group, key, text);
}

void
vgpu_sim_scheduler_write (VgpuSimGroup group, const VgpuSimScheduler *scheduler)
{
    static const char *const keys[] = {POLICY, ARR, TIME_SLICE, FREQUENCY, AVERAGE_FACTOR};

    for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
        g_key_file_remove_key (group.file, group.group, keys[i], NULL);
    /* defaults are not written, so that the file after a reload is the same as before the change */
    if (scheduler->policy == NVML_SCHEDULER_BEST_EFFORT)
        return;
    g_key_file_set_value (group.file, group.group, POLICY, policies[scheduler->policy]);
    g_key_file_set_value (group.file, group.group, ARR, arr_modes[scheduler->arr]);
    if (scheduler->arr == NVML_ARR_ENABLE) {
        write_number (group, FREQUENCY, scheduler->frequency);
        write_number (group, AVERAGE_FACTOR, scheduler->average_factor);
    } else {
        write_number (group, TIME_SLICE, scheduler->time_slice);
    }
}

void
vgpu_sim_scheduler_write_epoch (VgpuSimGroup group, guint64 epoch)
{
    write_number (group, EPOCH, epoch);
}
