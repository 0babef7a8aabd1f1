/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/slots.h"

#include "placement/room.h"

#include <string.h>

void
vgate_slot_free (VgateSlot *slot)
{
    g_free (slot->device);
    g_free (slot->parent);
    g_free (slot->type_name);
    g_free (slot);
}

static int
pgpu_index (const VgateHost *host, const char *address)
{
    for (guint i = 0; i < host->pgpus->len; i++)
        if (strcmp (((VgatePgpu *)g_ptr_array_index (host->pgpus, i))->address, address) == 0)
            return (int)i;
    return -1;
}

static gboolean
is_of_others (const VgateHostState *state, const VgateLease *lease)
{
    return vgate_lease_holds (lease, state->now) && strcmp (lease->domain, state->domain) != 0;
}

static char *
name_of_type (const VgateHostState *state, int pgpu, guint32 id, const char *name)
{
    const VgateHostType *type =
        vgate_pgpu_find_type (g_ptr_array_index (state->host->pgpus, (guint)pgpu), id, name);

    return g_strdup (type ? type->name : name);
}

static void
add_device (const VgateHostState *state, const VgateListedDevice *listed, GPtrArray *slots)
{
    const gboolean is_vgpu = listed->device.kind == VGATE_DEVICE_VGPU && listed->device.type != 0;
    const int pgpu = is_vgpu ? pgpu_index (state->host, listed->device.pgpu) : -1;
    VgateSlot *slot;

    if (pgpu < 0)
        return;
    slot = g_new0 (VgateSlot, 1);
    slot->kind = listed->kind;
    slot->device = g_strdup (listed->source);
    slot->parent = g_strdup (listed->device.parent);
    slot->pgpu = (guint)pgpu;
    slot->type = listed->device.type;
    slot->type_name = name_of_type (state, pgpu, slot->type, listed->device.type_name);
    slot->exists = TRUE;
    slot->available = 1;
    slot->in_use = vgate_use_find (state->use, listed->source);
    g_ptr_array_add (slots, slot);
}

static void
add_makeable (const VgateHostState *state, const VgateMakeable *makeable, GPtrArray *slots)
{
    const int pgpu = pgpu_index (state->host, makeable->pgpu);
    guint planned = 0;
    VgateSlot *slot;

    for (guint i = 0; i < state->leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (state->leases->all, i);

        if (is_of_others (state, lease) && lease->state == VGATE_LEASE_PLANNED &&
            strcmp (lease->parent, makeable->parent) == 0)
            planned++;
    }
    if (pgpu < 0 || planned >= makeable->available)
        return;
    slot = g_new0 (VgateSlot, 1);
    slot->kind = makeable->kind;
    slot->parent = g_strdup (makeable->parent);
    slot->pgpu = (guint)pgpu;
    slot->type = makeable->type;
    slot->type_name = name_of_type (state, pgpu, slot->type, makeable->type_name);
    slot->available = makeable->available - planned;
    if (makeable->kind == VGATE_HOSTDEV_PCI) {
        slot->device = g_strdup (makeable->parent);
        slot->in_use = vgate_use_find (state->use, makeable->parent);
    }
    g_ptr_array_add (slots, slot);
}

GPtrArray *
vgate_slots_list (const VgateHostState *state)
{
    GPtrArray *slots = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_slot_free);

    for (guint i = 0; i < state->devices->len; i++)
        add_device (state, g_ptr_array_index (state->devices, i), slots);
    for (guint i = 0; i < state->makeable->len; i++)
        add_makeable (state, g_ptr_array_index (state->makeable, i), slots);
    return slots;
}

static void
promise (const VgateHostState *state, int pgpu, guint32 type, const char *type_name, GArray *promises)
{
    VgatePromise made = {.pgpu = (guint)pgpu};

    made.type = vgate_pgpu_find_type (g_ptr_array_index (state->host->pgpus, made.pgpu), type, type_name);
    if (made.type)
        g_array_append_val (promises, made);
}

/* A vGPU to be found among the running ones. */
typedef struct {
    const char *mdev; /* NULL: it is a virtual function */
    int pgpu;
    guint32 type;
    const char *type_name; /* NULL: not known */
    const char *vm;        /* NULL: any */
} Sought;

/* Finds the running vGPU on the mediated device. NVML does not name virtual functions, so for one it finds a
 * vGPU without a mediated device on the GPU, of the type, and of any VM or of this one. *taken, indexed by
 * instance, prevents it from being found twice. */
static gboolean
take_running (const VgateHostState *state, gboolean *taken, const Sought *sought)
{
    const VgatePgpu *pgpu = g_ptr_array_index (state->host->pgpus, (guint)sought->pgpu);
    int found = -1;

    for (guint i = 0; i < state->instances->len; i++) {
        const VgateInstance *instance = g_ptr_array_index (state->instances, i);

        if (taken[i])
            continue;
        if (sought->mdev && instance->mdev && strcmp (instance->mdev, sought->mdev) == 0) {
            found = (int)i;
            break;
        }
        if (found < 0 && !instance->mdev && instance->pgpu == (guint)sought->pgpu &&
            vgate_pgpu_is_same_type (pgpu, instance->type, instance->type_name, sought->type,
                                     sought->type_name) &&
            (!sought->vm || g_strcmp0 (instance->vm, sought->vm) == 0))
            found = (int)i;
    }
    if (found >= 0)
        taken[found] = TRUE;
    return found >= 0;
}

/* NVML only takes running vGPUs into account for its list of types that can be created. So any device on
 * which nothing runs takes room that is not missing in NVML's list. */
static void
promise_devices (const VgateHostState *state, GArray *promises)
{
    g_autofree gboolean *taken = g_new0 (gboolean, MAX (state->instances->len, 1));

    for (guint i = 0; i < state->devices->len; i++) {
        const VgateListedDevice *listed = g_ptr_array_index (state->devices, i);
        const VgateDevice *device = &listed->device;
        const Sought sought = {
            .mdev = listed->kind == VGATE_HOSTDEV_MDEV ? listed->source : NULL,
            .pgpu = device->kind == VGATE_DEVICE_VGPU ? pgpu_index (state->host, device->pgpu) : -1,
            .type = device->type,
            .type_name = device->type_name,
        };

        if (sought.pgpu >= 0 && device->type != 0 && !take_running (state, taken, &sought))
            promise (state, sought.pgpu, device->type, device->type_name, promises);
    }
}

void
vgate_loads_count (const VgateHostState *state, guint *loads, GArray *promises)
{
    g_autofree gboolean *taken = g_new0 (gboolean, MAX (state->instances->len, 1));

    promise_devices (state, promises);
    for (guint i = 0; i < state->instances->len; i++)
        loads[((VgateInstance *)g_ptr_array_index (state->instances, i))->pgpu]++;
    for (guint i = 0; i < state->leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (state->leases->all, i);
        const Sought sought = {
            .mdev = lease->kind == VGATE_HOSTDEV_MDEV ? lease->device : NULL,
            .pgpu = is_of_others (state, lease) ? pgpu_index (state->host, lease->pgpu) : -1,
            .type = lease->type,
            .type_name = lease->type_name,
            .vm = lease->domain,
        };

        const VgateListedDevice *listed;

        if (sought.pgpu < 0 || take_running (state, taken, &sought))
            continue;
        loads[sought.pgpu]++;
        listed = vgate_listed_device_find (state->devices, (VgateHostdevKind)lease->kind, lease->device);
        if (!listed || listed->device.type == 0)
            promise (state, sought.pgpu, lease->type, lease->type_name, promises);
    }
}
