/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/calls/handle.h"

#include "nvml-sim/calls/state.h"
#include "nvml/nvml-abi-more.h"

/* "VG" in the 16 bits above domain (32 bits), bus (8), device (5) and function (3). */
#define HANDLE_MARK (G_GUINT64_CONSTANT (0x5647) << 48)
/* "VI" in the 16 bits above the number of a vGPU. */
#define GPU_INSTANCE_MARK (G_GUINT64_CONSTANT (0x5649) << 48)
#define MARK_MASK         (G_GUINT64_CONSTANT (0xffff) << 48)

G_STATIC_ASSERT (sizeof (nvmlDevice_t) == sizeof (guint64));

struct nvmlDevice_st *
vgpu_sim_handle (const VgpuSimGpu *gpu)
{
    const VgpuSimAddress at = gpu->address;
    const guint64 bits =
        (guint64)at.domain << 16 | (guint64)at.bus << 8 | (guint64)at.device << 3 | at.function;

    return (nvmlDevice_t)(guintptr)(HANDLE_MARK | bits);
}

nvmlGpuInstance_t
vgpu_sim_gpu_instance_handle (const VgpuSimVgpu *vgpu)
{
    return (nvmlGpuInstance_t)(guintptr)(GPU_INSTANCE_MARK | vgpu->instance);
}

static gboolean
handle_address (nvmlDevice_t device, VgpuSimAddress *address)
{
    const guint64 bits = (guintptr)device;

    if ((bits & MARK_MASK) != HANDLE_MARK)
        return FALSE;
    *address = (VgpuSimAddress){(guint32)(bits >> 16), (guint8)(bits >> 8), bits >> 3 & 31, bits & 7};
    return TRUE;
}

int
vgpu_sim_gpu_fault (const char *call, const VgpuSimHost *host, const VgpuSimGpu *gpu)
{
    const VgpuSimFault *fault = vgpu_sim_host_gpu_fault (host, call, gpu);

    return fault ? fault->code : NVML_SUCCESS;
}

int
vgpu_sim_enter_gpu (const char *call, struct nvmlDevice_st *device, VgpuSimHost **host,
                    const VgpuSimGpu **gpu)
{
    const int code = vgpu_sim_state_enter (call, host);
    VgpuSimAddress address;

    if (code != NVML_SUCCESS)
        return code;
    /* the real library crashes on NULL and on an invalid handle, which a test driver should not do */
    if (!handle_address (device, &address))
        return NVML_ERROR_INVALID_ARGUMENT;
    *gpu = vgpu_sim_host_gpu (*host, address);
    return *gpu ? vgpu_sim_gpu_fault (call, *host, *gpu) : NVML_ERROR_GPU_IS_LOST;
}

static int
check_mode (const VgpuSimGpu *gpu)
{
    return gpu->mode == NVML_VIRTUALIZATION_MODE_HOST_VGPU ? NVML_SUCCESS : NVML_ERROR_NOT_SUPPORTED;
}

int
vgpu_sim_enter_vgpu_host (const char *call, struct nvmlDevice_st *device, VgpuSimHost **host,
                          const VgpuSimGpu **gpu)
{
    const int code = vgpu_sim_enter_gpu (call, device, host, gpu);

    return code == NVML_SUCCESS ? check_mode (*gpu) : code;
}

int
vgpu_sim_enter_vgpu_host_with (const char *call, struct nvmlDevice_st *device, const void *argument,
                               VgpuSimHost **host, const VgpuSimGpu **gpu)
{
    const int code = vgpu_sim_enter_gpu (call, device, host, gpu);

    if (code != NVML_SUCCESS)
        return code;
    return argument ? check_mode (*gpu) : NVML_ERROR_INVALID_ARGUMENT;
}

int
vgpu_sim_find_vgpu (const char *call, const VgpuSimHost *host, guint32 instance, const VgpuSimVgpu **vgpu)
{
    if (instance == 0)
        return NVML_ERROR_INVALID_ARGUMENT;
    *vgpu = vgpu_sim_host_vgpu (host, instance);
    return *vgpu ? vgpu_sim_gpu_fault (call, host, (*vgpu)->gpu) : NVML_ERROR_NOT_FOUND;
}

int
vgpu_sim_enter_vgpu (const char *call, guint32 instance, const void *argument, VgpuSimHost **host,
                     const VgpuSimVgpu **vgpu)
{
    const int code = vgpu_sim_state_enter (call, host);

    if (code != NVML_SUCCESS)
        return code;
    return argument ? vgpu_sim_find_vgpu (call, *host, instance, vgpu) : NVML_ERROR_INVALID_ARGUMENT;
}

int
vgpu_sim_enter_gpu_instance (const char *call, nvmlGpuInstance_t instance, VgpuSimHost **host,
                             const VgpuSimVgpu **vgpu)
{
    const int code = vgpu_sim_state_enter (call, host);
    const guint64 bits = (guintptr)instance;

    if (code != NVML_SUCCESS)
        return code;
    *vgpu = (bits & ~(guint64)G_MAXUINT32) == GPU_INSTANCE_MARK ? vgpu_sim_host_vgpu (*host, (guint32)bits)
                                                                : NULL;
    if (!*vgpu || (*vgpu)->gpu_instance == VGPU_SIM_NO_GPU_INSTANCE)
        return NVML_ERROR_INVALID_ARGUMENT;
    return vgpu_sim_gpu_fault (call, *host, (*vgpu)->gpu);
}

int
vgpu_sim_find_type (const VgpuSimHost *host, guint32 id, const VgpuSimType **type)
{
    *type = vgpu_sim_host_type (host, id);
    return *type ? NVML_SUCCESS : NVML_ERROR_INVALID_ARGUMENT;
}
