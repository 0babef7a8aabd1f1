/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A migration or a save of a guest that runs on this host has begun: may it go on? What goes with the guest
 * is what its XML said when the job began, as libvirt lets nobody change the XML meanwhile. vgpu-gated asks
 * this; a hook is not run at the source.
 */
#pragma once

#include "driver/probe.h"
#include "gate/request.h"

/* All of it is borrowed. */
typedef struct {
    VgateOperation operation; /* MIGRATE or SAVE */
    const VgateDomain
        *domain;           /* its element goes with the guest; that gets checked, which fills its records */
    VgateElement *now;     /* what NVML says of the guest now, with sizes as they are; NULL: it has no vGPU */
    const VgateHost *host; /* this one; the rest as well with now only */
    const GArray *pgpus;   /* of guint: the pGPU of each vGPU of now, an index into host->pgpus */
    GArray *answers;       /* of VgateDriverAnswer: what the driver said of each on its pGPU, where it did */
    const VgatePolicy *policy;
} VgateDeparture;

/*
 * FALSE with an error when the job must stop: VGATE_CODE_JOB_STALE when what goes with the guest is
 * missing, is not right, or differs from now in a field that decides (domain/change.h); and for a save, the
 * rule by which the guest could not be restored on this host. The policy can let either pass. Calls nothing
 * that blocks.
 */
gboolean vgate_departure_check (const VgateDeparture *departure, GError **error);

/* A migration's down-time, as vgate_judge_down_time (), by what the guest has in use now. The caller
 * frees it. */
char *vgate_departure_down_time (const VgateDeparture *departure);
