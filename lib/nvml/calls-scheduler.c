/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The NVML calls for the vGPU scheduler of a GPU. */
#include "nvml/loader.h"
#include "nvml/scheduler-log.h"
#include "vgpu-gate/growth.h"

#include <stdlib.h>

G_STATIC_ASSERT ((int)VGATE_SCHEDULER_FIXED_SHARE == (int)NVML_SCHEDULER_FIXED_SHARE);
G_STATIC_ASSERT ((int)VGATE_ARR_ENABLED == (int)NVML_ARR_ENABLE);
G_STATIC_ASSERT (VGATE_SCHEDULER_LOG_MAX == NVML_SCHEDULER_LOG_ENTRIES);

gboolean
vgate_nvml_device_scheduler_capabilities (VgateNvml *nvml, VgateNvmlDevice device,
                                          VgateSchedulerCapabilities *capabilities, GError **error)
{
    nvmlVgpuSchedulerCapabilities_t raw = {.maxTimeslice = 0};
    VgateSchedulerCapabilities own;
    guint32 policies = 0;

    g_return_val_if_fail (VGATE_GROWTH_HAS_SIZE (capabilities, VGATE_SIZE_CAPABILITIES), FALSE);
    if (!VGATE_NVML_CALL (nvml, error, nvmlDeviceGetVgpuSchedulerCapabilities, device, &raw))
        return FALSE;
    /* a policy of a newer driver is left out, as it can neither be named nor set here */
    for (gsize i = 0; i < G_N_ELEMENTS (raw.supportedSchedulers); i++)
        if (raw.supportedSchedulers[i] != NVML_SCHEDULER_UNKNOWN &&
            raw.supportedSchedulers[i] <= NVML_SCHEDULER_FIXED_SHARE)
            policies |= 1u << raw.supportedSchedulers[i];
    own = (VgateSchedulerCapabilities){
        .policies = policies,
        .has_arr = raw.isArrModeSupported != 0,
        .time_slice_min = raw.minTimeslice,
        .time_slice_max = raw.maxTimeslice,
        .frequency_min = raw.minFrequencyForARR,
        .frequency_max = raw.maxFrequencyForARR,
        .average_factor_min = raw.minAvgFactorForARR,
        .average_factor_max = raw.maxAvgFactorForARR,
    };
    VGATE_GROWTH_WRITE (capabilities, &own);
    return TRUE;
}

static gboolean
take_state (const char *name, guint policy, guint arr, const nvmlVgpuSchedulerParams_t *parameters,
            VgateScheduler *scheduler, GError **error)
{
    if (policy > NVML_SCHEDULER_FIXED_SHARE)
        return vgate_nvml_unbelievable (name, "unknown policy", error);
    if (arr > NVML_ARR_ENABLE)
        return vgate_nvml_unbelievable (name, "unknown mode of ARR", error);
    *scheduler = (VgateScheduler){.size = sizeof *scheduler, .policy = (int)policy, .arr = (int)arr};
    if (arr == NVML_ARR_ENABLE) {
        scheduler->average_factor = parameters->vgpuSchedDataWithARR.avgFactor;
        scheduler->time_slice = parameters->vgpuSchedDataWithARR.timeslice;
    } else {
        scheduler->time_slice = parameters->vgpuSchedData.timeslice;
    }
    return TRUE;
}

gboolean
vgate_nvml_device_scheduler (VgateNvml *nvml, VgateNvmlDevice device, VgateScheduler *scheduler,
                             GError **error)
{
    nvmlVgpuSchedulerGetState_t raw = {0};
    VgateScheduler own;

    g_return_val_if_fail (VGATE_GROWTH_HAS_SIZE (scheduler, VGATE_SIZE_SCHEDULER), FALSE);
    if (!VGATE_NVML_CALL (nvml, error, nvmlDeviceGetVgpuSchedulerState, device, &raw) ||
        !take_state ("nvmlDeviceGetVgpuSchedulerState", raw.schedulerPolicy, raw.arrMode,
                     &raw.schedulerParams, &own, error))
        return FALSE;
    VGATE_GROWTH_WRITE (scheduler, &own);
    return TRUE;
}

gboolean
vgate_nvml_device_set_scheduler (VgateNvml *nvml, VgateNvmlDevice device,
                                 const VgateSchedulerSettings *settings, GError **error)
{
    nvmlVgpuSchedulerSetState_t raw = {
        .schedulerPolicy = (unsigned int)settings->policy,
        .enableARRMode = (unsigned int)settings->arr,
    };

    g_return_val_if_fail (VGATE_GROWTH_HAS_SIZE (settings, VGATE_SIZE_SETTINGS), FALSE);
    if (settings->arr == VGATE_ARR_ENABLED) {
        raw.schedulerParams.vgpuSchedDataWithARR.avgFactor = settings->average_factor;
        raw.schedulerParams.vgpuSchedDataWithARR.frequency = settings->frequency;
    } else {
        raw.schedulerParams.vgpuSchedData.timeslice = settings->time_slice;
    }
    return VGATE_NVML_CALL (nvml, error, nvmlDeviceSetVgpuSchedulerState, device, &raw);
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
    const guint64 left = ((const VgateSchedulerLogEntry *)a)->timestamp;
    const guint64 right = ((const VgateSchedulerLogEntry *)b)->timestamp;

    return (left > right) - (left < right);
}

VgateSchedulerLog *
vgate_nvml_device_scheduler_log (VgateNvml *nvml, VgateNvmlDevice device, GError **error)
{
    const char *name = "nvmlDeviceGetVgpuSchedulerLog";
    g_autofree nvmlVgpuSchedulerLog_t *raw = g_new0 (nvmlVgpuSchedulerLog_t, 1);
    g_autoptr (VgateSchedulerLog) log = vgate_scheduler_log_new ();

    if (!VGATE_NVML_CALL (nvml, error, nvmlDeviceGetVgpuSchedulerLog, device, raw) ||
        !take_state (name, raw->schedulerPolicy, raw->arrMode, &raw->schedulerParams, &log->scheduler, error))
        return NULL;
    if (raw->entriesCount > NVML_SCHEDULER_LOG_ENTRIES) {
        vgate_nvml_unbelievable (name, "more entries than the buffer can hold", error);
        return NULL;
    }
    log->n_entries = raw->entriesCount;
    for (guint i = 0; i < raw->entriesCount; i++) {
        const nvmlVgpuSchedulerLogEntry_t *entry = &raw->logEntries[i];

        log->entries[i] = (VgateSchedulerLogEntry){
            .timestamp = entry->timestamp,
            .run_total = entry->timeRunTotal,
            .run = entry->timeRun,
            .target = entry->targetTimeSlice,
            .preemption_total = entry->cumulativePreemptionTime,
            .runlist = entry->swRunlistId,
        };
    }
    /* the order of the entries is not documented */
    qsort (log->entries, log->n_entries, sizeof log->entries[0], compare_times);
    return g_steal_pointer (&log);
}
