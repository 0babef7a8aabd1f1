/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Our element in the persistent (inactive) definition of one domain: it describes a guest that ran, and would
 * be held against one that is stopped, or against another domain that was made of a copy. It gets there when
 * a transient guest is made persistent, by 'virsh migrate --persistent' or by its own 'virsh dumpxml', and is
 * taken out, and nothing else of the definition is changed. Done by a worker.
 */
#pragma once

#include "plugin/libvirt/domain-calls.h"

typedef enum {
    VGATE_LEFTOVER_NONE,    /* no element, no persistent definition, or no such domain any more */
    VGATE_LEFTOVER_REMOVED, /* it was there, and is taken out */
    VGATE_LEFTOVER_BUSY,    /* it is there, but a job holds the domain */
    VGATE_LEFTOVER_FAILED,  /* error says why */
} VgateLeftoverOutcome;

typedef struct {
    /* handed in */
    virConnectPtr libvirt; /* owned; NULL once it was run */
    char *uuid;

    /* found */
    VgateLeftoverOutcome outcome;
    char *name; /* NULL: not even that */
    GError *error;
} VgateLeftover;

/* Refs and copies. */
VgateLeftover *vgate_leftover_new (virConnectPtr libvirt, const char *uuid);
void vgate_leftover_free (VgateLeftover *leftover);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateLeftover, vgate_leftover_free)

/*
 * Blocks. Elements of namespaces that this version does not know, those of a newer one say, stay. libvirt
 * tells of a removal by one metadata event, as of any change of metadata, be it of the live or of the
 * persistent XML.
 */
void vgate_leftover_run (VgateLeftover *leftover);

/* Says in the log what was removed, and what failed; nothing for the rest. */
void vgate_leftover_report (const VgateLeftover *leftover);
