/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Assigns GPUs (assign-gpus.c) and devices (assign-devices.c) to vGPUs. */
#pragma once

#include "gate/judge.h"
#include "placement/lease.h"

/*
 * Chooses a possible pGPU for every vGPU, so that no pGPU gets more than it has room for, and sets chosen in
 * each placement. promises, of VgatePromise, take room as well; NULL: none. FALSE when that is not possible
 * for all; chosen is then -1 for those without a pGPU.
 */
gboolean vgate_assign_gpus (GPtrArray *placements, const VgateHost *host, const GArray *promises,
                            const VgatePolicy *policy);

/* TRUE when the gate looks after the devices of the domain: checks whether they are in use, and leases
 * them. */
gboolean vgate_assign_devices_concerns (const VgateRequest *request);

/* The leases, which are locked until they are freed; a dry run does not lock them. Called before NVML is
 * asked. NULL with an error of vgate_leases_open (). */
VgateLeases *vgate_assign_devices_lock (const VgateRequest *request, GError **error);

/*
 * Judges the vGPUs, chooses devices, writes leases, and sets the decision. FALSE with an error as for
 * vgate_judge_all ().
 */
gboolean vgate_assign_devices (const VgateJudgement *j, GError **error);
