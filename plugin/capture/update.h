/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Brings the element of one domain up to date: reads the live XML, compares its element with what NVML says,
 * and writes it where they differ. A worker does it; what it needs is handed in, what it found is handed
 * back.
 */
#pragma once

#include "plugin/libvirt/domain-calls.h"
#include "plugin/capture/snapshot.h"

typedef enum {
    VGATE_UPDATE_NOTHING,   /* neither a vGPU nor an element */
    VGATE_UPDATE_IN_ORDER,  /* the element is right as it is */
    VGATE_UPDATE_WRITTEN,   /* it was not, and now is */
    VGATE_UPDATE_UNCLAIMED, /* an element, but no vGPU (any more, or yet) */
    VGATE_UPDATE_REMOVED,   /* so the element was taken away */
    VGATE_UPDATE_BUSY,      /* something is to be written, but a job holds the domain */
    VGATE_UPDATE_GONE,      /* the domain does not run any more */
    VGATE_UPDATE_FAILED,    /* error says why */
} VgateUpdateOutcome;

typedef struct {
    /* handed in */
    virConnectPtr libvirt; /* owned */
    char *uuid;
    VgateSnapshot *snapshot; /* owned */
    GBytes *key;             /* fleet key, owned; or NULL */
    VgateTrigger event;      /* what happened to the domain */
    guint64 sequence_min;    /* the sequence number must be above this */
    gboolean may_remove;     /* the last update found the element unclaimed, too */

    /* found */
    VgateUpdateOutcome outcome;
    char *name; /* NULL: not even that */
    int id;     /* libvirt's, another one at each start; -1: it was not found, or does not run */
    GError *error;
    VgateDomain *domain;         /* with the element that it has now; NULL: it has no vGPU, or FAILED */
    const VgateElement *written; /* WRITTEN only; domain's */
    guint64 sequence_removed;    /* of an element that was taken away; 0: none, or it could not be read */
} VgateUpdate;

/* Takes nothing: refs and copies. */
VgateUpdate *vgate_update_new (virConnectPtr libvirt, const char *uuid, VgateSnapshot *snapshot, GBytes *key,
                               guint64 sequence_min);
void vgate_update_free (VgateUpdate *update);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateUpdate, vgate_update_free)

/* Blocks. */
void vgate_update_run (VgateUpdate *update);

/* Says in the log what was written or removed, and what failed; nothing for the rest. */
void vgate_update_report (const VgateUpdate *update);
