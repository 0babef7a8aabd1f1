/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gate's answer: whether the operation is allowed, why, and which GPU and device each vGPU gets. */
#pragma once

#include "compat/verdict.h"
#include "domain/domain.h"
#include "gate/request.h"
#include "gate/ways-out.h"
#include "host/host.h"
#include "placement/lease.h"
#include "policy/policy.h"

/* The judgement of one vGPU on one pGPU. */
typedef struct {
    guint pgpu; /* index into the host's pgpus */
    VgateVerdict verdict;
    gboolean is_possible; /* the verdict allows the state that the operation needs */
    gboolean has_down_time;
    VgateDownTime down_time; /* only with has_down_time */
} VgateCandidate;

typedef struct {
    const VgateElementVgpu *vgpu; /* borrowed from the request's domain */
    GArray *candidates;           /* of VgateCandidate */
    int chosen;                   /* index into candidates; -1: none is chosen */
    /* The vGPU can only be on the pGPU of its hostdev's device or, without such a device, on one of those
     * where NVML lists the guest's vGPUs. These are its candidates, and it needs no free instance, because it
     * has its device already. FALSE: every pGPU is a candidate. */
    gboolean is_tied;
    gboolean is_listed; /* is_tied, and for the second reason: NVML lists a vGPU of the guest with its type */
    const VgateHostdev *hostdev; /* borrowed; it can be on QEMU's command line; NULL: none, or devices are
                                  * not looked after */
    GError *fault;     /* why the device that the hostdev names cannot be used; NULL: only the verdict can
                        * prevent it */
    VgateLease *lease; /* the chosen device; NULL: none */
} VgatePlacement;

/* A finding that the policy allows but reports. */
typedef struct {
    VgateCode code;
    char *text;
} VgateWarning;

typedef struct {
    gboolean allowed;
    gboolean is_reported; /* not allowed, but the guest passes: this host only reports, or is_excepted */
    gboolean is_excepted; /* not allowed, but root has allowed this arrival ('vgpu-gate allow-once') */
    VgateCode code;
    VgateSituation situation; /* determines the way out of a refusal */
    char *text;               /* the body of the message: rule, both values, way out */
    char *xml;                /* the domain's XML with other devices, for libvirt; NULL: it is not changed */
    gsize xml_length;
    gboolean is_after_others; /* guests that are asked about together with this one come before it */
    gboolean wants_down_time; /* the report mentions a down-time that is not known */
    guint32 state;            /* VGATE_STATE_* that the operation needs; 0: no verdict was needed */
    guint32 limit;            /* VGATE_LIMIT_* of the verdict that the text is about; NONE: of no verdict */
    gboolean has_suggestion; /* refused, and the way out of the text makes the devices that are missing fit */
    VgateHost *host;         /* this host as it was read; NULL: not read, or a document was given */
    GPtrArray *placements;   /* of VgatePlacement *, one for each vGPU; empty when no vGPU was judged */
    GPtrArray *warnings;     /* of VgateWarning * */
} VgateDecision;

/* A decision that neither allows nor refuses yet. */
VgateDecision *vgate_decision_new (void);
/* A refusal because of an error of VGATE_ERROR that occurred before there was a domain to judge. Takes
 * ownership of the error. */
VgateDecision *vgate_decision_new_refusal (GError *error);
void vgate_decision_free (VgateDecision *decision);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateDecision, vgate_decision_free)

/*
 * The message line: "vgpu-gate: VGATE-001: DOMAIN: ..." or, for a refusal, "vgpu-gate: VGATE-303: HOST
 * refuses DOMAIN: ...", or "HOST would refuse DOMAIN: ..." if it is only reported. The codes that only a user
 * gets who asks (is_question in gate/request.h) refuse nothing. host is the document that was judged; NULL:
 * this host. Without a domain's name the line has no host either. The caller frees it.
 */
char *vgate_decision_line (const VgateDecision *decision, const VgateHost *host, const char *domain);

/* Sets the decision. text is the body of the message, or NULL for the code's summary. */
void vgate_decision_set (VgateDecision *decision, gboolean allowed, VgateCode code, const char *text);
/* Marks a refusal as one that is only reported if the policy says so for this domain; otherwise nothing
 * changes. uuid: NULL when it is not known. The caller acts on it: the decision remains a refusal. */
void vgate_decision_apply_mode (VgateDecision *decision, const VgatePolicy *policy, const char *domain,
                                const char *uuid);
/* A stage of a guest's arrival, for the exceptions to the policy (policy/exception.h). */
typedef struct {
    const char *root;
    VgateOperation operation; /* an event, or SWITCH_OVER */
    const char *domain;       /* its name */
    const char *uuid;         /* NULL: not known */
    gboolean asks_again;      /* QEMU calls vgpu-gated at switch-over, when the memory has been copied */
    guint wait_ms;            /* for the lock of the exceptions */
} VgateDecisionStage;

/*
 * Marks a refusal as one that is only reported if root has allowed this arrival, with a warning that says who
 * has and why. A refusal that is only reported because of the mode uses no exception, and one whose exception
 * cannot be used remains a refusal, with a warning. Every stage of a guest that the gate is concerned with
 * must be noted here, also if it is allowed, after vgate_decision_apply_mode (). The caller acts on it.
 */
void vgate_decision_apply_exception (VgateDecision *decision, const VgateDecisionStage *stage);
/* TRUE when the guest passes: it is allowed, or its refusal is only reported. */
gboolean vgate_decision_lets_pass (const VgateDecision *decision);
/* Adds a warning for the log: what the error says does not change the decision. */
void vgate_decision_warn (VgateDecision *decision, const GError *error);
/* Refuses because of an error, with the way out of the error's code in the decision's situation. */
void vgate_decision_refuse (VgateDecision *decision, const GError *error);
/* Refuses with these texts: what is a clause without a full stop, way_out is a sentence. */
void vgate_decision_refuse_because (VgateDecision *decision, VgateCode code, const char *what,
                                    const char *way_out);
