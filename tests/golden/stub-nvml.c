/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NVML libraries that answer one call differently, and leave all others to the simulated driver, with which
 * they are linked: dlsym () on this library's handle finds the other calls there. */
#include "nvml/nvml-abi.h"

#include <stdlib.h>

#define EXPORT __attribute__ ((visibility ("default")))

/* Keeps the simulated driver in the list of needed libraries. */
EXPORT extern const char *(*const stub_needs) (nvmlReturn_t);
const char *(*const stub_needs) (nvmlReturn_t) = nvmlErrorString;

#ifdef STUB_STATES
EXPORT nvmlReturn_t
nvmlGetVgpuCompatibility (nvmlVgpuMetadata_t *vgpu, nvmlVgpuPgpuMetadata_t *pgpu,
                          nvmlVgpuPgpuCompatibility_t *answer)
{
    if (!vgpu || !pgpu || !answer)
        return NVML_ERROR_INVALID_ARGUMENT;
    answer->vgpuVmCompatibility = STUB_STATES;
    answer->compatibilityLimitCode = STUB_LIMIT;
    return NVML_SUCCESS;
}
#endif

#ifdef STUB_ABORTS
EXPORT nvmlReturn_t
nvmlGetVgpuCompatibility (nvmlVgpuMetadata_t *vgpu, nvmlVgpuPgpuMetadata_t *pgpu,
                          nvmlVgpuPgpuCompatibility_t *answer)
{
    (void)vgpu;
    (void)pgpu;
    (void)answer;
    abort ();
}
#endif

#ifdef STUB_LACKS_CALL
/* for dlsym () a symbol with address 0 does not exist */
__asm__(".globl nvmlGetVgpuCompatibility\n"
        ".type nvmlGetVgpuCompatibility, @function\n"
        "nvmlGetVgpuCompatibility = 0");
#endif

#ifdef STUB_IS_REAL
/* By this call, which NVIDIA's library does not have, vgpu-gate recognises the simulated driver. */
EXPORT const char *vgpuSimDescription (void);
EXPORT const char *
vgpuSimDescription (void)
{
    return NULL;
}
#endif

#ifdef STUB_SCHEDULER
EXPORT nvmlReturn_t
nvmlDeviceGetVgpuSchedulerState (nvmlDevice_t device, nvmlVgpuSchedulerGetState_t *state)
{
    if (!device || !state)
        return NVML_ERROR_INVALID_ARGUMENT;
    *state = (nvmlVgpuSchedulerGetState_t){.schedulerPolicy = NVML_SCHEDULER_EQUAL_SHARE};
    state->schedulerParams.vgpuSchedData.timeslice = 4000000;
    return NVML_SUCCESS;
}
#endif

#ifdef STUB_LOG_V2
/* For each engine, with weights. */
EXPORT nvmlReturn_t
nvmlDeviceGetVgpuSchedulerLog_v2 (nvmlDevice_t device, nvmlVgpuSchedulerLogInfo_v2_t *log)
{
    if (!device || !log)
        return NVML_ERROR_INVALID_ARGUMENT;
    *log = (nvmlVgpuSchedulerLogInfo_v2_t){
        .engineId = log->engineId,
        .schedulerPolicy = NVML_SCHEDULER_FIXED_SHARE,
        .avgFactor = 33,
        .timeslice = 2083333,
        .entriesCount = 2,
        .logEntries =
            {
                {1234567890123, 2083333, 2083333, 7, 2083333, 20000, 1},
                {1234569993456, 1500000, 1500000, 8, 2083333, 20000, 2},
            },
    };
    return NVML_SUCCESS;
}
#endif

#ifdef STUB_LOG
/* The same answer at every call, as if nothing ran. */
EXPORT nvmlReturn_t
nvmlDeviceGetVgpuSchedulerLog (nvmlDevice_t device, nvmlVgpuSchedulerLog_t *log)
{
    if (!device || !log)
        return NVML_ERROR_INVALID_ARGUMENT;
    *log = (nvmlVgpuSchedulerLog_t){
        .engineId = NVML_ENGINE_GRAPHICS,
        .schedulerPolicy = NVML_SCHEDULER_EQUAL_SHARE,
        .arrMode = NVML_ARR_DISABLE,
        .entriesCount = 3,
        .logEntries =
            {
                {1234567890123, 2000000, 2000000, 7, 2000000, 20000},
                {1234569910123, 1500000, 1500000, 8, 2000000, 20000},
                {1234571930123, 4000000, 2000000, 7, 2000000, 40000},
            },
    };
    log->schedulerParams.vgpuSchedData.timeslice = 2000000;
    return NVML_SUCCESS;
}
#endif
