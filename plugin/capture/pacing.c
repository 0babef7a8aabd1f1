/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/capture/pacing.h"

#include "plugin/base/log.h"
#include "plugin/capture/gpu-log.h"
#include "plugin/element/renewal.h"

/* The wait after an update that met a job; it doubles each time, up to the interval. */
#define RETRY_MS 200u
/* While the destination of a migration is being prepared. */
#define WARM_MS 250u
/* NVML that hangs is asked less and less often, because each question may leave behind a process that cannot
 * be killed. */
#define PAUSE_MAX_MS 60000u

struct VgatePacing {
    const VgatePolicy *policy;
    const VgateGuests *guests;
    VgateConnection *connection;
    VgateProber *prober;
    const VgatePacingMethods *methods;
    gpointer user_data;
    guint source;
    gint64 at;           /* monotonic, of the source */
    guint n_timeouts;    /* of NVML, in a row */
    char *failure;       /* of the last question, or NULL; logged when it changes */
    VgateSnapshot *last; /* or NULL */
    guint n_answers, n_failures;
};

/* Logs NVML's failure when it begins, changes and ends, not at every question. */
static void
note_failure (VgatePacing *pacing, const GError *error)
{
    const char *failure = error ? error->message : NULL;

    pacing->n_answers++;
    pacing->n_failures += error ? 1 : 0;
    pacing->n_timeouts = vgate_error_is (error, VGATE_CODE_NVML_TIMEOUT) ? pacing->n_timeouts + 1 : 0;
    if (g_strcmp0 (failure, pacing->failure) == 0)
        return;
    if (failure)
        vgate_log ((VgateCode)error->code, NULL, "cannot capture vGPU metadata: %s", failure);
    else
        vgate_log (VGATE_CODE_CAPTURED, NULL, "NVML answers again");
    g_free (pacing->failure);
    pacing->failure = g_strdup (failure);
}

/* At an answer of NVML, captures that are old are made again, so there must be one often enough for that. */
static guint
interval_of (const VgatePacing *pacing, VgatePace pace)
{
    const guint longest = vgate_renewal_interval (pacing->policy->max_age);

    switch (pace) {
    case VGATE_PACE_WARM: return WARM_MS;
    case VGATE_PACE_FAST: return 1000 * MIN (pacing->policy->capture_interval_fast, longest);
    default: return 1000 * MIN (pacing->policy->capture_interval, longest);
    }
}

static void
on_answer (VgateSnapshot *snapshot, const GError *error, gpointer user_data)
{
    VgatePacing *pacing = user_data;
    VgatePace pace;

    note_failure (pacing, error);
    if (snapshot) {
        vgate_gpu_log_changes (pacing->last ? pacing->last->probe->host : NULL, snapshot->probe->host);
        vgate_snapshot_unref (pacing->last);
        pacing->last = vgate_snapshot_ref (snapshot);
    }
    pacing->methods->answered (snapshot, pacing->user_data);
    pace = vgate_guests_pace (pacing->guests, g_get_monotonic_time ());
    if (pace != VGATE_PACE_NONE) {
        const guint ms = interval_of (pacing, pace);

        vgate_pacing_ask_in (pacing, MAX (ms, MIN (ms << MIN (pacing->n_timeouts, 16), PAUSE_MAX_MS)));
    }
}

static const VgateProberMethods prober_methods = {.answered = on_answer};

static gboolean
on_time (gpointer user_data)
{
    VgatePacing *pacing = user_data;

    pacing->source = 0;
    /* without guests NVML need not be asked, and without libvirt no element can be written */
    if (vgate_guests_count (pacing->guests) > 0 && vgate_connection_get (pacing->connection))
        vgate_prober_ask (pacing->prober, NULL, &prober_methods, pacing);
    return G_SOURCE_REMOVE;
}

void
vgate_pacing_ask_in (VgatePacing *pacing, guint ms)
{
    const gint64 at = g_get_monotonic_time () + (gint64)ms * 1000;

    if (pacing->source != 0 && pacing->at <= at)
        return;
    if (pacing->source != 0)
        g_source_remove (pacing->source);
    pacing->at = at;
    pacing->source = ms == 0 ? g_idle_add (on_time, pacing) : g_timeout_add (ms, on_time, pacing);
}

void
vgate_pacing_ask_after (VgatePacing *pacing, VgatePace pace)
{
    vgate_pacing_ask_in (pacing, interval_of (pacing, pace));
}

void
vgate_pacing_ask_again (VgatePacing *pacing, guint n_before)
{
    vgate_pacing_ask_in (pacing, MIN (RETRY_MS << MIN (n_before, 16), interval_of (pacing, VGATE_PACE_SLOW)));
}

VgateSnapshot *
vgate_pacing_last (const VgatePacing *pacing)
{
    return pacing->last;
}

guint
vgate_pacing_count_answers (const VgatePacing *pacing, guint *n_failures)
{
    *n_failures = pacing->n_failures;
    return pacing->n_answers;
}

VgatePacing *
vgate_pacing_new (const VgatePolicy *policy, const VgateGuests *guests, VgateConnection *connection,
                  VgateProber *prober, const VgatePacingMethods *methods, gpointer user_data)
{
    VgatePacing *pacing = g_new0 (VgatePacing, 1);

    pacing->policy = policy;
    pacing->guests = guests;
    pacing->connection = connection;
    pacing->prober = prober;
    pacing->methods = methods;
    pacing->user_data = user_data;
    return pacing;
}

void
vgate_pacing_free (VgatePacing *pacing)
{
    if (!pacing)
        return;
    if (pacing->source != 0)
        g_source_remove (pacing->source);
    vgate_snapshot_unref (pacing->last);
    g_free (pacing->failure);
    g_free (pacing);
}
