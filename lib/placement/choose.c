/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * This file owns the choice of a device when another one than the hostdev's is needed; gate/assign-devices.c
 * asks for it. It matches vGPUs and slots (matching.h). A device that is to be created also needs room on its
 * parent and on its GPU.
 */
#include "placement/choose.h"

#include "placement/matching.h"

#include <string.h>

typedef struct {
    const VgateChoice *choice;
    const GPtrArray *wants;
    GPtrArray *suitable; /* for each want: a GArray of the indices of slots that fit */
    int *chosen;         /* indexed by want: the index of its slot; -1: none */
} Choosing;

static const VgateSlot *
slot_at (const Choosing *c, guint i)
{
    return g_ptr_array_index (c->choice->slots, i);
}

/* NULL: none was chosen. */
static const VgateSlot *
slot_of (const Choosing *c, guint want)
{
    return c->chosen[want] < 0 ? NULL : slot_at (c, (guint)c->chosen[want]);
}

static gboolean
is_suitable (const VgateChoice *choice, const VgateWant *want, const VgateSlot *slot)
{
    const VgateFit *fit = &want->fits[slot->pgpu];
    const VgatePgpu *pgpu = g_ptr_array_index (choice->host->pgpus, slot->pgpu);

    return slot->kind == want->kind && !slot->in_use &&
           vgate_pgpu_is_same_type (pgpu, slot->type, slot->type_name, want->type, want->type_name) &&
           (slot->exists ? fit->can_take_device : fit->can_make_device);
}

static gboolean
is_named (const VgateWant *want, const VgateSlot *slot)
{
    return g_strcmp0 (slot->device, want->named) == 0;
}

/* TRUE when another device can be created on the GPU, besides those that others were promised and those that
 * are created for the guest's other vGPUs. */
static gboolean
gpu_has_room (const Choosing *c, guint w, const VgateSlot *slot)
{
    const VgateWant *want = g_ptr_array_index (c->wants, w);
    VgateRoom room = vgate_room_ask (c->choice->host, slot->pgpu, want->fits[slot->pgpu].offered);

    if (c->choice->is_unlimited)
        return TRUE;
    vgate_room_promise_all (&room, c->choice->promises);
    for (guint i = 0; i < c->wants->len; i++) {
        const VgateWant *other = g_ptr_array_index (c->wants, i);
        const VgateSlot *taken = slot_of (c, i);

        if (i != w && taken && !taken->exists && other->fits[taken->pgpu].offered)
            vgate_room_promise (&room, &(VgatePromise){taken->pgpu, other->fits[taken->pgpu].offered});
    }
    return vgate_room_is_left (&room);
}

/* Each type has its own limit of devices on a parent. The smallest limit is used. */
static gboolean
parent_has_room (const Choosing *c, guint w, const VgateSlot *slot)
{
    guint available = slot->available, used = 0;

    for (guint i = 0; i < c->wants->len; i++) {
        const VgateSlot *taken = slot_of (c, i);

        if (i == w || !taken || taken->exists || strcmp (taken->parent, slot->parent) != 0)
            continue;
        available = MIN (available, taken->available);
        used++;
    }
    return used < available;
}

static gboolean
is_taken (const Choosing *c, guint w, guint slot)
{
    for (guint i = 0; i < c->wants->len; i++)
        if (i != w && c->chosen[i] == (int)slot)
            return TRUE;
    return FALSE;
}

static gboolean
has_room (gconstpointer choosing, guint w, guint index)
{
    const Choosing *c = choosing;
    const VgateSlot *slot = slot_at (c, index);

    if (slot->exists)
        return !is_taken (c, w, index);
    return parent_has_room (c, w, slot) && gpu_has_room (c, w, slot);
}

/* Devices that are created on one GPU share its room. */
static gboolean
is_in_the_way (gconstpointer choosing, guint other, guint index)
{
    const Choosing *c = choosing;
    const VgateSlot *slot = slot_at (c, index), *taken = slot_of (c, other);

    return taken == slot || (!taken->exists && !slot->exists && taken->pgpu == slot->pgpu);
}

/* The guest's vGPUs that were already placed are included. */
static guint
load_of (const Choosing *c, guint pgpu)
{
    guint load = c->choice->loads[pgpu];

    for (guint i = 0; i < c->wants->len; i++) {
        const VgateSlot *taken = slot_of (c, i);

        load += taken && taken->pgpu == pgpu ? 1 : 0;
    }
    return load;
}

/* The order of preference: the named device; a device that is created under the name, if the name is to be
 * kept; other existing devices; a named virtual function without a type; other devices that can be
 * created. */
