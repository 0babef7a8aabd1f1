/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts, as far as decisions distinguish them. */
#include "fleet/pairs-internal.h"

#include <string.h>

static void
at_free (VgatePairAt *at)
{
    if (!at)
        return;
    g_ptr_array_unref (at->makeable);
    g_array_unref (at->slots);
    g_free (at);
}

static void
view_clear (VgatePairView *view)
{
    g_free (view->types);
    g_free (view->is_open);
    g_free (view->ranks);
}

void
vgate_pair_host_free (VgatePairHost *host)
{
    if (!host)
        return;
    g_free (host->gpus);
    vgate_probe_free (host->probe);
    vgate_leases_free ((VgateLeases *)host->state.leases);
    if (host->state.use)
        g_hash_table_unref ((GHashTable *)host->state.use);
    g_clear_pointer (&host->slots, g_ptr_array_unref);
    g_free (host->loads);
    g_array_unref (host->promises);
    g_array_unref (host->gpus_for);
    g_array_unref (host->nearest);
    g_array_unref (host->views);
    g_ptr_array_unref (host->addresses);
    g_free (host);
}

/* The names of the types, by which types of devices are compared and which messages contain. */
static void
append_types (GByteArray *key, const VgatePgpu *pgpu)
{
    vgate_key_number (key, pgpu->types->len);
    for (guint i = 0; i < pgpu->types->len; i++) {
        const VgateHostType *type = g_ptr_array_index (pgpu->types, i);

        vgate_key_number (key, type->id);
        vgate_key_text (key, type->name);
    }
}

/* All that the gate reads of a host for any guest, except the GPUs and the devices. */
static guint
number_of_base (VgatePairs *pairs, const VgatePairHost *host)
{
    g_autoptr (GByteArray) key = g_byte_array_sized_new (512);

    vgate_key_text (key, "base");
    vgate_key_host (key, host->host);
    vgate_key_number (key, host->host->pgpus->len > 0);
    vgate_key_number (key, host->host->devices != NULL);
    g_byte_array_append (key, (const guint8 *)host->has_kind, sizeof host->has_kind);
    return vgate_key_find_number (pairs->known, key);
}

/* The base and the GPUs, except what the engine reads of them and the room for their types. */
static guint
number_of_host (VgatePairs *pairs, const VgateHost *host, guint base)
{
    g_autoptr (GByteArray) key = g_byte_array_sized_new (512);

    vgate_key_text (key, "host");
    vgate_key_number (key, base);
    for (guint i = 0; i < host->pgpus->len; i++) {
        const VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, i);

        vgate_key_text (key, pgpu->address);
        vgate_key_text (key, pgpu->name);
        vgate_key_number (key, (guint64)pgpu->mig);
        append_types (key, pgpu);
    }
    return vgate_key_find_number (pairs->known, key);
}

/* What the engine reads of a GPU, without the vGPU types. */
static guint
number_of_gpu (VgatePairs *pairs, const VgateHost *host, const VgatePgpu *pgpu)
{
    g_autoptr (GByteArray) key = g_byte_array_sized_new (512);

    vgate_key_time (key, host->time, pairs->question->now, pairs->question->policy->host_max_age);
    vgate_key_bytes (key, pgpu->metadata.bytes);
    vgate_key_number (key, pgpu->write_bandwidth);
    vgate_key_scheduler (key, pgpu->has_scheduler ? &pgpu->scheduler : NULL);
    return vgate_key_find_number (pairs->gpus, key);
}

/* Lists the devices and the room for a guest that has none of them. */
static void
survey (VgatePairHost *host)
{
    const VgateHost *document = host->host;
    g_autoptr (VgateDomain) nobody = vgate_domain_new ();

    host->probe = vgate_survey_probe (document);
    host->state = (VgateHostState){
        .host = document,
        .devices = host->probe->devices,
        .makeable = host->probe->makeable,
        .instances = host->probe->instances,
        .leases = vgate_survey_leases (document, 0),
        .domain = "",
    };
    host->state.use = vgate_survey_use (document, host->state.leases, nobody);
    host->slots = vgate_slots_list (&host->state);
    vgate_loads_count (&host->state, host->loads, host->promises);
}

/* NULL: no guest names the address. */
static VgatePairAt *
at_address (const VgatePairs *pairs, const VgatePairHost *host, const char *address)
{
    gpointer number;
    VgatePairAt **at;

    if (!g_hash_table_lookup_extended (pairs->addresses, address, NULL, &number))
        return NULL;
    at = (VgatePairAt **)&g_ptr_array_index (host->addresses, GPOINTER_TO_UINT (number));
    if (!*at) {
        *at = g_new0 (VgatePairAt, 1);
        (*at)->pgpu = VGATE_NOWHERE;
        (*at)->makeable = g_ptr_array_new ();
        (*at)->slots = g_array_new (FALSE, FALSE, sizeof (guint));
    }
    return *at;
}

