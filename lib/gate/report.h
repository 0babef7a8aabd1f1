/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decisions in words. */
#pragma once

#include "gate/decision.h"
#include "gate/request.h"

/* Why a guest is refused: a clause without full stop, and a sentence. */
typedef struct {
    VgateCode code;
    char *what;
    const char *way_out;
} VgateRefusal;

void vgate_refusal_clear (VgateRefusal *refusal);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateRefusal, vgate_refusal_clear)

/* A refusal by verdicts: names the first vGPU without a pGPU. The caller clears *refusal. */
void vgate_explain_refusal (const VgateDecision *decision, const VgateHost *host, VgateRefusal *refusal);
/* Adds the warnings of the chosen candidates. */
void vgate_collect_warnings (VgateDecision *decision, const VgateHost *host);

/* What would do, for a refusal; the caller frees it. */
char *vgate_suggest_devices (const VgateRequest *request, const VgateDecision *decision);
/* The device that was chosen for a vGPU: "mediated device UUID, to be made, on GPU ...". The caller frees it.
 */
char *vgate_describe_device (const VgatePlacement *placement);
/* What was chosen, of all that are not as they were named. The caller frees it. */
char *vgate_describe_devices (const VgateDecision *decision);

/* The full report for people: every vGPU, every pGPU, every finding. host: the document that was judged, or
 * NULL. The caller frees it. */
char *vgate_decision_report (const VgateDecision *decision, const char *domain, VgateOperation operation,
                             const VgateHost *host);
