/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/base/tally.h"

#define NS_PER_US 1000u

struct VgateTally {
    GPtrArray *counters;
    gint64 started;
    gboolean is_config_refused;
    gboolean was_asked;
    gint64 asked;            /* seconds since 1970 */
    guint64 duration, total; /* ns */
    int nvml_code;           /* 0: NVML answered */
};

static gint64
now (void)
{
    return g_get_real_time () / G_USEC_PER_SEC;
}

VgateTally *
vgate_tally_new (void)
{
    VgateTally *tally = g_new0 (VgateTally, 1);

    tally->counters = vgate_counters_new ();
    tally->started = now ();
    return tally;
}

void
vgate_tally_free (VgateTally *tally)
{
    if (!tally)
        return;
    g_ptr_array_unref (tally->counters);
    g_free (tally);
}

void
vgate_tally_count (VgateTally *tally, VgateCounterKind kind, const char *label)
{
    vgate_counters_add (tally->counters, kind, label, 1);
}

void
vgate_tally_count_code (VgateTally *tally, VgateCounterKind kind, int code)
{
    char text[VGATE_CODE_TEXT_SIZE];

    vgate_tally_count (tally, kind, vgate_code_format (code, text));
}

void
vgate_tally_note_question (VgateTally *tally, gint64 duration_us, const GError *error)
{
    tally->was_asked = TRUE;
    tally->asked = now ();
    tally->duration = (guint64)duration_us * NS_PER_US;
    tally->total += tally->duration;
    tally->nvml_code = error ? error->code : 0;
    vgate_tally_count (tally, VGATE_COUNTER_NVML_QUESTIONS, NULL);
    if (error)
        vgate_tally_count_code (tally, VGATE_COUNTER_NVML_ERRORS, error->code);
}

void
vgate_tally_note_reload (VgateTally *tally, gboolean is_taken)
{
    tally->is_config_refused = !is_taken;
    vgate_tally_count (tally, VGATE_COUNTER_RELOADS, is_taken ? "taken" : "refused");
}

VgateStatus *
vgate_tally_describe (const VgateTally *tally)
{
    VgateStatus *status = vgate_status_new ();
    char code[VGATE_CODE_TEXT_SIZE];

    status->version = g_strdup (VGATE_VERSION);
    status->started = tally->started;
    status->time = now ();
    status->is_config_refused = tally->is_config_refused;
    status->was_asked = tally->was_asked;
    status->asked = tally->asked;
    status->duration = tally->duration;
    status->total = tally->total;
    if (tally->nvml_code != 0)
        status->nvml_code = g_strdup (vgate_code_format (tally->nvml_code, code));
    for (guint i = 0; i < tally->counters->len; i++) {
        const VgateCounter *counter = g_ptr_array_index (tally->counters, i);

        vgate_counters_add (status->counters, (VgateCounterKind)counter->kind, counter->label,
                            counter->value);
    }
    return status;
}
