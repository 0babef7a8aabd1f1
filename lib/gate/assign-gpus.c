/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Matches the vGPUs of one guest and the host's pGPUs. Types of different sizes share a pGPU's frame buffer,
 * so the largest vGPUs are placed first: one that is moved then leaves at least as much room as is needed.
 */
#include "gate/assign.h"
#include "placement/matching.h"
#include "placement/room.h"

typedef struct {
    GPtrArray *placements; /* the largest first */
    const VgateHost *host;
    const GArray *promises; /* of VgatePromise; NULL: none */
    gboolean is_unlimited;  /* the policy does not refuse when no instance is free */
    int *chosen;            /* indexed as placements: the index of its pGPU; -1: none */
} Assigning;

static const VgateHostType *
type_on (const Assigning *a, const VgatePlacement *placement, guint pgpu)
{
    return vgate_pgpu_find_type (g_ptr_array_index (a->host->pgpus, pgpu), placement->vgpu->type,
                                 placement->vgpu->type_name);
}

/* The possible pGPUs, in the order of the candidates. */
static GArray *
list_pgpus (gconstpointer assigning, guint vgpu)
{
    const Assigning *a = assigning;
    const VgatePlacement *placement = g_ptr_array_index (a->placements, vgpu);
    GArray *pgpus = g_array_new (FALSE, FALSE, sizeof (guint));

    for (guint c = 0; c < placement->candidates->len; c++) {
        const VgateCandidate *candidate = &g_array_index (placement->candidates, VgateCandidate, c);

        if (candidate->is_possible)
            g_array_append_val (pgpus, candidate->pgpu);
    }
    return pgpus;
}

/* A vGPU that is tied to an existing device is no user of free instances, as the device is its instance. */
static gboolean
is_in_the_way (gconstpointer assigning, guint other, guint pgpu)
{
    const Assigning *a = assigning;
    const VgatePlacement *placement = g_ptr_array_index (a->placements, other);

    return !placement->is_tied && a->chosen[other] == (int)pgpu;
}

static gboolean
has_room (gconstpointer assigning, guint vgpu, guint pgpu)
{
    const Assigning *a = assigning;
    const VgatePlacement *placement = g_ptr_array_index (a->placements, vgpu);
    VgateRoom room = vgate_room_ask (a->host, pgpu, type_on (a, placement, pgpu));

    if (a->is_unlimited || placement->is_tied)
        return TRUE;
    vgate_room_promise_all (&room, a->promises);
    for (guint i = 0; i < a->placements->len; i++) {
        const VgateHostType *type = type_on (a, g_ptr_array_index (a->placements, i), pgpu);

        if (i != vgpu && type && is_in_the_way (a, i, pgpu))
            vgate_room_promise (&room, &(VgatePromise){pgpu, type});
    }
    return vgate_room_is_left (&room);
}

static guint64
size_of (const Assigning *a, const VgatePlacement *placement)
{
    guint64 size = 0;

    for (guint c = 0; c < placement->candidates->len; c++) {
        const guint pgpu = g_array_index (placement->candidates, VgateCandidate, c).pgpu;
        const VgateHostType *type = type_on (a, placement, pgpu);

        size = MAX (size, type ? type->framebuffer : 0);
    }
    return size;
}

static int
compare_sizes (gconstpointer left, gconstpointer right, gpointer assigning)
{
    const Assigning *a = assigning;
    const guint64 size_left = size_of (a, *(VgatePlacement *const *)left);
    const guint64 size_right = size_of (a, *(VgatePlacement *const *)right);

    return (size_left < size_right) - (size_left > size_right);
}

/* The index of the possible candidate on the pGPU. */
static int
candidate_on (const VgatePlacement *placement, int pgpu)
{
    for (guint c = 0; c < placement->candidates->len; c++) {
        const VgateCandidate *candidate = &g_array_index (placement->candidates, VgateCandidate, c);

        if (candidate->is_possible && (int)candidate->pgpu == pgpu)
            return (int)c;
    }
    return -1;
}

gboolean
vgate_assign_gpus (GPtrArray *placements, const VgateHost *host, const GArray *promises,
                   const VgatePolicy *policy)
{
    g_autoptr (GPtrArray) largest_first = g_ptr_array_new ();
    g_autofree int *chosen = g_new (int, placements->len + 1);
    Assigning a = {
        .placements = largest_first,
        .host = host,
        .promises = promises,
        .is_unlimited = policy->severities[VGATE_RULE_NO_FREE_INSTANCE] != VGATE_SEVERITY_REFUSE,
        .chosen = chosen,
    };
    const VgateMatching matching = {
        .n_vgpus = placements->len,
        .n_places = host->pgpus->len,
        .chosen = chosen,
        .list_places = list_pgpus,
        .has_room = has_room,
        .is_in_the_way = is_in_the_way,
        .user_data = &a,
    };
    gboolean all = TRUE;

    for (guint i = 0; i < placements->len; i++)
        g_ptr_array_add (largest_first, g_ptr_array_index (placements, i));
    g_ptr_array_sort_with_data (largest_first, compare_sizes, &a);
    for (guint i = 0; i < largest_first->len; i++)
        chosen[i] = -1;
    for (guint i = 0; i < largest_first->len; i++)
        all = vgate_matching_place (&matching, i) && all;
    for (guint i = 0; i < largest_first->len; i++) {
        VgatePlacement *placement = g_ptr_array_index (largest_first, i);

        placement->chosen = candidate_on (placement, chosen[i]);
    }
    return all;
}
