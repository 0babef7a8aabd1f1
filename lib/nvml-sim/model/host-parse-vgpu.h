/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses the running vGPUs of the keyfile. GPUs and types must have been parsed before. */
#pragma once

#include "nvml-sim/model/host.h"
#include "nvml-sim/model/value.h"

gboolean vgpu_sim_host_parse_vgpu (VgpuSimHost *host, VgpuSimGroup group, GError **error);
