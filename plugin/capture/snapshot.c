/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/capture/snapshot.h"

#include <string.h>

/* NVML promises no order of vGPUs; what is made of them must change only when a vGPU does. */
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

VgateSnapshot *
vgate_snapshot_new (VgateProbe *probe, GPtrArray *judged)
{
    VgateSnapshot *snapshot = g_atomic_rc_box_new0 (VgateSnapshot);

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

/* With its end, so that two texts are not taken for one. NULL differs from the empty text. */
static void
add_text (GChecksum *sum, const char *text)
{
    if (text)
        g_checksum_update (sum, (const guchar *)text, (gssize)strlen (text) + 1);
    else
        g_checksum_update (sum, (const guchar *)"\1", 1);
}

#define ADD_VALUE(sum, value) g_checksum_update ((sum), (const guchar *)&(value), sizeof (value))

static void
add_bytes (GChecksum *sum, GBytes *bytes)
{
    gsize length;
    const void *data = g_bytes_get_data (bytes, &length);

    ADD_VALUE (sum, length);
    g_checksum_update (sum, data, (gssize)length);
}

static void
add_scheduler (GChecksum *sum, const VgatePgpu *pgpu)
{
    ADD_VALUE (sum, pgpu->has_scheduler);
    ADD_VALUE (sum, pgpu->scheduler.policy);
    ADD_VALUE (sum, pgpu->scheduler.arr);
    ADD_VALUE (sum, pgpu->scheduler.average_factor);
    ADD_VALUE (sum, pgpu->scheduler.time_slice);
}

static void
add_instance (GChecksum *sum, const VgateSnapshot *snapshot, const VgateInstance *instance)
{
    const VgatePgpu *pgpu = g_ptr_array_index (snapshot->probe->host->pgpus, instance->pgpu);

    add_text (sum, instance->uuid);
    add_text (sum, instance->mdev);
    ADD_VALUE (sum, instance->type);
    add_text (sum, instance->type_name);
    add_text (sum, instance->failure);
    if (instance->metadata)
        add_bytes (sum, instance->metadata);
    add_text (sum, pgpu->address);
    add_text (sum, pgpu->name);
    ADD_VALUE (sum, pgpu->record.range.min);
    ADD_VALUE (sum, pgpu->record.range.max);
    ADD_VALUE (sum, pgpu->read_bandwidth);
    add_scheduler (sum, pgpu);
}

char *
vgate_snapshot_fingerprint (const VgateSnapshot *snapshot, const char *uuid)
{
    const GPtrArray *instances = vgate_snapshot_find (snapshot, uuid);
    const VgateHost *host = snapshot->probe->host;
    g_autoptr (GChecksum) sum = NULL;

    if (!instances)
        return NULL;
    sum = g_checksum_new (G_CHECKSUM_SHA256);
    add_text (sum, host->name);
    add_text (sum, host->driver);
    ADD_VALUE (sum, host->simulated);
    for (guint i = 0; i < instances->len; i++)
        add_instance (sum, snapshot, g_ptr_array_index (instances, i));
    return g_strdup (g_checksum_get_string (sum));
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
