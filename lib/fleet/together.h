/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gate's answers about guests that are asked about together: on each host, a guest that is allowed takes
 * its place before the next one is judged, so that the last place is given only once. In a matrix, each pair
 * is judged alone instead.
 */
#pragma once

#include "fleet/question.h"

typedef struct {
    VgateOperation operation;
    VgateDecision *decision;
} VgateFleetJudged;

#define VGATE_FLEET_JUDGED_MAX 3u

/* All that was judged of one guest on one host. */
typedef struct {
    const VgateFleetGuest *guest; /* NULL: its document cannot be read, which the decision says */
    const VgateFleetFault *fault; /* why; NULL with a guest */
    const VgateFleetHost *host;   /* NULL: this host */
    VgateFleetJudged judged[VGATE_FLEET_JUDGED_MAX];
    guint n_judged;
    guint main; /* the index of the operation that is asked about; the others are for information */
} VgateFleetAnswer;

/* The decision that is asked about. */
const VgateDecision *vgate_fleet_answer_decision (const VgateFleetAnswer *answer);
VgateOperation vgate_fleet_answer_operation (const VgateFleetAnswer *answer);
/* The host that was judged: the document's, or this one as it was read; NULL: it was not read. */
const VgateHost *vgate_fleet_answer_host (const VgateFleetAnswer *answer);
/* The name of the guest, or NULL. */
const char *vgate_fleet_answer_name (const VgateFleetAnswer *answer);

/*
 * Judges all guests of the fleet in their order on each of its hosts, or, without hosts, on this one.
 * operation: NULL for vgate_fleet_operation () of each guest, and the other operations of a guest that runs.
 * A guest's document that cannot be read for a reason for which the gate refuses the guest is a refusal; a
 * fault that leaves the question unanswered (vgate_code_is_unanswered ()) has no answer. The answers borrow
 * from the fleet and the question. They are of VgateFleetAnswer *; the caller unrefs the array.
 */
GPtrArray *vgate_fleet_judge_together (const VgateFleet *fleet, const VgateFleetQuestion *question,
                                       const VgateOperation *operation);
