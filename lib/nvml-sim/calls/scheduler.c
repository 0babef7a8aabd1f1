/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls for the vGPU scheduler of a GPU: its capabilities, its settings and its log. */
#include "nvml-sim/calls/exports.h"

#include "nvml-sim/calls/change.h"
#include "nvml-sim/calls/handle.h"
#include "nvml-sim/model/schedule.h"

/*
 * Documented for all these calls: NOT_SUPPORTED in MIG mode, and unless the GPU is a vGPU host. Measured on a
 * GPU that is not a vGPU host: NULL is checked first. The position of the check for MIG mode is inferred from
 * that.
 */
static nvmlReturn_t
enter_scheduler (const char *call, nvmlDevice_t device, const void *argument, VgpuSimHost **host,
                 const VgpuSimGpu **gpu)
{
    const nvmlReturn_t code = vgpu_sim_enter_vgpu_host_with (call, device, argument, host, gpu);

    if (code != NVML_SUCCESS)
        return code;
    return (*gpu)->mig ? NVML_ERROR_NOT_SUPPORTED : NVML_SUCCESS;
}

nvmlReturn_t
nvmlDeviceGetVgpuSchedulerCapabilities (nvmlDevice_t device, nvmlVgpuSchedulerCapabilities_t *caps)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    const nvmlReturn_t code = enter_scheduler (__func__, device, caps, &host, &gpu);

    if (code != NVML_SUCCESS)
        return code;
    *caps = (nvmlVgpuSchedulerCapabilities_t){
        .supportedSchedulers = {NVML_SCHEDULER_BEST_EFFORT, NVML_SCHEDULER_EQUAL_SHARE,
                                NVML_SCHEDULER_FIXED_SHARE},
        .maxTimeslice = VGPU_SIM_TIME_SLICE_MAX,
        .minTimeslice = VGPU_SIM_TIME_SLICE_MIN,
        .isArrModeSupported = 1,
        .maxFrequencyForARR = VGPU_SIM_FREQUENCY_MAX,
        .minFrequencyForARR = VGPU_SIM_FREQUENCY_MIN,
        .maxAvgFactorForARR = VGPU_SIM_AVERAGE_FACTOR_MAX,
        .minAvgFactorForARR = VGPU_SIM_AVERAGE_FACTOR_MIN,
    };
    return NVML_SUCCESS;
}

/* With best effort, the parameters have no meaning, and are 0. */
static nvmlVgpuSchedulerParams_t
parameters_of (const VgpuSimScheduler *scheduler)
{
    nvmlVgpuSchedulerParams_t parameters = {{0, 0}};

    if (scheduler->policy == NVML_SCHEDULER_BEST_EFFORT)
        return parameters;
    if (scheduler->arr == NVML_ARR_ENABLE) {
        parameters.vgpuSchedDataWithARR.avgFactor = scheduler->average_factor;
        parameters.vgpuSchedDataWithARR.timeslice = vgpu_sim_scheduler_slice (scheduler);
    } else {
        parameters.vgpuSchedData.timeslice = scheduler->time_slice;
    }
    return parameters;
}

nvmlReturn_t
nvmlDeviceGetVgpuSchedulerState (nvmlDevice_t device, nvmlVgpuSchedulerGetState_t *state)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    const nvmlReturn_t code = enter_scheduler (__func__, device, state, &host, &gpu);

    if (code != NVML_SUCCESS)
        return code;
    state->schedulerPolicy = gpu->schedulers[VGPU_SIM_GRAPHICS].policy;
    state->arrMode = gpu->schedulers[VGPU_SIM_GRAPHICS].arr;
    state->schedulerParams = parameters_of (&gpu->schedulers[VGPU_SIM_GRAPHICS]);
    return NVML_SUCCESS;
}

/* 0 selects the default. */
static gboolean
take_parameter (guint32 wanted, guint32 min, guint32 max, guint32 fallback, guint32 *parameter)
{
    *parameter = wanted == 0 ? fallback : wanted;
    return *parameter >= min && *parameter <= max;
}

/*
 * NVIDIA does not document which ARR mode the default is; here it uses a time slice, as without ARR. With
 * best effort the parameters must be valid, too, although they are not kept.
 */
static gboolean
take_state (const nvmlVgpuSchedulerSetState_t *state, VgpuSimScheduler *scheduler)
{
    const nvmlVgpuSchedulerSetParams_t *given = &state->schedulerParams;

    *scheduler = (VgpuSimScheduler){.policy = state->schedulerPolicy, .arr = state->enableARRMode};
    if (scheduler->policy < NVML_SCHEDULER_BEST_EFFORT || scheduler->policy > NVML_SCHEDULER_FIXED_SHARE ||
        scheduler->arr > NVML_ARR_ENABLE)
        return FALSE;
    if (scheduler->arr == NVML_ARR_ENABLE)
        return take_parameter (given->vgpuSchedDataWithARR.frequency, VGPU_SIM_FREQUENCY_MIN,
                               VGPU_SIM_FREQUENCY_MAX, VGPU_SIM_FREQUENCY_DEFAULT, &scheduler->frequency) &&
               take_parameter (given->vgpuSchedDataWithARR.avgFactor, VGPU_SIM_AVERAGE_FACTOR_MIN,
                               VGPU_SIM_AVERAGE_FACTOR_MAX, VGPU_SIM_AVERAGE_FACTOR_DEFAULT,
                               &scheduler->average_factor);
    return take_parameter (given->vgpuSchedData.timeslice, VGPU_SIM_TIME_SLICE_MIN, VGPU_SIM_TIME_SLICE_MAX,
                           VGPU_SIM_TIME_SLICE_DEFAULT, &scheduler->time_slice);
}

