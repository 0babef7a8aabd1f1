/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls for sizes and placements of vGPUs. The order of the checks is that of the older calls: the
 * device, its mode, the pointer, the version of its structure, then its content.
 */
#include "nvml-sim/calls/exports.h"

#include <string.h>

#include "nvml-sim/calls/answer.h"
#include "nvml-sim/calls/change.h"
#include "nvml-sim/calls/handle.h"
#include "nvml-sim/model/place.h"
#include "nvml-sim/calls/state.h"

G_STATIC_ASSERT (VGPU_SIM_NO_PLACEMENT == NVML_INVALID_VGPU_PLACEMENT_ID);

/* Documented: a GPU in MIG mode has no such mode. */
static nvmlReturn_t
enter_mode (const char *call, nvmlDevice_t device, const nvmlVgpuHeterogeneousMode_t *mode,
            VgpuSimHost **host, const VgpuSimGpu **gpu)
{
    const nvmlReturn_t code = vgpu_sim_enter_vgpu_host (call, device, host, gpu);

    if (code != NVML_SUCCESS)
        return code;
    if (!mode)
        return NVML_ERROR_INVALID_ARGUMENT;
    if (mode->version != NVML_VGPU_HETEROGENEOUS_MODE_V1)
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    return (*gpu)->mig ? NVML_ERROR_NOT_SUPPORTED : NVML_SUCCESS;
}

nvmlReturn_t
nvmlDeviceGetVgpuHeterogeneousMode (nvmlDevice_t device, nvmlVgpuHeterogeneousMode_t *mode)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    const nvmlReturn_t code = enter_mode (__func__, device, mode, &host, &gpu);

    if (code == NVML_SUCCESS)
        mode->mode = gpu->heterogeneous ? NVML_FEATURE_ENABLED : NVML_FEATURE_DISABLED;
    return code;
}

/* Checks the present state of the device, under the lock. Documented: IN_USE while a vGPU is active on it. */
static nvmlReturn_t
check_settable (const VgpuSimHost *host, VgpuSimAddress address)
{
    const VgpuSimGpu *gpu = vgpu_sim_host_gpu (host, address);

    if (!gpu)
        return NVML_ERROR_GPU_IS_LOST;
    if (gpu->mode != NVML_VIRTUALIZATION_MODE_HOST_VGPU || gpu->mig)
        return NVML_ERROR_NOT_SUPPORTED;
    return vgpu_sim_host_gpu_runs (host, gpu) ? NVML_ERROR_IN_USE : NVML_SUCCESS;
}

/* Does not write the default, so that the file after a reload is the same as before the change. */
static void
write_mode (VgpuSimEdit *edit, const VgpuSimGpu *gpu, gboolean heterogeneous)
{
    if (heterogeneous)
        g_key_file_set_value (edit->file, gpu->group, "heterogeneous", "true");
    else
        g_key_file_remove_key (edit->file, gpu->group, "heterogeneous", NULL);
}

nvmlReturn_t
nvmlDeviceSetVgpuHeterogeneousMode (nvmlDevice_t device, const nvmlVgpuHeterogeneousMode_t *mode)
{
    g_autoptr (VgpuSimHost) host = NULL;
    g_autoptr (VgpuSimEdit) edit = NULL;
    const VgpuSimGpu *gpu;
    nvmlReturn_t code = enter_mode (__func__, device, mode, &host, &gpu);

    if (code != NVML_SUCCESS)
        return code;
    if (mode->mode != NVML_FEATURE_DISABLED && mode->mode != NVML_FEATURE_ENABLED)
        return NVML_ERROR_INVALID_ARGUMENT;
    code = check_settable (host, gpu->address);
    if (code == NVML_SUCCESS)
        code = vgpu_sim_change_begin (&edit);
    if (code == NVML_SUCCESS)
        code = check_settable (edit->host, gpu->address);
    if (code != NVML_SUCCESS)
        return code;
    write_mode (edit, vgpu_sim_host_gpu (edit->host, gpu->address), mode->mode == NVML_FEATURE_ENABLED);
    return vgpu_sim_change_commit (edit);
}

/* Documented: outside heterogeneous mode a vGPU has the invalid placement ID, which is not an error. */
nvmlReturn_t
nvmlVgpuInstanceGetPlacementId (nvmlVgpuInstance_t instance, nvmlVgpuPlacementId_t *placement)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    nvmlReturn_t code = vgpu_sim_state_enter (__func__, &host);

    if (code != NVML_SUCCESS)
        return code;
    if (!placement)
        return NVML_ERROR_INVALID_ARGUMENT;
    if (placement->version != NVML_VGPU_PLACEMENT_ID_V1)
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    code = vgpu_sim_find_vgpu (__func__, host, instance, &vgpu);
    if (code == NVML_SUCCESS)
        placement->placementId = vgpu->placement;
    return code;
}

/* Both versions of the list use the same pointer type, and a client of version 1 has less memory there. */
static unsigned int
version_of (const void *list)
{
    return *(const unsigned int *)list;
}

