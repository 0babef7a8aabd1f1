/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/service/agent.h"

#include "plugin/libvirt/connection.h"
#include "plugin/definition/definition-watch.h"
#include "plugin/capture/gpu-log.h"
#include "plugin/capture/guest.h"
#include "plugin/jobs/job-watch.h"
#include "plugin/definition/leftover-watch.h"
#include "plugin/libvirt/listing.h"
#include "plugin/base/log.h"
#include "plugin/capture/prober.h"
#include "plugin/element/sequences.h"
#include "plugin/libvirt/status-watch.h"
#include "plugin/switchover/switchover.h"
#include "plugin/base/tally.h"
#include "plugin/base/workers.h"

#include <malloc.h>

/* libvirt serves five calls of one client at a time (max_client_requests): some are left for what is urgent.
 */
#define UPDATES_AT_ONCE  3
#define CALL_DEADLINE_MS 2000
/* So many calls hang that hardly another is served: time for another connection. */
#define SLOW_MAX 3u
/* After an update that met a job: twice as long each time, up to the interval. */
#define RETRY_MS 200u
/* While the destination of a migration is being prepared. */
#define WARM_MS 250u
/* NVML that hangs is asked less and less often: each question may leave a process behind that cannot be
 * ended. */
#define POLL_MAX_MS 60000u
/* So many updates leave memory that is worth giving back. */
#define UPDATES_BURST 64u

struct VgateAgent {
    VgatePolicy *policy;
    VgateIdentity identity;
    char *uri;
    VgateTally *tally;
    VgateConnection *connection;
    VgateProber *prober;
    VgateWorkers *workers;
    guint n_given_up; /* calls that hang on connections that were given up */
    VgateStatusWatch *status_watch;
    VgateJobWatch *job_watch;
    VgateDefinitionWatch *definition_watch;
    VgateLeftoverWatch *leftover_watch;
    VgateSwitchover *switchover; /* NULL: switched off */
    VgateSnapshot *last;         /* what NVML said last; or NULL */
    GHashTable *guests;          /* uuid -> VgateGuest *: the domains that run */
    VgateSequences *sequences;   /* of domains that ended */
    guint n_listings;            /* that were begun */
    guint poll_source;
    gint64 poll_at;        /* monotonic, of poll_source */
    guint n_timeouts;      /* of NVML, in a row */
    char *failure;         /* what the last question to NVML failed with: logged when it changes */
    VgateAgentStats stats; /* the counts */
    guint n_updates_ended; /* since memory was given back */
};

static void poll_in (VgateAgent *agent, guint ms);

/* --- guests --- */

static gint64
real_now (void)
{
    return g_get_real_time () / G_USEC_PER_SEC;
}

/* libvirt tells of a domain: it runs. */
static VgateGuest *
get_guest (VgateAgent *agent, const char *uuid)
{
    VgateGuest *guest = g_hash_table_lookup (agent->guests, uuid);

    if (!guest) {
        guest = vgate_guest_new (uuid);
        guest->sequence = vgate_sequences_find (agent->sequences, uuid);
        g_hash_table_insert (agent->guests, guest->uuid, guest);
    }
    guest->heard_at = g_get_monotonic_time ();
    return guest;
}

/* The only way in which a guest is forgotten: nothing of this run of its domain must be there at the next. */
static void
remove_guest (VgateAgent *agent, const char *uuid)
{
    const VgateGuest *guest = g_hash_table_lookup (agent->guests, uuid);

    vgate_switchover_forget (agent->switchover, uuid);
    vgate_job_watch_forget (agent->job_watch, uuid);
    if (!guest)
        return;
    vgate_sequences_note (agent->sequences, uuid, guest->sequence, real_now ());
    g_hash_table_remove (agent->guests, uuid);
}

/* --- updates --- */

static void
update_run (gpointer data)
{
    vgate_update_run (data);
}

static void
update_free (gpointer data)
{
    vgate_update_free (data);
}

