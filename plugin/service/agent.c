/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/service/agent.h"

#include "plugin/base/log.h"
#include "plugin/base/workers.h"
#include "plugin/capture/guests.h"
#include "plugin/capture/pacing.h"
#include "plugin/capture/prober.h"
#include "plugin/capture/updater.h"
#include "plugin/definition/definition-watch.h"
#include "plugin/definition/leftover-watch.h"
#include "plugin/jobs/job-watch.h"
#include "plugin/libvirt/connection.h"
#include "plugin/libvirt/listing.h"
#include "plugin/libvirt/status-watch.h"
#include "plugin/switchover/switchover.h"

/* libvirt serves five calls of one client at a time (max_client_requests); some are left for urgent calls. */
#define UPDATES_AT_ONCE  3
#define CALL_DEADLINE_MS 2000
/* When this many calls hang, hardly any other is served, so another connection is needed. */
#define SLOW_MAX 3u

struct VgateAgent {
    VgatePolicy *policy;
    VgateIdentity identity;
    char *uri;
    VgateTally *tally;
    VgateConnection *connection;
    VgateProber *prober;
    VgateWorkers *workers;
    guint n_given_up; /* calls that hang on connections that were given up */
    guint n_listings; /* number of listings that were begun */
    VgateGuests *guests;
    VgatePacing *pacing;
    VgateUpdater *updater;
    VgateStatusWatch *status_watch;
    VgateJobWatch *job_watch;
    VgateDefinitionWatch *definition_watch;
    VgateLeftoverWatch *leftover_watch;
    VgateSwitchover *switchover; /* NULL: not configured */
};

/* --- departures --- */

static void
check_job (VgateAgent *agent, VgateGuest *guest)
{
    if (agent->policy->ignore_stale_metadata && agent->policy->ignore_unrestorable_save)
        return;
    vgate_guest_note_leaving (guest, VGATE_LEAVING_CHECK_BEGINS);
    vgate_job_watch_check (agent->job_watch, guest->uuid, vgate_guest_is_leaving (guest),
                           vgate_pacing_last (agent->pacing));
}

/* The job has ended, so an update that is due can write again. */
static void
end_job (VgateAgent *agent, VgateGuest *guest)
{
    vgate_guest_note_leaving (guest, VGATE_LEAVING_JOB_ENDED);
    guest->announced_until = 0;
    if (guest->is_due)
        vgate_pacing_ask_in (agent->pacing, 0);
}

static void
on_checked (const char *uuid, VgateWatchOutcome outcome, gpointer user_data)
{
    VgateAgent *agent = user_data;
    VgateGuest *guest = vgate_guests_find (agent->guests, uuid);

    /* an answer about an earlier run of the domain does not apply to this one */
    if (!guest || !vgate_guest_is_being_checked (guest))
        return;
    switch (outcome) {
    case VGATE_WATCH_NOT_TOLD:
        /* the next update, or the next check of a guest that leaves, meets the job if there is one */
        vgate_guest_note_leaving (guest, VGATE_LEAVING_ANSWER_NONE);
        vgate_guest_set_due (guest, VGATE_TRIGGER_CHANGE);
        vgate_pacing_ask_after (agent->pacing, VGATE_PACE_FAST);
        break;
    case VGATE_WATCH_GOES_ON:
        vgate_guest_note_leaving (guest, VGATE_LEAVING_ANSWER_YES);
        if (vgate_guest_is_leaving (guest))
            vgate_pacing_ask_after (agent->pacing, vgate_guest_pace (guest, g_get_monotonic_time ()));
        break;
    case VGATE_WATCH_STOPPED:
        vgate_guest_note_leaving (guest, vgate_job_watch_is_checking (agent->job_watch, uuid)
                                             ? VGATE_LEAVING_ANSWER_NO_ASKED
                                             : VGATE_LEAVING_ANSWER_NO);
        vgate_guest_set_due (guest, VGATE_TRIGGER_CHANGE);
        vgate_pacing_ask_again (agent->pacing, 0);
        break;
    case VGATE_WATCH_NO_JOB:
    case VGATE_WATCH_TOO_LATE: vgate_guest_note_leaving (guest, VGATE_LEAVING_ANSWER_NO); break;
    }
}

