/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the keyfile is, and reading it. */
#pragma once

#include "nvml-sim/model/host.h"

#define VGPU_SIM_HOST_VARIABLE "VGPU_SIM_HOST"
#define VGPU_SIM_HOST_DEFAULT  "/etc/vgpu-gate/sim-host.conf"

/* $VGPU_SIM_HOST, else the default. Never freed, and valid until the environment changes. */
const char *vgpu_sim_host_path (void);

/* The file as a key file, comments included; errors: VGPU_SIM_ERROR_FILE, with the path */
GKeyFile *vgpu_sim_host_read (const char *path, GError **error);

/* Read and parsed; errors as above */
VgpuSimHost *vgpu_sim_host_load (const char *path, GError **error);
