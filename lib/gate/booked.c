/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate/booked.h"

#include "base/run-directory.h"
#include "placement/room.h"
#include "policy/policy.h"

#include <string.h>

/* For a vGPU without a device that the gate looks after. No device has the vGPU's UUID as its name, so that
 * it takes room as a device that is to be created. */
static VgateLease *
lease_of (const VgatePlacement *placement, const VgateDomain *domain, const VgatePgpu *pgpu)
{
    VgateLease *lease = g_new0 (VgateLease, 1);

    lease->domain = g_strdup (domain->uuid);
    lease->kind = VGATE_HOSTDEV_MDEV;
    lease->device = g_strdup (placement->vgpu->uuid);
    lease->parent = g_strdup (pgpu->address);
    lease->pgpu = g_strdup (pgpu->address);
    lease->type = placement->vgpu->type;
    lease->type_name = g_strdup (placement->vgpu->type_name);
    lease->state = VGATE_LEASE_PLANNED;
    return lease;
}

void
vgate_booked_take (GPtrArray *booked, const VgateDecision *decision, const VgateDomain *domain,
                   const VgateHost *host)
{
    for (guint i = 0; decision->allowed && i < decision->placements->len; i++) {
        const VgatePlacement *placement = g_ptr_array_index (decision->placements, i);
        guint pgpu;

        if (placement->lease) {
            g_ptr_array_add (booked, vgate_lease_copy (placement->lease));
            continue;
        }
        /* a device that exists has its room already */
        if (placement->chosen < 0 || placement->is_tied)
            continue;
        pgpu = g_array_index (placement->candidates, VgateCandidate, placement->chosen).pgpu;
        g_ptr_array_add (booked, lease_of (placement, domain, g_ptr_array_index (host->pgpus, pgpu)));
    }
}

void
vgate_booked_add_leases (const GPtrArray *booked, VgateLeases *leases)
{
    for (guint i = 0; booked && i < booked->len; i++) {
        VgateLease *lease = vgate_lease_copy (g_ptr_array_index (booked, i));

        lease->expires = vgate_run_directory_clock () + VGATE_LEASE_TIME_MAX;
        g_ptr_array_add (leases->all, lease);
    }
}

GArray *
vgate_booked_promises (const GPtrArray *booked, const VgateHost *host)
{
    GArray *promises = g_array_new (FALSE, FALSE, sizeof (VgatePromise));

    for (guint i = 0; booked && i < booked->len; i++) {
        const VgateLease *lease = g_ptr_array_index (booked, i);

        for (guint p = 0; p < host->pgpus->len; p++) {
            const VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, p);
            const VgatePromise promise = {p, vgate_pgpu_find_type (pgpu, lease->type, lease->type_name)};

            /* a device that exists has its room already */
            if (promise.type && lease->state == VGATE_LEASE_PLANNED &&
                strcmp (pgpu->address, lease->pgpu) == 0)
                g_array_append_val (promises, promise);
        }
    }
    return promises;
}
