/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers that NVML could have given: the sample host with vGPUs of the sample domain on its first pGPU. */
#pragma once

#include "vgpu-gate/vgpu-gate.h"
#include "plugin/jobs/job.h"
#include "plugin/capture/snapshot.h"
#include "tests/unit/sample.h"

/* One vGPU for each record, with the UUID and device of the vGPU with this number in sample_element (). */
VgateSnapshot *answers_snapshot (const VgateVgpuRecord *records, guint n_records);

/* The same, with the driver's answer about the first record. */
VgateSnapshot *answers_snapshot_judged (const VgateVgpuRecord *record, VgateAnswer answer);

/* For changes as by vgpu-sim update, before the snapshot is shared. */
VgatePgpu *answers_pgpu (VgateSnapshot *snapshot);

/* Facts that libvirt could have reported about a job: the sample domain with this record in its element, or
 * without an element. */
VgateJobFacts answers_facts (VgateJobKind kind, const VgateVgpuRecord *record);