static void
on_hangs (const char *uuid, VgateCode code, gboolean is_over, gpointer user_data)
{
    VgateGuest *guest = vgate_guests_find (((VgateAgent *)user_data)->guests, uuid);

    /* a guest that has left is no longer known */
    if (guest)
        vgate_guest_note_hang (guest, code, is_over);
}

static void
on_stopped (const char *uuid, const char *job, const GError *reason, const char *way_out, gpointer user_data)
{
    VgateGuest *guest = vgate_guests_find (((VgateAgent *)user_data)->guests, uuid);

    if (guest)
        vgate_guest_note_stop (guest, job, reason, way_out);
}

static const VgateJobWatchMethods job_watch_methods = {
    .checked = on_checked, .stopped = on_stopped, .hangs = on_hangs};

/*
 * libvirt begins to migrate or save a guest, and QEMU will follow soon, so NVML is asked now and not only
 * then. If the destination refuses the guest, QEMU never begins, and only this call reports the end of the
 * job.
 */
static void
on_libvirt_job (const char *name, gboolean begins, gpointer user_data)
{
    VgateAgent *agent = user_data;
    GHashTableIter iter;
    gpointer value;

    vgate_guests_iterate (agent->guests, &iter);
    while (g_hash_table_iter_next (&iter, NULL, &value)) {
        VgateGuest *guest = value;

        if (g_strcmp0 (guest->name, name) != 0 || vgate_guest_is_plain (guest))
            continue;
        if (begins) {
            vgate_guest_note_announced (guest, g_get_monotonic_time ());
            check_job (agent, guest);
        } else {
            end_job (agent, guest);
        }
    }
}

static const VgateStatusWatchMethods status_watch_methods = {.job = on_libvirt_job};

/* The events are the same for a guest that leaves and one that arrives; the check distinguishes them. */
static void
note_job_event (VgateAgent *agent, const char *uuid, VgateDomainEvent event)
{
    VgateGuest *guest = vgate_guests_hear (agent->guests, uuid);

    guest->announced_until = 0;
    if (!vgate_guest_is_plain (guest))
        vgate_job_watch_note (agent->job_watch, uuid, event);
    if ((event == VGATE_DOMAIN_JOB_BEGINS || event == VGATE_DOMAIN_JOB_SETUP) &&
        !vgate_guest_is_plain (guest))
        check_job (agent, guest);
    if (event == VGATE_DOMAIN_JOB_SWITCHES && vgate_guest_is_leaving (guest))
        check_job (agent, guest);
    if (event == VGATE_DOMAIN_JOB_COMPLETED || event == VGATE_DOMAIN_JOB_FAILED ||
        event == VGATE_DOMAIN_JOB_CANCELLED)
        end_job (agent, guest);
}

/* --- reports of guests, NVML and workers --- */

static void
on_ended (const char *uuid, gpointer user_data)
{
    VgateAgent *agent = user_data;

    vgate_switchover_forget (agent->switchover, uuid);
    vgate_job_watch_forget (agent->job_watch, uuid);
}

static const VgateGuestsMethods guests_methods = {.ended = on_ended};

static void
on_answered (VgateSnapshot *snapshot, gpointer user_data)
{
    VgateAgent *agent = user_data;
    GHashTableIter iter;
    gpointer value;

    vgate_updater_trim (agent->updater);
    if (!snapshot)
        return;
    vgate_switchover_note_snapshot (agent->switchover, snapshot);
    vgate_guests_iterate (agent->guests, &iter);
    while (g_hash_table_iter_next (&iter, NULL, &value)) {
        VgateGuest *guest = value;

        vgate_guest_note_nvml (guest, snapshot, agent->policy, g_get_monotonic_time ());
        if (guest->is_due && vgate_guest_is_leaving (guest))
            check_job (agent, guest);
        else if (guest->is_due)
            vgate_updater_begin (agent->updater, guest, snapshot);
    }
}

