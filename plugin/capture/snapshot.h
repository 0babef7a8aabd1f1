/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NVML's answer about this host at one moment, by VM. It never changes, so that threads can share it. */
#pragma once

#include "driver/probe.h"

typedef struct {
    VgateProbe *probe; /* with instances */
    GPtrArray *judged; /* of GBytes *: vGPU metadata that the driver has judged */
    GHashTable *by_vm; /* UUID -> GPtrArray of VgateInstance *, by their UUIDs; both borrowed from probe */
    GHashTable *fingerprints; /* UUID -> text */
} VgateSnapshot;

/* Takes the probe. judged: the argument of vgate_probe_ask (); NULL for none. */
VgateSnapshot *vgate_snapshot_new (VgateProbe *probe, GPtrArray *judged);
VgateSnapshot *vgate_snapshot_ref (VgateSnapshot *snapshot);
void vgate_snapshot_unref (VgateSnapshot *snapshot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateSnapshot, vgate_snapshot_unref)

/* Returns the vGPUs of a VM (VgateInstance *, at least one); NULL if it has none. uuid in lower case.
 * Borrowed. */
const GPtrArray *vgate_snapshot_find (const VgateSnapshot *snapshot, const char *uuid);

/* Returns the host driver's answer about these bytes on a pGPU (an index); NULL: it was not asked.
 * Borrowed. */
const VgateDriverAnswer *vgate_snapshot_find_answer (const VgateSnapshot *snapshot, GBytes *vgpu, guint pgpu);

/* Returns a text that changes exactly if NVML's answer about the VM's vGPUs changes in a part that goes into
 * the element. NULL: it has no vGPUs. Borrowed. */
const char *vgate_snapshot_fingerprint (const VgateSnapshot *snapshot, const char *uuid);

/* TRUE if the VM has a vGPU whose guest driver is not up, which needs the fast interval. */
gboolean vgate_snapshot_is_driver_down (const VgateSnapshot *snapshot, const char *uuid);
