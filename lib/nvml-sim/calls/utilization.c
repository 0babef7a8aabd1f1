/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls for the utilization of a GPU by its vGPUs and by their processes. There is one sample a second,
 * with the values of the host file.
 */
#include "nvml-sim/calls/exports.h"

#include "nvml-sim/calls/handle.h"

#define SAMPLE_US G_USEC_PER_SEC

/* The vGPUs of the GPU, which belong to the host. */
static GPtrArray *
collect_vgpus (const VgpuSimHost *host, const VgpuSimGpu *gpu)
{
    GPtrArray *vgpus = g_ptr_array_new ();

    for (guint i = 0; i < host->vgpus->len; i++) {
        VgpuSimVgpu *vgpu = host->vgpus->pdata[i];

        if (vgpu->gpu == gpu)
            g_ptr_array_add (vgpus, vgpu);
    }
    return vgpus;
}

typedef struct {
    const VgpuSimVgpu *vgpu;
    const VgpuSimProcess *process;
} Worker;

/* Documented: a process that did nothing in the last period has no sample. */
static GArray *
collect_workers (const VgpuSimHost *host, const VgpuSimGpu *gpu)
{
    g_autoptr (GPtrArray) vgpus = collect_vgpus (host, gpu);
    GArray *workers = g_array_new (FALSE, FALSE, sizeof (Worker));

    for (guint i = 0; i < vgpus->len; i++) {
        const VgpuSimVgpu *vgpu = vgpus->pdata[i];

        for (guint j = 0; vgpu->guest_up && j < vgpu->work.processes->len; j++) {
            const Worker worker = {vgpu, &g_array_index (vgpu->work.processes, VgpuSimProcess, j)};

            if (worker.process->sm > 0 || worker.process->memory > 0)
                g_array_append_val (workers, worker);
        }
    }
    return workers;
}

/*
 * Documented: an array of no elements is INVALID_ARGUMENT, without an array the call asks for the number, and
 * NOT_FOUND means that no sample is newer than the last seen. *count is set to the number of samples, and
 * *time to the time of all of them.
 */
static nvmlReturn_t
enter_samples (guint samples, unsigned long long last_seen, const void *array, unsigned int *count,
               guint64 *time)
{
    const unsigned int given = *count;

    if (array && given == 0)
        return NVML_ERROR_INVALID_ARGUMENT;
    *time = (guint64)(g_get_real_time () / SAMPLE_US * SAMPLE_US);
    if (samples > 0 && last_seen >= *time)
        return NVML_ERROR_NOT_FOUND;
    *count = samples;
    return samples == 0 || (array && given >= samples) ? NVML_SUCCESS : NVML_ERROR_INSUFFICIENT_SIZE;
}

static nvmlValue_t
value_of (const VgpuSimVgpu *vgpu, VgpuSimUtilization which)
{
    return (nvmlValue_t){.uiVal = vgpu->guest_up ? vgpu->work.utilization[which] : 0};
}

