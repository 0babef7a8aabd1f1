/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which vGPUs share a GPU, and where on it each of them is.
 *
 * Documented by NVIDIA: the time-sliced vGPUs of a GPU all have frame buffers of one size, whatever their
 * series (homogeneous, the default), unless the GPU is in heterogeneous mode; there a vGPU begins at a
 * placement id out of a list for its type and takes a number of slots from there.
 *
 * Under MIG only MIG-backed types run, each in a GPU instance of its own, whose profile the type names;
 * outside of it only the others.
 *
 * Our choice, for no document says it: a slot is 256 MiB; a GPU and a vGPU have as many slots as their frame
 * buffer needs; a type's placement ids are the multiples of its own size, unless the host file lists others;
 * and a vGPU goes to the lowest one that is free. A GPU instance takes slices of the GPU, any that are left;
 * it comes and goes with its vGPU, where a real administrator makes it before.
 */
#pragma once

#include "nvml-sim/model/host.h"

#define VGPU_SIM_SLOT_MIB 256u
/* NVML's placement id of a vGPU that has none. */
#define VGPU_SIM_NO_PLACEMENT 0xffffu

/* In slots. */
guint32 vgpu_sim_place_size (const VgpuSimType *type);
guint32 vgpu_sim_place_region (const VgpuSimGpu *gpu);

/* Lists of placement ids, guint32, ascending: of the homogeneous mode and what a type has by default; and
 * those of the offer that no vGPU covers. */
GArray *vgpu_sim_place_multiples (const VgpuSimGpu *gpu, const VgpuSimType *type);
GArray *vgpu_sim_place_free (const VgpuSimHost *host, const VgpuSimGpu *gpu, const VgpuSimOffer *offer);

/* One of the offer's ids, and covered by no vGPU. */
gboolean vgpu_sim_place_is_free (const VgpuSimHost *host, const VgpuSimGpu *gpu, const VgpuSimOffer *offer,
                                 guint32 placement);

/* Under MIG: what is left of the GPU's slices, and of the numbers of GPU instances, which begin at 1. */
guint32 vgpu_sim_place_free_slices (const VgpuSimHost *host, const VgpuSimGpu *gpu);
gboolean vgpu_sim_place_gpu_instance_is_free (const VgpuSimHost *host, const VgpuSimGpu *gpu, guint32 id);
guint32 vgpu_sim_place_free_gpu_instance (const VgpuSimHost *host, const VgpuSimGpu *gpu);

/* The most instances that run at once, with nothing else on the GPU. */
guint32 vgpu_sim_place_most (const VgpuSimGpu *gpu, const VgpuSimOffer *offer);

/* Why no further instance fits, in words that are static; NULL when one does. */
const char *vgpu_sim_place_obstacle (const VgpuSimHost *host, const VgpuSimGpu *gpu,
                                     const VgpuSimOffer *offer);
