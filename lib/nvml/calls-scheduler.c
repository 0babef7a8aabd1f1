/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The NVML calls for the vGPU schedulers of a GPU. r595 replaced the state, set and log calls (below: v1)
 * with calls for one engine (v2). A driver can have either or both, and which it has is found out by asking
 * it, never by its version.
 */
#include "base/codes.h"
#include "nvml/loader.h"
#include "nvml/missing.h"
#include "nvml/scheduler-log.h"
#include "vgpu-gate/growth.h"

#include <stdlib.h>

G_STATIC_ASSERT ((int)VGATE_SCHEDULER_FIXED_SHARE == (int)NVML_SCHEDULER_FIXED_SHARE);
G_STATIC_ASSERT ((int)VGATE_ARR_ENABLED == (int)NVML_ARR_ENABLE);
G_STATIC_ASSERT (VGATE_SCHEDULER_LOG_MAX == NVML_SCHEDULER_LOG_ENTRIES);

/* TRUE when the caller can try the v1 call after this error of the v2 call. v1 has the graphics engine
 * only. */
static gboolean
can_use_v1 (int engine, const GError *error)
{
    return engine == VGATE_ENGINE_GRAPHICS && vgate_nvml_lacks_call (error);
}

/* There is no mode of ARR in v2: it is always on, and means nothing under best effort. */
static gboolean
take_v2 (const char *name, int engine, const nvmlVgpuSchedulerStateInfo_v2_t *raw, VgateScheduler *scheduler,
         GError **error)
{
    if (raw->engineId != (unsigned int)engine)
        return vgate_nvml_unbelievable (name, "answer for another engine", error);
    if (raw->schedulerPolicy > NVML_SCHEDULER_FIXED_SHARE)
        return vgate_nvml_unbelievable (name, "unknown policy", error);
    *scheduler = (VgateScheduler){
        .size = sizeof *scheduler,
        .policy = (int)raw->schedulerPolicy,
        .arr = raw->schedulerPolicy == NVML_SCHEDULER_BEST_EFFORT ? VGATE_ARR_DEFAULT : VGATE_ARR_ENABLED,
        .average_factor = raw->avgFactor,
        .time_slice = raw->timeslice,
    };
    return TRUE;
}

static gboolean
read_v2 (VgateNvml *nvml, VgateNvmlDevice device, int engine, VgateScheduler *scheduler, GError **error)
{
    nvmlVgpuSchedulerStateInfo_v2_t raw = {.engineId = (unsigned int)engine};

    return VGATE_NVML_CALL (nvml, error, nvmlDeviceGetVgpuSchedulerState_v2, device, &raw) &&
           take_v2 ("nvmlDeviceGetVgpuSchedulerState_v2", engine, &raw, scheduler, error);
}

/* TRUE when a scheduler is set with the v2 call. It cannot be called to find out, so the driver is asked
 * for a state. */
static gboolean
sets_with_v2 (VgateNvml *nvml, VgateNvmlDevice device)
{
    g_autoptr (GError) error = NULL;
    VgateScheduler scheduler;

    return nvml->nvmlDeviceSetVgpuSchedulerState_v2 &&
           (read_v2 (nvml, device, VGATE_ENGINE_GRAPHICS, &scheduler, &error) ||
            !vgate_nvml_lacks_call (error));
}

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
        .is_always_adaptive = sets_with_v2 (nvml, device),
    };
    VGATE_GROWTH_WRITE (capabilities, &own);
    return TRUE;
}

