/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses the vGPU types of the keyfile. */
#pragma once

#include "nvml-sim/model/host.h"
#include "nvml-sim/model/value.h"

gboolean vgpu_sim_host_parse_type (VgpuSimHost *host, VgpuSimGroup group, GError **error);
