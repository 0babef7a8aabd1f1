/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Describes decisions in words. */
#pragma once

#include "gate/decision.h"
#include "gate/request.h"

/* Why a guest is refused. what is a clause without a full stop, way_out is a sentence. */
typedef struct {
    VgateCode code;
    char *what;
    char *way_out;
} VgateRefusal;

void vgate_refusal_clear (VgateRefusal *refusal);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateRefusal, vgate_refusal_clear)

/* Explains a refusal by verdicts. It names the first vGPU without a pGPU. The caller clears *refusal. */
void vgate_explain_refusal (const VgateDecision *decision, const VgateHost *host, VgateRefusal *refusal);
/* Adds the warnings of the chosen candidates. */
void vgate_collect_warnings (VgateDecision *decision, const VgateHost *host);

/* Where a user names a guest's device, as the end of "name device X ", with the full stop. */
const char *vgate_place_of_device (VgateSituation situation);
/* Suggests a device that fits, for the way out of a refusal: the command that creates it, or the option of
 * virsh by which the guest gets it. NULL when all devices fit. The caller frees it. */
char *vgate_suggest_devices (const VgateRequest *request, const VgateDecision *decision);
/* Describes the device that was chosen for a vGPU: "mediated device UUID, to be made, on GPU ...". The caller
 * frees it. */
char *vgate_describe_device (const VgatePlacement *placement);
/* Describes the chosen devices that differ from those in the XML. The caller frees it. */
char *vgate_describe_devices (const VgateDecision *decision);

/* The full report for people, with all vGPUs, pGPUs and findings. host is the document that was judged, or
 * NULL. The caller frees it. */
char *vgate_decision_report (const VgateDecision *decision, const char *domain, VgateOperation operation,
                             const VgateHost *host);
