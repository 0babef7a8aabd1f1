/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares the persistent definition of a guest with the devices that the hook gave it on arrival. Calls
 * neither libvirt nor NVML. */
#pragma once

#include "placement/lease.h"

/* A device that the guest has in place of another one, and that its definition does not name. Everything is
 * borrowed. */
typedef struct {
    const VgateLease *lease;
    const char *guest_address;
    const VgateHostdev *named; /* of the definition, at that address; NULL: no hostdev of this kind there */
    /* TRUE if the definition names the device that the hook replaced, which came with the guest and was not
     * chosen for this host. Any other device may be what a user wants for the next start. */
    gboolean is_ours;
} VgateDisagreement;

/* Returns the disagreements of the definition with those unsettled leases of the domain whose device the
 * guest has now, matched by guest address: VgateDisagreement *; empty if it agrees. */
GPtrArray *vgate_definition_compare (const VgateDomain *live, const VgateDomain *definition,
                                     const VgateLeases *leases);

/* Returns the changes for all disagreements that are ours: VgateMove *, for vgate_rewrite_sources (). */
GPtrArray *vgate_definition_moves (const GPtrArray *disagreements);

/* Describes the disagreements that are ours, or all: "X at guest address A instead of Y; ...". The caller
 * frees the text. */
char *vgate_definition_describe (const GPtrArray *disagreements, gboolean only_ours);

/* Describes that they disagree, with the command with which an operator can make them agree, in a text that
 * fits into a line. There is at least one disagreement. The caller frees the text. */
char *vgate_definition_report (const GPtrArray *disagreements, const char *uuid);
