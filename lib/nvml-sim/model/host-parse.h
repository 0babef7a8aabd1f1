/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parses the keyfile into a host. It is strict: an unknown group or key, a value out of bounds or a reference
 * to something that does not exist is an error, so that a typing mistake cannot silently result in a
 * different host.
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

/* The most slices of one GPU; real GPUs have 7. */
#define VGPU_SIM_SLICES_MAX 64

/* errors: VGPU_SIM_ERROR_FILE, with the wrong group and key */
VgpuSimHost *vgpu_sim_host_parse (GKeyFile *file, GError **error);
/* The keyfile's name for the mode of a parsed GPU, such as "host-vgpu". Static. */
const char *vgpu_sim_mode_name (guint mode);