static gboolean
take_v1 (const char *name, guint policy, guint arr, const nvmlVgpuSchedulerParams_t *parameters,
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
vgate_nvml_device_engine_scheduler (VgateNvml *nvml, VgateNvmlDevice device, int engine,
                                    VgateScheduler *scheduler, GError **error)
{
    g_autoptr (GError) local = NULL;
    nvmlVgpuSchedulerGetState_t raw = {0};
    VgateScheduler own;

    g_return_val_if_fail (VGATE_GROWTH_HAS_SIZE (scheduler, VGATE_SIZE_SCHEDULER), FALSE);
    if (!read_v2 (nvml, device, engine, &own, &local)) {
        if (!can_use_v1 (engine, local)) {
            g_propagate_error (error, g_steal_pointer (&local));
            return FALSE;
        }
        if (!VGATE_NVML_CALL (nvml, error, nvmlDeviceGetVgpuSchedulerState, device, &raw) ||
            !take_v1 ("nvmlDeviceGetVgpuSchedulerState", raw.schedulerPolicy, raw.arrMode,
                      &raw.schedulerParams, &own, error))
            return FALSE;
    }
    VGATE_GROWTH_WRITE (scheduler, &own);
    return TRUE;
}

gboolean
vgate_nvml_device_scheduler (VgateNvml *nvml, VgateNvmlDevice device, VgateScheduler *scheduler,
                             GError **error)
{
    return vgate_nvml_device_engine_scheduler (nvml, device, VGATE_ENGINE_GRAPHICS, scheduler, error);
}

static gboolean
set_v1 (VgateNvml *nvml, VgateNvmlDevice device, const VgateSchedulerSettings *settings, GError **error)
{
    nvmlVgpuSchedulerSetState_t raw = {
        .schedulerPolicy = (unsigned int)settings->policy,
        .enableARRMode = (unsigned int)settings->arr,
    };

    if (settings->arr == VGATE_ARR_ENABLED) {
        raw.schedulerParams.vgpuSchedDataWithARR.avgFactor = settings->average_factor;
        raw.schedulerParams.vgpuSchedDataWithARR.frequency = settings->frequency;
    } else {
        raw.schedulerParams.vgpuSchedData.timeslice = settings->time_slice;
    }
    return VGATE_NVML_CALL (nvml, error, nvmlDeviceSetVgpuSchedulerState, device, &raw);
}

static gboolean
set_v2 (VgateNvml *nvml, VgateNvmlDevice device, int engine, const VgateSchedulerSettings *settings,
        GError **error)
{
    nvmlVgpuSchedulerState_v2_t raw = {
        .engineId = (unsigned int)engine,
        .schedulerPolicy = (unsigned int)settings->policy,
        .avgFactor = settings->average_factor,
        .frequency = settings->frequency,
    };

    if (settings->time_slice > 0 || settings->arr == VGATE_ARR_DISABLED) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_SCHEDULER_ADAPTIVE,
                             "this driver takes no time slice, and does not switch adaptive round robin off: "
                             "set a frequency");
        return FALSE;
    }
    return VGATE_NVML_CALL (nvml, error, nvmlDeviceSetVgpuSchedulerState_v2, device, &raw);
}

gboolean
vgate_nvml_device_set_engine_scheduler (VgateNvml *nvml, VgateNvmlDevice device, int engine,
                                        const VgateSchedulerSettings *settings, GError **error)
{
    g_return_val_if_fail (VGATE_GROWTH_HAS_SIZE (settings, VGATE_SIZE_SETTINGS), FALSE);
    if (engine != VGATE_ENGINE_GRAPHICS || sets_with_v2 (nvml, device))
        return set_v2 (nvml, device, engine, settings, error);
    return set_v1 (nvml, device, settings, error);
}

gboolean
vgate_nvml_device_set_scheduler (VgateNvml *nvml, VgateNvmlDevice device,
                                 const VgateSchedulerSettings *settings, GError **error)
{
    return vgate_nvml_device_set_engine_scheduler (nvml, device, VGATE_ENGINE_GRAPHICS, settings, error);
}

static int
compare_times (gconstpointer a, gconstpointer b)
{
    const guint64 left = ((const VgateSchedulerLogEntry *)a)->timestamp;
    const guint64 right = ((const VgateSchedulerLogEntry *)b)->timestamp;

    return (left > right) - (left < right);
}

