/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/codes.h"
#include "scheduler/duration.h"
#include "scheduler/names.h"
#include "vgpu-gate/growth.h"

#include <string.h>

const char *const vgate_scheduler_policies[] = {"unknown", "best-effort", "equal-share", "fixed-share", NULL};
const char *const vgate_arr_modes[] = {"default", "disabled", "enabled", NULL};

G_STATIC_ASSERT (G_N_ELEMENTS (vgate_scheduler_policies) == VGATE_SCHEDULER_FIXED_SHARE + 2);
G_STATIC_ASSERT (G_N_ELEMENTS (vgate_arr_modes) == VGATE_ARR_ENABLED + 2);

static gboolean
is_policy (int policy)
{
    return policy > VGATE_SCHEDULER_UNKNOWN && policy <= VGATE_SCHEDULER_FIXED_SHARE;
}

const char *
vgate_scheduler_policy_name (int policy)
{
    return vgate_scheduler_policies[is_policy (policy) ? policy : VGATE_SCHEDULER_UNKNOWN];
}

const char *
vgate_arr_mode_name (int mode)
{
    return mode >= VGATE_ARR_DEFAULT && mode <= VGATE_ARR_ENABLED ? vgate_arr_modes[mode] : "unknown";
}

static gboolean
parse_name (const char *const *names, const char *name, int *number)
{
    for (int i = 0; names[i]; i++) {
        if (strcmp (names[i], name) == 0) {
            *number = i;
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
vgate_scheduler_policy_parse (const char *name, int *policy)
{
    int found;

    if (!parse_name (vgate_scheduler_policies, name, &found) || !is_policy (found))
        return FALSE;
    *policy = found;
    return TRUE;
}

gboolean
vgate_arr_mode_parse (const char *name, int *mode)
{
    return parse_name (vgate_arr_modes, name, mode);
}

gboolean
vgate_scheduler_equal (const VgateScheduler *a, const VgateScheduler *b)
{
    /* with best effort the rest of the state has no meaning (NVIDIA's documentation) */
    return a->policy == b->policy &&
           (a->policy == VGATE_SCHEDULER_BEST_EFFORT ||
            (a->arr == b->arr && a->average_factor == b->average_factor && a->time_slice == b->time_slice));
}

G_GNUC_PRINTF (2, 3)
static gboolean
bad_setting (GError **error, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start (arguments, format);
    text = g_strdup_vprintf (format, arguments);
    va_end (arguments);
    g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_SCHEDULER_SETTINGS, text);
    return FALSE;
}

/* 0 selects the driver's default. */
static gboolean
check_range (const char *what, guint32 value, guint32 min, guint32 max, const char *unit, GError **error)
{
    return value == 0 || (value >= min && value <= max) ||
           bad_setting (error, "%s %u%s is not between %u and %u%s", what, value, unit, min, max, unit);
}

static gboolean
check_time_slice (guint32 value, guint32 min, guint32 max, GError **error)
{
    g_autofree char *value_words = vgate_duration_describe (value);
    g_autofree char *min_words = vgate_duration_describe (min), *max_words = vgate_duration_describe (max);

    return value == 0 || (value >= min && value <= max) ||
           bad_setting (error, "time slice %s is not between %s and %s", value_words, min_words, max_words);
}

/* A value without a meaning in this mode is refused, as the user could believe that it takes effect. */
static gboolean
check_meaningless (const char *what, guint32 value, const char *mode, GError **error)
{
    return value == 0 || bad_setting (error, "%s has no meaning with adaptive round robin %s", what, mode);
}

#define NS_PER_SECOND 1000000000u

/* The settings that a driver since r595 does not take. */
static gboolean
check_adaptive (const VgateSchedulerSettings *settings, const VgateSchedulerCapabilities *capabilities,
                GError **error)
{
    const guint32 slice = MAX (settings->time_slice, 1);
    guint32 frequency = NS_PER_SECOND / slice + (NS_PER_SECOND % slice >= slice / 2 + slice % 2);
    g_autofree char *words = vgate_duration_describe (settings->time_slice);

    if (capabilities->has_arr)
        frequency = CLAMP (frequency, capabilities->frequency_min, capabilities->frequency_max);
    if (settings->time_slice > 0)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SCHEDULER_ADAPTIVE,
                     "this driver does not take a time slice: instead of %s, set a frequency of %u Hz", words,
                     frequency);
    else if (settings->arr == VGATE_ARR_DISABLED)
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_SCHEDULER_ADAPTIVE,
                             "this driver cannot switch adaptive round robin off");
    return settings->time_slice == 0 && settings->arr != VGATE_ARR_DISABLED;
}

gboolean
vgate_scheduler_settings_check (const VgateSchedulerSettings *settings,
                                const VgateSchedulerCapabilities *capabilities, GError **error)
{
    const char *mode = vgate_arr_mode_name (settings->arr);
    gboolean is_adaptive;

    g_return_val_if_fail (VGATE_GROWTH_HAS_SIZE (settings, VGATE_SIZE_SETTINGS) &&
                              VGATE_GROWTH_HAS_SIZE (capabilities, VGATE_SIZE_CAPABILITIES),
                          FALSE);
    if (!is_policy (settings->policy) || !(capabilities->policies & 1u << settings->policy))
        return bad_setting (error, "the GPU does not support the policy %s",
                            vgate_scheduler_policy_name (settings->policy));
    if (settings->arr < VGATE_ARR_DEFAULT || settings->arr > VGATE_ARR_ENABLED)
        return bad_setting (error, "unknown mode %d of adaptive round robin", settings->arr);
    is_adaptive = capabilities->size >= VGATE_SIZE_CAPABILITIES_ADAPTIVE && capabilities->is_always_adaptive;
    if (is_adaptive && !check_adaptive (settings, capabilities, error))
        return FALSE;
    /* a driver that is always adaptive may name no ranges: it then judges the values itself */
    if (is_adaptive && !capabilities->has_arr)
        return TRUE;
    if (is_adaptive || settings->arr == VGATE_ARR_ENABLED)
        return (capabilities->has_arr || bad_setting (error, "the GPU does not support adaptive round "
                                                             "robin")) &&
               check_meaningless ("a time slice", settings->time_slice, mode, error) &&
               check_range ("frequency", settings->frequency, capabilities->frequency_min,
                            capabilities->frequency_max, " Hz", error) &&
               check_range ("averaging factor", settings->average_factor, capabilities->average_factor_min,
                            capabilities->average_factor_max, "", error);
    return check_meaningless ("a frequency", settings->frequency, mode, error) &&
           check_meaningless ("an averaging factor", settings->average_factor, mode, error) &&
           check_time_slice (settings->time_slice, capabilities->time_slice_min, capabilities->time_slice_max,
                             error);
}