nvmlReturn_t
nvmlDeviceGetVgpuUtilization (nvmlDevice_t device, unsigned long long last_seen, unsigned int *value_type,
                              unsigned int *count, nvmlVgpuInstanceUtilizationSample_t *samples)
{
    g_autoptr (VgpuSimHost) host = NULL;
    g_autoptr (GPtrArray) vgpus = NULL;
    const VgpuSimGpu *gpu;
    nvmlReturn_t code =
        vgpu_sim_enter_vgpu_host_with (__func__, device, value_type ? count : NULL, &host, &gpu);
    guint64 time;

    if (code != NVML_SUCCESS)
        return code;
    vgpus = collect_vgpus (host, gpu);
    code = enter_samples (vgpus->len, last_seen, samples, count, &time);
    if (code != NVML_SUCCESS)
        return code;
    *value_type = NVML_VALUE_TYPE_UNSIGNED_INT;
    for (guint i = 0; i < vgpus->len; i++) {
        const VgpuSimVgpu *vgpu = vgpus->pdata[i];

        samples[i] = (nvmlVgpuInstanceUtilizationSample_t){
            .vgpuInstance = vgpu->instance,
            .timeStamp = time,
            .smUtil = value_of (vgpu, VGPU_SIM_SM),
            .memUtil = value_of (vgpu, VGPU_SIM_MEMORY),
            .encUtil = value_of (vgpu, VGPU_SIM_ENCODER),
            .decUtil = value_of (vgpu, VGPU_SIM_DECODER),
        };
    }
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlDeviceGetVgpuInstancesUtilizationInfo (nvmlDevice_t device, nvmlVgpuInstancesUtilizationInfo_v1_t *info)
{
    g_autoptr (VgpuSimHost) host = NULL;
    g_autoptr (GPtrArray) vgpus = NULL;
    const VgpuSimGpu *gpu;
    nvmlReturn_t code = vgpu_sim_enter_vgpu_host_with (__func__, device, info, &host, &gpu);
    guint64 time;

    if (code != NVML_SUCCESS)
        return code;
    if (info->version != NVML_VGPU_INSTANCES_UTILIZATION_INFO_V1)
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    vgpus = collect_vgpus (host, gpu);
    code = enter_samples (vgpus->len, info->lastSeenTimeStamp, info->vgpuUtilArray, &info->vgpuInstanceCount,
                          &time);
    if (code != NVML_SUCCESS)
        return code;
    info->sampleValType = NVML_VALUE_TYPE_UNSIGNED_INT;
    for (guint i = 0; i < vgpus->len; i++) {
        const VgpuSimVgpu *vgpu = vgpus->pdata[i];

        info->vgpuUtilArray[i] = (nvmlVgpuInstanceUtilizationInfo_v1_t){
            .timeStamp = time,
            .vgpuInstance = vgpu->instance,
            .smUtil = value_of (vgpu, VGPU_SIM_SM),
            .memUtil = value_of (vgpu, VGPU_SIM_MEMORY),
            .encUtil = value_of (vgpu, VGPU_SIM_ENCODER),
            .decUtil = value_of (vgpu, VGPU_SIM_DECODER),
            .jpgUtil = value_of (vgpu, VGPU_SIM_JPEG),
            .ofaUtil = value_of (vgpu, VGPU_SIM_OFA),
        };
    }
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlDeviceGetVgpuProcessUtilization (nvmlDevice_t device, unsigned long long last_seen, unsigned int *count,
                                     nvmlVgpuProcessUtilizationSample_t *samples)
{
    g_autoptr (VgpuSimHost) host = NULL;
    g_autoptr (GArray) workers = NULL;
    const VgpuSimGpu *gpu;
    nvmlReturn_t code = vgpu_sim_enter_vgpu_host_with (__func__, device, count, &host, &gpu);
    guint64 time;

    if (code != NVML_SUCCESS)
        return code;
    workers = collect_workers (host, gpu);
    code = enter_samples (workers->len, last_seen, samples, count, &time);
    if (code != NVML_SUCCESS)
        return code;
    for (guint i = 0; i < workers->len; i++) {
        const Worker *worker = &g_array_index (workers, Worker, i);

        samples[i] = (nvmlVgpuProcessUtilizationSample_t){
            .vgpuInstance = worker->vgpu->instance,
            .pid = worker->process->pid,
            .timeStamp = time,
            .smUtil = worker->process->sm,
            .memUtil = worker->process->memory,
        };
        g_strlcpy (samples[i].processName, worker->process->name, sizeof samples[i].processName);
    }
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlDeviceGetVgpuProcessesUtilizationInfo (nvmlDevice_t device, nvmlVgpuProcessesUtilizationInfo_v1_t *info)
{
    g_autoptr (VgpuSimHost) host = NULL;
    g_autoptr (GArray) workers = NULL;
    const VgpuSimGpu *gpu;
    nvmlReturn_t code = vgpu_sim_enter_vgpu_host_with (__func__, device, info, &host, &gpu);
    guint64 time;

    if (code != NVML_SUCCESS)
        return code;
    if (info->version != NVML_VGPU_PROCESSES_UTILIZATION_INFO_V1)
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    workers = collect_workers (host, gpu);
    code = enter_samples (workers->len, info->lastSeenTimeStamp, info->vgpuProcUtilArray,
                          &info->vgpuProcessCount, &time);
    if (code != NVML_SUCCESS)
        return code;
    for (guint i = 0; i < workers->len; i++) {
        const Worker *worker = &g_array_index (workers, Worker, i);
        nvmlVgpuProcessUtilizationInfo_v1_t *sample = &info->vgpuProcUtilArray[i];

        *sample = (nvmlVgpuProcessUtilizationInfo_v1_t){
            .timeStamp = time,
            .vgpuInstance = worker->vgpu->instance,
            .pid = worker->process->pid,
            .smUtil = worker->process->sm,
            .memUtil = worker->process->memory,
        };
        g_strlcpy (sample->processName, worker->process->name, sizeof sample->processName);
    }
    return NVML_SUCCESS;
}
