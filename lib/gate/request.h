/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the gate is asked: one operation of one domain on one host. */
#pragma once

#include "domain/domain.h"
#include "gate/observation.h"
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
    /* A save has begun on this host: could the guest be restored here? By vgpu-gated (gate/departure.h),
     * not by vgate_gate_decide (). */
    VGATE_OPERATION_SAVE,
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
    VgateObservation
        *observation; /* the gate's own: what it has seen of the domain; a caller leaves it NULL */
};
