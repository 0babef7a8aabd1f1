/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One guest of a fleet on one host: what the gate is asked, and its decision. All answers about fleets are
 * made of these. Each is that of 'vgpu-gate check' for the same guest and host, because the request is the
 * same.
 */
#pragma once

#include "fleet/fleet.h"
#include "gate/gate.h"

typedef struct {
    const VgatePolicy *policy; /* with gate_cold_start, because a user asks about cold starts */
    const char *root;          /* "" on a real host */
    gint64 now;                /* seconds since 1970 */
} VgateFleetQuestion;

/* A guest, and what was found out about it for all hosts. Everything is borrowed. */
typedef struct {
    const VgateFleetGuest *guest;
    /* what this host shows about it (vgate_observation_new_here ()); NULL: the gate looks */
    const VgateObservation *here;
    gboolean is_checked;     /* vgate_element_check () was TRUE */
    const GPtrArray *booked; /* what other guests get on the host (gate/request.h), or NULL */
} VgateFleetSubject;

/* The operation that a user means who names none: a guest that runs is migrated live, one
 * that does not run is started, a snapshot is reverted to. */
VgateOperation vgate_fleet_operation (const VgateFleetGuest *guest);

/* The gate's decision about the operation on a host; host: NULL for this one. It borrows from all arguments.
 * The caller frees it. */
VgateDecision *vgate_fleet_judge (const VgateFleetQuestion *question, const VgateFleetSubject *subject,
                                  const VgateHost *host, VgateOperation operation);
/* The same about a guest of which nothing was found out before. */
VgateDecision *vgate_fleet_decide (const VgateFleetQuestion *question, const VgateFleetGuest *guest,
                                   const VgateFleetHost *host, VgateOperation operation);
