/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Several vGPUs of one guest on several pGPUs: a bipartite matching with capacities, by augmenting paths. A
 * greedy choice would refuse guests that fit, and trying everything would take an attacker's XML seriously
 * for hours.
 */
#include "gate/internal.h"

#include <string.h>

typedef struct {
    GPtrArray *placements;
    const VgateHost *host;
    gboolean is_unlimited; /* the policy does not refuse for want of an instance */
    gboolean *seen;        /* by pGPU, for the augmenting path at hand */
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
sits_on (const VgatePlacement *placement, guint pgpu, guint32 type)
{
    const VgateCandidate *candidate = chosen_candidate (placement);

    return candidate && !placement->is_tied && candidate->pgpu == pgpu && placement->vgpu->type == type;
}

/* A vGPU that is tied to an existing device needs no free instance: the device is its instance. */
static gboolean
has_room (const Matching *m, const VgatePlacement *placement, guint pgpu)
{
    const VgateElementVgpu *vgpu = placement->vgpu;
    const VgateHostType *type;
    guint used = 0;

    if (m->is_unlimited || placement->is_tied)
        return TRUE;
    type = vgate_pgpu_find_type (g_ptr_array_index (m->host->pgpus, pgpu), vgpu->type, vgpu->type_name);
    for (guint i = 0; i < m->placements->len; i++)
        used += sits_on (placement_at (m, i), pgpu, vgpu->type) ? 1 : 0;
    /* no such type is possible only where the policy lets it pass */
    return !type || used < type->free_instances;
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
        /* else another one of that type there may have a second choice */
        for (guint i = 0; !room && i < m->placements->len; i++) {
            VgatePlacement *other = placement_at (m, i);

            if (other != placement && sits_on (other, candidate->pgpu, placement->vgpu->type))
                room = place (m, other);
        }
        if (room) {
            placement->chosen = (int)c;
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
vgate_place_all (GPtrArray *placements, const VgateHost *host, const VgatePolicy *policy)
{
    g_autofree gboolean *seen = g_new0 (gboolean, MAX (host->pgpus->len, 1));
    const Matching m = {
        .placements = placements,
        .host = host,
        .is_unlimited = policy->severities[VGATE_RULE_NO_FREE_INSTANCE] != VGATE_SEVERITY_REFUSE,
        .seen = seen,
    };
    gboolean all = TRUE;

    for (guint i = 0; i < placements->len; i++) {
        memset (seen, 0, sizeof *seen * host->pgpus->len);
        if (!place (&m, placement_at (&m, i)))
            all = FALSE;
    }
    return all;
}
