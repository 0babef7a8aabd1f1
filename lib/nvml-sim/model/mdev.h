/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The machine's own mediated devices, which can stand for vGPUs. Which simulated GPU one belongs to is told
 * by that GPU's mdev-parent in the host file; its type is the number that ends the name of its type in sysfs
 * (nvidia-1128).
 */
#pragma once

#include "nvml-sim/model/host.h"

typedef struct {
    const VgpuSimGpu *gpu; /* of the host */
    guint32 type;          /* whether the GPU offers it is not asked */
} VgpuSimMdev;

/* Looks the device up in ROOT/sys. errors: VGPU_SIM_ERROR_IMPOSSIBLE when there is none, when its parent is
 * no GPU's, or when its type has no number */
gboolean vgpu_sim_mdev_find (const char *root, const VgpuSimHost *host, const char *uuid, VgpuSimMdev *mdev,
                             GError **error);