static void
retry_later (VgateAgent *agent, const VgateGuest *guest)
{
    const guint interval_ms = agent->policy->capture_interval * 1000;

    poll_in (agent, MIN (RETRY_MS << MIN (guest->n_busy - 1, 16), interval_ms));
}

static void
check_job (VgateAgent *agent, VgateGuest *guest)
{
    if (agent->policy->ignore_stale_metadata && agent->policy->ignore_unrestorable_save)
        return;
    guest->is_checked = TRUE;
    guest->is_job_over = FALSE;
    vgate_job_watch_check (agent->job_watch, guest->uuid, guest->is_leaving, agent->last);
}

/* What is to be written of it can be. */
static void
end_job (VgateAgent *agent, VgateGuest *guest)
{
    guest->is_leaving = FALSE;
    guest->is_job_over = TRUE;
    guest->announced_until = 0;
    if (guest->is_due)
        poll_in (agent, 0);
}

static void
on_checked (const char *uuid, VgateWatchOutcome outcome, gpointer user_data)
{
    VgateAgent *agent = user_data;
    VgateGuest *guest = g_hash_table_lookup (agent->guests, uuid);

    /* an answer about an earlier run of the domain says nothing about this one */
    if (!guest || !guest->is_checked)
        return;
    guest->is_checked = vgate_job_watch_is_checking (agent->job_watch, uuid);
    if (outcome == VGATE_WATCH_NOT_TOLD) {
        /* the next look, or the next check of one that leaves, meets the job if there is one */
        vgate_guest_set_due (guest, VGATE_TRIGGER_CHANGE);
        poll_in (agent, agent->policy->capture_interval_fast * 1000);
        return;
    }
    /* an answer about a job that has ended says nothing of the next */
    guest->is_leaving = outcome == VGATE_WATCH_LEFT && !guest->is_job_over;
    if (guest->is_leaving)
        poll_in (agent, vgate_guest_pace (guest, g_get_monotonic_time ()) == VGATE_PACE_WARM
                            ? WARM_MS
                            : agent->policy->capture_interval_fast * 1000);
    if (outcome != VGATE_WATCH_STOPPED)
        return;
    vgate_guest_set_due (guest, VGATE_TRIGGER_CHANGE);
    poll_in (agent, RETRY_MS);
}

/*
 * libvirt begins to move or save a guest, and QEMU will soon: what NVML says is asked for now, not then.
 * Where it never comes to that, as the destination refuses the guest, nothing but this says that it is
 * over.
 */
