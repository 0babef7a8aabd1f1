/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the gate answers: allowed or refused, why, and by which vGPU on which GPU and device. */
#pragma once

#include "compat/verdict.h"
#include "domain/domain.h"
#include "host/host.h"
#include "placement/lease.h"

/* One vGPU against one pGPU. */
typedef struct {
    guint pgpu; /* index into the host's pgpus */
    VgateVerdict verdict;
    gboolean is_possible; /* the verdict gives the state that the operation needs */
    gboolean has_down_time;
    VgateDownTime down_time; /* has_down_time only */
} VgateCandidate;

typedef struct {
    const VgateElementVgpu *vgpu; /* borrowed from the request's domain */
    GArray *candidates;           /* of VgateCandidate */
    int chosen;                   /* index into candidates; -1: none */
    gboolean is_tied;             /* to the pGPU behind its hostdev, or where the guest's vGPUs sit already */
    gboolean is_listed;           /* tied, as NVML lists the guest's vGPU there; it has no hostdev */
    const VgateHostdev *hostdev;  /* borrowed, or the device on QEMU's command line; NULL: none, or its device
                                     is not looked after */
    GError *fault;     /* why the device that the hostdev names cannot be taken; NULL: it can, but for
                          the verdict */
    VgateLease *lease; /* the device that was chosen; NULL: none */
} VgatePlacement;

/* What the policy lets pass but reports. */
typedef struct {
    VgateCode code;
    char *text;
} VgateWarning;

typedef struct {
    gboolean allowed;
    VgateCode code;
    char *text; /* the message's body: rule, both values, way out */
    char *xml;  /* the domain with other devices, for libvirt to take; NULL: it stays as it is */
    gsize xml_length;
    gboolean wants_down_time; /* the report says so where the down-time is not known */
    guint32 state;            /* VGATE_STATE_*: what the operation needs; 0 where no verdict was needed */
    VgateHost *host;          /* this host as it was read; NULL when it was not, or a document was given */
    GPtrArray *placements;    /* of VgatePlacement *, one a vGPU; empty when it did not come to that */
    GPtrArray *warnings;      /* of VgateWarning * */
} VgateDecision;

/* Neither allowed nor refused yet. */
VgateDecision *vgate_decision_new (void);
/* A refusal from an error of VGATE_ERROR that came before there was a domain to judge. Takes the error. */
VgateDecision *vgate_decision_new_refusal (GError *error);
void vgate_decision_free (VgateDecision *decision);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateDecision, vgate_decision_free)

/* The one line: "vgpu-gate: VGATE-303: DOMAIN: ...". The caller frees it. */
char *vgate_decision_line (const VgateDecision *decision, const char *domain);

/* text is the message's body; NULL: the code's summary. */
void vgate_decision_set (VgateDecision *decision, gboolean allowed, VgateCode code, const char *text);
/* A refusal; its way out is the code's. */
void vgate_decision_refuse (VgateDecision *decision, const GError *error);
/* A refusal in words: a clause without full stop, and a sentence. */
void vgate_decision_refuse_because (VgateDecision *decision, VgateCode code, const char *what,
                                    const char *way_out);
