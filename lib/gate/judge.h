/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks the engine about the vGPUs of a domain and the pGPUs of a host, and the host's own driver beside
 * it. */
#pragma once

#include "gate/decision.h"
#include "gate/request.h"
#include "driver/probe.h"
#include "placement/use.h"

/* A domain with an element that was checked, on a host. */
typedef struct {
    const VgateRequest *request;
    const VgateHost *host;
    const VgateProbe *probe;     /* NULL with a host document: no driver was asked */
    const VgateUseLook *earlier; /* from before the driver was asked; NULL with leases NULL */
    VgateLeases *leases; /* locked since before the driver was asked; NULL: devices are not looked after */
    VgateDecision *decision;
} VgateJudgement;

/* One vGPU (by index) on one pGPU. is_held: its device exists there, so that it needs no free instance.
 * FALSE with VGATE_CODE_NVML_ERROR when the driver failed at it. */
gboolean vgate_judge_pair (const VgateJudgement *j, guint vgpu, guint pgpu, gboolean is_held,
                           VgateCandidate *candidate, GError **error);

/* TRUE when QEMU has been started for the guest, so that its vGPUs exist. */
gboolean vgate_judge_has_started (const VgateRequest *request);

/* VGATE_STATE_*: what the guest needs. There must be an element, except at a cold start. */
guint32 vgate_judge_needed_state (const VgateRequest *request);

/*
 * For the source, where it is not known to which GPUs the guest's vGPUs go: one clause, with the numbers,
 * when the estimated down-time of a migration exceeds the limit of the policy, or else the guest's own.
 * NULL when it does not, or is not known, or as vgate_judge_tells_down_time (). The caller frees it.
 */
char *vgate_judge_down_time (const VgateRequest *request);

/* TRUE when the migration's down-time is estimated. There must be an element and a policy. */
gboolean vgate_judge_tells_down_time (const VgateRequest *request);

/* Adds a placement of the vGPU to the decision: on the pGPU tied, or when that is -1 on all; once QEMU has
 * been started, on those where NVML lists the guest's vGPUs of its type. NULL with the same error. */
VgatePlacement *vgate_judge_vgpu (const VgateJudgement *j, guint vgpu, int tied, GError **error);

/* All, each tied to the GPU of its hostdev's device. FALSE with an error: the driver failed, or a device is
 * not what it must be. */
gboolean vgate_judge_all (const VgateJudgement *j, GError **error);
