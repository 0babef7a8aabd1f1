/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gate at switch-over. For a guest with our object, QEMU calls Save when the guest leaves, and Load
 * before it resumes the guest at the destination; the guest is paused during both calls.
 *
 * Save never fails, because QEMU would continue, and a save image could then not be restored. It returns the
 * most recent record within save-ms. Load reads the record as strictly as the hook reads XML, and decides
 * with engine and policy, for the GPU that the guest's vGPUs use by then, within load-ms.
 */
#pragma once

#include "plugin/libvirt/connection.h"
#include "plugin/capture/update.h"
#include "policy/policy.h"
#include "plugin/capture/prober.h"
#include "plugin/base/tally.h"
#include "status/status.h"

typedef struct VgateSwitchover VgateSwitchover;

/* Returns NULL if the policy has no bus. All are borrowed and must outlive the result, except the prober,
 * which is freed first so that it makes no more calls. */
VgateSwitchover *vgate_switchover_new (const VgatePolicy *policy, VgateProber *prober,
                                       VgateConnection *connection, VgateTally *tally);
/* Waits for the decisions in progress. switchover may be NULL, here and below. */
void vgate_switchover_free (VgateSwitchover *switchover);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateSwitchover, vgate_switchover_free)

void vgate_switchover_start (VgateSwitchover *switchover);

/* Call this before the process ends: answers all waiting calls at once. */
void vgate_switchover_stop (VgateSwitchover *switchover);

/* The known state, for when NVML does not answer: its last answer, and the result of an update (takes its
 * domain). */
void vgate_switchover_note_snapshot (VgateSwitchover *switchover, VgateSnapshot *snapshot);
void vgate_switchover_note_update (VgateSwitchover *switchover, VgateUpdate *update);

/* The domain has ended, or no longer has a vGPU. */
void vgate_switchover_forget (VgateSwitchover *switchover, const char *uuid);

/* Sets whether the QEMU of each guest in the status is on the bus; those of a guest without our object, or
 * without a bus in the policy, are not expected there. */
void vgate_switchover_describe (const VgateSwitchover *switchover, VgateStatus *status);
