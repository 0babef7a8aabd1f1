/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decides whether a migration or save of a guest that runs on this host, and has already begun, can continue.
 * The metadata that goes with the guest is what its XML contained when the job began, because libvirt does
 * not allow changes of the XML during a job. vgpu-gated calls this; libvirt runs no hook at the source.
 */
#pragma once

#include "driver/probe.h"
#include "gate/request.h"

/* All pointers are borrowed. */
typedef struct {
    VgateOperation operation;  /* MIGRATE or SAVE */
    const VgateDomain *domain; /* its element goes with the guest; it is checked, which fills its records */
    VgateElement *now;     /* NVML's present data about the guest, with exact sizes; NULL: it has no vGPU */
    const VgateHost *host; /* this host; like the members below only used with now */
    const GArray *pgpus;   /* of guint: for each vGPU of now, the index of its pGPU in host->pgpus */
    GArray *answers;       /* of VgateDriverAnswer: the driver's answers for the pairs, if it gave any */
    const VgatePolicy *policy;
} VgateDeparture;

/*
 * FALSE with an error when the job must stop. VGATE_CODE_JOB_STALE: the metadata that goes with the guest is
 * missing, invalid, or differs from now in a deciding field (domain/change.h). For a save also the code of
 * the rule that would prevent restoring the guest on this host. The policy can disable either check. It calls
 * nothing that blocks.
 */
gboolean vgate_departure_check (const VgateDeparture *departure, GError **error);

/* The down-time of a migration as vgate_judge_down_time () describes it, by what the guest uses now. The
 * caller frees it. */
char *vgate_departure_down_time (const VgateDeparture *departure);
