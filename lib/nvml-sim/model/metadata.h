/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The metadata that the simulated driver gives out, from what the host file says. */
#pragma once

#include "nvml-sim/model/host.h"

/* The true sizes, as measured on r580; the structures' sizeof is smaller, their opaque data is declared
 * char[4]. */
#define VGPU_SIM_VGPU_METADATA_SIZE 468u
#define VGPU_SIM_PGPU_METADATA_SIZE 380u
#define VGPU_SIM_PGPU_STRING_SIZE   256u

/* Writes exactly that many bytes; the string is zero padded. */
void vgpu_sim_metadata_pgpu_string (const VgpuSimGpu *gpu, char string[static VGPU_SIM_PGPU_STRING_SIZE]);
void vgpu_sim_metadata_of_gpu (const VgpuSimHost *host, const VgpuSimGpu *gpu, void *metadata);
void vgpu_sim_metadata_of_vgpu (const VgpuSimHost *host, const VgpuSimVgpu *vgpu, void *metadata);
