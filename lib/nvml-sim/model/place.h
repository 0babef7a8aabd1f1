/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Determines which vGPUs can share a GPU, and the place of each.
 *
 * Documented by NVIDIA: all time-sliced vGPUs of a GPU have frame buffers of the same size, whatever their
 * series (homogeneous, the default), unless the GPU is in heterogeneous mode. In that mode a vGPU begins at a
 * placement ID from a list for its type, and occupies a number of slots from there.
 *
 * In MIG mode only MIG-backed types run, each in its own GPU instance, whose profile is a property of the
 * type. Outside of MIG mode only the other types run.
 *
 * Not documented, and chosen for the simulation: a slot is 256 MiB; a GPU and a vGPU have as many slots as
 * their frame buffer needs; a type's placement IDs are the multiples of its size, unless the host file lists
 * others; and a vGPU gets the lowest free ID. A GPU instance takes any free slices of the GPU. It is created
 * and removed with its vGPU, while on a real host the administrator creates it in advance.
 */
#pragma once

#include "nvml-sim/model/host.h"

#define VGPU_SIM_SLOT_MIB 256u
/* NVML's placement ID of a vGPU without a placement. */
#define VGPU_SIM_NO_PLACEMENT 0xffffu

/* The sizes in slots. */
guint32 vgpu_sim_place_size (const VgpuSimType *type);
guint32 vgpu_sim_place_region (const VgpuSimGpu *gpu);

/* Lists of placement IDs, guint32, ascending: _multiples gives those of homogeneous mode, which are a type's
 * default, and _free those of the offer where no vGPU is. */
GArray *vgpu_sim_place_multiples (const VgpuSimGpu *gpu, const VgpuSimType *type);
GArray *vgpu_sim_place_free (const VgpuSimHost *host, const VgpuSimGpu *gpu, const VgpuSimOffer *offer);

/* TRUE when the placement is one of the offer's IDs, and no vGPU occupies its slots. */
gboolean vgpu_sim_place_is_free (const VgpuSimHost *host, const VgpuSimGpu *gpu, const VgpuSimOffer *offer,
                                 guint32 placement);

/* In MIG mode: the free slices of the GPU, and the free IDs of GPU instances, which begin at 1. */
guint32 vgpu_sim_place_free_slices (const VgpuSimHost *host, const VgpuSimGpu *gpu);
gboolean vgpu_sim_place_gpu_instance_is_free (const VgpuSimHost *host, const VgpuSimGpu *gpu, guint32 id);
guint32 vgpu_sim_place_free_gpu_instance (const VgpuSimHost *host, const VgpuSimGpu *gpu);

/* The largest number of instances that can run at once on an otherwise empty GPU. */
guint32 vgpu_sim_place_most (const VgpuSimGpu *gpu, const VgpuSimOffer *offer);

/* Why no further instance fits, as a static text; NULL when one fits. */
const char *vgpu_sim_place_obstacle (const VgpuSimHost *host, const VgpuSimGpu *gpu,
                                     const VgpuSimOffer *offer);
