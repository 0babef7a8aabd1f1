/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gate at switch-over. QEMU asks here when a guest that is set up so leaves (Save) and before it resumes
 * where it arrives (Load), while it is paused.
 *
 * Save never fails: QEMU would go on, and a save image could then not be restored. It hands out the freshest
 * that is known within save-ms. Load reads it as strictly as the hook reads XML, and decides by engine and
 * policy, for the GPU on which the guest's vGPUs sit by then, within load-ms.
 */
#pragma once

#include "plugin/libvirt/connection.h"
#include "plugin/capture/update.h"
#include "policy/policy.h"
#include "plugin/capture/prober.h"
#include "plugin/base/tally.h"

typedef struct VgateSwitchover VgateSwitchover;

/* NULL when the policy has no bus for it. All are borrowed and must outlive it; but the prober is freed
 * first, so that it calls no more. */
VgateSwitchover *vgate_switchover_new (const VgatePolicy *policy, VgateProber *prober,
                                       VgateConnection *connection, VgateTally *tally);
/* Waits for the decisions that are under way. switchover may be NULL, here and below. */
void vgate_switchover_free (VgateSwitchover *switchover);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateSwitchover, vgate_switchover_free)

void vgate_switchover_start (VgateSwitchover *switchover);

/* Before the process ends: answers at once what is being waited for. */
void vgate_switchover_stop (VgateSwitchover *switchover);

/* What is known, for when NVML does not answer: its last answer, and what an update found (takes
 * its domain). */
void vgate_switchover_note_snapshot (VgateSwitchover *switchover, VgateSnapshot *snapshot);
void vgate_switchover_note_update (VgateSwitchover *switchover, VgateUpdate *update);

/* The domain has ended, or has no vGPU any more. */
void vgate_switchover_forget (VgateSwitchover *switchover, const char *uuid);
