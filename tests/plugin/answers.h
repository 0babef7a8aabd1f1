/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What NVML could have said, made up: the sample host with vGPUs of the sample domain on its first pGPU. */
#pragma once

#include "vgpu-gate/vgpu-gate.h"
#include "plugin/jobs/job.h"
#include "plugin/capture/snapshot.h"
#include "tests/unit/sample.h"

/* One vGPU a record, with the UUID and device that the vGPU of this number has in sample_element (). */
VgateSnapshot *answers_snapshot (const VgateVgpuRecord *records, guint n_records);

/* The same, and the driver was asked about the first record: this is its answer. */
VgateSnapshot *answers_snapshot_judged (const VgateVgpuRecord *record, VgateAnswer answer);

/* Before the snapshot is shared: as vgpu-sim update would change it. */
VgatePgpu *answers_pgpu (VgateSnapshot *snapshot);

/* What libvirt could have said of a job: the sample domain with this record in its element, or without one.
 */
VgateJobFacts answers_facts (VgateJobKind kind, const VgateVgpuRecord *record);