static const VgatePacingMethods pacing_methods = {.answered = on_answered};

static void
on_updated (VgateGuest *guest, VgateUpdate *update, gpointer user_data)
{
    VgateAgent *agent = user_data;

    vgate_switchover_note_update (agent->switchover, update);
    /* if the guest leaves, the update that waits can no longer leave with it */
    if (update->outcome == VGATE_UPDATE_BUSY)
        check_job (agent, guest);
}

static const VgateUpdaterMethods updater_methods = {.updated = on_updated};

static void
on_slow (guint n_slow, gpointer user_data)
{
    VgateAgent *agent = user_data;

    vgate_log (VGATE_CODE_LIBVIRT_SLOW, NULL, "libvirt has not answered %u call%s within %u ms", n_slow,
               n_slow == 1 ? "" : "s", CALL_DEADLINE_MS);
    /* calls on a connection that was given up still count until they end */
    agent->n_given_up = MIN (agent->n_given_up, n_slow);
    if (n_slow - agent->n_given_up < SLOW_MAX)
        return;
    agent->n_given_up = n_slow;
    vgate_connection_renew (agent->connection);
}

static const VgateWorkersMethods workers_methods = {.slow = on_slow};

static void
on_cleaning_begun (const char *uuid, gpointer user_data)
{
    VgateGuest *guest = vgate_guests_find (((VgateAgent *)user_data)->guests, uuid);

    if (guest)
        vgate_guest_begin_cleaning (guest);
}

static void
on_cleaning_ended (const char *uuid, gboolean is_removed, gpointer user_data)
{
    VgateAgent *agent = user_data;
    VgateGuest *guest = vgate_guests_find (agent->guests, uuid);

    if (guest && vgate_guest_end_cleaning (guest, is_removed))
        vgate_pacing_ask_in (agent->pacing, 0);
}

static const VgateLeftoverMethods leftover_methods = {.begun = on_cleaning_begun, .ended = on_cleaning_ended};

/* --- reports of libvirt --- */

/* Something happened to a domain that may change its element. */
static void
note_change (VgateAgent *agent, const char *uuid, VgateTrigger trigger)
{
    vgate_guest_expect_more (vgate_guests_hear (agent->guests, uuid), trigger, g_get_monotonic_time ());
    vgate_pacing_ask_in (agent->pacing, 0);
}

static void
on_happened (const char *uuid, VgateDomainEvent event, gpointer user_data)
{
    VgateAgent *agent = user_data;
    VgateGuest *guest;

    switch (event) {
    case VGATE_DOMAIN_STARTED: note_change (agent, uuid, VGATE_TRIGGER_START); break;
    case VGATE_DOMAIN_RESUMED: note_change (agent, uuid, VGATE_TRIGGER_RESUME); break;
    case VGATE_DOMAIN_CHANGED: note_change (agent, uuid, VGATE_TRIGGER_CHANGE); break;
    case VGATE_DOMAIN_ARRIVED:
        vgate_definition_watch_note (agent->definition_watch);
        vgate_leftover_watch_note (agent->leftover_watch, uuid);
        note_change (agent, uuid, VGATE_TRIGGER_ARRIVE);
        break;
    case VGATE_DOMAIN_DEFINED: vgate_leftover_watch_note (agent->leftover_watch, uuid); break;
    case VGATE_DOMAIN_ENDED:
        vgate_guests_end (agent->guests, uuid);
        vgate_leftover_watch_note (agent->leftover_watch, uuid);
        break;
    case VGATE_DOMAIN_METADATA:
        guest = vgate_guests_find (agent->guests, uuid);
        if (guest && vgate_guest_note_metadata (guest))
            vgate_pacing_ask_in (agent->pacing, 0);
        /* libvirt reports neither whether the live XML or the definition was changed, nor who changed it */
        vgate_leftover_watch_note (agent->leftover_watch, uuid);
        break;
    case VGATE_DOMAIN_JOB_BEGINS:
    case VGATE_DOMAIN_JOB_SETUP:
    case VGATE_DOMAIN_JOB_SWITCHES:
    case VGATE_DOMAIN_JOB_CANCELLING:
    case VGATE_DOMAIN_JOB_CANCELLED:
    case VGATE_DOMAIN_JOB_COMPLETED:
    case VGATE_DOMAIN_JOB_FAILED: note_job_event (agent, uuid, event); break;
    }
}

