/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds and reads the keyfile. */
#pragma once

#include "nvml-sim/model/host.h"

#define VGPU_SIM_HOST_VARIABLE "VGPU_SIM_HOST"
#define VGPU_SIM_HOST_DEFAULT  "/etc/vgpu-gate/sim-host.conf"

/* $VGPU_SIM_HOST, or the default path. Never freed, and valid until the environment changes. */
const char *vgpu_sim_host_path (void);

/* Reads the file as a GKeyFile with comments. errors: VGPU_SIM_ERROR_FILE, with the path */
GKeyFile *vgpu_sim_host_read (const char *path, GError **error);

/* Reads and parses the file. errors: as above */
VgpuSimHost *vgpu_sim_host_load (const char *path, GError **error);