/* Checks the present state of the device, under the lock. Documented: not possible while a vGPU instance
 * exists on it. */
static nvmlReturn_t
check_settable (const VgpuSimHost *host, VgpuSimAddress address)
{
    const VgpuSimGpu *gpu = vgpu_sim_host_gpu (host, address);

    if (!gpu)
        return NVML_ERROR_GPU_IS_LOST;
    if (gpu->mode != NVML_VIRTUALIZATION_MODE_HOST_VGPU || gpu->mig || vgpu_sim_host_gpu_runs (host, gpu))
        return NVML_ERROR_NOT_SUPPORTED;
    return NVML_SUCCESS;
}

static nvmlReturn_t
set_scheduler (const VgpuSimHost *host, const VgpuSimGpu *gpu, VgpuSimEngine engine,
               const VgpuSimScheduler *wanted)
{
    g_autoptr (VgpuSimEdit) edit = NULL;
    nvmlReturn_t code = check_settable (host, gpu->address);

    if (code == NVML_SUCCESS)
        code = vgpu_sim_change_begin (&edit);
    if (code == NVML_SUCCESS)
        code = check_settable (edit->host, gpu->address);
    if (code != NVML_SUCCESS)
        return code;
    gpu = vgpu_sim_host_gpu (edit->host, gpu->address);
    vgpu_sim_scheduler_write ((VgpuSimGroup){edit->file, gpu->group}, engine, wanted);
    return vgpu_sim_change_commit (edit);
}

nvmlReturn_t
nvmlDeviceSetVgpuSchedulerState (nvmlDevice_t device, nvmlVgpuSchedulerSetState_t *state)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    VgpuSimScheduler wanted;
    const nvmlReturn_t code = enter_scheduler (__func__, device, state, &host, &gpu);

    if (code != NVML_SUCCESS)
        return code;
    if (!take_state (state, &wanted))
        return NVML_ERROR_INVALID_ARGUMENT;
    return set_scheduler (host, gpu, VGPU_SIM_GRAPHICS, &wanted);
}

/*
 * A vGPU uses its slot to the end, so that nothing is deducted from the next target. The ID of a runlist is
 * the instance number of its vGPU, so that the log can be compared with other calls; the IDs of a real driver
 * are not measured.
 */
static nvmlVgpuSchedulerLogEntry_t
log_entry (const VgpuSimSchedule *schedule, guint64 epoch, const VgpuSimRun *run)
{
    return (nvmlVgpuSchedulerLogEntry_t){
        .timestamp = epoch + run->end,
        .timeRunTotal = run->runs * schedule->slice,
        .timeRun = schedule->slice,
        .swRunlistId = run->vgpu,
        .targetTimeSlice = schedule->slice,
        .cumulativePreemptionTime = run->runs * VGPU_SIM_PREEMPTION,
    };
}

/* The last runs of a scheduler, at most NVML_SCHEDULER_LOG_ENTRIES. Returns their number. */
static guint
read_runs (const VgpuSimSchedule *schedule, const VgpuSimScheduler *scheduler, guint64 *epoch,
           VgpuSimRun *runs)
{
    const guint64 now = vgpu_sim_schedule_now ();

    /* an epoch in the future is from before the machine's last start */
    *epoch = scheduler->epoch <= now ? scheduler->epoch : 0;
    return vgpu_sim_schedule_last (schedule, now - *epoch, runs, NVML_SCHEDULER_LOG_ENTRIES);
}

nvmlReturn_t
nvmlDeviceGetVgpuSchedulerLog (nvmlDevice_t device, nvmlVgpuSchedulerLog_t *log)
{
    g_autoptr (VgpuSimHost) host = NULL;
    g_autoptr (VgpuSimSchedule) schedule = NULL;
    VgpuSimRun runs[NVML_SCHEDULER_LOG_ENTRIES];
    const VgpuSimScheduler *scheduler;
    const VgpuSimGpu *gpu;
    const nvmlReturn_t code = enter_scheduler (__func__, device, log, &host, &gpu);
    guint64 epoch;

    if (code != NVML_SUCCESS)
        return code;
    scheduler = &gpu->schedulers[VGPU_SIM_GRAPHICS];
    schedule = vgpu_sim_schedule_new (host, gpu, VGPU_SIM_GRAPHICS);
    *log = (nvmlVgpuSchedulerLog_t){
        .engineId = NVML_ENGINE_GRAPHICS,
        .schedulerPolicy = scheduler->policy,
        .arrMode = scheduler->arr,
        .schedulerParams = parameters_of (scheduler),
        .entriesCount = read_runs (schedule, scheduler, &epoch, runs),
    };
    for (guint i = 0; i < log->entriesCount; i++)
        log->logEntries[i] = log_entry (schedule, epoch, &runs[i]);
    return NVML_SUCCESS;
}

