/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gate: operation + domain + host + policy -> decision and report.
 *
 * Nothing here reads XML or configuration; it is handed both, looks at sysfs, /proc and /run under a root
 * that can be set, and asks NVML through the probe, unless it is given a host document to judge instead of
 * this host. What it writes is leases in /run/vgpu-gate, and devices in sysfs at START and RELEASE.
 */
#pragma once

#include "domain/domain.h"
#include "gate/survey.h"
#include "host/host.h"
#include "policy/policy.h"

typedef enum {
    VGATE_OPERATION_MIGRATE, /* 'migrate begin' on the destination: live or offline, nobody can tell */
    VGATE_OPERATION_RESTORE, /* 'restore begin' */
    VGATE_OPERATION_STARTED, /* 'started begin': live migration without metadata is caught here */
    VGATE_OPERATION_START,   /* 'prepare begin': a cold start, gated only where the policy asks for it; or an
                                arrival, whose devices are made, and a cold start whose devices were */
    /* QEMU is here and has all memory, and its vGPUs are there: the last moment to refuse. By vgpu-gated. */
    VGATE_OPERATION_SWITCH_OVER,
    VGATE_OPERATION_RELEASE, /* 'release end': what was made for the guest is unmade; nothing is gated */
    VGATE_N_OPERATIONS,
} VgateOperation;

/* "unknown" for a number that is not in the enum. Static. */
const char *vgate_operation_name (VgateOperation operation);

typedef struct VgateRequest VgateRequest;

struct VgateRequest {
    VgateOperation operation;
    VgateDomain *domain; /* its element gets checked, which fills its records */
    const char *xml;     /* what domain was read from, for changing it; NULL: it is not changed */
    gsize xml_length;
    const VgatePolicy *policy; /* NULL: what load () gives */
    const char *root;          /* put before /sys, /proc, /run and /etc; "" on a real host */
    const VgateHost *host;     /* a host document to judge; NULL: this host, read afresh */
    gboolean is_dry_run;       /* nothing is leased, made or unmade */
    /*
     * The guest is one of a session's libvirtd, which runs as this program's user. The leases, which are
     * root's and of the system's guests, do not concern it, and its pid file is in the user's run-time
     * directory.
     */
    gboolean is_session;
    gboolean is_live; /* MIGRATE of a guest that is known to run: missing metadata is then refused at once */
    gint64 now;       /* seconds since 1970 */
    /*
     * Sets policy, and host where a document is to be judged, of *request; both stay the caller's. Called
     * once at most, and only when there is something to decide: no fault of the configuration touches a guest
     * that is none of our business. FALSE with an error, which becomes the refusal. May be NULL where policy
     * is not.
     */
    gboolean (*load) (VgateRequest *request, gpointer load_data, GError **error);
    gpointer load_data;
    VgateSurvey *survey; /* the gate's own: what it has seen of the domain; a caller leaves it NULL */
};

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

/* TRUE when one of the domain's hostdevs is an NVIDIA vGPU on this host. */
gboolean vgate_gate_has_vgpu (const VgateDomain *domain, const char *root);

/*
 * Never NULL, never an error: whatever goes wrong is a refusal with its code. Borrows from the request.
 *
 * "Does it concern us?" comes first, and where it does not, the decision is VGATE_CODE_NOT_CONCERNED. A cold
 * start does not, as a guest that does not run carries no metadata: so no fault of the configuration keeps a
 * vGPU guest from being started. But one that could not be started anyhow does: its device is missing, and
 * had been made for it.
 */
VgateDecision *vgate_gate_decide (const VgateRequest *request);

/* A refusal from an error of VGATE_ERROR that came before there was a domain to judge. Takes the error. */
VgateDecision *vgate_decision_new_refusal (GError *error);
void vgate_decision_free (VgateDecision *decision);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateDecision, vgate_decision_free)

/* The one line: "vgpu-gate: VGATE-303: DOMAIN: ...". The caller frees it. */
char *vgate_decision_line (const VgateDecision *decision, const char *domain);

/* The full report for people: every vGPU, every pGPU, every finding. host: the document that was judged, or
 * NULL. The caller frees it. */
char *vgate_decision_report (const VgateDecision *decision, const char *domain, VgateOperation operation,
                             const VgateHost *host);
