/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The places for vGPUs that a host has now. */
#include "placement/choose.h"

#include <string.h>

void
vgate_slot_free (VgateSlot *slot)
{
    g_free (slot->device);
    g_free (slot->parent);
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

static guint
count_planned_on (const VgateHostState *state, const char *parent)
{
    guint n = 0;

    for (guint i = 0; i < state->leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (state->leases->all, i);

        if (is_of_others (state, lease) && lease->state == VGATE_LEASE_PLANNED &&
            strcmp (lease->parent, parent) == 0)
            n++;
    }
    return n;
}

static void
add_device (const VgateHostState *state, const VgateListedDevice *listed, GPtrArray *slots)
{
    const int pgpu = pgpu_index (state->host, listed->device.pgpu);
    VgateSlot *slot;

    if (pgpu < 0 || listed->device.type == 0)
        return;
    slot = g_new0 (VgateSlot, 1);
    slot->kind = listed->kind;
    slot->device = g_strdup (listed->source);
    slot->parent = g_strdup (listed->device.parent);
    slot->pgpu = (guint)pgpu;
    slot->type = listed->device.type;
    slot->exists = TRUE;
    slot->available = 1;
    slot->in_use = vgate_use_find (state->use, listed->source);
    g_ptr_array_add (slots, slot);
}

static void
add_makeable (const VgateHostState *state, const VgateMakeable *makeable, GPtrArray *slots)
{
    const int pgpu = pgpu_index (state->host, makeable->pgpu);
    const guint planned = count_planned_on (state, makeable->parent);
    VgateSlot *slot;

    if (pgpu < 0 || planned >= makeable->available)
        return;
    slot = g_new0 (VgateSlot, 1);
    slot->kind = makeable->kind;
    slot->parent = g_strdup (makeable->parent);
    slot->pgpu = (guint)pgpu;
    slot->type = makeable->type;
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
    g_autoptr (GPtrArray) devices = vgate_sysfs_list_devices (state->root);
    g_autoptr (GPtrArray) makeable = vgate_sysfs_list_makeable (state->root);
    GPtrArray *slots = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_slot_free);

    for (guint i = 0; i < devices->len; i++)
        add_device (state, g_ptr_array_index (devices, i), slots);
    for (guint i = 0; i < makeable->len; i++)
        add_makeable (state, g_ptr_array_index (makeable, i), slots);
    return slots;
}

void
vgate_loads_count (const VgateHostState *state, guint *loads, guint *promised)
{
    for (guint i = 0; i < state->instances->len; i++)
        loads[((VgateInstance *)g_ptr_array_index (state->instances, i))->pgpu]++;
    for (guint i = 0; i < state->leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (state->leases->all, i);
        const int pgpu = is_of_others (state, lease) ? pgpu_index (state->host, lease->pgpu) : -1;

        if (pgpu < 0)
            continue;
        loads[pgpu]++;
        promised[pgpu]++;
    }
}
