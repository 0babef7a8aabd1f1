/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds pairs of a guest and a host about which the gate decides in the same way, although guests and hosts
 * differ in more than their names. A decision depends on less than both documents contain. Most pairs are of
 * guests that can use none of the devices that they name, because the other host does not have them or others
 * use them. Such a decision depends on
 *
 * - the reason why the first vGPU cannot use its device, and
 * - the other devices that are chosen for the guest, with the verdicts about them; or, if no device is
 *   chosen, whether the lack of a device or of a GPU is the cause, and whether the guest could be started
 *   cold.
 *
 * So the choice is made first, and pairs with the same choice are judged once. It is that of the placement
 * (placement/choose.h), among the host's devices and by the engine's verdicts; nothing is decided here. Any
 * other decision is taken to depend on all verdicts about each vGPU on each GPU, on all devices that the
 * guest can get, and on the room on the GPUs.
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

/* A guest and a host, prepared for many pairs. Both borrow all arguments. The guest's element was checked,
 * and the host has no leases. */
typedef struct VgatePairGuest VgatePairGuest;
typedef struct VgatePairHost VgatePairHost;

/* copy has placeholders for all names. The result belongs to pairs. */
VgatePairGuest *vgate_pairs_add_guest (VgatePairs *pairs, const VgateFleetGuest *copy,
                                       const VgateSimilarNames *names);
/* host: the original of the copy, in which the addresses that guests name are found. What is known of a host
 * grows with the kinds of guests, so the caller frees it after its last pair, and before pairs. */
VgatePairHost *vgate_pair_host_new (VgatePairs *pairs, const VgateHost *copy, const VgateHost *host);
void vgate_pair_host_free (VgatePairHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgatePairHost, vgate_pair_host_free)

/* What is kept for this pair and all pairs that get the same decision: G_MAXUINT32 at first. The pointer is
 * valid until pairs is freed. The host must not contain a name that only the guest has. */
guint32 *vgate_pairs_find (VgatePairs *pairs, VgatePairGuest *guest, VgatePairHost *host);
