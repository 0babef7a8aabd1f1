/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device handles, and the first checks of calls with a device, an instance or a type.
 *
 * A handle is the GPU's PCI address with a mark in its upper bits, as a pointer. It needs no table, stays
 * valid when the file changes, and no value from a client can crash the library. It points to no memory, so a
 * client that dereferences it crashes. The handle of a GPU instance is likewise the number of the vGPU that
 * runs in it, because it is created and removed with that vGPU (place.h).
 */
#pragma once

#include "nvml-sim/model/host.h"

struct nvmlDevice_st;
struct nvmlGpuInstance_st;

struct nvmlDevice_st *vgpu_sim_handle (const VgpuSimGpu *gpu);

struct nvmlGpuInstance_st *vgpu_sim_gpu_instance_handle (const VgpuSimVgpu *vgpu);

/* The code of a fault of this call that only concerns this GPU; NVML_SUCCESS without one. */
int vgpu_sim_gpu_fault (const char *call, const VgpuSimHost *host, const VgpuSimGpu *gpu);

/* Checks as vgpu_sim_state_enter () does. Then NULL or an invalid handle results in INVALID_ARGUMENT, and a
 * GPU that is no longer in the file in GPU_IS_LOST. */
int vgpu_sim_enter_gpu (const char *call, struct nvmlDevice_st *device, VgpuSimHost **host,
                        const VgpuSimGpu **gpu);
/* The same for calls that only a vGPU host supports: NOT_SUPPORTED in any other virtualization mode. */
int vgpu_sim_enter_vgpu_host (const char *call, struct nvmlDevice_st *device, VgpuSimHost **host,
                              const VgpuSimGpu **gpu);
/* The same for calls that check an argument first (measured): INVALID_ARGUMENT for NULL in every mode. */
int vgpu_sim_enter_vgpu_host_with (const char *call, struct nvmlDevice_st *device, const void *argument,
                                   VgpuSimHost **host, const VgpuSimGpu **gpu);
/* Checks in the measured order: argument NULL and instance 0 result in INVALID_ARGUMENT, an instance that
 * does not run in NOT_FOUND. A fault of this call on the vGPU's GPU comes last. */
int vgpu_sim_enter_vgpu (const char *call, guint32 instance, const void *argument, VgpuSimHost **host,
                         const VgpuSimVgpu **vgpu);
/* The last step of vgpu_sim_enter_vgpu (), for calls that check something else before. */
int vgpu_sim_find_vgpu (const char *call, const VgpuSimHost *host, guint32 instance,
                        const VgpuSimVgpu **vgpu);
/* For calls of a GPU instance: INVALID_ARGUMENT for NULL, for an invalid handle, and for one that no longer
 * exists. *vgpu is the vGPU that runs in it. */
int vgpu_sim_enter_gpu_instance (const char *call, struct nvmlGpuInstance_st *instance, VgpuSimHost **host,
                                 const VgpuSimVgpu **vgpu);
/* INVALID_ARGUMENT for a type that the host does not have. */
int vgpu_sim_find_type (const VgpuSimHost *host, guint32 id, const VgpuSimType **type);
