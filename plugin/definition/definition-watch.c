/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/definition/definition-watch.h"

#include "plugin/definition/definition-update.h"
#include "plugin/base/log.h"
#include "placement/lease.h"

/* The wait while guests are still arriving; it doubles each time, up to the interval. */
#define RETRY_MS 200u

struct VgateDefinitionWatch {
    VgateConnection *connection;
    VgateWorkers *workers;
    const VgatePolicy *policy;
    VgateTally *tally;
    char *root;
    GHashTable *under_way; /* set of uuids: those whose update is in progress */
    guint source;
    guint n_busy; /* scans in a row after which a guest must be checked again */
    gboolean is_scanning;
    gboolean is_again; /* a scan was requested during a scan */
    char *failure;     /* of the last scan; logged when it changes */
};

static gboolean on_time (gpointer user_data);

static void
scan_later (VgateDefinitionWatch *watch)
{
    const guint interval_ms = watch->policy->capture_interval * 1000;

    if (watch->source != 0)
        return;
    watch->source = g_timeout_add (MIN (RETRY_MS << MIN (watch->n_busy, 16), interval_ms), on_time, watch);
    watch->n_busy++;
}

/* --- one guest --- */

static void
update_free (gpointer update)
{
    vgate_definition_update_free (update);
}

static void
update_run (gpointer update)
{
    vgate_definition_update_run (update);
}

static void
report (const VgateDefinitionWatch *watch, const VgateDefinitionUpdate *update)
{
    static const char *const results[] = {
        [VGATE_DEFINITION_UPDATED] = "updated",
        [VGATE_DEFINITION_UNCHANGED] = "left",
        [VGATE_DEFINITION_FAILED] = "failed",
    };
    VgateLogSubject subject = {.domain = update->name ? update->name : update->uuid, .uuid = update->uuid};

    if (update->outcome < (int)G_N_ELEMENTS (results) && results[update->outcome])
        vgate_tally_count (watch->tally, VGATE_COUNTER_DEFINITIONS, results[update->outcome]);
    if (update->updated) {
        subject.code = VGATE_CODE_DEFINITION_UPDATED;
        vgate_log_about (&subject,
                         "changed the persistent definition to the devices of the running guest: it named %s",
                         update->updated);
    }
    if (update->unchanged) {
        subject.code = VGATE_CODE_DEFINITION_DIFFERS;
        vgate_log_about (&subject, "%s", update->unchanged);
    }
    if (update->error) {
        subject.code = (VgateCode)update->error->code;
        vgate_log_about (&subject, "%s", update->error->message);
    }
}

static void
update_done (gpointer data, gpointer user_data)
{
    const VgateDefinitionUpdate *update = data;
    VgateDefinitionWatch *watch = user_data;

    g_hash_table_remove (watch->under_way, update->uuid);
    if (update->outcome == VGATE_DEFINITION_BUSY)
        scan_later (watch);
    else
        report (watch, update);
}

static const VgateWorkKind update_kind = {update_run, update_done, update_free};

static void
update_one (VgateDefinitionWatch *watch, const char *uuid)
{
    virConnectPtr libvirt = vgate_connection_get (watch->connection);

    /* after the next connection all guests are checked */
    if (!libvirt)
        return;
    /* an update in progress may have read older data */
    if (!g_hash_table_add (watch->under_way, g_strdup (uuid))) {
        scan_later (watch);
        return;
    }
    vgate_workers_push (
        watch->workers, &update_kind,
        vgate_definition_update_new (libvirt, uuid, watch->root, watch->policy->report_definition), watch);
}

/* --- which guests --- */

typedef struct {
    char *root;
    GHashTable *uuids; /* set */
    GError *error;
} Scan;

static void
scan_free (gpointer data)
{
    Scan *scan = data;

    g_free (scan->root);
    g_hash_table_unref (scan->uuids);
    g_clear_error (&scan->error);
    g_free (scan);
}

static void
scan_run (gpointer data)
{
    Scan *scan = data;
    g_autoptr (VgateLeases) leases = vgate_leases_open (scan->root, TRUE, &scan->error);

    for (guint i = 0; leases && i < leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (leases->all, i);

        if (vgate_lease_is_unsettled (lease))
            g_hash_table_add (scan->uuids, g_strdup (lease->domain));
    }
}

static void
note_failure (VgateDefinitionWatch *watch, const GError *error)
{
    if (error && g_strcmp0 (error->message, watch->failure) != 0)
        vgate_log ((VgateCode)error->code, NULL, "cannot check persistent definitions: %s", error->message);
    g_free (watch->failure);
    watch->failure = error ? g_strdup (error->message) : NULL;
}

static void
scan_done (gpointer data, gpointer user_data)
{
    const Scan *scan = data;
    VgateDefinitionWatch *watch = user_data;
    GHashTableIter iter;
    gpointer uuid;

    watch->is_scanning = FALSE;
    note_failure (watch, scan->error);
    g_hash_table_iter_init (&iter, scan->uuids);
    while (g_hash_table_iter_next (&iter, &uuid, NULL))
        update_one (watch, uuid);
    if (watch->is_again)
        vgate_definition_watch_note (watch);
}

static const VgateWorkKind scan_kind = {scan_run, scan_done, scan_free};

static gboolean
on_time (gpointer user_data)
{
    VgateDefinitionWatch *watch = user_data;
    Scan *scan;

    watch->source = 0;
    /* most hosts never have a lease, and no file is opened on them */
    if (!vgate_connection_get (watch->connection) || !vgate_leases_exist (watch->root))
        return G_SOURCE_REMOVE;
    watch->is_again = watch->is_scanning;
    if (watch->is_scanning)
        return G_SOURCE_REMOVE;
    watch->is_scanning = TRUE;
    scan = g_new0 (Scan, 1);
    scan->root = g_strdup (watch->root);
    scan->uuids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    vgate_workers_push (watch->workers, &scan_kind, scan, watch);
    return G_SOURCE_REMOVE;
}

/* --- the watch --- */

VgateDefinitionWatch *
vgate_definition_watch_new (VgateConnection *connection, VgateWorkers *workers, const VgatePolicy *policy,
                            VgateTally *tally, const char *root)
{
    VgateDefinitionWatch *watch = g_new0 (VgateDefinitionWatch, 1);

    watch->connection = connection;
    watch->workers = workers;
    watch->policy = policy;
    watch->tally = tally;
    watch->root = g_strdup (root);
    watch->under_way = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    return watch;
}

void
vgate_definition_watch_free (VgateDefinitionWatch *watch)
{
    if (!watch)
        return;
    if (watch->source != 0)
        g_source_remove (watch->source);
    g_hash_table_unref (watch->under_way);
    g_free (watch->root);
    g_free (watch->failure);
    g_free (watch);
}

void
vgate_definition_watch_note (VgateDefinitionWatch *watch)
{
    watch->n_busy = 0;
    if (watch->source != 0)
        g_source_remove (watch->source);
    watch->source = g_idle_add (on_time, watch);
}
