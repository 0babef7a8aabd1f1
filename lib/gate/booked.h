/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What guests get on a host that a user asks about together: for the guests that come after them, it is as if
 * they were about to arrive. Nothing is written.
 */
#pragma once

#include "gate/decision.h"

/*
 * Adds what the guest gets by a decision that allows it to booked, of VgateLease *. host is the one that was
 * judged: that of the request, or decision->host; NULL if none was needed.
 */
void vgate_booked_take (GPtrArray *booked, const VgateDecision *decision, const VgateDomain *domain,
                        const VgateHost *host);

/* booked can be NULL in both. The leases get copies. The promises, of VgatePromise, are those for guests
 * whose devices the gate does not look after; the caller unrefs the array. */
void vgate_booked_add_leases (const GPtrArray *booked, VgateLeases *leases);
GArray *vgate_booked_promises (const GPtrArray *booked, const VgateHost *host);