static gboolean
is_slot_at (const VgateSlot *slot, const VgatePairAt *at)
{
    const VgateMakeable *makeable = at->makeable->len > 0 ? g_ptr_array_index (at->makeable, 0) : NULL;
    const char *name = at->device ? at->device->listed.source : makeable ? makeable->parent : NULL;

    return slot->kind == VGATE_HOSTDEV_PCI && name && g_strcmp0 (slot->device, name) == 0;
}

static guint
index_of_gpu (const VgateHost *host, const char *address)
{
    for (guint i = 0; address && i < host->pgpus->len; i++)
        if (strcmp (((VgatePgpu *)g_ptr_array_index (host->pgpus, i))->address, address) == 0)
            return i;
    return VGATE_NOWHERE;
}

/* The lists of the copy and of the original have the same order. */
static void
list_addresses (const VgatePairs *pairs, const VgatePairHost *host, const VgateHostDevices *original)
{
    const VgateHostDevices *copy = host->host->devices;

    for (guint i = 0; i < original->devices->len; i++) {
        const VgateListedDevice *listed = g_ptr_array_index (original->devices, i);
        VgatePairAt *at = listed->kind == VGATE_HOSTDEV_PCI ? at_address (pairs, host, listed->source) : NULL;

        if (at) {
            at->device = g_ptr_array_index (copy->devices, i);
            at->pgpu = index_of_gpu (host->host, at->device->listed.device.pgpu);
        }
    }
    for (guint i = 0; i < original->makeable->len; i++) {
        const VgateMakeable *makeable = g_ptr_array_index (original->makeable, i);
        VgatePairAt *at =
            makeable->kind == VGATE_HOSTDEV_PCI ? at_address (pairs, host, makeable->parent) : NULL;

        if (at)
            g_ptr_array_add (at->makeable, g_ptr_array_index (copy->makeable, i));
    }
    for (guint a = 0; a < host->addresses->len; a++) {
        VgatePairAt *at = g_ptr_array_index (host->addresses, a);

        for (guint i = 0; at && i < host->slots->len; i++)
            if (is_slot_at (g_ptr_array_index (host->slots, i), at))
                g_array_append_val (at->slots, i);
    }
}

VgatePairHost *
vgate_pair_host_new (VgatePairs *pairs, const VgateHost *copy, const VgateHost *original)
{
    const guint n_gpus = copy->pgpus->len;
    VgatePairHost *host = g_new0 (VgatePairHost, 1);

    host->host = copy;
    for (VgateHostdevKind kind = VGATE_HOSTDEV_MDEV; copy->devices && kind <= VGATE_HOSTDEV_PCI; kind++)
        host->has_kind[kind] = vgate_host_devices_have_kind (copy->devices, kind);
    host->base = number_of_base (pairs, host);
    host->number = number_of_host (pairs, copy, host->base);
    host->gpus = g_new (guint, n_gpus + 1);
    for (guint i = 0; i < n_gpus; i++)
        host->gpus[i] = number_of_gpu (pairs, copy, g_ptr_array_index (copy->pgpus, i));
    host->loads = g_new0 (guint, n_gpus + 1);
    host->promises = g_array_new (FALSE, FALSE, sizeof (VgatePromise));
    host->gpus_for = g_array_new (FALSE, TRUE, sizeof (guint8));
    host->nearest = g_array_new (FALSE, TRUE, sizeof (guint));
    host->views = g_array_new (FALSE, TRUE, sizeof (VgatePairView));
    g_array_set_clear_func (host->views, (GDestroyNotify)view_clear);
    host->addresses = g_ptr_array_new_with_free_func ((GDestroyNotify)at_free);
    g_ptr_array_set_size (host->addresses, (int)g_hash_table_size (pairs->addresses));
    if (copy->devices) {
        survey (host);
        list_addresses (pairs, host, original->devices);
    }
    return host;
}

/* The number of what is at an address that a guest names. */
guint
vgate_pair_number_at (VgatePairs *pairs, VgatePairAt *at)
{
    g_autoptr (GByteArray) key = NULL;

    if (at->number != 0)
        return at->number;
    key = g_byte_array_sized_new (256);
    vgate_key_text (key, "address");
    vgate_key_number (key, at->device != NULL);
    if (at->device) {
        const VgateDevice *device = &at->device->listed.device;

        vgate_key_number (key, device->kind);
        vgate_key_text (key, device->pgpu);
        vgate_key_number (key, g_strcmp0 (device->parent, at->device->listed.source) == 0);
        vgate_key_number (key, device->type);
        vgate_key_text (key, device->type_name);
        vgate_key_text (key, device->fault);
        vgate_key_number (key, at->device->use != NULL);
    }
    for (guint i = 0; i < at->makeable->len; i++) {
        const VgateMakeable *makeable = g_ptr_array_index (at->makeable, i);

        vgate_key_text (key, makeable->pgpu);
        vgate_key_number (key, makeable->type);
        vgate_key_text (key, makeable->type_name);
        vgate_key_number (key, makeable->available);
    }
    at->number = vgate_key_find_number (pairs->known, key);
    return at->number;
}

