/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The GPUs in vGPU host mode. Only the program vgpu-gate-nvml calls this. */
#pragma once

#include "host/host.h"

typedef struct {
    VgateNvmlDevice device;
    guint32 index; /* NVML's */
    char *address;
    char *name; /* "unknown" where the driver's is empty */
} VgateGpu;

/*
 * VgateGpu *, in NVML's order, possibly none. A GPU at which NVML fails, or whose address cannot be, or is
 * that of another one, is added to unusable (of VgateUnusableGpu *) instead. *n_listed: how many NVML lists.
 * NULL with the driver's error when it does not even say how many there are.
 */
GPtrArray *vgate_gpus_list (VgateNvml *nvml, GPtrArray *unusable, guint *n_listed, GError **error);

/* Takes a GPU out of the list, as NVML fails at it: into unusable. */
void vgate_gpus_drop (GPtrArray *gpus, guint index, const GError *why, GPtrArray *unusable);

/* FALSE, with the driver's error, when nothing is left but unusable ones. */
gboolean vgate_gpus_check_any (const GPtrArray *usable, const GPtrArray *unusable, GError **error);

/*
 * As vgate_gpus_list (), all or only the one with this address, and never empty: VGATE_CODE_NO_PGPU when
 * there is none; the driver's error when that one cannot be used, or all. With an address, unusable stays as
 * it is.
 */
GPtrArray *vgate_gpus_find (VgateNvml *nvml, const char *address, GPtrArray *unusable, GError **error);
