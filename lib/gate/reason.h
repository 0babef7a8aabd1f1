/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a refusal by verdicts is about: which GPU, why, and what can be done about it. */
#pragma once

#include "gate/decision.h"

/*
 * The candidate that comes nearest to running the vGPU: one that offers the vGPU's type before all others,
 * then one with the source's board, then one with the fewest findings that refuse, then the first. NULL when
 * there is no candidate.
 */
const VgateCandidate *vgate_reason_nearest (const VgatePlacement *placement, const VgateHost *host);

/* How far the candidate is from running the vGPU: the lower, the nearer. */
guint vgate_reason_distance (const VgateCandidate *candidate, const VgateElementVgpu *vgpu,
                             const VgateHost *host);

/* Which vGPU on which GPU a message is about. */
typedef struct {
    guint index, n_vgpus; /* its index among the guest's vGPUs, and their number */
    const char *type_name;
    const char *address, *gpu_name; /* of the GPU; gpu_name can be NULL */
    gboolean is_simulated;
} VgateSubject;

/*
 * "vGPU H100XM-20C on GPU 0000:41:00.0 (H100 80GB HBM3)". The line must be short: a guest's only vGPU
 * needs no further name, and "2 of 3" counts others as the report does, which has their UUIDs. The caller
 * frees it.
 */
char *vgate_reason_subject (const VgateSubject *subject);

/* As vgate_finding_describe () and vgate_finding_way_out (), with what the modes of the GPU explain. The way
 * out is that for the situation. The caller frees them. */
char *vgate_reason_describe (const VgateFinding *finding, const VgatePgpu *pgpu);
char *vgate_reason_way_out (const VgateFinding *finding, const VgatePgpu *pgpu, VgateSituation situation);