/* The number of what the reason reads why a vGPU cannot use the device at an address (gate/check.c). */
guint
vgate_pair_reason_at (VgatePairs *pairs, const VgatePairHost *host, VgatePairAt *at)
{
    const VgateDevice *device = at && at->device ? &at->device->listed.device : NULL;
    g_autoptr (GByteArray) key = NULL;

    if (!device)
        return 0;
    if (at->reason != 0)
        return at->reason;
    key = g_byte_array_sized_new (256);
    vgate_key_text (key, "reason");
    vgate_key_number (key, device->kind);
    vgate_key_text (key, device->pgpu);
    vgate_key_number (key, device->type);
    vgate_key_text (key, device->type_name);
    vgate_key_text (key, device->fault);
    vgate_key_number (key, at->device->use != NULL);
    vgate_key_number (key, at->pgpu != VGATE_NOWHERE);
    if (at->pgpu != VGATE_NOWHERE)
        append_types (key, g_ptr_array_index (host->host->pgpus, at->pgpu));
    at->reason = vgate_key_find_number (pairs->known, key);
    return at->reason;
}

/* --- a host as guests with an interest see it --- */

/* Finds the types of the vGPUs on the GPUs. */
static void
list_types (const VgatePairHost *host, const VgatePairInterest *interest, VgatePairView *view)
{
    const guint n_gpus = host->host->pgpus->len;

    view->types = g_new0 (const VgateHostType *, interest->vgpus->len *n_gpus + 1);
    for (guint i = 0; i < interest->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (interest->vgpus, i);

        for (guint p = 0; p < n_gpus; p++)
            view->types[i * n_gpus + p] =
                vgate_pgpu_find_type (g_ptr_array_index (host->host->pgpus, p), vgpu->type, vgpu->type_name);
    }
}

/* TRUE when one of the vGPUs can get the slot. Notes the vGPUs that can in has_slot. */
static gboolean
fits (const VgatePairHost *host, const VgatePairInterest *interest, const VgateSlot *slot, gboolean *has_slot)
{
    const VgatePgpu *pgpu = g_ptr_array_index (host->host->pgpus, slot->pgpu);
    gboolean any = FALSE;

    if (slot->in_use || !interest->has_kind[slot->kind])
        return FALSE;
    for (guint i = 0; i < interest->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (interest->vgpus, i);

        if (vgate_pgpu_is_same_type (pgpu, slot->type, slot->type_name, vgpu->type, vgpu->type_name))
            any = has_slot[i] = TRUE;
    }
    return any;
}

/*
 * The devices that the guest can get, in their order. A guest with one vGPU never gets the second device on a
 * GPU of those that exist or of those that can be created, because the first is as good.
 */
static void
append_slots (GByteArray *key, const VgatePairHost *host, const VgatePairInterest *interest,
              VgatePairView *view)
{
    g_autofree gboolean *is_seen = g_new0 (gboolean, 2 * host->host->pgpus->len + 1);
    g_autofree gboolean *has_slot = g_new0 (gboolean, interest->vgpus->len + 1);
    guint n = 0;

    for (guint i = 0; host->slots && i < host->slots->len; i++) {
        const VgateSlot *slot = g_ptr_array_index (host->slots, i);
        gboolean *seen = &is_seen[2 * slot->pgpu + (slot->exists ? 1 : 0)];

        if ((interest->is_single && *seen) || !fits (host, interest, slot, has_slot))
            continue;
        *seen = view->is_open[slot->pgpu] = TRUE;
        view->ranks[i] = ++n;
        vgate_key_number (key, slot->kind);
        vgate_key_text (key, slot->device);
        vgate_key_text (key, slot->parent);
        vgate_key_number (key, slot->pgpu);
        vgate_key_number (key, slot->type);
        vgate_key_text (key, slot->type_name);
        vgate_key_number (key, (guint64)slot->exists);
        vgate_key_number (key, MIN (slot->available, interest->vgpus->len));
    }
    for (guint i = 0; i < interest->vgpus->len; i++)
        view->is_closed = view->is_closed || !has_slot[i];
}

/* The vGPUs on the GPUs with devices for the guest. Only their order matters, and how many vGPUs of the guest
 * change it. */
