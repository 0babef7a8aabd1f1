/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A bipartite matching of vGPUs and slots by augmenting paths, as in gate/assign-gpus.c and for the same
 * reason: a greedy choice would refuse guests that fit, and trying all combinations would take too long. A
 * device that is to be created also needs room on its parent and on its GPU.
 */
#include "placement/choose.h"

#include <string.h>

typedef struct {
    const VgateChoice *choice;
    const GPtrArray *wants;
    GPtrArray *suitable; /* for each want: a GArray of the indices of slots that fit */
    gboolean *seen;      /* indexed by slot, for the current augmenting path */
} Matching;

static const VgateSlot *
slot_at (const Matching *m, guint i)
{
    return g_ptr_array_index (m->choice->slots, i);
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
gpu_has_room (const Matching *m, const VgateWant *want, const VgateSlot *slot)
{
    VgateRoom room = vgate_room_ask (m->choice->host, slot->pgpu, want->fits[slot->pgpu].offered);

    if (m->choice->is_unlimited)
        return TRUE;
    vgate_room_promise_all (&room, m->choice->promises);
    for (guint i = 0; i < m->wants->len; i++) {
        const VgateWant *other = g_ptr_array_index (m->wants, i);
        const VgatePromise promise = {other->slot ? other->slot->pgpu : 0,
                                      other->slot ? other->fits[other->slot->pgpu].offered : NULL};

        if (other != want && promise.type && !other->slot->exists)
            vgate_room_promise (&room, &promise);
    }
    return vgate_room_is_left (&room);
}

/* Each type has its own limit of devices on a parent. The smallest limit is used. */
static gboolean
parent_has_room (const Matching *m, const VgateWant *want, const VgateSlot *slot)
{
    guint available = slot->available, used = 0;

    for (guint i = 0; i < m->wants->len; i++) {
        const VgateWant *other = g_ptr_array_index (m->wants, i);

        if (other == want || !other->slot || other->slot->exists ||
            strcmp (other->slot->parent, slot->parent) != 0)
            continue;
        available = MIN (available, other->slot->available);
        used++;
    }
    return used < available;
}

static gboolean
is_taken (const Matching *m, const VgateWant *want, const VgateSlot *slot)
{
    for (guint i = 0; i < m->wants->len; i++) {
        const VgateWant *other = g_ptr_array_index (m->wants, i);

        if (other != want && other->slot == slot)
            return TRUE;
    }
    return FALSE;
}

static gboolean
has_room (const Matching *m, const VgateWant *want, const VgateSlot *slot)
{
    if (slot->exists)
        return !is_taken (m, want, slot);
    return parent_has_room (m, want, slot) && gpu_has_room (m, want, slot);
}

/* TRUE when the place of the other vGPU can prevent the use of the slot. */
static gboolean
is_in_the_way (const VgateWant *other, const VgateSlot *slot)
{
    if (!other->slot)
        return FALSE;
    return other->slot == slot || (!other->slot->exists && !slot->exists && other->slot->pgpu == slot->pgpu);
}

/* The guest's vGPUs that were already placed are included. */
static guint
load_of (const Matching *m, guint pgpu)
{
    guint load = m->choice->loads[pgpu];

    for (guint i = 0; i < m->wants->len; i++) {
        const VgateWant *other = g_ptr_array_index (m->wants, i);

        load += other->slot && other->slot->pgpu == pgpu ? 1 : 0;
    }
    return load;
}

/* The order of preference: the named device, other existing devices, a named virtual function without a type,
 * other devices that can be created. */
static guint
class_of (const VgateWant *want, const VgateSlot *slot)
{
    if (slot->exists)
        return is_named (want, slot) ? 0 : 1;
    return is_named (want, slot) ? 2 : 3;
}

typedef struct {
    const Matching *m;
    const VgateWant *want;
} Preference;

static int
compare_slots (gconstpointer a, gconstpointer b, gpointer data)
{
    const Preference *p = data;
    const guint index_a = *(const guint *)a, index_b = *(const guint *)b;
    const VgateSlot *slot_a = slot_at (p->m, index_a), *slot_b = slot_at (p->m, index_b);
    const guint class_a = class_of (p->want, slot_a), class_b = class_of (p->want, slot_b);
    const guint load_a = load_of (p->m, slot_a->pgpu), load_b = load_of (p->m, slot_b->pgpu);

    if (class_a != class_b)
        return class_a < class_b ? -1 : 1;
    if (load_a != load_b)
        return (load_a < load_b) == (p->m->choice->order == VGATE_ORDER_BREADTH_FIRST) ? -1 : 1;
    if (slot_a->pgpu != slot_b->pgpu)
        return slot_a->pgpu < slot_b->pgpu ? -1 : 1;
    return index_a < index_b ? -1 : 1;
}

/* The slots that were not seen yet, the best first. */
static GArray *
preferred_slots (const Matching *m, guint w)
{
    const GArray *suitable = g_ptr_array_index (m->suitable, w);
    GArray *slots = g_array_new (FALSE, FALSE, sizeof (guint));
    Preference preference = {m, g_ptr_array_index (m->wants, w)};

    for (guint i = 0; i < suitable->len; i++) {
        const guint index = g_array_index (suitable, guint, i);

        if (!m->seen[index])
            g_array_append_val (slots, index);
    }
    g_array_sort_with_data (slots, compare_slots, &preference);
    return slots;
}

static gboolean place (const Matching *m, guint w);

/* Tries to move the vGPUs that prevent the use of the slot to other slots. TRUE when the slot then has
 * room. */
static gboolean
make_way (const Matching *m, guint w, const VgateSlot *slot)
{
    for (guint i = 0; i < m->wants->len; i++)
        if (i != w && is_in_the_way (g_ptr_array_index (m->wants, i), slot) && place (m, i) &&
            has_room (m, g_ptr_array_index (m->wants, w), slot))
            return TRUE;
    return FALSE;
}

/* Other vGPUs are only moved when there is no free slot. */
static gboolean
place (const Matching *m, guint w)
{
    VgateWant *want = g_ptr_array_index (m->wants, w);
    g_autoptr (GArray) slots = preferred_slots (m, w);

    for (guint s = 0; s < slots->len; s++) {
        const VgateSlot *slot = slot_at (m, g_array_index (slots, guint, s));

        if (slot != want->slot && has_room (m, want, slot)) {
            want->slot = slot;
            return TRUE;
        }
    }
    for (guint s = 0; s < slots->len; s++) {
        const guint index = g_array_index (slots, guint, s);

        if (m->seen[index])
            continue;
        m->seen[index] = TRUE;
        if (make_way (m, w, slot_at (m, index))) {
            want->slot = slot_at (m, index);
            return TRUE;
        }
    }
    return FALSE;
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
place_as_named (const Matching *m, guint w)
{
    const GArray *suitable = g_ptr_array_index (m->suitable, w);
    VgateWant *want = g_ptr_array_index (m->wants, w);

    for (guint i = 0; !want->slot && i < suitable->len; i++) {
        const VgateSlot *slot = slot_at (m, g_array_index (suitable, guint, i));

        if (slot->exists && is_named (want, slot) && has_room (m, want, slot))
            want->slot = slot;
    }
}

gboolean
vgate_choose (const VgateChoice *choice, const GPtrArray *wants)
{
    g_autoptr (GPtrArray) suitable = find_suitable (choice, wants);
    g_autofree gboolean *seen = g_new0 (gboolean, choice->slots->len + 1);
    const Matching m = {.choice = choice, .wants = wants, .suitable = suitable, .seen = seen};

    for (guint w = 0; w < wants->len; w++)
        place_as_named (&m, w);
    for (guint w = 0; w < wants->len; w++) {
        memset (seen, 0, sizeof *seen * choice->slots->len);
        if (!((VgateWant *)g_ptr_array_index (wants, w))->slot && !place (&m, w))
            return FALSE;
    }
    return TRUE;
}
