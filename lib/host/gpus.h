/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The GPUs in vGPU host mode. Only the program vgpu-gate-nvml calls this. */
#pragma once

#include "vgpu-gate/vgpu-gate.h"

typedef struct {
    VgateNvmlDevice device;
    char *address;
    char *name;
} VgateGpu;

/* VgateGpu *, in NVML's order: all, or the one with this address. Never empty: VGATE_CODE_NO_PGPU when there
 * is none; or the driver's error. */
GPtrArray *vgate_gpus_find (VgateNvml *nvml, const char *address, GError **error);