static void
append_loads (GByteArray *key, const VgatePairHost *host, const VgatePairInterest *interest,
              const gboolean *is_open)
{
    const guint n_gpus = host->host->pgpus->len;

    for (guint i = 0; i < n_gpus; i++) {
        for (guint k = 0; k < n_gpus; k++) {
            const guint more = host->loads[k] - MIN (host->loads[i], host->loads[k]);

            if (is_open[i] && is_open[k])
                vgate_key_number (key, MIN (more, interest->vgpus->len));
        }
    }
}

/* The room for the vGPUs of a guest: more room than they need makes no difference. */
static void
append_room (GByteArray *key, const VgatePairHost *host, const VgatePairInterest *interest, guint pgpu,
             const VgateHostType *type, const GArray *promises)
{
    const guint64 n = interest->vgpus->len,
                  framebuffer = vgate_room_free_framebuffer (g_ptr_array_index (host->host->pgpus, pgpu));
    VgateRoom room = vgate_room_ask (host->host, pgpu, type);

    vgate_room_promise_all (&room, promises);
    if (n == 1) {
        vgate_key_number (key, (guint64)vgate_room_is_left (&room));
        return;
    }
    vgate_key_number (key, vgate_room_must_be_equal (&room));
    vgate_key_number (key, (guint64)room.is_other_promised);
    vgate_key_number (key, MIN (type->free_instances - MIN (room.n_of_type, type->free_instances), n));
    /* each of the guest's vGPUs has a type of the GPU */
    vgate_key_number (key, room.framebuffer > framebuffer ? G_MAXUINT64 : framebuffer - room.framebuffer);
    /* absurd sizes overflow */
    vgate_key_number (key, MAX (framebuffer, room.framebuffer) >> 48 ? room.framebuffer : 0);
}

/* How the GPUs offer the types, and how much room they have for them. needs_other: the vGPUs need other
 * devices than those that they name, so that only GPUs with devices for them can have room. */
static void
append_offers (GByteArray *key, const VgatePairHost *host, const VgatePairInterest *interest,
               gboolean needs_other, const VgatePairView *view)
{
    const guint n_gpus = host->host->pgpus->len;

    for (guint p = 0; p < n_gpus; p++) {
        for (guint i = 0; i < interest->vgpus->len; i++) {
            const VgateHostType *type = view->types[i * n_gpus + p];

            vgate_key_number (key, type != NULL);
            if (!type)
                continue;
            vgate_key_number (key, type->free_instances > 0);
            vgate_key_number (key, type->id);
            vgate_key_text (key, type->name);
            vgate_key_number (key, type->framebuffer);
            if (!needs_other)
                append_room (key, host, interest, p, type, NULL);
            if (!needs_other || view->is_open[p])
                append_room (key, host, interest, p, type, host->promises);
        }
    }
}

/* Numbers what a guest sees of the host beside the addresses: the view, and what the engine reads. */
static guint
number_of_seen (VgatePairs *pairs, const VgatePairHost *host, guint view)
{
    g_autoptr (GByteArray) key = g_byte_array_sized_new (256);

    vgate_key_text (key, "seen");
    vgate_key_number (key, host->number);
    vgate_key_number (key, view);
    for (guint i = 0; i < host->host->pgpus->len; i++)
        vgate_key_number (key, host->gpus[i]);
    return vgate_key_find_number (pairs->known, key);
}

const VgatePairView *
vgate_pair_view (VgatePairs *pairs, VgatePairHost *host, const VgatePairInterest *interest,
                 gboolean needs_other)
{
    const guint index = interest->index * 2 + (needs_other ? 1 : 0);
    g_autoptr (GByteArray) key = NULL;
    VgatePairView *view;

    if (host->views->len <= index)
        g_array_set_size (host->views, index + 1);
    view = &g_array_index (host->views, VgatePairView, index);
    if (view->is_known)
        return view;
    view->is_known = TRUE;
    key = g_byte_array_sized_new (512);
    vgate_key_text (key, "view");
    vgate_key_number (key, (guint64)interest->is_single);
    vgate_key_number (key, (guint64)needs_other);
    if (interest->vgpus) {
        view->is_open = g_new0 (gboolean, host->host->pgpus->len + 1);
        view->ranks = g_new0 (guint, (host->slots ? host->slots->len : 0) + 1);
        list_types (host, interest, view);
        append_slots (key, host, interest, view);
        if (needs_other && view->is_closed)
            return view;
        append_loads (key, host, interest, view->is_open);
        append_offers (key, host, interest, needs_other, view);
    }
    view->number = vgate_key_find_number (pairs->known, key);
    view->seen = number_of_seen (pairs, host, view->number);
    return view;
}