static void
on_libvirt_job (const char *name, gboolean begins, gpointer user_data)
{
    VgateAgent *agent = user_data;
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init (&iter, agent->guests);
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

static void
on_hangs (const char *uuid, VgateCode code, gboolean is_over, gpointer user_data)
{
    VgateGuest *guest = g_hash_table_lookup (((VgateAgent *)user_data)->guests, uuid);

    /* one that has left is not known any more */
    if (guest)
        vgate_guest_note_hang (guest, code, is_over);
}

static void
count (VgateAgent *agent, const VgateUpdate *update)
{
    switch (update->outcome) {
    case VGATE_UPDATE_WRITTEN:
        vgate_tally_count (agent->tally, VGATE_COUNTER_CAPTURES,
                           vgate_trigger_name ((VgateTrigger)update->written->trigger));
        break;
    case VGATE_UPDATE_REMOVED: vgate_tally_count (agent->tally, VGATE_COUNTER_REMOVALS, NULL); break;
    case VGATE_UPDATE_FAILED:
        vgate_tally_count_code (agent->tally, VGATE_COUNTER_CAPTURE_FAILURES, update->error->code);
        break;
    default: return;
    }
}

/* A failure that stays is said, and counted, once. */
static void
report (VgateAgent *agent, VgateGuest *guest, const VgateUpdate *update)
{
    const gboolean has_failed = update->outcome == VGATE_UPDATE_FAILED;

    if (!vgate_guest_note_failure (guest, has_failed ? update->error : NULL) && has_failed)
        return;
    vgate_update_report (update);
    count (agent, update);
}

/*
 * The domain ended meanwhile, and may run again: guest, or NULL. What was found is not that one's. What was
 * written may have got into its XML; then libvirt tells of it, and it is looked at.
 */
static void
note_late_update (VgateAgent *agent, VgateGuest *guest, const VgateUpdate *update)
{
    const guint64 sequence = update->written ? update->written->sequence : update->sequence_removed;

    count (agent, update);
    if (guest)
        guest->sequence = MAX (guest->sequence, sequence);
    else
        vgate_sequences_note (agent->sequences, update->uuid, sequence, real_now ());
}

static void
update_done (gpointer data, gpointer user_data)
{
    VgateUpdate *update = data;
    VgateAgent *agent = user_data;
    VgateGuest *guest = g_hash_table_lookup (agent->guests, update->uuid);

    agent->n_updates_ended++;
    agent->stats.n_writes +=
        update->outcome == VGATE_UPDATE_WRITTEN || update->outcome == VGATE_UPDATE_REMOVED ? 1 : 0;
    if (!guest || !vgate_guest_is_update_of (guest, update)) {
        note_late_update (agent, guest, update);
        return;
    }
    if (vgate_guest_end_update (guest, update))
        poll_in (agent, 0);
    report (agent, guest, update);
    vgate_switchover_note_update (agent->switchover, update);
    if (update->outcome == VGATE_UPDATE_BUSY) {
        /* what is to be written cannot go with the guest any more, if it is one that leaves */
        check_job (agent, guest);
        retry_later (agent, guest);
    } else if (update->outcome == VGATE_UPDATE_GONE) {
        remove_guest (agent, update->uuid);
    }
}

static const VgateWorkKind update_kind = {update_run, update_done, update_free};

static void
begin_update (VgateAgent *agent, VgateGuest *guest, VgateSnapshot *snapshot)
{
    virConnectPtr libvirt = vgate_connection_get (agent->connection);
    VgateUpdate *update;

    /* it stays due: the next connection begins with everybody */
    if (!libvirt || guest->update)
        return;
    update = vgate_update_new (libvirt, guest->uuid, snapshot, agent->policy->seal_key,
                               vgate_sequences_floor (agent->sequences, real_now ()));
    vgate_guest_begin_update (guest, update);
    agent->stats.n_updates++;
    vgate_workers_push (agent->workers, &update_kind, update);
}

static void
on_slow (guint n_slow, gpointer user_data)
{
    VgateAgent *agent = user_data;

    vgate_log (VGATE_CODE_LIBVIRT_SLOW, NULL, "libvirt does not answer %u call%s within %u ms", n_slow,
               n_slow == 1 ? "" : "s", CALL_DEADLINE_MS);
    /* those of a connection that was given up still count, until they end */
    agent->n_given_up = MIN (agent->n_given_up, n_slow);
    if (n_slow - agent->n_given_up < SLOW_MAX)
        return;
    agent->n_given_up = n_slow;
    vgate_connection_renew (agent->connection);
}

/* --- NVML --- */

/* NVML's failure is logged when it begins, changes and ends: not every few seconds. */
static void
note_probe (VgateAgent *agent, const GError *error)
{
    const char *failure = error ? error->message : NULL;

    if (g_strcmp0 (failure, agent->failure) == 0)
        return;
    if (failure)
        vgate_log ((VgateCode)error->code, NULL, "nothing can be captured: %s", failure);
    else
        vgate_log (VGATE_CODE_CAPTURED, NULL, "NVML answers again");
    g_free (agent->failure);
    agent->failure = g_strdup (failure);
}

static void
consider (VgateAgent *agent, VgateGuest *guest)
{
    vgate_guest_note_nvml (guest, agent->last, agent->policy->capture_refresh, g_get_monotonic_time ());
    if (!guest->is_due)
        return;
    if (guest->is_leaving)
        check_job (agent, guest);
    else
        begin_update (agent, guest, agent->last);
}

/* The fastest that any guest asks for. */
static void
poll_at_pace (VgateAgent *agent)
{
    const gint64 now = g_get_monotonic_time ();
    VgatePace pace = VGATE_PACE_NONE;
    GHashTableIter iter;
    gpointer guest;
    guint ms;

    g_hash_table_iter_init (&iter, agent->guests);
    while (g_hash_table_iter_next (&iter, NULL, &guest))
        pace = MAX (pace, vgate_guest_pace (guest, now));
    if (pace == VGATE_PACE_NONE)
        return;
    switch (pace) {
    case VGATE_PACE_WARM: ms = WARM_MS; break;
    case VGATE_PACE_FAST: ms = 1000 * agent->policy->capture_interval_fast; break;
    default: ms = 1000 * agent->policy->capture_interval;
    }
    poll_in (agent, MAX (ms, MIN (ms << MIN (agent->n_timeouts, 16), POLL_MAX_MS)));
}

/* What the updates of many guests left free lies between what stays for them: malloc does not give it back by
 * itself. */
static void
give_memory_back (VgateAgent *agent)
{
    if (agent->n_updates_ended < UPDATES_BURST)
        return;
    agent->n_updates_ended = 0;
    malloc_trim (0);
}

static void
on_snapshot (VgateSnapshot *snapshot, const GError *error, gpointer user_data)
{
    VgateAgent *agent = user_data;
    GHashTableIter iter;
    gpointer guest;

    give_memory_back (agent);
    note_probe (agent, error);
    agent->stats.n_polls++;
    agent->stats.n_failures += error ? 1 : 0;
    agent->n_timeouts = vgate_error_is (error, VGATE_CODE_NVML_TIMEOUT) ? agent->n_timeouts + 1 : 0;
    if (snapshot) {
        vgate_gpu_log_changes (agent->last ? agent->last->probe->host : NULL, snapshot->probe->host);
        vgate_snapshot_unref (agent->last);
        agent->last = vgate_snapshot_ref (snapshot);
        vgate_switchover_note_snapshot (agent->switchover, snapshot);
        g_hash_table_iter_init (&iter, agent->guests);
        while (g_hash_table_iter_next (&iter, NULL, &guest))
            consider (agent, guest);
    }
    poll_at_pace (agent);
}

static gboolean
on_poll (gpointer user_data)
{
    VgateAgent *agent = user_data;

    agent->poll_source = 0;
    /* a host without guests leaves NVML alone; and without libvirt there is nobody to look at */
    if (g_hash_table_size (agent->guests) == 0 || !vgate_connection_get (agent->connection))
        return G_SOURCE_REMOVE;
    vgate_prober_ask (agent->prober, NULL, on_snapshot, agent);
    return G_SOURCE_REMOVE;
}

/*
 * Asks NVML by then, or sooner. Not within libvirt's callback, and a burst of events asks once. What comes
 * while NVML is being asked asks again: the answer may be older than the event.
 */
static void
poll_in (VgateAgent *agent, guint ms)
{
    const gint64 at = g_get_monotonic_time () + (gint64)ms * 1000;

    if (agent->poll_source != 0 && agent->poll_at <= at)
        return;
    if (agent->poll_source != 0)
        g_source_remove (agent->poll_source);
    agent->poll_at = at;
    agent->poll_source = ms == 0 ? g_idle_add (on_poll, agent) : g_timeout_add (ms, on_poll, agent);
}

/* --- libvirt --- */

static VgateTrigger
trigger_of (VgateDomainEvent event)
{
    switch (event) {
    case VGATE_DOMAIN_STARTED: return VGATE_TRIGGER_START;
    case VGATE_DOMAIN_ARRIVED: return VGATE_TRIGGER_ARRIVE;
    case VGATE_DOMAIN_RESUMED: return VGATE_TRIGGER_RESUME;
    default: return VGATE_TRIGGER_CHANGE;
    }
}

static void
on_metadata (VgateAgent *agent, const char *uuid)
{
    VgateGuest *guest = g_hash_table_lookup (agent->guests, uuid);

    if (guest && vgate_guest_note_metadata (guest))
        poll_in (agent, 0);
}

static void
on_cleaning_begun (const char *uuid, gpointer user_data)
{
    VgateGuest *guest = g_hash_table_lookup (((VgateAgent *)user_data)->guests, uuid);

    if (guest)
        vgate_guest_begin_cleaning (guest);
}

static void
on_cleaning_ended (const char *uuid, gboolean is_removed, gpointer user_data)
{
    VgateAgent *agent = user_data;
    VgateGuest *guest = g_hash_table_lookup (agent->guests, uuid);

    if (guest && vgate_guest_end_cleaning (guest, is_removed))
        poll_in (agent, 0);
}

static const VgateLeftoverMethods leftover_methods = {.begun = on_cleaning_begun, .ended = on_cleaning_ended};

/* The events are the same for a guest that leaves and one that arrives: the check tells them apart. */
static void
on_job_event (VgateAgent *agent, const char *uuid, VgateDomainEvent event)
{
    VgateGuest *guest = get_guest (agent, uuid);

    guest->announced_until = 0;
    if (!vgate_guest_is_plain (guest))
        vgate_job_watch_note (agent->job_watch, uuid, event);
    if ((event == VGATE_DOMAIN_JOB_BEGINS || event == VGATE_DOMAIN_JOB_SETUP) &&
        !vgate_guest_is_plain (guest))
        check_job (agent, guest);
    if (event == VGATE_DOMAIN_JOB_SWITCHES && guest->is_leaving)
        check_job (agent, guest);
    if (event == VGATE_DOMAIN_JOB_COMPLETED || event == VGATE_DOMAIN_JOB_FAILED ||
        event == VGATE_DOMAIN_JOB_CANCELLED)
        end_job (agent, guest);
}

static void
update_soon (VgateAgent *agent, const char *uuid, VgateTrigger trigger)
{
    vgate_guest_expect_more (get_guest (agent, uuid), trigger, g_get_monotonic_time ());
    poll_in (agent, 0);
}

static void
on_domain_event (G_GNUC_UNUSED VgateConnection *connection, const char *uuid, int event, gpointer user_data)
{
    VgateAgent *agent = user_data;

    switch ((VgateDomainEvent)event) {
    case VGATE_DOMAIN_DEFINED: vgate_leftover_watch_note (agent->leftover_watch, uuid); break;
    case VGATE_DOMAIN_ENDED:
        remove_guest (agent, uuid);
        vgate_leftover_watch_note (agent->leftover_watch, uuid);
        break;
    case VGATE_DOMAIN_METADATA:
        on_metadata (agent, uuid);
        /* libvirt does not say whether it was the live XML or the definition, nor who did it */
        vgate_leftover_watch_note (agent->leftover_watch, uuid);
        break;
    case VGATE_DOMAIN_JOB_BEGINS:
    case VGATE_DOMAIN_JOB_SETUP:
    case VGATE_DOMAIN_JOB_SWITCHES:
    case VGATE_DOMAIN_JOB_CANCELLING:
    case VGATE_DOMAIN_JOB_CANCELLED:
    case VGATE_DOMAIN_JOB_COMPLETED:
    case VGATE_DOMAIN_JOB_FAILED: on_job_event (agent, uuid, (VgateDomainEvent)event); break;
    default:
        if (event == VGATE_DOMAIN_ARRIVED) {
            vgate_definition_watch_note (agent->definition_watch);
            vgate_leftover_watch_note (agent->leftover_watch, uuid);
        }
        update_soon (agent, uuid, trigger_of ((VgateDomainEvent)event));
    }
}

/* One of them, and which. */
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

/*
 * Events may have been missed, those of an end above all. A domain that is not listed has ended; and one with
 * another ID has, too, and was started again. One that is not listed, but of which libvirt has told since the
 * list was begun, was started after that: it runs, and if we knew it before, that was another run of it.
 */
static void
forget_ended (VgateAgent *agent, const VgateListing *listing)
{
    g_autoptr (GList) guests = g_hash_table_get_values (agent->guests);

    for (const GList *item = guests; item; item = item->next) {
        const VgateGuest *guest = item->data;
        const gboolean is_started = guest->heard_at >= listing->began;
        const VgateTrigger trigger = guest->is_due ? guest->trigger : VGATE_TRIGGER_START;
        g_autofree char *uuid = g_strdup (guest->uuid);
        gpointer id;

        if (!g_hash_table_lookup_extended (listing->running, uuid, NULL, &id)) {
            remove_guest (agent, uuid);
            if (is_started)
                update_soon (agent, uuid, trigger);
        } else if (guest->id >= 0 && guest->id != GPOINTER_TO_INT (id)) {
            remove_guest (agent, uuid);
        }
    }
}

/* All that run are looked at, and all persistent definitions. */
static void
listing_done (gpointer data, gpointer user_data)
{
    const VgateListing *listing = ((Listing *)data)->listing;
    VgateAgent *agent = user_data;
    GHashTableIter iter;
    gpointer uuid;

    /* of a connection that was given up: it says nothing of what happened since */
    if (((Listing *)data)->number != agent->n_listings)
        return;
    if (listing->error) {
        vgate_log ((VgateCode)listing->error->code, NULL, "%s; connecting again", listing->error->message);
        vgate_connection_renew (agent->connection);
        return;
    }
    forget_ended (agent, listing);
    g_hash_table_iter_init (&iter, listing->running);
    while (g_hash_table_iter_next (&iter, &uuid, NULL)) {
        VgateGuest *guest = get_guest (agent, uuid);

        vgate_guest_forget_events (guest);
        guest->is_leaving = FALSE;
        update_soon (agent, uuid, VGATE_TRIGGER_CHANGE);
    }
    vgate_definition_watch_note (agent->definition_watch);
    g_hash_table_iter_init (&iter, listing->persistent);
    while (g_hash_table_iter_next (&iter, &uuid, NULL))
        vgate_leftover_watch_note (agent->leftover_watch, uuid);
}

static const VgateWorkKind listing_kind = {listing_run, listing_done, listing_free};

static void
on_connected (VgateConnection *connection, gpointer user_data)
{
    VgateAgent *agent = user_data;
    Listing *listing = g_new0 (Listing, 1);

    vgate_tally_count (agent->tally, VGATE_COUNTER_CONNECTIONS, NULL);
    listing->listing = vgate_listing_new (vgate_connection_get (connection));
    listing->number = ++agent->n_listings;
    vgate_workers_push (agent->workers, &listing_kind, listing);
    vgate_job_watch_connected (agent->job_watch);
    vgate_status_watch_start (agent->status_watch);
}

/* --- the agent --- */

static int
compare_names (gconstpointer a, gconstpointer b)
{
    const VgateStatusGuest *const *left = a, *const *right = b;
    const int order = g_strcmp0 ((*left)->name, (*right)->name);

    return order != 0 ? order : g_strcmp0 ((*left)->uuid, (*right)->uuid);
}

static void
guest_free (gpointer guest)
{
    vgate_guest_free (guest);
}

VgateAgent *
vgate_agent_new (VgatePolicy *policy, const char *uri)
{
    VgateAgent *agent = g_new0 (VgateAgent, 1);

    agent->policy = policy;
    agent->guests = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, guest_free);
    agent->sequences = vgate_sequences_new ();
    agent->workers = vgate_workers_new (UPDATES_AT_ONCE, CALL_DEADLINE_MS, on_slow, agent);
    agent->tally = vgate_tally_new ();
    agent->prober = vgate_prober_new (&policy->backend, &agent->identity, agent->tally);
    agent->uri = g_strdup (uri);
    agent->connection = vgate_connection_new (uri);
    agent->status_watch = vgate_status_watch_new (VGATE_STATUS_DIRECTORY, on_libvirt_job, agent);
    agent->job_watch = vgate_job_watch_new (
        &vgate_job_calls,
        vgate_job_calls_new (agent->connection, &policy->backend, &agent->identity, agent->tally), policy,
        agent->tally, on_checked, on_hangs, agent);
    agent->definition_watch =
        vgate_definition_watch_new (agent->connection, agent->workers, policy, agent->tally, "");
    agent->leftover_watch = vgate_leftover_watch_new (agent->connection, agent->workers, policy, agent->tally,
                                                      &leftover_methods, agent);
    agent->switchover = vgate_switchover_new (policy, agent->prober, agent->connection, agent->tally);
    g_signal_connect (agent->connection, "connected", G_CALLBACK (on_connected), agent);
    g_signal_connect (agent->connection, "domain-event", G_CALLBACK (on_domain_event), agent);
    return agent;
}

