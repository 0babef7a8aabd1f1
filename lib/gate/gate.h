/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gate: operation + domain + host + policy -> decision and report.
 *
 * It reads neither the domain's XML nor the configuration; it gets both. It examines sysfs, /proc and /run
 * below root, and asks NVML through the probe, unless it gets a host document to judge instead of this host.
 * It writes leases in /run/vgpu-gate, and at START it creates devices in sysfs.
 */
#pragma once

#include "gate/decision.h"
#include "gate/request.h"

/* TRUE when one of the domain's devices is or can be an NVIDIA vGPU on this host. */
gboolean vgate_gate_has_vgpu (const VgateDomain *domain, const char *root);

/*
 * Returns a decision, never NULL: every error becomes a refusal with its code. The decision borrows from the
 * request.
 *
 * It first finds out whether the gate is concerned at all; if not, the code is VGATE_CODE_NOT_CONCERNED. By
 * default a cold start is not judged, because a guest that is not running has no metadata: an error in the
 * configuration does not prevent a guest with vGPUs from being started, unless its device is missing and had
 * been created for it, so that it could not start anyway. With cold-start=check it is judged.
 */
VgateDecision *vgate_gate_decide (const VgateRequest *request);
