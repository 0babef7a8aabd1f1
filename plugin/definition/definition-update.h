/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes the persistent definition of one guest agree with the device that the hook gave it in place of the
 * one that its XML named. A worker does it; what it needs is handed in, what it found is handed back.
 */
#pragma once

#include "plugin/libvirt/domain-calls.h"

typedef enum {
    VGATE_DEFINITION_NOTHING, /* nothing to see to: it agrees, the guest is not persistent here, or is gone */
    VGATE_DEFINITION_UPDATED, /* it was changed */
    VGATE_DEFINITION_LEFT,    /* it names another device, and was left so */
    VGATE_DEFINITION_BUSY,    /* the guest is still about to arrive, or another job holds it */
    VGATE_DEFINITION_FAILED,  /* error says why; the next update tries again */
} VgateDefinitionOutcome;

typedef struct {
    /* handed in */
    virConnectPtr libvirt; /* owned */
    char *uuid;
    char *root;         /* put before /run */
    gboolean to_report; /* what could be changed is left, too */

    /* found */
    VgateDefinitionOutcome outcome;
    char *name;    /* NULL: not even that */
    char *updated; /* what was changed, in words; NULL: nothing */
    char *left;    /* what was not, and the way out; NULL: nothing */
    GError *error;
} VgateDefinitionUpdate;

/* Refs and copies. */
VgateDefinitionUpdate *vgate_definition_update_new (virConnectPtr libvirt, const char *uuid, const char *root,
                                                    gboolean to_report);
void vgate_definition_update_free (VgateDefinitionUpdate *update);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateDefinitionUpdate, vgate_definition_update_free)

/* Blocks. Whatever was seen to is settled in the leases, so that it is done once an arrival. */
void vgate_definition_update_run (VgateDefinitionUpdate *update);
