/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks NVML without blocking: in a worker, one question at a time. A caller that asks meanwhile gets the
 * answer to the next question, which is the same for all of them: an answer is never older than its question.
 */
#pragma once

#include "plugin/capture/snapshot.h"
#include "plugin/base/tally.h"

typedef struct VgateProber VgateProber;

typedef struct {
    /* In the main loop. snapshot: NULL with an error of vgate_probe_ask (). Both are borrowed. */
    void (*answered) (VgateSnapshot *snapshot, const GError *error, gpointer user_data);
} VgateProberMethods;

/*
 * All are borrowed and must outlive the prober. A question goes by what backend says when it is put; what
 * becomes of it is noted in the tally.
 */
VgateProber *vgate_prober_new (const VgateBackend *backend, const VgateIdentity *identity, VgateTally *tally);
/* Waits for the question at hand, up to the backend's deadline; nobody is answered any more. */
void vgate_prober_free (VgateProber *prober);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateProber, vgate_prober_free)

/*
 * vgpus: GBytes * of vGPU metadata for the host's driver to judge, which have passed
 * vgate_vgpu_record_read (); or NULL. vgate_snapshot_find_answer () has what it said.
 */
void vgate_prober_ask (VgateProber *prober, const GPtrArray *vgpus, const VgateProberMethods *methods,
                       gpointer user_data);
