/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mediated devices of the machine, which can represent vGPUs. The mdev-parent of a simulated GPU in the host
 * file determines which devices belong to it. A device's type is the number at the end of its type's name in
 * sysfs (nvidia-1128).
 */
#pragma once

#include "nvml-sim/model/host.h"

typedef struct {
    const VgpuSimGpu *gpu; /* of the host */
    guint32 type;          /* the GPU need not offer it */
} VgpuSimMdev;

/* Finds the device in ROOT/sys. errors: VGPU_SIM_ERROR_IMPOSSIBLE when it does not exist, its parent belongs
 * to no GPU, or its type has no number */
gboolean vgpu_sim_mdev_find (const char *root, const VgpuSimHost *host, const char *uuid, VgpuSimMdev *mdev,
                             GError **error);
