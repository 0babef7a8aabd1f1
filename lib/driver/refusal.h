/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why the driver refuses a setting. Only the program vgpu-gate-nvml calls this. */
#pragma once

#include "vgpu-gate/vgpu-gate.h"

/*
 * Takes the error of a call that sets something and gives it our code and the reason: VGATE_CODE_NOT_ROOT, or
 * VGATE_CODE_NVML_REFUSED with what stands in the way, such as the vGPUs that run, and the way out. An error
 * that is no refusal stays what it is. gpu: the GPU's address, or NULL when the whole host is set.
 */
void vgate_refusal_explain (VgateNvml *nvml, const char *gpu, GError *refusal, GError **error);