/* A listing and its number. */
typedef struct {
    VgateListing *listing;
    guint number;
} Listing;

static void
listing_run (gpointer data)
{
    vgate_listing_run (((Listing *)data)->listing);
}

static void
listing_free (gpointer data)
{
    vgate_listing_free (((Listing *)data)->listing);
    g_free (data);
}

/* Updates all running domains, and checks all persistent definitions. */
static void
listing_done (gpointer data, gpointer user_data)
{
    const VgateListing *listing = ((Listing *)data)->listing;
    VgateAgent *agent = user_data;
    GHashTableIter iter;
    gpointer uuid;

    /* this listing is of a connection that was given up, and out of date */
    if (((Listing *)data)->number != agent->n_listings)
        return;
    if (listing->error) {
        vgate_log ((VgateCode)listing->error->code, NULL, "%s; reconnecting", listing->error->message);
        vgate_connection_renew (agent->connection);
        return;
    }
    vgate_guests_take_listing (agent->guests, listing);
    vgate_pacing_ask_in (agent->pacing, 0);
    vgate_definition_watch_note (agent->definition_watch);
    g_hash_table_iter_init (&iter, listing->persistent);
    while (g_hash_table_iter_next (&iter, &uuid, NULL))
        vgate_leftover_watch_note (agent->leftover_watch, uuid);
}

static const VgateWorkKind listing_kind = {listing_run, listing_done, listing_free};

static void
on_connected (gpointer user_data)
{
    VgateAgent *agent = user_data;
    Listing *listing = g_new0 (Listing, 1);

    vgate_tally_count (agent->tally, VGATE_COUNTER_CONNECTIONS, NULL);
    listing->listing = vgate_listing_new (vgate_connection_get (agent->connection));
    listing->number = ++agent->n_listings;
    vgate_workers_push (agent->workers, &listing_kind, listing, agent);
    vgate_job_watch_connected (agent->job_watch);
    vgate_status_watch_start (agent->status_watch);
}

static const VgateConnectionMethods connection_methods = {.connected = on_connected, .happened = on_happened};

/* --- the agent --- */

VgateAgent *
vgate_agent_new (VgatePolicy *policy, const char *uri)
{
    VgateAgent *agent = g_new0 (VgateAgent, 1);
    VgateTally *tally = vgate_tally_new ();

    agent->policy = policy;
    agent->tally = tally;
    agent->uri = g_strdup (uri);
    agent->connection = vgate_connection_new (uri, &connection_methods, agent);
    agent->workers = vgate_workers_new (UPDATES_AT_ONCE, CALL_DEADLINE_MS, &workers_methods, agent);
    agent->prober = vgate_prober_new (&policy->backend, &agent->identity, tally);
    agent->guests = vgate_guests_new (&guests_methods, agent);
    agent->pacing =
        vgate_pacing_new (policy, agent->guests, agent->connection, agent->prober, &pacing_methods, agent);
    agent->updater = vgate_updater_new (agent->connection, agent->workers, agent->guests, agent->pacing,
                                        policy, tally, &updater_methods, agent);
    agent->status_watch = vgate_status_watch_new (VGATE_STATUS_DIRECTORY, &status_watch_methods, agent);
    agent->job_watch = vgate_job_watch_new (
        &vgate_job_calls, vgate_job_calls_new (agent->connection, &policy->backend, &agent->identity, tally),
        policy, tally, &job_watch_methods, agent);
    agent->definition_watch =
        vgate_definition_watch_new (agent->connection, agent->workers, policy, tally, "");
    agent->leftover_watch =
        vgate_leftover_watch_new (agent->connection, agent->workers, policy, tally, &leftover_methods, agent);
    agent->switchover = vgate_switchover_new (policy, agent->prober, agent->connection, tally);
    return agent;
}

