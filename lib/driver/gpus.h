/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists the GPUs in vGPU host mode. Only the program vgpu-gate-nvml calls this. */
#pragma once

#include "host/host.h"

typedef struct {
    VgateNvmlDevice device;
    guint32 index; /* NVML's index */
    char *address;
    char *name; /* "unknown" when the driver's text is empty */
} VgateGpu;

/*
 * The GPUs (VgateGpu *) in NVML's order; the list can be empty. A GPU for which NVML fails, or whose address
 * is invalid or that of another GPU, is added to unusable (of VgateUnusableGpu *) instead. *n_listed is the
 * number of GPUs that NVML lists. NULL with the driver's error when that number cannot be read.
 */
GPtrArray *vgate_gpus_list (VgateNvml *nvml, GPtrArray *unusable, guint *n_listed, GError **error);

/* Moves a GPU for which NVML fails from the list to unusable. */
void vgate_gpus_drop (GPtrArray *gpus, guint index, const GError *why, GPtrArray *unusable);

/* FALSE with the driver's error when there are unusable GPUs but no usable one. */
gboolean vgate_gpus_check_any (const GPtrArray *usable, const GPtrArray *unusable, GError **error);

/*
 * Like vgate_gpus_list (), with all GPUs (name is NULL) or only the one with this name, but never empty:
 * VGATE_CODE_NO_PGPU when there is none, and the driver's error when the requested GPU, or no GPU, can be
 * used. The name is NVML's index, its UUID ("GPU-..."), or a PCI address. With a name, unusable is unchanged.
 */
GPtrArray *vgate_gpus_find (VgateNvml *nvml, const char *name, GPtrArray *unusable, GError **error);
