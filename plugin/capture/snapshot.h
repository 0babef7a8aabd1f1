/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What NVML said of this host at one moment, by VM. It never changes, so that threads can share it. */
#pragma once

#include "driver/probe.h"

typedef struct {
    VgateProbe *probe; /* with instances */
    GPtrArray *judged; /* of GBytes *: vGPU metadata that the driver was asked about */
    GHashTable *by_vm; /* UUID -> GPtrArray of VgateInstance *, by their UUIDs; both borrowed from probe */
    GHashTable *fingerprints; /* UUID -> text */
} VgateSnapshot;

/* Takes the probe. judged: what vgate_probe_ask () got; NULL for none. */
VgateSnapshot *vgate_snapshot_new (VgateProbe *probe, GPtrArray *judged);
VgateSnapshot *vgate_snapshot_ref (VgateSnapshot *snapshot);
void vgate_snapshot_unref (VgateSnapshot *snapshot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateSnapshot, vgate_snapshot_unref)

/* The vGPUs of a VM, at least one, as VgateInstance *; NULL: it has none. uuid in lower case. Borrowed. */
const GPtrArray *vgate_snapshot_find (const VgateSnapshot *snapshot, const char *uuid);

/* What the host's driver said of these bytes on a pGPU (an index); NULL: it was not asked. Borrowed. */
const VgateDriverAnswer *vgate_snapshot_find_answer (const VgateSnapshot *snapshot, GBytes *vgpu, guint pgpu);

/*
 * A text that changes exactly when something changes that NVML says of the VM's vGPUs and goes into its
 * element. NULL: it has none. Borrowed.
 */
const char *vgate_snapshot_fingerprint (const VgateSnapshot *snapshot, const char *uuid);

/* TRUE when the VM has a vGPU whose guest driver is not up: the fast interval is for it. */
gboolean vgate_snapshot_is_driver_down (const VgateSnapshot *snapshot, const char *uuid);
