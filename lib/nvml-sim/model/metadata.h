/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the metadata of the simulated driver from the host file. */
#pragma once

#include "nvml-sim/model/host.h"

/* The real sizes (measured on r580). sizeof of the structures is smaller, as their opaque data is declared as
 * char[4]. */
#define VGPU_SIM_VGPU_METADATA_SIZE 468u
#define VGPU_SIM_PGPU_METADATA_SIZE 380u
#define VGPU_SIM_PGPU_STRING_SIZE   256u

/* They write exactly these sizes; the string is padded with zeros. */
void vgpu_sim_metadata_pgpu_string (const VgpuSimGpu *gpu, char string[static VGPU_SIM_PGPU_STRING_SIZE]);
void vgpu_sim_metadata_of_gpu (const VgpuSimHost *host, const VgpuSimGpu *gpu, void *metadata);
void vgpu_sim_metadata_of_vgpu (const VgpuSimHost *host, const VgpuSimVgpu *vgpu, void *metadata);
