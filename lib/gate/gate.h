/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The gate: operation + domain + host + policy -> decision and report.
 *
 * Nothing here reads XML or configuration; it is handed both, looks at sysfs, /proc and /run under a root
 * that can be set, and asks NVML through the probe, unless it is given a host document to judge instead of
 * this host. It writes leases in /run/vgpu-gate, and at START it makes devices in sysfs.
 */
#pragma once

#include "gate/decision.h"
#include "gate/request.h"

/* TRUE when one of the domain's hostdevs is an NVIDIA vGPU on this host. */
gboolean vgate_gate_has_vgpu (const VgateDomain *domain, const char *root);

/*
 * Never NULL, never an error: whatever goes wrong is a refusal with its code. Borrows from the request.
 *
 * "Does it concern us?" comes first, and where it does not, the decision is VGATE_CODE_NOT_CONCERNED. A cold
 * start does not, as a guest that does not run carries no metadata: so no fault of the configuration keeps a
 * vGPU guest from being started. But one that could not be started anyhow does: its device is missing, and
 * had been made for it.
 */
VgateDecision *vgate_gate_decide (const VgateRequest *request);