static guint
class_of (const VgateWant *want, const VgateSlot *slot)
{
    if (slot->exists)
        return is_named (want, slot) ? 0 : 2;
    /* a mediated device that is to be created has no name yet */
    if (want->keeps_name && (!slot->device || is_named (want, slot)))
        return 1;
    return is_named (want, slot) ? 3 : 4;
}

typedef struct {
    const Choosing *c;
    const VgateWant *want;
} Preference;

static int
compare_slots (gconstpointer a, gconstpointer b, gpointer data)
{
    const Preference *p = data;
    const guint index_a = *(const guint *)a, index_b = *(const guint *)b;
    const VgateSlot *slot_a = slot_at (p->c, index_a), *slot_b = slot_at (p->c, index_b);
    const guint class_a = class_of (p->want, slot_a), class_b = class_of (p->want, slot_b);
    const guint load_a = load_of (p->c, slot_a->pgpu), load_b = load_of (p->c, slot_b->pgpu);

    if (class_a != class_b)
        return class_a < class_b ? -1 : 1;
    if (load_a != load_b)
        return (load_a < load_b) == (p->c->choice->order == VGATE_ORDER_BREADTH_FIRST) ? -1 : 1;
    if (slot_a->pgpu != slot_b->pgpu)
        return slot_a->pgpu < slot_b->pgpu ? -1 : 1;
    return index_a < index_b ? -1 : 1;
}

/* The slots that fit, the best first. */
static GArray *
list_slots (gconstpointer choosing, guint w)
{
    const Choosing *c = choosing;
    GArray *slots = g_array_copy (g_ptr_array_index (c->suitable, w));
    Preference preference = {c, g_ptr_array_index (c->wants, w)};

    g_array_sort_with_data (slots, compare_slots, &preference);
    return slots;
}

static GPtrArray *
find_suitable (const VgateChoice *choice, const GPtrArray *wants)
{
    GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify)g_array_unref);

    for (guint w = 0; w < wants->len; w++) {
        GArray *suitable = g_array_new (FALSE, FALSE, sizeof (guint));

        for (guint i = 0; i < choice->slots->len; i++)
            if (is_suitable (choice, g_ptr_array_index (wants, w), g_ptr_array_index (choice->slots, i)))
                g_array_append_val (suitable, i);
        g_ptr_array_add (all, suitable);
    }
    return all;
}

/* Gives the vGPU the device that its hostdev names, if it fits. This is done first for all vGPUs, so that no
 * other one takes the device. */
static void
place_as_named (const Choosing *c, guint w)
{
    const GArray *suitable = g_ptr_array_index (c->suitable, w);

    for (guint i = 0; c->chosen[w] < 0 && i < suitable->len; i++) {
        const guint index = g_array_index (suitable, guint, i);
        const VgateSlot *slot = slot_at (c, index);

        if (slot->exists && is_named (g_ptr_array_index (c->wants, w), slot) && has_room (c, w, index))
            c->chosen[w] = (int)index;
    }
}

static void
want_free (VgateWant *want)
{
    g_free (want->fits);
    g_free (want);
}

GPtrArray *
vgate_wants_new (void)
{
    return g_ptr_array_new_with_free_func ((GDestroyNotify)want_free);
}

VgateWant *
vgate_wants_add (GPtrArray *wants, guint n_pgpus)
{
    VgateWant *want = g_new0 (VgateWant, 1);

    want->fits = g_new0 (VgateFit, n_pgpus);
    g_ptr_array_add (wants, want);
    return want;
}

gboolean
vgate_choose (const VgateChoice *choice, const GPtrArray *wants)
{
    g_autoptr (GPtrArray) suitable = find_suitable (choice, wants);
    g_autofree int *chosen = g_new (int, wants->len + 1);
    const Choosing c = {.choice = choice, .wants = wants, .suitable = suitable, .chosen = chosen};
    const VgateMatching matching = {
        .n_vgpus = wants->len,
        .n_places = choice->slots->len,
        .chosen = chosen,
        .list_places = list_slots,
        .has_room = has_room,
        .is_in_the_way = is_in_the_way,
        .user_data = &c,
    };
    gboolean all = TRUE;

    for (guint w = 0; w < wants->len; w++)
        chosen[w] = -1;
    for (guint w = 0; w < wants->len; w++)
        place_as_named (&c, w);
    for (guint w = 0; all && w < wants->len; w++)
        all = chosen[w] >= 0 || vgate_matching_place (&matching, w);
    for (guint w = 0; w < wants->len; w++)
        ((VgateWant *)g_ptr_array_index (wants, w))->slot = slot_of (&c, w);
    return all;
}
