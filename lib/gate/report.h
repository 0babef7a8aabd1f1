/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Describes decisions in words. */
#pragma once

#include "gate/decision.h"
#include "gate/request.h"

/* Why a guest is refused. what is a clause without a full stop, and way_out is sentences. */
typedef struct {
    VgateCode code;
    guint32 limit; /* VGATE_LIMIT_* of the verdict that refuses; NONE: something else does */
    char *what;
    char *brief; /* what, without the name of the GPU, or NULL */
    char *way_out;
} VgateRefusal;

void vgate_refusal_clear (VgateRefusal *refusal);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateRefusal, vgate_refusal_clear)

/* Explains a refusal by verdicts. It names the first vGPU without a pGPU. The caller clears *refusal. */
void vgate_explain_refusal (const VgateDecision *decision, const VgateHost *host, VgateRefusal *refusal);
/* The same about one of the guest's vGPUs, given by index, and n_more after it. */
void vgate_explain_vgpu (const VgateDecision *decision, const VgateHost *host, guint vgpu, guint n_more,
                         VgateRefusal *refusal);
/* Refuses the guest. The line names the GPU only if there is room for that, because a line that is too long
 * loses a part of its way out. way_out: another one than that of the refusal, or NULL. */
void vgate_refusal_decide (const VgateRefusal *refusal, const char *way_out, VgateDecision *decision);
/* Adds the warnings of the chosen candidates. */
void vgate_collect_warnings (VgateDecision *decision, const VgateHost *host);

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
