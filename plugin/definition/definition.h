/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Does the persistent definition of a guest agree with what the hook gave it on arrival? Calls neither
 * libvirt nor NVML.
 */
#pragma once

#include "placement/lease.h"

/* A device that the guest has in place of another, and its definition does not name. Everything is borrowed.
 */
typedef struct {
    const VgateLease *lease;
    const char *guest_address;
    const VgateHostdev *named; /* of the definition, at that address; NULL: none of the kind is there */
    /* The definition names what the hook replaced: it came with the guest, and nobody chose it for here. What
     * else it may name is somebody's wish for the next start. */
    gboolean is_ours;
} VgateDisagreement;

/*
 * Of those leases of the domain that are unsettled and whose device it has now, all with which the definition
 * disagrees, joined by guest address. VgateDisagreement *; empty: it agrees.
 */
GPtrArray *vgate_definition_compare (const VgateDomain *live, const VgateDomain *definition,
                                     const VgateLeases *leases);

/* What is to be changed in the definition, of all that is ours: VgateMove *, for vgate_rewrite_sources (). */
GPtrArray *vgate_definition_moves (const GPtrArray *disagreements);

/* What it names: "X at guest address A instead of Y; ...", of all that is ours, or of all. The caller frees
 * it. */
char *vgate_definition_describe (const GPtrArray *disagreements, gboolean only_ours);

/* What an operator types to make it agree. The caller frees it. */
char *vgate_definition_way_out (const GPtrArray *disagreements, const char *uuid);
