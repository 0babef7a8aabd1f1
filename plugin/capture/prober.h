/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks NVML without blocking: in a worker, one question at a time. Callers that ask during a question all get
 * the answer to the next one, so that an answer is never older than its question. */
#pragma once

#include "plugin/capture/snapshot.h"
#include "plugin/base/tally.h"

typedef struct VgateProber VgateProber;

typedef struct {
    /* In the main loop. snapshot: NULL with an error of vgate_probe_ask (). Both are borrowed. */
    void (*answered) (VgateSnapshot *snapshot, const GError *error, gpointer user_data);
} VgateProberMethods;

/* All are borrowed and must outlive the prober. A question uses the backend's values at the time it is asked;
 * its result is noted in the tally. */
VgateProber *vgate_prober_new (const VgateBackend *backend, const VgateIdentity *identity, VgateTally *tally);
/* Waits for the question in progress, up to the backend's deadline. No caller gets an answer any more. */
void vgate_prober_free (VgateProber *prober);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateProber, vgate_prober_free)

/* vgpus: GBytes * of vGPU metadata that the host's driver is to judge, accepted by vgate_vgpu_record_read ();
 * or NULL. vgate_snapshot_find_answer () returns the driver's answers. */
void vgate_prober_ask (VgateProber *prober, const GPtrArray *vgpus, const VgateProberMethods *methods,
                       gpointer user_data);
