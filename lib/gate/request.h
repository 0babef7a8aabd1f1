/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A request to the gate: one operation of one domain on one host. */
#pragma once

#include "domain/domain.h"
#include "gate/observation.h"
#include "gate/ways-out.h"
#include "host/host.h"
#include "policy/policy.h"

typedef enum {
    VGATE_OPERATION_MIGRATE, /* 'migrate begin' on the destination; not known whether live or offline */
    VGATE_OPERATION_RESTORE, /* 'restore begin' */
    VGATE_OPERATION_STARTED, /* 'started begin', where a live migration without metadata is detected */
    /* 'prepare begin': a cold start, which is only judged if the policy asks for it; or an arrival. Devices
     * are created for both. Its name in commands and reports is "start" (vgpu-gate check --operation start),
     * because that is what a user does. libvirt's own 'start begin' comes later and is not used. */
    VGATE_OPERATION_PREPARE,
    /* QEMU has received all memory and has its vGPUs: the last moment to refuse. Used by vgpu-gated. */
    VGATE_OPERATION_SWITCH_OVER,
    /* A save has begun on this host; checks whether the guest could be restored here. Used by vgpu-gated
     * (gate/departure.h), not accepted by vgate_gate_decide (). */
    VGATE_OPERATION_SAVE,
    VGATE_N_OPERATIONS,
} VgateOperation;

/* The name in commands and reports; "unknown" for a number that is not in the enum. Static. */
const char *vgate_operation_name (VgateOperation operation);

typedef struct VgateRequest VgateRequest;

struct VgateRequest {
    VgateOperation operation;
    VgateDomain *domain; /* its element is checked, which fills the element's records */
    const char *xml;     /* the text from which domain was read; NULL: it is not changed */
    gsize xml_length;
    const VgatePolicy *policy; /* NULL: load () sets it */
    const char *root;          /* prepended to /sys, /proc, /run and /etc; "" on a real host */
    const VgateHost *host;     /* a host document to judge; NULL: read this host */
    gboolean is_dry_run;       /* no lease is written, and no device is created or removed */
    /* 'vgpu-gate device make' asks, on behalf of an operator, for the devices that the domain's XML names:
     * those that do not exist are leased with any placement mode, to be created under these names. */
    gboolean is_ordered;
    /*
     * The guest belongs to the libvirtd of a session, which runs as this program's user. The leases are
     * root's and only for guests of the system's libvirtd, so they do not concern it. Its pid file is in the
     * user's run-time directory.
     */
    gboolean is_session;
    /*
     * A user asks, and no event has come (vgpu-gate check). What cannot be known is then the answer, where
     * the hook must leave the guest alone. MIGRATE is that of a guest that runs, so missing metadata is
     * refused at once.
     */
    gboolean is_question;
    /* Of VgateLease *, or NULL: what the guests get that a user asks about together with this one, and that
     * come before it. They count as the leases of guests that are about to arrive. */
    const GPtrArray *booked;
    /* What the guest does, when the user asks about something that the operation does not tell: a managed
     * save, or a snapshot. NULL: it is found out. */
    const VgateSituation *situation;
    gint64 now; /* seconds since 1970 */
    /*
     * Sets policy and, when a document is to be judged, host of *request; the caller owns both. It is called
     * at most once, and only when there is something to decide, so that an error in the configuration does
     * not affect guests that do not concern the gate. FALSE with an error, which becomes the refusal. Can be
     * NULL when policy is set.
     */
    gboolean (*load) (VgateRequest *request, gpointer load_data, GError **error);
    gpointer load_data;
    /* A caller that asks about one domain on many documents reads these once: the state of the domain on this
     * host (NULL: the gate reads it), and whether its element is good (vgate_element_check () with the domain
     * and the policy's key was TRUE). */
    const VgateObservation *here;
    gboolean is_element_checked;
    /* The state of the domain on this host, for the gate's use. The caller leaves it NULL. */
    VgateObservation *observation;
};
