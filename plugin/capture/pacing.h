/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Decides when NVML is asked: soon after an event, and at intervals while a guest needs it (VgatePace); less
 * and less often while NVML does not answer, and not at all without guests or without libvirt. Keeps NVML's
 * last answer.
 */
#pragma once

#include "plugin/capture/guests.h"
#include "plugin/capture/prober.h"
#include "plugin/libvirt/connection.h"
#include "policy/policy.h"

typedef struct VgatePacing VgatePacing;

typedef struct {
    /* In the main loop: NVML has answered, and everything that is due can be done. snapshot: NULL if the
     * question failed, which has been logged. */
    void (*answered) (VgateSnapshot *snapshot, gpointer user_data);
} VgatePacingMethods;

/* All are borrowed and must outlive the pacing, except the prober, which is freed first so that it does not
 * answer any more. */
VgatePacing *vgate_pacing_new (const VgatePolicy *policy, const VgateGuests *guests,
                               VgateConnection *connection, VgateProber *prober,
                               const VgatePacingMethods *methods, gpointer user_data);
void vgate_pacing_free (VgatePacing *pacing);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgatePacing, vgate_pacing_free)

/*
 * Asks NVML in ms at the latest. The question is never asked within this call, so it may be called from
 * libvirt's callbacks, and a burst of events makes one question. An event during a question makes another
 * question, because the answer may be older than the event.
 */
void vgate_pacing_ask_in (VgatePacing *pacing, guint ms);
/* The same, after the interval of this pace, which must not be NONE. */
void vgate_pacing_ask_after (VgatePacing *pacing, VgatePace pace);
/* The same, after an update that met a job, as the n_before updates before it did: the wait doubles each
 * time. */
void vgate_pacing_ask_again (VgatePacing *pacing, guint n_before);

/* Returns NVML's last answer; NULL: none yet. Borrowed. */
VgateSnapshot *vgate_pacing_last (const VgatePacing *pacing);

/* Returns the number of NVML's answers; *n_failures gets how many of them were failures. */
guint vgate_pacing_count_answers (const VgatePacing *pacing, guint *n_failures);
