/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds pairs of a guest and a host about which the gate decides in the same way, although guests and hosts
 * differ in more than their names. A decision depends on less than both documents contain: on the engine's
 * verdict about each vGPU on each GPU, on the room on the GPUs, and on the devices that the guest can get.
 * The verdicts are the engine's and the room is the placement's; nothing is decided here.
 *
 * Guests and hosts are the copies of fleet/similar.h, so that names do not distinguish them.
 */
#pragma once

#include "fleet/similar.h"

typedef struct VgatePairs VgatePairs;

/* The result borrows both. addresses: those of virtual functions that guests name and hosts have, and their
 * numbers from 0. */
VgatePairs *vgate_pairs_new (const VgateFleetQuestion *question, GHashTable *addresses);
void vgate_pairs_free (VgatePairs *pairs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgatePairs, vgate_pairs_free)

/* A guest and a host, prepared for many pairs. Both belong to pairs, and borrow all arguments. The guest's
 * element was checked, and the host has no leases. */
typedef struct VgatePairGuest VgatePairGuest;
typedef struct VgatePairHost VgatePairHost;

/* copy has placeholders for all names. */
VgatePairGuest *vgate_pairs_add_guest (VgatePairs *pairs, const VgateFleetGuest *copy,
                                       const VgateSimilarNames *names);
/* host: the original of the copy, in which the addresses that guests name are found. */
VgatePairHost *vgate_pairs_add_host (VgatePairs *pairs, const VgateHost *copy, const VgateHost *host);

/* What is kept for this pair and all pairs that get the same decision: G_MAXUINT32 at first. The pointer is
 * valid until pairs is freed. The host must not contain a name that only the guest has. */
guint32 *vgate_pairs_find (VgatePairs *pairs, VgatePairGuest *guest, VgatePairHost *host);
