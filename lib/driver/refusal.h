/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Explains why the driver refuses a setting. Only the program vgpu-gate-nvml calls this. */
#pragma once

#include "vgpu-gate/vgpu-gate.h"

/*
 * Takes ownership of the error of a call that sets something, and adds a code and the reason:
 * VGATE_CODE_NOT_ROOT, or VGATE_CODE_NVML_REFUSED with the obstacle, such as running vGPUs, and the way out.
 * An error that is not a refusal is not changed. gpu is the GPU's address, or NULL when the whole host is
 * set.
 */
void vgate_refusal_explain (VgateNvml *nvml, const char *gpu, GError *refusal, GError **error);
