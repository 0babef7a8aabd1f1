/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/drain.h"

#include <string.h>

struct VgateDrainDevices {
    guint n_hosts;
    /* by host, of char *: the devices that guests have by the plan, and those that guests have left */
    GHashTable **given, **freed;
};

VgateDrainDevices *
vgate_drain_devices_new (const VgateMoving *moving)
{
    VgateDrainDevices *devices = g_new0 (VgateDrainDevices, 1);

    devices->n_hosts = moving->fleet->hosts->len;
    devices->given = g_new0 (GHashTable *, devices->n_hosts + 1);
    devices->freed = g_new0 (GHashTable *, devices->n_hosts + 1);
    for (guint h = 0; h < devices->n_hosts; h++) {
        devices->given[h] = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
        devices->freed[h] = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    }
    return devices;
}

void
vgate_drain_devices_free (VgateDrainDevices *devices)
{
    for (guint h = 0; h < devices->n_hosts; h++) {
        g_hash_table_unref (devices->given[h]);
        g_hash_table_unref (devices->freed[h]);
    }
    g_free (devices->given);
    g_free (devices->freed);
    g_free (devices);
}

static gboolean
is_device_known (const VgateHost *host, GHashTable *given, GHashTable *freed, const char *device)
{
    const VgateHostDevices *devices = host->devices;

    if (g_hash_table_contains (given, device))
        return TRUE;
    if (g_hash_table_contains (freed, device))
        return FALSE;
    for (guint i = 0; i < devices->devices->len; i++)
        if (strcmp (((const VgateHostDevice *)g_ptr_array_index (devices->devices, i))->listed.source,
                    device) == 0)
            return TRUE;
    for (guint i = 0; i < devices->vgpus->len; i++)
        if (g_strcmp0 (((const VgateHostVgpu *)g_ptr_array_index (devices->vgpus, i))->mdev, device) == 0)
            return TRUE;
    for (guint i = 0; i < devices->leases->len; i++)
        if (strcmp (((const VgateHostLease *)g_ptr_array_index (devices->leases, i))->device, device) == 0)
            return TRUE;
    return FALSE;
}

static gboolean
is_free (const VgateHostDevices *devices, const char *source)
{
    for (guint i = 0; i < devices->leases->len; i++)
        if (strcmp (((const VgateHostLease *)g_ptr_array_index (devices->leases, i))->device, source) == 0)
            return FALSE;
    return TRUE;
}

/* A device of the pGPU that is free, with the type, or without one if a type is NULL. The guest's own name is
 * preferred. freed: virtual functions that guests have left. NULL: no device fits. */
static const char *
find_free (const VgateHost *host, const VgatePgpu *pgpu, const VgateHostType *type,
           const VgateMovingVgpu *vgpu, GHashTable *given, GHashTable *freed)
{
    const char *found = NULL;

    for (guint i = 0; i < host->devices->devices->len; i++) {
        const VgateHostDevice *device = g_ptr_array_index (host->devices->devices, i);
        const VgateListedDevice *listed = &device->listed;
        const gboolean is_left = !type && g_hash_table_contains (freed, listed->source);
        const gboolean has_type = listed->device.type != 0;

        if (listed->kind != vgpu->hostdev->kind || g_strcmp0 (listed->device.pgpu, pgpu->address) != 0 ||
            g_hash_table_contains (given, listed->source))
            continue;
        if (!is_left &&
            (device->use || !is_free (host->devices, listed->source) || has_type != (type != NULL)))
            continue;
        if (type && !vgate_pgpu_is_same_type (pgpu, listed->device.type, listed->device.type_name, type->id,
                                              type->name))
            continue;
        if (strcmp (listed->source, vgpu->source) == 0)
            return listed->source;
        found = found ? found : listed->source;
    }
    return found;
}

static void
device_free (VgateDrainDevice *device)
{
    g_free (device->named);
    g_free (device->device);
    g_free (device);
}

static void
choose_devices (const VgateHost *host, VgateMover *mover, VgateDrainMove *move, VgateDrainDevices *devices)
{
    GHashTable *given = devices->given[move->to], *freed = devices->freed[move->to];

    for (guint v = 0; v < mover->n_vgpus; v++) {
        VgateMovingVgpu *vgpu = &mover->vgpus[v];
        VgateDrainDevice *device;
        const char *name = NULL;

        if (!vgpu->hostdev)
            continue;
        device = g_new0 (VgateDrainDevice, 1);
        device->hostdev = vgpu->hostdev;
        device->named = g_strdup (vgpu->source);
        device->is_kept = vgpu->is_moved && vgpu->arrival == VGATE_ARRIVAL_TAKEN;
        device->pgpu = g_ptr_array_index (host->pgpus, move->seats[v].pgpu);
        device->type = g_ptr_array_index (device->pgpu->types, move->seats[v].type);
        device->is_made = move->seats[v].arrival != VGATE_ARRIVAL_TAKEN;
        if (!device->is_made)
            name = find_free (host, device->pgpu, device->type, vgpu, given, freed);
        else if (vgpu->hostdev->kind == VGATE_HOSTDEV_PCI)
            name = find_free (host, device->pgpu, NULL, vgpu, given, freed);
        else if (!is_device_known (host, given, freed, vgpu->source))
            name = vgpu->source;
        device->device = name ? g_strdup (name) : g_uuid_string_random ();
        g_hash_table_add (given, g_strdup (device->device));
        g_ptr_array_add (move->devices, device);
        g_hash_table_remove (devices->given[move->from], vgpu->source);
        g_hash_table_add (devices->freed[move->from], g_strdup (vgpu->source));
        vgpu->source = device->device;
    }
}

void
vgate_drain_move_free (VgateDrainMove *move)
{
    g_free (move->seats);
    g_ptr_array_unref (move->devices);
    g_free (move);
}

VgateDrainMove *
vgate_drain_move_new (VgateMoving *moving, VgateMover *mover, guint to, const VgateSeat *seats,
                      VgateDrainDevices *devices)
{
    VgateDrainMove *move = g_new0 (VgateDrainMove, 1);

    move->mover = mover;
    move->from = (guint)mover->home;
    move->to = to;
    move->down_time = vgate_moving_fit (moving, mover, to)->down_time;
    move->seats = g_memdup2 (seats, sizeof (VgateSeat) * mover->n_vgpus);
    move->devices = g_ptr_array_new_with_free_func ((GDestroyNotify)device_free);
    choose_devices (vgate_moving_host (moving, to), mover, move, devices);
    return move;
}
