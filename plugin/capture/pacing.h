/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When NVML is asked: soon after something happened, and at intervals for as long as a guest asks for them
 * (VgatePace); less and less often while it does not answer, and not at all without guests or without
 * libvirt. Its last answer is kept here.
 */
#pragma once

#include "plugin/capture/guests.h"
#include "plugin/capture/prober.h"
#include "plugin/libvirt/connection.h"
#include "policy/policy.h"

typedef struct VgatePacing VgatePacing;

typedef struct {
    /* In the main loop. NVML has answered: whatever is due can be done now. snapshot: NULL where it failed,
     * which has been logged. */
    void (*answered) (VgateSnapshot *snapshot, gpointer user_data);
} VgatePacingMethods;

/* All are borrowed and must outlive it; but the prober is freed first, so that it answers no more. */
VgatePacing *vgate_pacing_new (const VgatePolicy *policy, const VgateGuests *guests,
                               VgateConnection *connection, VgateProber *prober,
                               const VgatePacingMethods *methods, gpointer user_data);
void vgate_pacing_free (VgatePacing *pacing);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgatePacing, vgate_pacing_free)

/*
 * Asks NVML in ms at the latest. Never within the call, so that it can come from a callback of libvirt's, and
 * a burst of events asks once. What comes while NVML is being asked asks again: the answer may be older than
 * the event.
 */
void vgate_pacing_ask_in (VgatePacing *pacing, guint ms);
/* As that, after the interval of this pace; which is not NONE. */
void vgate_pacing_ask_after (VgatePacing *pacing, VgatePace pace);
/* As that, after something that met a job: n_before times in a row already. Twice as long each time. */
void vgate_pacing_ask_again (VgatePacing *pacing, guint n_before);

/* What NVML said last; NULL: nothing yet. Borrowed. */
VgateSnapshot *vgate_pacing_last (const VgatePacing *pacing);

/* How many answers of NVML there were, and how many of them were failures. */
guint vgate_pacing_count_answers (const VgatePacing *pacing, guint *n_failures);
