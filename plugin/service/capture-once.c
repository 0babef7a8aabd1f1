/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/service/capture-once.h"

#include "plugin/capture/gpu-log.h"
#include "plugin/definition/leftover.h"
#include "plugin/libvirt/listing.h"
#include "plugin/capture/update.h"
#include "plugin/element/sequences.h"

typedef struct {
    virConnectPtr libvirt;
    const VgatePolicy *policy;
    VgateSnapshot *snapshot;
    VgateSequences *sequences;
    GHashTable *busy; /* set of uuids */
    GError *first_failure;
} Pass;

static void
pass_clear (Pass *pass)
{
    vgate_sequences_free (pass->sequences);
    g_hash_table_unref (pass->busy);
    vgate_snapshot_unref (pass->snapshot);
    g_clear_error (&pass->first_failure);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pass, pass_clear)

static void
note_failure (Pass *pass, GError *error)
{
    if (!pass->first_failure)
        pass->first_failure = error;
    else
        g_error_free (error);
}

/* Removes our element from all persistent definitions. NVML is not needed for that. */
static void
clean_all (Pass *pass, const VgateListing *listing)
{
    GHashTableIter iter;
    gpointer uuid;

    g_hash_table_iter_init (&iter, listing->persistent);
    while (g_hash_table_iter_next (&iter, &uuid, NULL)) {
        g_autoptr (VgateLeftover) leftover = vgate_leftover_new (pass->libvirt, uuid);

        vgate_leftover_run (leftover);
        vgate_leftover_report (leftover);
        if (leftover->outcome == VGATE_LEFTOVER_BUSY)
            g_hash_table_add (pass->busy, g_strdup (uuid));
        if (leftover->error)
            note_failure (pass, g_steal_pointer (&leftover->error));
    }
}

/* On a host without guests NVML is not asked. */
static gboolean
capture_all (Pass *pass, const VgateListing *listing, const VgateIdentity *identity, GError **error)
{
    const VgateProbing probing = {
        .identity = identity, .with_instances = TRUE, .devices = VGATE_PROBE_UNNAMED_DEVICES};
    VgateProbe *probe;
    GHashTableIter iter;
    gpointer uuid;

    if (g_hash_table_size (listing->running) == 0)
        return TRUE;
    probe = vgate_probe_ask (&pass->policy->backend, &probing, error);
    if (!probe)
        return FALSE;
    vgate_gpu_log_changes (NULL, probe->host);
    pass->snapshot = vgate_snapshot_new (probe, NULL);
    g_hash_table_iter_init (&iter, listing->running);
    while (g_hash_table_iter_next (&iter, &uuid, NULL)) {
        g_autoptr (VgateUpdate) update =
            vgate_update_new (pass->libvirt, uuid, pass->snapshot, pass->policy->seal_key,
                              vgate_sequences_floor (pass->sequences, g_get_real_time () / G_USEC_PER_SEC));

        update->event = VGATE_TRIGGER_REQUEST;
        vgate_update_run (update);
        vgate_update_report (update);
        if (update->outcome == VGATE_UPDATE_BUSY)
            g_hash_table_add (pass->busy, g_strdup (uuid));
        if (update->error)
            note_failure (pass, g_steal_pointer (&update->error));
    }
    return TRUE;
}

gboolean
vgate_capture_once (const VgatePolicy *policy, const char *uri, GError **error)
{
    g_auto (VgateIdentity) identity = {0};
    g_autoptr (virConnect) libvirt = NULL;
    g_autoptr (VgateListing) listing = NULL;
    g_auto (Pass) pass = {.policy = policy,
                          .sequences = vgate_sequences_new (),
                          .busy = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL)};

    if (!vgate_identity_read ("", policy->host_uuid, &identity, error))
        return FALSE;
    libvirt = virConnectOpen (uri);
    if (!libvirt) {
        vgate_set_libvirt_error (error, "virConnectOpen");
        return FALSE;
    }
    pass.libvirt = libvirt;
    listing = vgate_listing_new (libvirt);
    vgate_listing_run (listing);
    if (listing->error) {
        g_propagate_error (error, g_steal_pointer (&listing->error));
        return FALSE;
    }
    clean_all (&pass, listing);
    if (!capture_all (&pass, listing, &identity, error))
        return FALSE;
    if (pass.first_failure) {
        g_propagate_error (error, g_steal_pointer (&pass.first_failure));
        return FALSE;
    }
    if (g_hash_table_size (pass.busy) == 0)
        return TRUE;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_CAPTURE_FAILED,
                 "could not process %u guest%s: a migration or save is in progress",
                 g_hash_table_size (pass.busy), g_hash_table_size (pass.busy) == 1 ? "" : "s");
    return FALSE;
}
