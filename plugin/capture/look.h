/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One look at one domain: is its element what NVML and its XML say? If not, it is written. Done by a worker;
 * what it needs is handed in, what it found is handed back.
 */
#pragma once

#include "plugin/libvirt/domain-calls.h"
#include "plugin/capture/snapshot.h"

typedef enum {
    VGATE_LOOK_NOTHING,   /* neither a vGPU nor an element */
    VGATE_LOOK_IN_ORDER,  /* the element is right as it stands */
    VGATE_LOOK_WRITTEN,   /* it was not, and now is */
    VGATE_LOOK_UNCLAIMED, /* an element, but no vGPU (any more, or yet) */
    VGATE_LOOK_REMOVED,   /* so the element was taken away */
    VGATE_LOOK_BUSY,      /* something is to be written, but a job holds the domain */
    VGATE_LOOK_GONE,      /* the domain does not run any more */
    VGATE_LOOK_FAILED,    /* error says why */
} VgateLookOutcome;

typedef struct {
    /* handed in */
    virConnectPtr libvirt; /* owned */
    char *uuid;
    VgateSnapshot *snapshot; /* owned */
    GBytes *key;             /* fleet key, owned; or NULL */
    VgateTrigger event;      /* what happened to the domain */
    guint64 sequence_min;    /* the sequence number must be above this */
    gboolean may_remove;     /* the last look found the element unclaimed, too */

    /* found */
    VgateLookOutcome outcome;
    char *name; /* NULL: not even that */
    int id;     /* libvirt's, another one at each start; -1: it was not found, or does not run */
    GError *error;
    VgateDomain *domain;         /* with the element that stands in it now; NULL: it has no vGPU, or FAILED */
    const VgateElement *written; /* WRITTEN only; domain's */
    guint64 sequence_removed;    /* of an element that was taken away; 0: none, or it could not be read */
} VgateLook;

/* Takes nothing: refs and copies. */
VgateLook *vgate_look_new (virConnectPtr libvirt, const char *uuid, VgateSnapshot *snapshot, GBytes *key,
                           guint64 sequence_min);
void vgate_look_free (VgateLook *look);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateLook, vgate_look_free)

/* Blocks. */
void vgate_look_run (VgateLook *look);

/* Says in the log what was written or removed, and what failed; nothing for the rest. */
void vgate_look_report (const VgateLook *look);
