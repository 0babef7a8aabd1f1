/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Assigns several vGPUs of one guest to several pGPUs: a bipartite matching with capacities, by augmenting
 * paths. A greedy choice would refuse guests that fit, and with an attacker's XML, trying all combinations
 * would take hours. Types of different sizes share a pGPU's frame buffer, so the largest vGPUs are placed
 * first: one that is moved then leaves at least as much room as is needed.
 */
#include "gate/assign.h"
#include "placement/room.h"

#include <string.h>

typedef struct {
    GPtrArray *placements;
    const VgateHost *host;
    const GArray *promises; /* of VgatePromise; NULL: none */
    gboolean is_unlimited;  /* the policy does not refuse when no instance is free */
    gboolean *seen;         /* indexed by pGPU, for the current augmenting path */
} Matching;

static VgatePlacement *
placement_at (const Matching *m, guint i)
{
    return g_ptr_array_index (m->placements, i);
}

static const VgateCandidate *
chosen_candidate (const VgatePlacement *placement)
{
    return placement->chosen < 0 ? NULL
                                 : &g_array_index (placement->candidates, VgateCandidate, placement->chosen);
}

static gboolean
sits_on (const VgatePlacement *placement, guint pgpu)
{
    const VgateCandidate *candidate = chosen_candidate (placement);

    return candidate && !placement->is_tied && candidate->pgpu == pgpu;
}

static const VgateHostType *
type_on (const Matching *m, const VgatePlacement *placement, guint pgpu)
{
    return vgate_pgpu_find_type (g_ptr_array_index (m->host->pgpus, pgpu), placement->vgpu->type,
                                 placement->vgpu->type_name);
}

/* A vGPU that is tied to an existing device needs no free instance, as the device is its instance. */
static gboolean
has_room (const Matching *m, const VgatePlacement *placement, guint pgpu)
{
    VgateRoom room = vgate_room_ask (m->host, pgpu, type_on (m, placement, pgpu));

    if (m->is_unlimited || placement->is_tied)
        return TRUE;
    vgate_room_promise_all (&room, m->promises);
    for (guint i = 0; i < m->placements->len; i++) {
        const VgatePlacement *other = placement_at (m, i);
        const VgatePromise promise = {pgpu, sits_on (other, pgpu) ? type_on (m, other, pgpu) : NULL};

        if (promise.type)
            vgate_room_promise (&room, &promise);
    }
    return vgate_room_is_left (&room);
}

static gboolean
place (const Matching *m, VgatePlacement *placement)
{
    for (guint c = 0; c < placement->candidates->len; c++) {
        const VgateCandidate *candidate = &g_array_index (placement->candidates, VgateCandidate, c);
        gboolean room;

        if (!candidate->is_possible || m->seen[candidate->pgpu])
            continue;
        m->seen[candidate->pgpu] = TRUE;
        room = has_room (m, placement, candidate->pgpu);
        /* otherwise tries to move another vGPU away from there */
        for (guint i = 0; !room && i < m->placements->len; i++) {
            VgatePlacement *other = placement_at (m, i);

            if (other != placement && sits_on (other, candidate->pgpu) && place (m, other))
                room = has_room (m, placement, candidate->pgpu);
        }
        if (room) {
            placement->chosen = (int)c;
            return TRUE;
        }
    }
    return FALSE;
}

static guint64
size_of (const Matching *m, const VgatePlacement *placement)
{
    guint64 size = 0;

    for (guint c = 0; c < placement->candidates->len; c++) {
        const guint pgpu = g_array_index (placement->candidates, VgateCandidate, c).pgpu;
        const VgateHostType *type = type_on (m, placement, pgpu);

        size = MAX (size, type ? type->framebuffer : 0);
    }
    return size;
}

static int
compare_sizes (gconstpointer a, gconstpointer b, gpointer data)
{
    const Matching *m = data;
    const guint64 size_a = size_of (m, *(VgatePlacement *const *)a);
    const guint64 size_b = size_of (m, *(VgatePlacement *const *)b);

    return (size_a < size_b) - (size_a > size_b);
}

gboolean
vgate_assign_gpus (GPtrArray *placements, const VgateHost *host, const GArray *promises,
                   const VgatePolicy *policy)
{
    g_autofree gboolean *seen = g_new0 (gboolean, MAX (host->pgpus->len, 1));
    const Matching m = {
        .placements = placements,
        .host = host,
        .promises = promises,
        .is_unlimited = policy->severities[VGATE_RULE_NO_FREE_INSTANCE] != VGATE_SEVERITY_REFUSE,
        .seen = seen,
    };
    g_autoptr (GPtrArray) largest_first = g_ptr_array_new ();
    gboolean all = TRUE;

    for (guint i = 0; i < placements->len; i++)
        g_ptr_array_add (largest_first, placement_at (&m, i));
    g_ptr_array_sort_with_data (largest_first, compare_sizes, (gpointer)&m);
    for (guint i = 0; i < largest_first->len; i++) {
        memset (seen, 0, sizeof *seen * host->pgpus->len);
        if (!place (&m, g_ptr_array_index (largest_first, i)))
            all = FALSE;
    }
    return all;
}
