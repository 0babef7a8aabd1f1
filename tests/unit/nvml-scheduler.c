/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An NVML library with the scheduler of one GPU. The build says which of its calls exist (HAS_V1, HAS_V2)
 * and whether they answer DEPRECATED (V1_DEPRECATED, V2_DEPRECATED). The v1 log is that of the engine
 * V1_LOG_ENGINE, and the v2 calls answer for the engine that they are asked for, plus V2_OFF_BY.
 */
#include "nvml/nvml-abi.h"

#include <stddef.h>

#ifndef V1_LOG_ENGINE
#    define V1_LOG_ENGINE NVML_ENGINE_GRAPHICS
#endif
#ifndef V2_OFF_BY
#    define V2_OFF_BY 0
#endif

#pragma GCC visibility push(default)

nvmlReturn_t
nvmlInit_v2 (void)
{
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlShutdown (void)
{
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlDeviceGetHandleByIndex_v2 (unsigned int index, nvmlDevice_t *device)
{
    static int gpu;

    *device = (nvmlDevice_t)(void *)&gpu;
    return index == 0 ? NVML_SUCCESS : NVML_ERROR_INVALID_ARGUMENT;
}

nvmlReturn_t
nvmlDeviceGetVgpuSchedulerCapabilities (nvmlDevice_t device, nvmlVgpuSchedulerCapabilities_t *caps)
{
    if (!device || !caps)
        return NVML_ERROR_INVALID_ARGUMENT;
    *caps = (nvmlVgpuSchedulerCapabilities_t){.supportedSchedulers = {NVML_SCHEDULER_EQUAL_SHARE},
                                              .isArrModeSupported = 1,
                                              .maxFrequencyForARR = 960,
                                              .minFrequencyForARR = 63,
                                              .maxAvgFactorForARR = 60,
                                              .minAvgFactorForARR = 1};
    return NVML_SUCCESS;
}

#ifdef HAS_V1
#    ifdef V1_DEPRECATED
#        define V1_ANSWER NVML_ERROR_DEPRECATED
#    else
#        define V1_ANSWER NVML_SUCCESS
#    endif

nvmlReturn_t
nvmlDeviceGetVgpuSchedulerState (nvmlDevice_t device, nvmlVgpuSchedulerGetState_t *state)
{
    if (!device)
        return NVML_ERROR_INVALID_ARGUMENT;
    *state = (nvmlVgpuSchedulerGetState_t){.schedulerPolicy = NVML_SCHEDULER_EQUAL_SHARE};
    state->schedulerParams.vgpuSchedData.timeslice = 1000000;
    return V1_ANSWER;
}

/* It only takes what the test sets. */
nvmlReturn_t
nvmlDeviceSetVgpuSchedulerState (nvmlDevice_t device, nvmlVgpuSchedulerSetState_t *state)
{
    if (!device || state->schedulerParams.vgpuSchedData.timeslice != 1000000)
        return NVML_ERROR_INVALID_ARGUMENT;
    return V1_ANSWER;
}

nvmlReturn_t
nvmlDeviceGetVgpuSchedulerLog (nvmlDevice_t device, nvmlVgpuSchedulerLog_t *log)
{
    if (!device)
        return NVML_ERROR_INVALID_ARGUMENT;
    *log = (nvmlVgpuSchedulerLog_t){.engineId = V1_LOG_ENGINE,
                                    .schedulerPolicy = NVML_SCHEDULER_EQUAL_SHARE,
                                    .entriesCount = 1,
                                    .logEntries = {{1, 2, 3, 4, 5, 6}}};
    return V1_ANSWER;
}
#endif

#ifdef HAS_V2
#    ifdef V2_DEPRECATED
#        define V2_ANSWER NVML_ERROR_DEPRECATED
#    else
#        define V2_ANSWER NVML_SUCCESS
#    endif

nvmlReturn_t
nvmlDeviceGetVgpuSchedulerState_v2 (nvmlDevice_t device, nvmlVgpuSchedulerStateInfo_v2_t *state)
{
    if (!device)
        return NVML_ERROR_INVALID_ARGUMENT;
    *state = (nvmlVgpuSchedulerStateInfo_v2_t){state->engineId + V2_OFF_BY, NVML_SCHEDULER_EQUAL_SHARE,
                                               30 + state->engineId, 2000000};
    return V2_ANSWER;
}

/* It only takes what the test sets. */
nvmlReturn_t
nvmlDeviceSetVgpuSchedulerState_v2 (nvmlDevice_t device, nvmlVgpuSchedulerState_v2_t *state)
{
    if (!device || state->frequency != 500 || state->avgFactor != 20)
        return NVML_ERROR_INVALID_ARGUMENT;
    return V2_ANSWER;
}

nvmlReturn_t
nvmlDeviceGetVgpuSchedulerLog_v2 (nvmlDevice_t device, nvmlVgpuSchedulerLogInfo_v2_t *log)
{
    if (!device)
        return NVML_ERROR_INVALID_ARGUMENT;
    *log = (nvmlVgpuSchedulerLogInfo_v2_t){
        .engineId = log->engineId + V2_OFF_BY,
        .schedulerPolicy = NVML_SCHEDULER_EQUAL_SHARE,
        .avgFactor = 33,
        .timeslice = 2000000,
        .entriesCount = 2,
        .logEntries = {{20, 2, 3, 4, 5, 6, 70}, {10, 1, 1, 4, 5, 6, 71}},
    };
    return V2_ANSWER;
}
#endif
