/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scheduler/settings.h"

#include "scheduler/duration.h"

#include <string.h>

#define NS_PER_SECOND 1000000000u
/* How far the time slice that NVML returns can be from the one that belongs to a frequency. */
#define ROUNDING_NS 1000u

static gboolean
read_policy (const char *text, VgateSchedulerSettings *settings)
{
    return vgate_scheduler_policy_parse (text, &settings->policy);
}

static gboolean
read_arr (const char *text, VgateSchedulerSettings *settings)
{
    return vgate_arr_mode_parse (text, &settings->arr);
}

static gboolean
read_time_slice (const char *text, VgateSchedulerSettings *settings)
{
    return vgate_duration_parse (text, &settings->time_slice);
}

/* Strict: digits without sign, blank or leading zero, then nothing or the unit. */
static gboolean
read_number (const char *text, const char *unit, guint32 *number)
{
    const gsize n_digits = strspn (text, "0123456789");
    g_autofree char *digits = g_strndup (text, n_digits);
    guint64 value;

    if ((text[n_digits] != '\0' && strcmp (text + n_digits, unit) != 0) || (n_digits > 1 && text[0] == '0') ||
        !g_ascii_string_to_unsigned (digits, 10, 0, G_MAXUINT32, &value, NULL))
        return FALSE;
    *number = (guint32)value;
    return TRUE;
}

static gboolean
read_frequency (const char *text, VgateSchedulerSettings *settings)
{
    return read_number (text, "Hz", &settings->frequency);
}

static gboolean
read_average_factor (const char *text, VgateSchedulerSettings *settings)
{
    return read_number (text, "", &settings->average_factor);
}

static const VgateSchedulerSetting list[] = {
    {"policy", "best-effort, equal-share or fixed-share", read_policy},
    {"arr", "default, enabled or disabled", read_arr},
    {"time-slice", "a time such as 2ms, 2000us or 2000000 (ns)", read_time_slice},
    {"frequency", "a frequency such as 480Hz or 480", read_frequency},
    {"average-factor", "a number such as 33", read_average_factor},
};

const VgateSchedulerSetting *
vgate_scheduler_settings_list (gsize *n)
{
    *n = G_N_ELEMENTS (list);
    return list;
}

const VgateSchedulerSetting *
vgate_scheduler_setting_find (const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS (list); i++)
        if (strcmp (list[i].name, name) == 0)
            return &list[i];
    return NULL;
}

gboolean
vgate_scheduler_has_settings (const VgateScheduler *scheduler, const VgateSchedulerSettings *settings)
{
    const guint32 slice =
        settings->frequency > 0 ? NS_PER_SECOND / settings->frequency : settings->time_slice;
    const guint32 difference =
        slice > scheduler->time_slice ? slice - scheduler->time_slice : scheduler->time_slice - slice;

    if (scheduler->policy != settings->policy)
        return FALSE;
    /* the rest has no meaning with it */
    if (scheduler->policy == VGATE_SCHEDULER_BEST_EFFORT)
        return TRUE;
    return (settings->arr == VGATE_ARR_DEFAULT || settings->arr == scheduler->arr) &&
           (settings->average_factor == 0 || settings->average_factor == scheduler->average_factor) &&
           (slice == 0 || difference <= (settings->frequency > 0 ? ROUNDING_NS : 0));
}

char *
vgate_scheduler_describe (const VgateScheduler *scheduler)
{
    g_autofree char *slice = vgate_duration_describe (scheduler->time_slice);

    if (scheduler->policy == VGATE_SCHEDULER_BEST_EFFORT)
        return g_strdup (vgate_scheduler_policy_name (scheduler->policy));
    return g_strdup_printf ("%s with %s, adaptive round robin %s",
                            vgate_scheduler_policy_name (scheduler->policy), slice,
                            vgate_arr_mode_name (scheduler->arr));
}

char *
vgate_scheduler_settings_describe (const VgateSchedulerSettings *settings)
{
    g_autoptr (GString) text = g_string_new (vgate_scheduler_policy_name (settings->policy));
    g_autofree char *slice = vgate_duration_describe (settings->time_slice);

    if (settings->time_slice > 0)
        g_string_append_printf (text, " with %s", slice);
    if (settings->frequency > 0)
        g_string_append_printf (text, " with %u Hz", settings->frequency);
    if (settings->average_factor > 0)
        g_string_append_printf (text, ", averaging factor %u", settings->average_factor);
    if (settings->policy != VGATE_SCHEDULER_BEST_EFFORT)
        g_string_append_printf (text, ", adaptive round robin %s", vgate_arr_mode_name (settings->arr));
    return g_string_free (g_steal_pointer (&text), FALSE);
}
