/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which vGPU gets which GPU (assign-gpus.c), and which device there (assign-devices.c).
 */
#pragma once

#include "gate/judge.h"
#include "placement/lease.h"

/*
 * Gives every vGPU a pGPU of its own choice, so that no pGPU gets more than it has room for: sets chosen in
 * each placement. promises, of VgatePromise, take room as well; NULL: none. FALSE when that cannot be done
 * for all; those without a choice then have chosen -1.
 */
gboolean vgate_assign_gpus (GPtrArray *placements, const VgateHost *host, const GArray *promises,
                            const VgatePolicy *policy);

/* TRUE when the devices of the domain's hostdevs are to be looked after, rather than taken as they are. */
gboolean vgate_assign_devices_concerns (const VgateRequest *request);

/* The leases, locked until they are freed (a dry run only looks); so before NVML is asked. NULL with an error
 * of vgate_leases_open (). */
VgateLeases *vgate_assign_devices_lock (const VgateRequest *request, GError **error);

/*
 * Judges, chooses and leases; sets the decision. FALSE with an error, as vgate_judge_all ().
 */
gboolean vgate_assign_devices (const VgateJudgement *j, GError **error);
