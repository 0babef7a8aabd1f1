/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Updates the element of one domain: reads the live XML, compares its element with NVML's answer, and writes
 * the element if they differ. It runs in a worker, with its input and its results in one structure. */
#pragma once

#include "plugin/libvirt/domain-calls.h"
#include "plugin/capture/snapshot.h"

typedef enum {
    VGATE_UPDATE_NOTHING,   /* neither a vGPU nor an element */
    VGATE_UPDATE_IN_ORDER,  /* the element was already correct */
    VGATE_UPDATE_WRITTEN,   /* the element was not correct, and is now */
    VGATE_UPDATE_UNCLAIMED, /* there is an element, but no vGPU (any more, or yet) */
    VGATE_UPDATE_REMOVED,   /* as UNCLAIMED, and the element was removed */
    VGATE_UPDATE_BUSY,      /* a change is needed, but a job holds the domain */
    VGATE_UPDATE_GONE,      /* the domain no longer runs */
    VGATE_UPDATE_FAILED,    /* error has the reason */
} VgateUpdateOutcome;

typedef struct {
    /* input */
    virConnectPtr libvirt; /* owned */
    char *uuid;
    VgateSnapshot *snapshot; /* owned */
    GBytes *key;             /* fleet key, owned; or NULL */
    VgateTrigger event;      /* the last event of the domain */
    guint64 sequence_min;    /* the sequence number must be above this */
    gint64 renewal_age;      /* vgate_renewal_age (); 0: an element is not written for its age */
    gboolean may_remove;     /* the last update found the element unclaimed as well */
    int known_id;            /* libvirt's ID of the run that the last update found; -1: none is known */
    gboolean was_captured;   /* the XML of that run had the element */
    char *loss; /* also a result: what the log says about an element that was missing or could not be read, as
                 * soon as there is one again; NULL: nothing */

    /* results */
    VgateUpdateOutcome outcome;
    char *name; /* NULL: it could not be found out */
    int id;     /* libvirt's, another one at each start; -1: not found, or not running */
    GError *error;
    VgateDomain *domain;         /* with its present element; NULL: no vGPU, or FAILED */
    const VgateElement *written; /* WRITTEN only; domain's */
    char *difference; /* of a guest that has arrived: how it differs from the metadata that came with it;
                                  * NULL: it does not */
    guint64 sequence_removed; /* of an element that was removed; 0: none, or unreadable */
} VgateUpdate;

/* Takes references and copies, not ownership. */
VgateUpdate *vgate_update_new (virConnectPtr libvirt, const char *uuid, VgateSnapshot *snapshot, GBytes *key,
                               guint64 sequence_min);
void vgate_update_free (VgateUpdate *update);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateUpdate, vgate_update_free)

/* Blocks. */
void vgate_update_run (VgateUpdate *update);

/* Logs what was written or removed and what failed; logs nothing otherwise, nor a renewal. */
void vgate_update_report (const VgateUpdate *update);
