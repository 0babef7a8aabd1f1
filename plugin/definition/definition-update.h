/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes the persistent definition of one guest to the device that the hook gave it in place of the one in
 * its XML. It runs in a worker, with its input and its results in one structure. */
#pragma once

#include "plugin/libvirt/domain-calls.h"

typedef enum {
    VGATE_DEFINITION_NOTHING,   /* it agrees, or the guest is not persistent here or has gone */
    VGATE_DEFINITION_UPDATED,   /* the definition was changed */
    VGATE_DEFINITION_UNCHANGED, /* it names another device, and was not changed */
    VGATE_DEFINITION_BUSY,      /* the guest is still arriving, or another job holds it */
    VGATE_DEFINITION_FAILED,    /* error has the reason; the next update tries again */
} VgateDefinitionOutcome;

typedef struct {
    /* input */
    virConnectPtr libvirt; /* owned */
    char *uuid;
    char *root;         /* prefix of /run */
    gboolean to_report; /* only report, and change nothing */

    /* results */
    VgateDefinitionOutcome outcome;
    char *name;      /* NULL: it could not be found out */
    char *updated;   /* a description of what was changed; NULL: nothing */
    char *unchanged; /* a description of what was not changed, and the way out; NULL: nothing */
    GError *error;
} VgateDefinitionUpdate;

/* Takes references and copies, not ownership. */
VgateDefinitionUpdate *vgate_definition_update_new (virConnectPtr libvirt, const char *uuid, const char *root,
                                                    gboolean to_report);
void vgate_definition_update_free (VgateDefinitionUpdate *update);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateDefinitionUpdate, vgate_definition_update_free)

/* Blocks. Everything that was handled is settled in the leases, so that it is handled once for each
 * arrival. */
void vgate_definition_update_run (VgateDefinitionUpdate *update);
