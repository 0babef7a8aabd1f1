/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The scheduler is not simulated: each call checks what it was given, as NVML would, and then says so. A
 * client must expect NOT_SUPPORTED from a real GPU as well.
 */
#include "nvml-sim/exports.h"

#include "nvml-sim/handle.h"

static nvmlReturn_t
check_only (const char *call, nvmlDevice_t device, const void *argument)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu_host (call, device, &host, &gpu);

    if (code != NVML_SUCCESS)
        return code;
    return argument ? NVML_ERROR_NOT_SUPPORTED : NVML_ERROR_INVALID_ARGUMENT;
}

nvmlReturn_t
nvmlDeviceGetVgpuSchedulerCapabilities (nvmlDevice_t device, nvmlVgpuSchedulerCapabilities_t *caps)
{
    return check_only (__func__, device, caps);
}

nvmlReturn_t
nvmlDeviceGetVgpuSchedulerState (nvmlDevice_t device, nvmlVgpuSchedulerGetState_t *state)
{
    return check_only (__func__, device, state);
}

nvmlReturn_t
nvmlDeviceSetVgpuSchedulerState (nvmlDevice_t device, nvmlVgpuSchedulerSetState_t *state)
{
    return check_only (__func__, device, state);
}

nvmlReturn_t
nvmlDeviceGetVgpuSchedulerLog (nvmlDevice_t device, nvmlVgpuSchedulerLog_t *log)
{
    return check_only (__func__, device, log);
}
