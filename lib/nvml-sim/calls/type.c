/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls for vGPU types. The largest number of instances is a question to the GPU: vgpu-host.c. */
#include "nvml-sim/calls/exports.h"

#include "nvml-sim/calls/answer.h"
#include "nvml-sim/calls/handle.h"
#include "nvml-sim/calls/state.h"

#define MIB           (G_GUINT64_CONSTANT (1) << 20)
#define VENDOR_NVIDIA 0x10deu

/* Measured order: type 0, then the size, which must be enough for the longest of all texts, then unknown
 * types. */
static nvmlReturn_t
enter_type_text (const char *call, nvmlVgpuTypeId_t id, const char *text, unsigned int *size,
                 VgpuSimHost **host, const VgpuSimType **type)
{
    nvmlReturn_t code = vgpu_sim_state_enter (call, host);

    if (code == NVML_SUCCESS && id == 0)
        code = NVML_ERROR_INVALID_ARGUMENT;
    if (code == NVML_SUCCESS)
        code = vgpu_sim_answer_check_size (text, size, NVML_VGPU_NAME_SIZE);
    return code == NVML_SUCCESS ? vgpu_sim_find_type (*host, id, type) : code;
}

nvmlReturn_t
nvmlVgpuTypeGetName (nvmlVgpuTypeId_t id, char *name, unsigned int *size)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimType *type;
    const nvmlReturn_t code = enter_type_text (__func__, id, name, size, &host, &type);

    return code == NVML_SUCCESS ? vgpu_sim_answer_sized_text (type->name, name, size) : code;
}

nvmlReturn_t
nvmlVgpuTypeGetClass (nvmlVgpuTypeId_t id, char *name, unsigned int *size)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimType *type;
    const nvmlReturn_t code = enter_type_text (__func__, id, name, size, &host, &type);

    return code == NVML_SUCCESS ? vgpu_sim_answer_sized_text (type->class_name, name, size) : code;
}

G_STATIC_ASSERT (VGPU_SIM_TIME_SLICED == NVML_INVALID_GPU_INSTANCE_PROFILE_ID);

/* Documented: a type that is not MIG-backed has the invalid ID, which is not an error. */
nvmlReturn_t
nvmlVgpuTypeGetGpuInstanceProfileId (nvmlVgpuTypeId_t id, unsigned int *profile)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimType *type;
    nvmlReturn_t code = vgpu_sim_state_enter (__func__, &host);

    if (code == NVML_SUCCESS)
        code = vgpu_sim_find_type (host, id, &type);
    if (code != NVML_SUCCESS)
        return code;
    if (!profile)
        return NVML_ERROR_INVALID_ARGUMENT;
    *profile = type->profile;
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlVgpuTypeGetFramebufferSize (nvmlVgpuTypeId_t id, unsigned long long *bytes)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimType *type;
    nvmlReturn_t code = vgpu_sim_state_enter (__func__, &host);

    if (code == NVML_SUCCESS)
        code = vgpu_sim_find_type (host, id, &type);
    if (code != NVML_SUCCESS)
        return code;
    if (!bytes)
        return NVML_ERROR_INVALID_ARGUMENT;
    *bytes = type->framebuffer_mib * MIB;
    return NVML_SUCCESS;
}

/* Documented for all calls below: INVALID_ARGUMENT for NULL and for a type that the host does not have. */
static nvmlReturn_t
enter_type (const char *call, nvmlVgpuTypeId_t id, const void *argument, VgpuSimHost **host,
            const VgpuSimType **type)
{
    const nvmlReturn_t code = vgpu_sim_state_enter (call, host);

    if (code != NVML_SUCCESS)
        return code;
    return argument ? vgpu_sim_find_type (*host, id, type) : NVML_ERROR_INVALID_ARGUMENT;
}

nvmlReturn_t
nvmlVgpuTypeGetLicense (nvmlVgpuTypeId_t id, char *license, unsigned int size)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimType *type;
    const nvmlReturn_t code = enter_type (__func__, id, license, &host, &type);

    return code == NVML_SUCCESS ? vgpu_sim_answer_text (type->license, license, size) : code;
}

nvmlReturn_t
nvmlVgpuTypeGetMaxInstancesPerVm (nvmlVgpuTypeId_t id, unsigned int *count)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimType *type;
    const nvmlReturn_t code = enter_type (__func__, id, count, &host, &type);

    if (code == NVML_SUCCESS)
        *count = type->most_per_vm;
    return code;
}

