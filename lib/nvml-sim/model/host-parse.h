/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the keyfile to a host. Strict: an unknown group or key, a value out of its bounds or a reference into
 * nowhere is an error, so that a typing mistake never makes a host that is silently another one.
 */
#pragma once

#include "nvml-sim/model/host.h"

#define VGPU_SIM_GROUP_DRIVER      "driver"
#define VGPU_SIM_GROUP_FAULTS      "faults"
#define VGPU_SIM_GROUP_GPU_PREFIX  "gpu "
#define VGPU_SIM_GROUP_TYPE_PREFIX "type "
#define VGPU_SIM_GROUP_VGPU_PREFIX "vgpu "
#define VGPU_SIM_FAULT_HANG        "hang"

/* One TiB in MiB: far beyond any GPU, and far from overflow once it is bytes. */
#define VGPU_SIM_FRAMEBUFFER_MAX_MIB (G_GUINT64_CONSTANT (1) << 20)

/* Of one GPU; real ones have 7. */
#define VGPU_SIM_SLICES_MAX 64

/* errors: VGPU_SIM_ERROR_FILE, with the group and the key that is at fault */
VgpuSimHost *vgpu_sim_host_parse (GKeyFile *file, GError **error);
/* "host-vgpu" and so on, as the keyfile has it, of the mode of a GPU that was parsed. Static. */
const char *vgpu_sim_mode_name (guint mode);