void
vgate_agent_free (VgateAgent *agent)
{
    if (!agent)
        return;
    if (agent->poll_source != 0)
        g_source_remove (agent->poll_source);
    g_signal_handlers_disconnect_by_data (agent->connection, agent);
    vgate_status_watch_free (agent->status_watch);
    vgate_job_watch_free (agent->job_watch);
    vgate_prober_free (agent->prober);
    vgate_switchover_free (agent->switchover);
    vgate_workers_free (agent->workers);
    vgate_definition_watch_free (agent->definition_watch);
    vgate_leftover_watch_free (agent->leftover_watch);
    g_object_unref (agent->connection);
    g_hash_table_unref (agent->guests);
    vgate_sequences_free (agent->sequences);
    vgate_snapshot_unref (agent->last);
    vgate_tally_free (agent->tally);
    g_free (agent->uri);
    vgate_identity_clear (&agent->identity);
    vgate_policy_free (agent->policy);
    g_free (agent->failure);
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
    /* a fleet key that has changed is a reason to seal anew, and is found by looking */
    g_hash_table_iter_init (&iter, agent->guests);
    while (g_hash_table_iter_next (&iter, NULL, &guest))
        vgate_guest_set_due (guest, VGATE_TRIGGER_CHANGE);
    poll_in (agent, 0);
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
    GHashTableIter iter;
    gpointer guest;

    status->uri = vgate_printable (agent->uri, 255);
    status->is_connected = vgate_connection_get (agent->connection) != NULL;
    status->slow_calls = vgate_workers_count_slow (agent->workers);
    status->domains = g_hash_table_size (agent->guests);
    status->unusable_gpus = agent->last ? agent->last->probe->host->unusable->len : 0;
    /* borrowed, not copied: on a host with a thousand guests too, an answer is a matter of a moment */
    g_ptr_array_set_free_func (status->guests, NULL);
    g_hash_table_iter_init (&iter, agent->guests);
    while (g_hash_table_iter_next (&iter, NULL, &guest))
        if (vgate_guest_has_vgpus (guest))
            g_ptr_array_add (status->guests, ((VgateGuest *)guest)->status);
    g_ptr_array_sort (status->guests, compare_names);
    return status;
}

void
vgate_agent_get_stats (const VgateAgent *agent, VgateAgentStats *stats)
{
    GHashTableIter iter;
    gpointer guest;

    *stats = agent->stats;
    stats->n_guests = g_hash_table_size (agent->guests);
    g_hash_table_iter_init (&iter, agent->guests);
    while (g_hash_table_iter_next (&iter, NULL, &guest))
        stats->n_vgpu += ((const VgateGuest *)guest)->fingerprint ? 1 : 0;
}

void
vgate_agent_poll (VgateAgent *agent)
{
    poll_in (agent, 0);
}
