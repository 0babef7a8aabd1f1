/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls that the simulation does not know: GPU instances that are managed by hand, compute instances, the
 * scheduler and the heterogeneous mode of GPU instances, and changes of a GPU's virtualization. Their checks
 * come first, in the order of the other calls, so that a client's mistake is found.
 */
#include "nvml-sim/calls/exports.h"

#include "nvml-sim/calls/handle.h"

/* given: no pointer is NULL that must not be. */
static nvmlReturn_t
refuse_gpu (const char *call, nvmlDevice_t device, gboolean given)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    const nvmlReturn_t code = vgpu_sim_enter_gpu (call, device, &host, &gpu);

    if (code != NVML_SUCCESS)
        return code;
    return given ? NVML_ERROR_NOT_SUPPORTED : NVML_ERROR_INVALID_ARGUMENT;
}

static nvmlReturn_t
refuse_gpu_instance (const char *call, nvmlGpuInstance_t instance, gboolean given)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = vgpu_sim_enter_gpu_instance (call, instance, &host, &vgpu);

    if (code != NVML_SUCCESS)
        return code;
    return given ? NVML_ERROR_NOT_SUPPORTED : NVML_ERROR_INVALID_ARGUMENT;
}

nvmlReturn_t
nvmlDeviceCreateGpuInstance (nvmlDevice_t device, G_GNUC_UNUSED unsigned int profile,
                             nvmlGpuInstance_t *instance)
{
    return refuse_gpu (__func__, device, instance != NULL);
}

nvmlReturn_t
nvmlDeviceCreateGpuInstanceWithPlacement (nvmlDevice_t device, G_GNUC_UNUSED unsigned int profile,
                                          const nvmlGpuInstancePlacement_t *placement,
                                          nvmlGpuInstance_t *instance)
{
    return refuse_gpu (__func__, device, placement != NULL && instance != NULL);
}

nvmlReturn_t
nvmlDeviceGetGpuInstanceId (nvmlDevice_t device, unsigned int *id)
{
    return refuse_gpu (__func__, device, id != NULL);
}

nvmlReturn_t
nvmlDeviceGetGpuInstancePossiblePlacements (nvmlDevice_t device, G_GNUC_UNUSED unsigned int profile,
                                            G_GNUC_UNUSED nvmlGpuInstancePlacement_t *placements,
                                            unsigned int *count)
{
    return refuse_gpu (__func__, device, count != NULL);
}

nvmlReturn_t
nvmlDeviceGetGpuInstancePossiblePlacements_v2 (nvmlDevice_t device, G_GNUC_UNUSED unsigned int profile,
                                               G_GNUC_UNUSED nvmlGpuInstancePlacement_t *placements,
                                               unsigned int *count)
{
    return refuse_gpu (__func__, device, count != NULL);
}

nvmlReturn_t
nvmlDeviceGetGpuInstanceProfileInfo (nvmlDevice_t device, G_GNUC_UNUSED unsigned int profile, void *info)
{
    return refuse_gpu (__func__, device, info != NULL);
}

nvmlReturn_t
nvmlDeviceGetGpuInstanceProfileInfoByIdV (nvmlDevice_t device, G_GNUC_UNUSED unsigned int profile, void *info)
{
    return refuse_gpu (__func__, device, info != NULL);
}

nvmlReturn_t
nvmlDeviceGetGpuInstanceProfileInfoV (nvmlDevice_t device, G_GNUC_UNUSED unsigned int profile, void *info)
{
    return refuse_gpu (__func__, device, info != NULL);
}

nvmlReturn_t
nvmlDeviceGetGpuInstanceRemainingCapacity (nvmlDevice_t device, G_GNUC_UNUSED unsigned int profile,
                                           unsigned int *count)
{
    return refuse_gpu (__func__, device, count != NULL);
}

nvmlReturn_t
nvmlDeviceSetVgpuCapabilities (nvmlDevice_t device, G_GNUC_UNUSED unsigned int capability,
                               G_GNUC_UNUSED unsigned int state)
{
    return refuse_gpu (__func__, device, TRUE);
}

nvmlReturn_t
nvmlDeviceSetVirtualizationMode (nvmlDevice_t device, G_GNUC_UNUSED unsigned int mode)
{
    return refuse_gpu (__func__, device, TRUE);
}

nvmlReturn_t
nvmlDeviceVgpuForceGspUnload (nvmlDevice_t device)
{
    return refuse_gpu (__func__, device, TRUE);
}

nvmlReturn_t
nvmlGpuInstanceCreateComputeInstance (nvmlGpuInstance_t instance, G_GNUC_UNUSED unsigned int profile,
                                      nvmlComputeInstance_t *compute)
{
    return refuse_gpu_instance (__func__, instance, compute != NULL);
}

