/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "seatings.h"

void
seatings_try (VgateMoving *moving, VgateMover *mover, guint host, guint v, VgateSeat *seats,
              void (*found) (gpointer user_data), gpointer user_data)
{
    const VgateMovingFit *fit = vgate_moving_fit (moving, mover, host);

    if (v == mover->n_vgpus) {
        found (user_data);
        return;
    }
    for (guint p = 0; p < fit->n_pgpus; p++) {
        VgatePlacePgpu *pgpu = &moving->places[host]->pgpus[p];
        const VgateMovingVgpu *vgpu = &mover->vgpus[v];
        const int type = vgate_place_find_type (pgpu, vgpu->vgpu->type, vgpu->vgpu->type_name);

        if (!fit->can_run[v * fit->n_pgpus + p] || type < 0 ||
            (vgpu->hostdev && (int)vgpu->hostdev->kind != pgpu->kind))
            continue;
        for (VgateArrival arrival = VGATE_ARRIVAL_MADE; arrival <= VGATE_ARRIVAL_NO_DEVICE; arrival++) {
            if ((arrival == VGATE_ARRIVAL_NO_DEVICE) != !vgpu->hostdev ||
                !vgate_place_arrive (pgpu, (guint)type, arrival))
                continue;
            seats[v] = (VgateSeat){p, (guint)type, arrival};
            seatings_try (moving, mover, host, v + 1, seats, found, user_data);
            vgate_place_undo (pgpu, (guint)type, arrival);
        }
    }
}
