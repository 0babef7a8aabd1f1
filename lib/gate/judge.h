/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks the engine, and the host's driver as well, about the vGPUs of a domain and the pGPUs of a host. */
#pragma once

#include "gate/decision.h"
#include "gate/request.h"
#include "driver/probe.h"
#include "placement/use.h"

/* A domain whose element was checked, and a host. */
typedef struct {
    const VgateRequest *request;
    const VgateHost *host;
    const VgateProbe *probe;     /* NULL with a host document, as no driver was asked */
    const VgateUseLook *earlier; /* taken before the driver was asked; NULL when leases is NULL */
    VgateLeases *leases;         /* locked before the driver was asked; NULL: devices are not looked after */
    VgateDecision *decision;
} VgateJudgement;

/* Judges one vGPU on one pGPU, both given by index. is_held: its device exists there, so that it needs no
 * free instance. FALSE with VGATE_CODE_NVML_ERROR when the driver's answer is an error. */
gboolean vgate_judge_pair (const VgateJudgement *j, guint vgpu, guint pgpu, gboolean is_held,
                           VgateCandidate *candidate, GError **error);

/* TRUE when QEMU has been started for the guest, so that its vGPUs exist. */
gboolean vgate_judge_has_started (const VgateRequest *request);

/* The VGATE_STATE_* that the guest needs. There must be an element, except at a cold start. */
guint32 vgate_judge_needed_state (const VgateRequest *request);

/*
 * For the source, where the GPUs on the destination are not known. One clause with the numbers, when the
 * estimated down-time of a migration exceeds the limit of the policy or, without one, the guest's. NULL when
 * it does not exceed the limit, is not known, or vgate_judge_tells_down_time () is FALSE. The caller frees
 * it.
 */
char *vgate_judge_down_time (const VgateRequest *request);

/* TRUE when the down-time of the operation is estimated. There must be an element and a policy. */
gboolean vgate_judge_tells_down_time (const VgateRequest *request);

/* Adds a placement of the vGPU to the decision. Its candidates are the pGPU tied or, when tied is -1, all
 * pGPUs; after QEMU has been started, only those where NVML lists the guest's vGPUs of its type. NULL with an
 * error of vgate_judge_pair (). */
VgatePlacement *vgate_judge_vgpu (const VgateJudgement *j, guint vgpu, int tied, GError **error);

/* Judges all vGPUs, each tied to the GPU of its hostdev's device. FALSE with an error when the driver failed,
 * or a device does not fit. */
gboolean vgate_judge_all (const VgateJudgement *j, GError **error);