nvmlReturn_t
nvmlGpuInstanceCreateComputeInstanceWithPlacement (nvmlGpuInstance_t instance,
                                                   G_GNUC_UNUSED unsigned int profile, const void *placement,
                                                   nvmlComputeInstance_t *compute)
{
    return refuse_gpu_instance (__func__, instance, placement != NULL && compute != NULL);
}

nvmlReturn_t
nvmlGpuInstanceDestroy (nvmlGpuInstance_t instance)
{
    return refuse_gpu_instance (__func__, instance, TRUE);
}

nvmlReturn_t
nvmlGpuInstanceGetComputeInstanceById (nvmlGpuInstance_t instance, G_GNUC_UNUSED unsigned int id,
                                       nvmlComputeInstance_t *compute)
{
    return refuse_gpu_instance (__func__, instance, compute != NULL);
}

nvmlReturn_t
nvmlGpuInstanceGetComputeInstancePossiblePlacements (nvmlGpuInstance_t instance,
                                                     G_GNUC_UNUSED unsigned int profile,
                                                     G_GNUC_UNUSED void *placements, unsigned int *count)
{
    return refuse_gpu_instance (__func__, instance, count != NULL);
}

nvmlReturn_t
nvmlGpuInstanceGetComputeInstanceProfileInfo (nvmlGpuInstance_t instance, G_GNUC_UNUSED unsigned int profile,
                                              G_GNUC_UNUSED unsigned int engine_profile, void *info)
{
    return refuse_gpu_instance (__func__, instance, info != NULL);
}

nvmlReturn_t
nvmlGpuInstanceGetComputeInstanceProfileInfoV (nvmlGpuInstance_t instance, G_GNUC_UNUSED unsigned int profile,
                                               G_GNUC_UNUSED unsigned int engine_profile, void *info)
{
    return refuse_gpu_instance (__func__, instance, info != NULL);
}

nvmlReturn_t
nvmlGpuInstanceGetComputeInstanceRemainingCapacity (nvmlGpuInstance_t instance,
                                                    G_GNUC_UNUSED unsigned int profile, unsigned int *count)
{
    return refuse_gpu_instance (__func__, instance, count != NULL);
}

nvmlReturn_t
nvmlGpuInstanceGetComputeInstances (nvmlGpuInstance_t instance, G_GNUC_UNUSED unsigned int profile,
                                    nvmlComputeInstance_t *compute, unsigned int *count)
{
    return refuse_gpu_instance (__func__, instance, compute != NULL && count != NULL);
}

nvmlReturn_t
nvmlGpuInstanceGetVgpuHeterogeneousMode (nvmlGpuInstance_t instance, nvmlVgpuHeterogeneousMode_t *mode)
{
    return refuse_gpu_instance (__func__, instance, mode != NULL);
}

nvmlReturn_t
nvmlGpuInstanceSetVgpuHeterogeneousMode (nvmlGpuInstance_t instance, const nvmlVgpuHeterogeneousMode_t *mode)
{
    return refuse_gpu_instance (__func__, instance, mode != NULL);
}

nvmlReturn_t
nvmlGpuInstanceGetVgpuSchedulerLog (nvmlGpuInstance_t instance, void *log)
{
    return refuse_gpu_instance (__func__, instance, log != NULL);
}

nvmlReturn_t
nvmlGpuInstanceGetVgpuSchedulerLog_v2 (nvmlGpuInstance_t instance, nvmlVgpuSchedulerLogInfo_v2_t *log)
{
    return refuse_gpu_instance (__func__, instance, log != NULL);
}

nvmlReturn_t
nvmlGpuInstanceGetVgpuSchedulerState (nvmlGpuInstance_t instance, void *state)
{
    return refuse_gpu_instance (__func__, instance, state != NULL);
}

nvmlReturn_t
nvmlGpuInstanceGetVgpuSchedulerState_v2 (nvmlGpuInstance_t instance, nvmlVgpuSchedulerStateInfo_v2_t *state)
{
    return refuse_gpu_instance (__func__, instance, state != NULL);
}

nvmlReturn_t
nvmlGpuInstanceSetVgpuSchedulerState (nvmlGpuInstance_t instance, void *state)
{
    return refuse_gpu_instance (__func__, instance, state != NULL);
}

nvmlReturn_t
nvmlGpuInstanceSetVgpuSchedulerState_v2 (nvmlGpuInstance_t instance, nvmlVgpuSchedulerState_v2_t *state)
{
    return refuse_gpu_instance (__func__, instance, state != NULL);
}

nvmlReturn_t
nvmlGpuInstanceGetVgpuTypeCreatablePlacements (nvmlGpuInstance_t instance, void *info)
{
    return refuse_gpu_instance (__func__, instance, info != NULL);
}
