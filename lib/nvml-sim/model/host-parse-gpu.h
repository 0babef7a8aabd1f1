/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses the GPUs of the keyfile. The types must have been parsed before. */
#pragma once

#include "nvml-sim/model/host.h"
#include "nvml-sim/model/value.h"

gboolean vgpu_sim_host_parse_gpu (VgpuSimHost *host, VgpuSimGroup group, GError **error);
