/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls for GPU instances. Each is the instance of one MIG-backed vGPU, and is created and removed with
 * it (place.h), so that no other vGPU can be created in it.
 */
#include "nvml-sim/calls/exports.h"

#include "nvml-sim/calls/answer.h"
#include "nvml-sim/calls/handle.h"
#include "nvml-sim/calls/state.h"

/* Documented: NOT_SUPPORTED on a GPU that is not in MIG mode. */
static nvmlReturn_t
enter_mig (const char *call, nvmlDevice_t device, const void *argument, VgpuSimHost **host,
           const VgpuSimGpu **gpu)
{
    const nvmlReturn_t code = vgpu_sim_enter_gpu (call, device, host, gpu);

    if (code != NVML_SUCCESS)
        return code;
    if (!argument)
        return NVML_ERROR_INVALID_ARGUMENT;
    return (*gpu)->mig ? NVML_SUCCESS : NVML_ERROR_NOT_SUPPORTED;
}

static gboolean
has_profile (const VgpuSimGpu *gpu, guint32 profile)
{
    for (guint i = 0; i < gpu->offers->len; i++) {
        if (g_array_index (gpu->offers, VgpuSimOffer, i).type->profile == profile)
            return profile != VGPU_SIM_TIME_SLICED;
    }
    return FALSE;
}

/* Documented: the caller's array has room for all instances of the profile, and *count is only written. */
nvmlReturn_t
nvmlDeviceGetGpuInstances (nvmlDevice_t device, unsigned int profile, nvmlGpuInstance_t *instances,
                           unsigned int *count)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    const nvmlReturn_t code = enter_mig (__func__, device, count ? instances : NULL, &host, &gpu);

    if (code != NVML_SUCCESS)
        return code;
    if (!has_profile (gpu, profile))
        return NVML_ERROR_INVALID_ARGUMENT;
    *count = 0;
    for (guint i = 0; i < host->vgpus->len; i++) {
        const VgpuSimVgpu *vgpu = host->vgpus->pdata[i];

        if (vgpu->gpu == gpu && vgpu->type->profile == profile)
            instances[(*count)++] = vgpu_sim_gpu_instance_handle (vgpu);
    }
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlDeviceGetGpuInstanceById (nvmlDevice_t device, unsigned int id, nvmlGpuInstance_t *instance)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    const nvmlReturn_t code = enter_mig (__func__, device, instance, &host, &gpu);

    if (code != NVML_SUCCESS)
        return code;
    for (guint i = 0; i < host->vgpus->len; i++) {
        const VgpuSimVgpu *vgpu = host->vgpus->pdata[i];

        if (vgpu->gpu != gpu || vgpu->gpu_instance != id)
            continue;
        *instance = vgpu_sim_gpu_instance_handle (vgpu);
        return NVML_SUCCESS;
    }
    return NVML_ERROR_NOT_FOUND;
}

/* Chosen for the simulation: the instances lie one after the other, in the order of the file. */
static nvmlGpuInstancePlacement_t
placement_of (const VgpuSimHost *host, const VgpuSimVgpu *wanted)
{
    nvmlGpuInstancePlacement_t placement = {0, wanted->type->slices};

    for (guint i = 0; i < host->vgpus->len && host->vgpus->pdata[i] != wanted; i++) {
        const VgpuSimVgpu *vgpu = host->vgpus->pdata[i];

        if (vgpu->gpu == wanted->gpu)
            placement.start += vgpu->type->slices;
    }
    return placement;
}

nvmlReturn_t
nvmlGpuInstanceGetInfo (nvmlGpuInstance_t instance, nvmlGpuInstanceInfo_t *info)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = vgpu_sim_enter_gpu_instance (__func__, instance, &host, &vgpu);

    if (code != NVML_SUCCESS)
        return code;
    if (!info)
        return NVML_ERROR_INVALID_ARGUMENT;
    *info = (nvmlGpuInstanceInfo_t){
        .device = vgpu_sim_handle (vgpu->gpu),
        .id = vgpu->gpu_instance,
        .profileId = vgpu->type->profile,
        .placement = placement_of (host, vgpu),
    };
    return NVML_SUCCESS;
}

/* The checks of a list within a structure, in the documented order of all calls: version is that of the
 * structure, NULL for no structure, and expected the only one that is known. */
static nvmlReturn_t
enter_list (const char *call, nvmlGpuInstance_t instance, const unsigned int *version, unsigned int expected,
            VgpuSimHost **host, const VgpuSimVgpu **vgpu)
{
    const nvmlReturn_t code = vgpu_sim_enter_gpu_instance (call, instance, host, vgpu);

    if (code != NVML_SUCCESS)
        return code;
    if (!version)
        return NVML_ERROR_INVALID_ARGUMENT;
    if ((*vgpu)->gpu->mode != NVML_VIRTUALIZATION_MODE_HOST_VGPU)
        return NVML_ERROR_NOT_SUPPORTED;
    return *version == expected ? NVML_SUCCESS : NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
}

nvmlReturn_t
nvmlGpuInstanceGetActiveVgpus (nvmlGpuInstance_t instance, nvmlActiveVgpuInstanceInfo_v1_t *info)
{
    g_autoptr (VgpuSimHost) host = NULL;
    g_autoptr (GArray) active = g_array_new (FALSE, FALSE, sizeof (guint));
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = enter_list (__func__, instance, info ? &info->version : NULL,
                                          NVML_ACTIVE_VGPU_INSTANCE_INFO_V1, &host, &vgpu);

    if (code != NVML_SUCCESS)
        return code;
    g_array_append_val (active, vgpu->instance);
    return vgpu_sim_answer_list (active, &info->vgpuCount, info->vgpuInstances);
}

nvmlReturn_t
nvmlGpuInstanceGetCreatableVgpus (nvmlGpuInstance_t instance, nvmlVgpuTypeIdInfo_v1_t *info)
{
    g_autoptr (VgpuSimHost) host = NULL;
    g_autoptr (GArray) creatable = g_array_new (FALSE, FALSE, sizeof (guint));
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = enter_list (__func__, instance, info ? &info->version : NULL,
                                          NVML_VGPU_TYPE_ID_INFO_V1, &host, &vgpu);

    return code == NVML_SUCCESS ? vgpu_sim_answer_list (creatable, &info->vgpuCount, info->vgpuTypeIds)
                                : code;
}

/* Documented: NOT_SUPPORTED for a type that is not MIG-backed. */
nvmlReturn_t
nvmlVgpuTypeGetMaxInstancesPerGpuInstance (nvmlVgpuTypeMaxInstance_v1_t *most)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimType *type;
    nvmlReturn_t code = vgpu_sim_state_enter (__func__, &host);

    if (code != NVML_SUCCESS)
        return code;
    if (!most)
        return NVML_ERROR_INVALID_ARGUMENT;
    if (most->version != NVML_VGPU_TYPE_MAX_INSTANCE_V1)
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    code = vgpu_sim_find_type (host, most->vgpuTypeId, &type);
    if (code != NVML_SUCCESS)
        return code;
    if (!vgpu_sim_type_is_mig_backed (type))
        return NVML_ERROR_NOT_SUPPORTED;
    most->maxInstancePerGI = 1;
    return NVML_SUCCESS;
}