/* Takes the number of entries. FALSE with an error when it is impossible. */
static gboolean
take_count (const char *name, guint count, VgateSchedulerLog *log, GError **error)
{
    if (count > NVML_SCHEDULER_LOG_ENTRIES)
        return vgate_nvml_unbelievable (name, "more entries than the buffer can hold", error);
    log->n_entries = count;
    return TRUE;
}

static gboolean
read_log_v2 (VgateNvml *nvml, VgateNvmlDevice device, int engine, VgateSchedulerLog *log, GError **error)
{
    const char *name = "nvmlDeviceGetVgpuSchedulerLog_v2";
    g_autofree nvmlVgpuSchedulerLogInfo_v2_t *raw = g_new0 (nvmlVgpuSchedulerLogInfo_v2_t, 1);

    raw->engineId = (unsigned int)engine;
    if (!VGATE_NVML_CALL (nvml, error, nvmlDeviceGetVgpuSchedulerLog_v2, device, raw) ||
        !take_v2 (name, engine,
                  &(nvmlVgpuSchedulerStateInfo_v2_t){raw->engineId, raw->schedulerPolicy, raw->avgFactor,
                                                     raw->timeslice},
                  &log->scheduler, error) ||
        !take_count (name, raw->entriesCount, log, error))
        return FALSE;
    for (guint i = 0; i < log->n_entries; i++) {
        const nvmlVgpuSchedulerLogEntry_v2_t *entry = &raw->logEntries[i];

        log->entries[i] = (VgateSchedulerLogEntry){
            .timestamp = entry->timestamp,
            .run_total = entry->timeRunTotal,
            .run = entry->timeRun,
            .target = entry->targetTimeSlice,
            .preemption_total = entry->cumulativePreemptionTime,
            .runlist = entry->swRunlistId,
            .weight = entry->weight,
        };
    }
    return TRUE;
}

/* Since r590, this log can be that of a video encoder. */
static gboolean
read_log_v1 (VgateNvml *nvml, VgateNvmlDevice device, VgateSchedulerLog *log, GError **error)
{
    const char *name = "nvmlDeviceGetVgpuSchedulerLog";
    g_autofree nvmlVgpuSchedulerLog_t *raw = g_new0 (nvmlVgpuSchedulerLog_t, 1);

    if (!VGATE_NVML_CALL (nvml, error, nvmlDeviceGetVgpuSchedulerLog, device, raw) ||
        !take_v1 (name, raw->schedulerPolicy, raw->arrMode, &raw->schedulerParams, &log->scheduler, error) ||
        !take_count (name, raw->entriesCount, log, error))
        return FALSE;
    if (raw->engineId != NVML_ENGINE_GRAPHICS) {
        g_autofree char *what = g_strdup_printf ("the log is that of engine %s (%u), not of graphics",
                                                 vgate_engine_name ((int)raw->engineId), raw->engineId);

        return vgate_nvml_unbelievable (name, what, error);
    }
    for (guint i = 0; i < log->n_entries; i++) {
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
    return TRUE;
}

VgateSchedulerLog *
vgate_nvml_device_engine_scheduler_log (VgateNvml *nvml, VgateNvmlDevice device, int engine, GError **error)
{
    g_autoptr (VgateSchedulerLog) log = vgate_scheduler_log_new ();
    g_autoptr (GError) local = NULL;

    if (!read_log_v2 (nvml, device, engine, log, &local)) {
        if (!can_use_v1 (engine, local)) {
            g_propagate_error (error, g_steal_pointer (&local));
            return NULL;
        }
        if (!read_log_v1 (nvml, device, log, error))
            return NULL;
    }
    /* the order of the entries is not documented */
    qsort (log->entries, log->n_entries, sizeof log->entries[0], compare_times);
    return g_steal_pointer (&log);
}

VgateSchedulerLog *
vgate_nvml_device_scheduler_log (VgateNvml *nvml, VgateNvmlDevice device, GError **error)
{
    return vgate_nvml_device_engine_scheduler_log (nvml, device, VGATE_ENGINE_GRAPHICS, error);
}