/* Documented: NOT_SUPPORTED when the type has no limit. */
nvmlReturn_t
nvmlVgpuTypeGetFrameRateLimit (nvmlVgpuTypeId_t id, unsigned int *limit)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimType *type;
    const nvmlReturn_t code = enter_type (__func__, id, limit, &host, &type);

    if (code != NVML_SUCCESS)
        return code;
    if (type->frame_rate_limit == 0)
        return NVML_ERROR_NOT_SUPPORTED;
    *limit = type->frame_rate_limit;
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlVgpuTypeGetNumDisplayHeads (nvmlVgpuTypeId_t id, unsigned int *count)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimType *type;
    const nvmlReturn_t code = enter_type (__func__, id, count, &host, &type);

    if (code == NVML_SUCCESS)
        *count = type->display_heads;
    return code;
}

nvmlReturn_t
nvmlVgpuTypeGetResolution (nvmlVgpuTypeId_t id, unsigned int head, unsigned int *width, unsigned int *height)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimType *type;
    const nvmlReturn_t code = enter_type (__func__, id, height ? width : NULL, &host, &type);

    if (code != NVML_SUCCESS)
        return code;
    if (head >= type->display_heads)
        return NVML_ERROR_INVALID_ARGUMENT;
    *width = type->width;
    *height = type->height;
    return NVML_SUCCESS;
}

/* Documented: INVALID_ARGUMENT for a capability that does not exist. */
nvmlReturn_t
nvmlVgpuTypeGetCapabilities (nvmlVgpuTypeId_t id, unsigned int capability, unsigned int *result)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimType *type;
    const nvmlReturn_t code = enter_type (__func__, id, result, &host, &type);

    if (code != NVML_SUCCESS)
        return code;
    if (capability >= NVML_VGPU_CAP_COUNT)
        return NVML_ERROR_INVALID_ARGUMENT;
    *result = type->capabilities >> capability & 1;
    return NVML_SUCCESS;
}

/* The first GPU that offers the type; NULL when none does. */
static const VgpuSimGpu *
gpu_of_type (const VgpuSimHost *host, const VgpuSimType *type)
{
    for (guint i = 0; i < host->gpus->len; i++) {
        const VgpuSimGpu *gpu = host->gpus->pdata[i];

        if (vgpu_sim_gpu_offer (gpu, type->id))
            return gpu;
    }
    return NULL;
}

nvmlReturn_t
nvmlVgpuTypeGetDeviceID (nvmlVgpuTypeId_t id, unsigned long long *device_id, unsigned long long *subsystem_id)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimType *type;
    const VgpuSimGpu *gpu;
    const nvmlReturn_t code = enter_type (__func__, id, subsystem_id ? device_id : NULL, &host, &type);
    guint16 device, subsystem;

    if (code != NVML_SUCCESS)
        return code;
    gpu = gpu_of_type (host, type);
    device = type->says_device || !gpu ? type->device_id : gpu->device_id;
    subsystem = type->says_device || !gpu ? type->subsystem_id : gpu->subsystem_id;
    *device_id = (unsigned int)device << 16 | VENDOR_NVIDIA;
    *subsystem_id = (unsigned int)subsystem << 16 | VENDOR_NVIDIA;
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlVgpuTypeGetFbReservation (nvmlVgpuTypeId_t id, unsigned long long *bytes)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimType *type;
    const nvmlReturn_t code = enter_type (__func__, id, bytes, &host, &type);

    if (code == NVML_SUCCESS)
        *bytes = type->reservation_mib * MIB;
    return code;
}

nvmlReturn_t
nvmlVgpuTypeGetGspHeapSize (nvmlVgpuTypeId_t id, unsigned long long *bytes)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimType *type;
    const nvmlReturn_t code = enter_type (__func__, id, bytes, &host, &type);

    if (code == NVML_SUCCESS)
        *bytes = type->gsp_heap_mib * MIB;
    return code;
}

nvmlReturn_t
nvmlVgpuTypeGetBAR1Info (nvmlVgpuTypeId_t id, nvmlVgpuTypeBar1Info_v1_t *info)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimType *type;
    const nvmlReturn_t code = enter_type (__func__, id, info, &host, &type);

    if (code != NVML_SUCCESS)
        return code;
    if (info->version != NVML_VGPU_TYPE_BAR1_INFO_V1)
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    info->bar1Size = type->bar1_mib;
    return NVML_SUCCESS;
}
