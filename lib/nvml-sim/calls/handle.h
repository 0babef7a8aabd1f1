/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device handles, and the way in for calls that name a device, an instance or a type.
 *
 * A handle is the GPU's PCI address with a mark above it, dressed up as a pointer: it needs no table, stays
 * valid when the file changes, and no value that a client makes up can crash us. It points nowhere, and a
 * client that looks behind it is told so by the processor.
 */
#pragma once

#include "nvml-sim/model/host.h"

struct nvmlDevice_st;

struct nvmlDevice_st *vgpu_sim_handle (const VgpuSimGpu *gpu);

/* What the call returns on this GPU alone, because of a fault; else NVML_SUCCESS. */
int vgpu_sim_gpu_fault (const char *call, const VgpuSimHost *host, const VgpuSimGpu *gpu);

/* As vgpu_sim_state_enter, then: NULL or no handle of ours gives INVALID_ARGUMENT, a GPU that has gone from
 * the file GPU_IS_LOST. */
int vgpu_sim_enter_gpu (const char *call, struct nvmlDevice_st *device, VgpuSimHost **host,
                        const VgpuSimGpu **gpu);
/* Further, for calls that only a vGPU host answers: NOT_SUPPORTED in any other virtualization mode. */
int vgpu_sim_enter_vgpu_host (const char *call, struct nvmlDevice_st *device, VgpuSimHost **host,
                              const VgpuSimGpu **gpu);
/* The same for calls that look at an argument first (measured): NULL gives INVALID_ARGUMENT in every mode. */
int vgpu_sim_enter_vgpu_host_with (const char *call, struct nvmlDevice_st *device, const void *argument,
                                   VgpuSimHost **host, const VgpuSimGpu **gpu);
/* In the measured order: argument NULL and instance 0 give INVALID_ARGUMENT, one that does not run NOT_FOUND.
 */
int vgpu_sim_enter_vgpu (const char *call, guint32 instance, const void *argument, VgpuSimHost **host,
                         const VgpuSimVgpu **vgpu);
/* The last step of vgpu_sim_enter_vgpu, for calls that check something else before. */
int vgpu_sim_find_vgpu (const VgpuSimHost *host, guint32 instance, const VgpuSimVgpu **vgpu);
/* A type that the host does not have gives INVALID_ARGUMENT. */
int vgpu_sim_find_type (const VgpuSimHost *host, guint32 id, const VgpuSimType **type);