/* --- the calls since r595 --- */

/* A number that is no engine is refused like any other wrong argument, before the GPU is looked at. */
static nvmlReturn_t
enter_engine (const char *call, nvmlDevice_t device, const unsigned int *engine_id, VgpuSimHost **host,
              const VgpuSimGpu **gpu, VgpuSimEngine *engine)
{
    /* the call may write into the structure that contains it */
    const unsigned int number = engine_id ? *engine_id : 0;
    const gboolean is_engine = number >= NVML_ENGINE_GRAPHICS && number <= NVML_ENGINE_NVENC0;
    const nvmlReturn_t code = enter_scheduler (call, device, is_engine ? engine_id : NULL, host, gpu);

    if (code == NVML_SUCCESS)
        *engine = (VgpuSimEngine)(number - NVML_ENGINE_GRAPHICS);
    return code;
}

nvmlReturn_t
nvmlDeviceGetVgpuSchedulerState_v2 (nvmlDevice_t device, nvmlVgpuSchedulerStateInfo_v2_t *state)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    VgpuSimEngine engine;
    const nvmlReturn_t code =
        enter_engine (__func__, device, state ? &state->engineId : NULL, &host, &gpu, &engine);
    nvmlVgpuSchedulerParams_t parameters;

    if (code != NVML_SUCCESS)
        return code;
    parameters = parameters_of (&gpu->schedulers[engine]);
    state->schedulerPolicy = gpu->schedulers[engine].policy;
    state->avgFactor = parameters.vgpuSchedDataWithARR.avgFactor;
    state->timeslice = parameters.vgpuSchedDataWithARR.timeslice;
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlDeviceSetVgpuSchedulerState_v2 (nvmlDevice_t device, nvmlVgpuSchedulerState_v2_t *state)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    VgpuSimEngine engine;
    VgpuSimScheduler wanted;
    nvmlVgpuSchedulerSetState_t given = {.enableARRMode = NVML_ARR_ENABLE};
    const nvmlReturn_t code =
        enter_engine (__func__, device, state ? &state->engineId : NULL, &host, &gpu, &engine);

    if (code != NVML_SUCCESS)
        return code;
    given.schedulerPolicy = state->schedulerPolicy;
    given.schedulerParams.vgpuSchedDataWithARR.avgFactor = state->avgFactor;
    given.schedulerParams.vgpuSchedDataWithARR.frequency = state->frequency;
    if (!take_state (&given, &wanted))
        return NVML_ERROR_INVALID_ARGUMENT;
    return set_scheduler (host, gpu, engine, &wanted);
}

/* The weight of a vGPU is the number of its slots in a round; that of a real driver is not measured. */
nvmlReturn_t
nvmlDeviceGetVgpuSchedulerLog_v2 (nvmlDevice_t device, nvmlVgpuSchedulerLogInfo_v2_t *log)
{
    g_autoptr (VgpuSimHost) host = NULL;
    g_autoptr (VgpuSimSchedule) schedule = NULL;
    VgpuSimRun runs[NVML_SCHEDULER_LOG_ENTRIES];
    const VgpuSimScheduler *scheduler;
    const VgpuSimGpu *gpu;
    VgpuSimEngine engine;
    const nvmlReturn_t code =
        enter_engine (__func__, device, log ? &log->engineId : NULL, &host, &gpu, &engine);
    nvmlVgpuSchedulerParams_t parameters;
    guint64 epoch;

    if (code != NVML_SUCCESS)
        return code;
    scheduler = &gpu->schedulers[engine];
    parameters = parameters_of (scheduler);
    schedule = vgpu_sim_schedule_new (host, gpu, engine);
    *log = (nvmlVgpuSchedulerLogInfo_v2_t){
        .engineId = log->engineId,
        .schedulerPolicy = scheduler->policy,
        .avgFactor = parameters.vgpuSchedDataWithARR.avgFactor,
        .timeslice = parameters.vgpuSchedDataWithARR.timeslice,
        .entriesCount = read_runs (schedule, scheduler, &epoch, runs),
    };
    for (guint i = 0; i < log->entriesCount; i++) {
        const nvmlVgpuSchedulerLogEntry_t entry = log_entry (schedule, epoch, &runs[i]);

        log->logEntries[i] = (nvmlVgpuSchedulerLogEntry_v2_t){
            .timestamp = entry.timestamp,
            .timeRunTotal = entry.timeRunTotal,
            .timeRun = entry.timeRun,
            .swRunlistId = entry.swRunlistId,
            .targetTimeSlice = entry.targetTimeSlice,
            .cumulativePreemptionTime = entry.cumulativePreemptionTime,
            .weight = runs[i].share,
        };
    }
    return NVML_SUCCESS;
}