static nvmlReturn_t
check_list (const void *list, gboolean *homogeneous)
{
    const nvmlVgpuPlacementList_v2_t *second = list;

    *homogeneous = FALSE;
    if (!list)
        return NVML_ERROR_INVALID_ARGUMENT;
    if (version_of (list) == NVML_VGPU_PLACEMENT_LIST_V1)
        return NVML_SUCCESS;
    if (version_of (list) != NVML_VGPU_PLACEMENT_LIST_V2)
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    *homogeneous = second->mode == NVML_VGPU_PGPU_HOMOGENEOUS_MODE;
    return *homogeneous || second->mode == NVML_VGPU_PGPU_HETEROGENEOUS_MODE ? NVML_SUCCESS
                                                                             : NVML_ERROR_INVALID_ARGUMENT;
}

/* Documented: the buffer has as many entries as nvmlVgpuTypeGetMaxInstances returns, so no more are
 * written. */
static nvmlReturn_t
answer_first (nvmlVgpuPlacementList_v1_t *list, const GArray *ids, const VgpuSimGpu *gpu,
              const VgpuSimOffer *offer)
{
    if (!list->placementIds)
        return NVML_ERROR_INVALID_ARGUMENT;
    list->count = MIN (ids->len, vgpu_sim_place_most (gpu, offer));
    list->placementSize = vgpu_sim_place_size (offer->type);
    if (list->count > 0)
        memcpy (list->placementIds, ids->data, list->count * sizeof *list->placementIds);
    return NVML_SUCCESS;
}

static nvmlReturn_t
answer_placements (void *list, const GArray *ids, const VgpuSimGpu *gpu, const VgpuSimOffer *offer)
{
    nvmlVgpuPlacementList_v2_t *second = list;

    if (version_of (list) == NVML_VGPU_PLACEMENT_LIST_V1)
        return answer_first (list, ids, gpu, offer);
    second->placementSize = vgpu_sim_place_size (offer->type);
    return vgpu_sim_answer_list (ids, &second->count, second->placementIds);
}

static nvmlReturn_t
enter_placements (const char *call, nvmlDevice_t device, nvmlVgpuTypeId_t type, const void *list,
                  VgpuSimHost **host, const VgpuSimGpu **gpu, const VgpuSimOffer **offer,
                  gboolean *homogeneous)
{
    nvmlReturn_t code = vgpu_sim_enter_vgpu_host (call, device, host, gpu);

    if (code == NVML_SUCCESS)
        code = check_list (list, homogeneous);
    if (code != NVML_SUCCESS)
        return code;
    *offer = vgpu_sim_gpu_offer (*gpu, type);
    if (!*offer)
        return NVML_ERROR_INVALID_ARGUMENT;
    return vgpu_sim_type_is_mig_backed ((*offer)->type) ? NVML_ERROR_NOT_SUPPORTED : NVML_SUCCESS;
}

/* It is a property of the type on this GPU, so that both modes can be queried in every mode of the GPU. */
nvmlReturn_t
nvmlDeviceGetVgpuTypeSupportedPlacements (nvmlDevice_t device, nvmlVgpuTypeId_t type,
                                          nvmlVgpuPlacementList_t *list)
{
    g_autoptr (VgpuSimHost) host = NULL;
    g_autoptr (GArray) multiples = NULL;
    const VgpuSimGpu *gpu;
    const VgpuSimOffer *offer;
    gboolean homogeneous;
    const nvmlReturn_t code =
        enter_placements (__func__, device, type, list, &host, &gpu, &offer, &homogeneous);

    if (code != NVML_SUCCESS)
        return code;
    multiples = vgpu_sim_place_multiples (gpu, offer->type);
    return answer_placements (list, homogeneous ? multiples : offer->placements, gpu, offer);
}

/*
 * Documented: NOT_SUPPORTED in MIG mode. Chosen for the simulation: also while the GPU is not in
 * heterogeneous mode, and for the placements of homogeneous mode, which cannot be chosen.
 */
nvmlReturn_t
nvmlDeviceGetVgpuTypeCreatablePlacements (nvmlDevice_t device, nvmlVgpuTypeId_t type,
                                          nvmlVgpuPlacementList_t *list)
{
    g_autoptr (VgpuSimHost) host = NULL;
    g_autoptr (GArray) ids = NULL;
    const VgpuSimGpu *gpu;
    const VgpuSimOffer *offer;
    gboolean homogeneous;
    const nvmlReturn_t code =
        enter_placements (__func__, device, type, list, &host, &gpu, &offer, &homogeneous);

    if (code != NVML_SUCCESS)
        return code;
    if (!gpu->heterogeneous || homogeneous)
        return NVML_ERROR_NOT_SUPPORTED;
    ids = vgpu_sim_place_free (host, gpu, offer);
    if (vgpu_sim_place_obstacle (host, gpu, offer))
        g_array_set_size (ids, 0);
    return answer_placements (list, ids, gpu, offer);
}
