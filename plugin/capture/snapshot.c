/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/capture/snapshot.h"

#include "plugin/element/capture.h"
#include "domain/change.h"

#include <string.h>

/* NVML does not promise an order of vGPUs, but the element must change only if a vGPU does. */
static int
compare_uuids (gconstpointer a, gconstpointer b)
{
    const VgateInstance *const *left = a, *const *right = b;

    return strcmp ((*left)->uuid, (*right)->uuid);
}

static void
sort (G_GNUC_UNUSED gpointer uuid, gpointer instances, G_GNUC_UNUSED gpointer user_data)
{
    g_ptr_array_sort (instances, compare_uuids);
}

/* The digest of the element that these vGPUs would make without the domain's XML, whose changes libvirt
 * reports. */
static char *
fingerprint_of (const VgateSnapshot *snapshot, const char *uuid)
{
    g_autoptr (GPtrArray) no_hostdevs = g_ptr_array_new ();
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateElement) element = NULL;
    const VgateDomain nothing_known = {.uuid = (char *)uuid, .hostdevs = no_hostdevs};
    const VgateCaptureInput input = {
        .host = snapshot->probe->host,
        .instances = g_hash_table_lookup (snapshot->by_vm, uuid),
        .devices = snapshot->probe->devices,
        .domain = &nothing_known,
    };

    element = vgate_capture_describe (&input, &error);
    if (!element)
        return g_compute_checksum_for_string (G_CHECKSUM_SHA256, error->message, -1);
    /* these change all the time; the update each minute handles them */
    for (guint i = 0; i < element->vgpus->len; i++) {
        VgateElementVgpu *vgpu = g_ptr_array_index (element->vgpus, i);

        vgpu->framebuffer_used = 0;
        vgpu->runtime_state = 0;
    }
    return vgate_change_digest (element);
}

VgateSnapshot *
vgate_snapshot_new (VgateProbe *probe, GPtrArray *judged)
{
    VgateSnapshot *snapshot = g_atomic_rc_box_new0 (VgateSnapshot);
    GHashTableIter iter;
    gpointer uuid;

    snapshot->probe = probe;
    snapshot->judged = judged ? g_ptr_array_ref (judged) : NULL;
    snapshot->by_vm =
        g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
    for (guint i = 0; i < probe->instances->len; i++) {
        VgateInstance *instance = g_ptr_array_index (probe->instances, i);
        GPtrArray *instances = instance->vm ? g_hash_table_lookup (snapshot->by_vm, instance->vm) : NULL;

        if (!instance->vm)
            continue;
        if (!instances) {
            instances = g_ptr_array_new ();
            g_hash_table_insert (snapshot->by_vm, instance->vm, instances);
        }
        g_ptr_array_add (instances, instance);
    }
    g_hash_table_foreach (snapshot->by_vm, sort, NULL);
    /* in the worker that calls this, because for 1,000 guests they would take the main loop more than 10
     * ms */
    snapshot->fingerprints = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
    g_hash_table_iter_init (&iter, snapshot->by_vm);
    while (g_hash_table_iter_next (&iter, &uuid, NULL))
        g_hash_table_insert (snapshot->fingerprints, uuid, fingerprint_of (snapshot, uuid));
    return snapshot;
}

VgateSnapshot *
vgate_snapshot_ref (VgateSnapshot *snapshot)
{
    return g_atomic_rc_box_acquire (snapshot);
}

static void
clear (gpointer data)
{
    VgateSnapshot *snapshot = data;

    g_hash_table_unref (snapshot->fingerprints);
    g_hash_table_unref (snapshot->by_vm);
    g_clear_pointer (&snapshot->judged, g_ptr_array_unref);
    vgate_probe_free (snapshot->probe);
}

void
vgate_snapshot_unref (VgateSnapshot *snapshot)
{
    if (snapshot)
        g_atomic_rc_box_release_full (snapshot, clear);
}

const GPtrArray *
vgate_snapshot_find (const VgateSnapshot *snapshot, const char *uuid)
{
    return g_hash_table_lookup (snapshot->by_vm, uuid);
}

const VgateDriverAnswer *
vgate_snapshot_find_answer (const VgateSnapshot *snapshot, GBytes *vgpu, guint pgpu)
{
    const GArray *answers = snapshot->probe->answers;

    for (guint i = 0; snapshot->judged && i < answers->len; i++) {
        const VgateDriverAnswer *answer = &g_array_index (answers, VgateDriverAnswer, i);

        if (answer->pgpu == pgpu && answer->vgpu < snapshot->judged->len &&
            g_bytes_equal (g_ptr_array_index (snapshot->judged, answer->vgpu), vgpu))
            return answer;
    }
    return NULL;
}

const char *
vgate_snapshot_fingerprint (const VgateSnapshot *snapshot, const char *uuid)
{
    return g_hash_table_lookup (snapshot->fingerprints, uuid);
}

gboolean
vgate_snapshot_is_driver_down (const VgateSnapshot *snapshot, const char *uuid)
{
    const GPtrArray *instances = vgate_snapshot_find (snapshot, uuid);

    for (guint i = 0; instances && i < instances->len; i++) {
        const VgateInstance *instance = g_ptr_array_index (instances, i);
        VgateVgpuRecord record = VGATE_INIT (VgateVgpuRecord);
        gsize length;
        const guint8 *bytes = instance->metadata ? g_bytes_get_data (instance->metadata, &length) : NULL;

        if (bytes && vgate_vgpu_record_read (bytes, length, &record, NULL) && record.guest_version == 0)
            return TRUE;
    }
    return FALSE;
}