void
vgate_agent_free (VgateAgent *agent)
{
    if (!agent)
        return;
    vgate_status_watch_free (agent->status_watch);
    vgate_job_watch_free (agent->job_watch);
    vgate_prober_free (agent->prober);
    vgate_switchover_free (agent->switchover);
    vgate_workers_free (agent->workers);
    vgate_definition_watch_free (agent->definition_watch);
    vgate_leftover_watch_free (agent->leftover_watch);
    vgate_updater_free (agent->updater);
    vgate_pacing_free (agent->pacing);
    vgate_connection_free (agent->connection);
    vgate_guests_free (agent->guests);
    vgate_tally_free (agent->tally);
    g_free (agent->uri);
    vgate_identity_clear (&agent->identity);
    vgate_policy_free (agent->policy);
    g_free (agent);
}

gboolean
vgate_agent_start (VgateAgent *agent, GError **error)
{
    if (!vgate_identity_read ("", agent->policy->host_uuid, &agent->identity, error))
        return FALSE;
    vgate_connection_start (agent->connection);
    vgate_switchover_start (agent->switchover);
    return TRUE;
}

void
vgate_agent_stop (VgateAgent *agent)
{
    vgate_switchover_stop (agent->switchover);
}

void
vgate_agent_set_policy (VgateAgent *agent, VgatePolicy *policy)
{
    GHashTableIter iter;
    gpointer guest;

    vgate_policy_swap (agent->policy, policy);
    vgate_policy_free (policy);
    /* if the fleet key has changed, the update finds the seal wrong and writes a new one */
    vgate_guests_iterate (agent->guests, &iter);
    while (g_hash_table_iter_next (&iter, NULL, &guest))
        vgate_guest_set_due (guest, VGATE_TRIGGER_CHANGE);
    vgate_pacing_ask_in (agent->pacing, 0);
}

const VgatePolicy *
vgate_agent_policy (const VgateAgent *agent)
{
    return agent->policy;
}

VgateTally *
vgate_agent_tally (VgateAgent *agent)
{
    return agent->tally;
}

VgateStatus *
vgate_agent_describe (const VgateAgent *agent)
{
    VgateStatus *status = vgate_tally_describe (agent->tally);
    const VgateSnapshot *last = vgate_pacing_last (agent->pacing);

    status->uri = vgate_printable (agent->uri, 255);
    status->is_connected = vgate_connection_get (agent->connection) != NULL;
    status->slow_calls = vgate_workers_count_slow (agent->workers);
    status->unusable_gpus = last ? last->probe->host->unusable->len : 0;
    vgate_guests_describe (agent->guests, status);
    vgate_switchover_describe (agent->switchover, status);
    return status;
}

void
vgate_agent_get_stats (const VgateAgent *agent, VgateAgentStats *stats)
{
    GHashTableIter iter;
    gpointer guest;

    *stats = (VgateAgentStats){.n_guests = vgate_guests_count (agent->guests)};
    stats->n_polls = vgate_pacing_count_answers (agent->pacing, &stats->n_failures);
    stats->n_updates = vgate_updater_count (agent->updater, &stats->n_writes);
    vgate_guests_iterate (agent->guests, &iter);
    while (g_hash_table_iter_next (&iter, NULL, &guest))
        stats->n_vgpu += ((const VgateGuest *)guest)->fingerprint ? 1 : 0;
}

void
vgate_agent_poll (VgateAgent *agent)
{
    vgate_pacing_ask_in (agent->pacing, 0);
}
