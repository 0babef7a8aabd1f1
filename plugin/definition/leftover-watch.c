/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/definition/leftover-watch.h"

#include "plugin/definition/leftover.h"

/* More than one, so that a call that waits for a job does not delay the others; few, because libvirt's calls
 * are needed for updates first. */
#define AT_ONCE 2u
/* The wait while a job holds a domain; it doubles each time, up to the interval. */
#define RETRY_MS 200u

struct VgateLeftoverWatch {
    VgateConnection *connection;
    VgateWorkers *workers;
    const VgatePolicy *policy;
    VgateTally *tally;
    const VgateLeftoverMethods *methods;
    gpointer user_data;
    GHashTable *waiting;   /* set of uuids: to be checked */
    GHashTable *under_way; /* set of uuids: checks in progress */
    GHashTable *busy;      /* set of uuids: to be checked when the source fires */
    GHashTable *were_busy; /* set of uuids: busy at their last check */
    guint source;
    guint n_retries; /* in a row, with the same domains busy */
};

static void push (VgateLeftoverWatch *watch);

/* --- one definition --- */

static void
leftover_free (gpointer leftover)
{
    vgate_leftover_free (leftover);
}

static void
leftover_run (gpointer leftover)
{
    vgate_leftover_run (leftover);
}

static gboolean
on_retry (gpointer user_data)
{
    VgateLeftoverWatch *watch = user_data;
    GHashTableIter iter;
    gpointer uuid;

    watch->source = 0;
    g_hash_table_iter_init (&iter, watch->busy);
    while (g_hash_table_iter_next (&iter, &uuid, NULL)) {
        g_hash_table_iter_steal (&iter);
        g_hash_table_add (watch->waiting, uuid);
    }
    push (watch);
    return G_SOURCE_REMOVE;
}

/* Checks the domain again later. One that has been busy for long must not make another one wait as long. */
static void
note_busy (VgateLeftoverWatch *watch, const char *uuid)
{
    const guint interval_ms = watch->policy->capture_interval * 1000;

    g_hash_table_add (watch->busy, g_strdup (uuid));
    if (g_hash_table_add (watch->were_busy, g_strdup (uuid))) {
        watch->n_retries = 0;
        if (watch->source != 0)
            g_source_remove (watch->source);
        watch->source = 0;
    }
    if (watch->source != 0)
        return;
    watch->source =
        g_timeout_add (MIN (RETRY_MS << MIN (watch->n_retries, 16), interval_ms), on_retry, watch);
    watch->n_retries++;
}

static void
leftover_done (gpointer data, gpointer user_data)
{
    const VgateLeftover *leftover = data;
    VgateLeftoverWatch *watch = user_data;

    g_hash_table_remove (watch->under_way, leftover->uuid);
    watch->methods->ended (leftover->uuid, leftover->outcome == VGATE_LEFTOVER_REMOVED, watch->user_data);
    vgate_leftover_report (leftover);
    if (leftover->outcome == VGATE_LEFTOVER_REMOVED)
        vgate_tally_count (watch->tally, VGATE_COUNTER_LEFTOVERS, NULL);
    if (leftover->outcome == VGATE_LEFTOVER_BUSY)
        note_busy (watch, leftover->uuid);
    else
        g_hash_table_remove (watch->were_busy, leftover->uuid);
    push (watch);
}

static const VgateWorkKind leftover_kind = {leftover_run, leftover_done, leftover_free};

/* A domain whose check is in progress is checked again afterwards, because the worker may have read older
 * data. */
static char *
take_waiting (VgateLeftoverWatch *watch)
{
    GHashTableIter iter;
    gpointer uuid;

    g_hash_table_iter_init (&iter, watch->waiting);
    while (g_hash_table_iter_next (&iter, &uuid, NULL)) {
        if (g_hash_table_contains (watch->under_way, uuid))
            continue;
        g_hash_table_iter_steal (&iter);
        return uuid;
    }
    return NULL;
}

static void
push (VgateLeftoverWatch *watch)
{
    virConnectPtr libvirt = vgate_connection_get (watch->connection);
    char *uuid;

    /* without a connection the domains wait; after the next connection all are checked */
    while (libvirt && g_hash_table_size (watch->under_way) < AT_ONCE && (uuid = take_waiting (watch))) {
        VgateLeftover *leftover = vgate_leftover_new (libvirt, uuid);

        g_hash_table_add (watch->under_way, uuid);
        watch->methods->begun (uuid, watch->user_data);
        vgate_workers_push (watch->workers, &leftover_kind, leftover, watch);
    }
}

/* --- the watch --- */

static GHashTable *
new_set (void)
{
    return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

VgateLeftoverWatch *
vgate_leftover_watch_new (VgateConnection *connection, VgateWorkers *workers, const VgatePolicy *policy,
                          VgateTally *tally, const VgateLeftoverMethods *methods, gpointer user_data)
{
    VgateLeftoverWatch *watch = g_new0 (VgateLeftoverWatch, 1);

    watch->connection = connection;
    watch->workers = workers;
    watch->policy = policy;
    watch->tally = tally;
    watch->methods = methods;
    watch->user_data = user_data;
    watch->waiting = new_set ();
    watch->under_way = new_set ();
    watch->busy = new_set ();
    watch->were_busy = new_set ();
    return watch;
}

void
vgate_leftover_watch_free (VgateLeftoverWatch *watch)
{
    if (!watch)
        return;
    if (watch->source != 0)
        g_source_remove (watch->source);
    g_hash_table_unref (watch->waiting);
    g_hash_table_unref (watch->under_way);
    g_hash_table_unref (watch->busy);
    g_hash_table_unref (watch->were_busy);
    g_free (watch);
}

void
vgate_leftover_watch_note (VgateLeftoverWatch *watch, const char *uuid)
{
    g_hash_table_add (watch->waiting, g_strdup (uuid));
    push (watch);
}
