/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/capture/updater.h"

#include "plugin/element/renewal.h"

#include <malloc.h>

/* This many updates free memory that is worth giving back. */
#define BURST 64u

struct VgateUpdater {
    VgateConnection *connection;
    VgateWorkers *workers;
    VgateGuests *guests;
    VgatePacing *pacing;
    const VgatePolicy *policy;
    VgateTally *tally;
    const VgateUpdaterMethods *methods;
    gpointer user_data;
    guint n_begun, n_writes;
    guint n_ended; /* since memory was last given back */
};

static void
update_run (gpointer update)
{
    vgate_update_run (update);
}

static void
update_free (gpointer update)
{
    vgate_update_free (update);
}

static void
count (VgateUpdater *updater, const VgateUpdate *update)
{
    switch (update->outcome) {
    case VGATE_UPDATE_WRITTEN:
        vgate_tally_count (updater->tally, VGATE_COUNTER_CAPTURES,
                           vgate_trigger_name ((VgateTrigger)update->written->trigger));
        break;
    case VGATE_UPDATE_REMOVED: vgate_tally_count (updater->tally, VGATE_COUNTER_REMOVALS, NULL); break;
    case VGATE_UPDATE_FAILED:
        vgate_tally_count_code (updater->tally, VGATE_COUNTER_CAPTURE_FAILURES, update->error->code);
        break;
    default: return;
    }
}

static void
update_done (gpointer data, gpointer user_data)
{
    VgateUpdate *update = data;
    VgateUpdater *updater = user_data;
    VgateGuest *guest = vgate_guests_find (updater->guests, update->uuid);
    const gboolean has_failed = update->outcome == VGATE_UPDATE_FAILED;

    updater->n_ended++;
    updater->n_writes +=
        update->outcome == VGATE_UPDATE_WRITTEN || update->outcome == VGATE_UPDATE_REMOVED ? 1 : 0;
    if (!guest || !vgate_guest_is_update_of (guest, update)) {
        /*
         * The domain ended in the meantime and may run again, so the results are not about this run. If the
         * element that was written has reached this run's XML, libvirt reports that, and another update
         * follows.
         */
        count (updater, update);
        vgate_guests_note_sequence (updater->guests, update->uuid,
                                    update->written ? update->written->sequence : update->sequence_removed);
        return;
    }
    if (vgate_guest_end_update (guest, update))
        vgate_pacing_ask_in (updater->pacing, 0);
    /* a lasting failure is logged and counted once */
    if (vgate_guest_note_failure (guest, has_failed ? update->error : NULL) || !has_failed) {
        vgate_update_report (update);
        count (updater, update);
    }
    updater->methods->updated (guest, update, updater->user_data);
    if (update->outcome == VGATE_UPDATE_BUSY)
        vgate_pacing_ask_again (updater->pacing, guest->n_busy - 1);
    else if (update->outcome == VGATE_UPDATE_GONE)
        vgate_guests_end (updater->guests, update->uuid);
}

static const VgateWorkKind update_kind = {update_run, update_done, update_free};

void
vgate_updater_begin (VgateUpdater *updater, VgateGuest *guest, VgateSnapshot *snapshot)
{
    virConnectPtr libvirt = vgate_connection_get (updater->connection);
    VgateUpdate *update;

    /* after a new connection all guests are due */
    if (!libvirt || guest->update)
        return;
    update = vgate_update_new (libvirt, guest->uuid, snapshot, updater->policy->seal_key,
                               vgate_guests_sequence_floor (updater->guests));
    update->renewal_age = vgate_renewal_age (updater->policy->max_age, guest->uuid);
    vgate_guest_begin_update (guest, update);
    updater->n_begun++;
    vgate_workers_push (updater->workers, &update_kind, update, updater);
}

/* malloc does not give back by itself what the updates of many guests have freed, because it lies between
 * memory that is still in use. */
void
vgate_updater_trim (VgateUpdater *updater)
{
    if (updater->n_ended < BURST)
        return;
    updater->n_ended = 0;
    malloc_trim (0);
}

guint
vgate_updater_count (const VgateUpdater *updater, guint *n_writes)
{
    *n_writes = updater->n_writes;
    return updater->n_begun;
}

VgateUpdater *
vgate_updater_new (VgateConnection *connection, VgateWorkers *workers, VgateGuests *guests,
                   VgatePacing *pacing, const VgatePolicy *policy, VgateTally *tally,
                   const VgateUpdaterMethods *methods, gpointer user_data)
{
    VgateUpdater *updater = g_new0 (VgateUpdater, 1);

    updater->connection = connection;
    updater->workers = workers;
    updater->guests = guests;
    updater->pacing = pacing;
    updater->policy = policy;
    updater->tally = tally;
    updater->methods = methods;
    updater->user_data = user_data;
    return updater;
}

void
vgate_updater_free (VgateUpdater *updater)
{
    g_free (updater);
}
