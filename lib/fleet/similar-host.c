/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The key of a host: all that a decision about a guest reads of its document, if the document contains no
 * name of that guest. */
#include "fleet/key.h"
#include "fleet/similar.h"
#include "placement/room.h"
#include "placement/slots.h"
#include "placement/survey.h"

/* A virtual function, of which guests of other hosts can name the address. */
static void
append_vf (GByteArray *key, const VgateHostDevice *device)
{
    vgate_key_text (key, device->listed.source);
    vgate_key_number (key, device->listed.device.kind);
    vgate_key_text (key, device->listed.device.pgpu);
    vgate_key_text (key, device->listed.device.parent);
    vgate_key_number (key, device->listed.device.type);
    vgate_key_text (key, device->listed.device.type_name);
    vgate_key_text (key, device->listed.device.fault);
    vgate_key_number (key, device->use != NULL);
}

/* Devices that are free or can be created. The order matters, a mediated device's name does not. */
static void
append_slots (GByteArray *key, const VgateHostState *state, gboolean with_addresses, gboolean *is_open)
{
    g_autoptr (GPtrArray) slots = vgate_slots_list (state);

    for (guint i = 0; i < slots->len; i++) {
        const VgateSlot *slot = g_ptr_array_index (slots, i);

        if (slot->in_use || (slot->kind == VGATE_HOSTDEV_PCI && !with_addresses))
            continue;
        is_open[slot->pgpu] = TRUE;
        vgate_key_number (key, slot->kind);
        vgate_key_text (key, slot->kind == VGATE_HOSTDEV_PCI ? slot->device : NULL);
        vgate_key_text (key, slot->parent);
        vgate_key_number (key, slot->pgpu);
        vgate_key_number (key, slot->type);
        vgate_key_text (key, slot->type_name);
        vgate_key_number (key, (guint64)slot->exists);
        vgate_key_number (key, slot->available);
    }
}

/* The vGPUs that take room. How many a GPU has only matters to the choice among devices on several GPUs. */
static void
append_loads (GByteArray *key, const VgateHostState *state, const gboolean *is_open)
{
    g_autofree guint *loads = g_new0 (guint, state->host->pgpus->len + 1);
    g_autoptr (GArray) promises = g_array_new (FALSE, FALSE, sizeof (VgatePromise));

    vgate_loads_count (state, loads, promises);
    for (guint i = 0; i < state->host->pgpus->len; i++)
        vgate_key_number (key, is_open[i] ? loads[i] : 0);
    for (guint i = 0; i < promises->len; i++) {
        const VgatePromise *promise = &g_array_index (promises, VgatePromise, i);

        if (!vgate_key_has_room (g_ptr_array_index (state->host->pgpus, promise->pgpu)))
            continue;
        vgate_key_number (key, promise->pgpu);
        vgate_key_text (key, promise->type->name);
        vgate_key_number (key, promise->type->id);
    }
}

static void
append_devices (GByteArray *key, const VgateHost *host, gboolean with_addresses)
{
    g_autoptr (VgateDomain) nobody = vgate_domain_new ();
    g_autoptr (VgateProbe) probe = vgate_survey_probe (host);
    g_autoptr (VgateLeases) leases = vgate_survey_leases (host, 0);
    g_autoptr (GHashTable) use = NULL;
    g_autofree gboolean *is_open = g_new0 (gboolean, host->pgpus->len + 1);
    VgateHostState state = {
        .host = host,
        .devices = probe->devices,
        .makeable = probe->makeable,
        .instances = probe->instances,
        .leases = leases,
        .domain = "",
    };

    use = vgate_survey_use (host, leases, nobody);
    state.use = use;
    vgate_key_number (key, (guint64)vgate_host_devices_have_kind (host->devices, VGATE_HOSTDEV_MDEV));
    vgate_key_number (key, (guint64)vgate_host_devices_have_kind (host->devices, VGATE_HOSTDEV_PCI));
    for (guint i = 0; i < host->devices->devices->len; i++) {
        const VgateHostDevice *device = g_ptr_array_index (host->devices->devices, i);

        if (device->listed.kind == VGATE_HOSTDEV_PCI && with_addresses)
            append_vf (key, device);
    }
    append_slots (key, &state, with_addresses, is_open);
    append_loads (key, &state, is_open);
}

/* TRUE when a vGPU runs on a mediated device without a user: the name tells that it takes no further room. */
static gboolean
has_running_without_user (const VgateHostDevices *devices)
{
    for (guint i = 0; i < devices->vgpus->len; i++) {
        const VgateHostVgpu *vgpu = g_ptr_array_index (devices->vgpus, i);
        const VgateListedDevice *listed =
            vgpu->mdev ? vgate_listed_device_find (devices->devices, VGATE_HOSTDEV_MDEV, vgpu->mdev) : NULL;

        if (listed && !((const VgateHostDevice *)listed)->use)
            return TRUE;
    }
    return FALSE;
}

GBytes *
vgate_similar_host_key (const VgateFleetQuestion *question, const VgateHost *host, gboolean with_addresses)
{
    g_autoptr (GByteArray) key = NULL;

    /* a lease names a guest and a device, and hosts with leases are few; so are those on which a vGPU
     * started while the document was made */
    if (host->devices && (host->devices->leases->len > 0 || has_running_without_user (host->devices)))
        return NULL;
    key = g_byte_array_sized_new (2048);
    vgate_key_time (key, host->time, question->now, question->policy->host_max_age);
    vgate_key_host (key, host);
    vgate_key_number (key, host->pgpus->len);
    for (guint i = 0; i < host->pgpus->len; i++) {
        const VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, i);

        vgate_key_text (key, pgpu->address);
        vgate_key_pgpu (key, pgpu);
    }
    vgate_key_number (key, host->devices != NULL);
    if (host->devices)
        append_devices (key, host, with_addresses);
    return g_byte_array_free_to_bytes (g_steal_pointer (&key));
}
