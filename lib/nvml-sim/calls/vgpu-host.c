/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls for a GPU in vGPU host mode: its metadata, and the vGPUs that it runs or could run.
 *
 * The order in which arguments are checked was measured on a GPU that is not in that mode. It is inferred
 * that the order is the same on a GPU in that mode, because a driver has one code path for both.
 */
#include "nvml-sim/calls/exports.h"

#include "nvml-sim/calls/answer.h"
#include "nvml-sim/calls/handle.h"
#include "nvml-sim/model/metadata.h"
#include "nvml-sim/model/place.h"

nvmlReturn_t
nvmlDeviceGetHostVgpuMode (nvmlDevice_t device, unsigned int *mode)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu_host_with (__func__, device, mode, &host, &gpu);

    if (code != NVML_SUCCESS)
        return code;
    *mode = gpu->sriov ? NVML_HOST_VGPU_MODE_SRIOV : NVML_HOST_VGPU_MODE_NON_SRIOV;
    return NVML_SUCCESS;
}

/* Measured: a missing size is checked before the mode, and a size without a buffer after the mode. */
nvmlReturn_t
nvmlDeviceGetPgpuMetadataString (nvmlDevice_t device, char *string, unsigned int *size)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    nvmlReturn_t code = vgpu_sim_enter_vgpu_host_with (__func__, device, size, &host, &gpu);

    if (code == NVML_SUCCESS)
        code = vgpu_sim_answer_check_size (string, size, VGPU_SIM_PGPU_STRING_SIZE);
    if (code != NVML_SUCCESS)
        return code;
    vgpu_sim_metadata_pgpu_string (gpu, string);
    *size = VGPU_SIM_PGPU_STRING_SIZE;
    return NVML_SUCCESS;
}

/* Measured: the order is the same as in nvmlDeviceGetPgpuMetadataString (). */
nvmlReturn_t
nvmlDeviceGetVgpuMetadata (nvmlDevice_t device, nvmlVgpuPgpuMetadata_t *metadata, unsigned int *size)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    nvmlReturn_t code = vgpu_sim_enter_vgpu_host_with (__func__, device, size, &host, &gpu);

    if (code == NVML_SUCCESS)
        code = vgpu_sim_answer_check_size (metadata, size, VGPU_SIM_PGPU_METADATA_SIZE);
    if (code != NVML_SUCCESS)
        return code;
    vgpu_sim_metadata_of_gpu (host, gpu, metadata);
    *size = VGPU_SIM_PGPU_METADATA_SIZE;
    return NVML_SUCCESS;
}

/*
 * Measured: a GPU that is not in the mode does not check the capability. The simulated GPU has the bandwidths
 * and the warm update; it does not support the others, like a driver that does not have them.
 */
nvmlReturn_t
nvmlDeviceGetVgpuCapabilities (nvmlDevice_t device, unsigned int capability, unsigned int *result)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu_host_with (__func__, device, result, &host, &gpu);
    guint64 bandwidth = 0;

    if (code != NVML_SUCCESS)
        return code;
    if (capability == NVML_DEVICE_VGPU_CAP_READ_DEVICE_BUFFER_BW)
        bandwidth = gpu->read_bandwidth;
    if (capability == NVML_DEVICE_VGPU_CAP_WRITE_DEVICE_BUFFER_BW)
        bandwidth = gpu->write_bandwidth;
    if (capability == NVML_DEVICE_VGPU_CAP_WARM_UPDATE && gpu->says_warm_update) {
        *result = gpu->warm_update;
        return NVML_SUCCESS;
    }
    if (bandwidth == 0)
        return NVML_ERROR_NOT_SUPPORTED;
    *result = (unsigned int)bandwidth;
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlDeviceGetActiveVgpus (nvmlDevice_t device, unsigned int *count, nvmlVgpuInstance_t *instances)
{
    g_autoptr (VgpuSimHost) host = NULL;
    g_autoptr (GArray) active = g_array_new (FALSE, FALSE, sizeof (guint));
    const VgpuSimGpu *gpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu_host (__func__, device, &host, &gpu);

    if (code != NVML_SUCCESS)
        return code;
    for (guint i = 0; i < host->vgpus->len; i++) {
        const VgpuSimVgpu *vgpu = host->vgpus->pdata[i];

        if (vgpu->gpu == gpu)
            g_array_append_val (active, vgpu->instance);
    }
    return vgpu_sim_answer_list (active, count, instances);
}

/* The types that the GPU offers: all, or only those of which another instance fits. */
static GArray *
offered_types (const VgpuSimHost *host, const VgpuSimGpu *gpu, gboolean creatable_only)
{
    GArray *types = g_array_new (FALSE, FALSE, sizeof (guint));

    for (guint i = 0; i < gpu->offers->len; i++) {
        const VgpuSimOffer *offer = &g_array_index (gpu->offers, VgpuSimOffer, i);

        if (!creatable_only || !vgpu_sim_place_obstacle (host, gpu, offer))
            g_array_append_val (types, offer->type->id);
    }
    return types;
}

nvmlReturn_t
nvmlDeviceGetSupportedVgpus (nvmlDevice_t device, unsigned int *count, nvmlVgpuTypeId_t *types)
{
    g_autoptr (VgpuSimHost) host = NULL;
    g_autoptr (GArray) supported = NULL;
    const VgpuSimGpu *gpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu_host (__func__, device, &host, &gpu);

    if (code != NVML_SUCCESS)
        return code;
    supported = offered_types (host, gpu, FALSE);
    return vgpu_sim_answer_list (supported, count, types);
}

nvmlReturn_t
nvmlDeviceGetCreatableVgpus (nvmlDevice_t device, unsigned int *count, nvmlVgpuTypeId_t *types)
{
    g_autoptr (VgpuSimHost) host = NULL;
    g_autoptr (GArray) creatable = NULL;
    const VgpuSimGpu *gpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu_host (__func__, device, &host, &gpu);

    if (code != NVML_SUCCESS)
        return code;
    creatable = offered_types (host, gpu, TRUE);
    return vgpu_sim_answer_list (creatable, count, types);
}

nvmlReturn_t
nvmlVgpuTypeGetMaxInstances (nvmlDevice_t device, nvmlVgpuTypeId_t type, unsigned int *count)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    const VgpuSimOffer *offer;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu_host (__func__, device, &host, &gpu);

    if (code != NVML_SUCCESS)
        return code;
    offer = vgpu_sim_gpu_offer (gpu, type);
    if (!offer || !count)
        return NVML_ERROR_INVALID_ARGUMENT;
    *count = vgpu_sim_place_most (gpu, offer);
    return NVML_SUCCESS;
}
