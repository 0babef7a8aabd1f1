/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls for the accounting of a guest's processes. All processes of the host file are running. */
#include "nvml-sim/calls/exports.h"

#include "nvml-sim/calls/answer.h"
#include "nvml-sim/calls/handle.h"

#define MIB (G_GUINT64_CONSTANT (1) << 20)

/* Documented: DRIVER_NOT_LOADED when the guest driver is not running. */
nvmlReturn_t
nvmlVgpuInstanceGetAccountingMode (nvmlVgpuInstance_t instance, unsigned int *mode)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, mode, &host, &vgpu);

    if (code != NVML_SUCCESS)
        return code;
    if (!vgpu->guest_up)
        return NVML_ERROR_DRIVER_NOT_LOADED;
    *mode = vgpu->work.accounting ? NVML_FEATURE_ENABLED : NVML_FEATURE_DISABLED;
    return NVML_SUCCESS;
}

/* Documented for the calls below: NOT_SUPPORTED while the mode is disabled. */
static nvmlReturn_t
enter_accounting (const char *call, nvmlVgpuInstance_t instance, const void *argument, VgpuSimHost **host,
                  const VgpuSimVgpu **vgpu)
{
    const nvmlReturn_t code = vgpu_sim_enter_vgpu (call, instance, argument, host, vgpu);

    if (code != NVML_SUCCESS)
        return code;
    return (*vgpu)->guest_up && (*vgpu)->work.accounting ? NVML_SUCCESS : NVML_ERROR_NOT_SUPPORTED;
}

nvmlReturn_t
nvmlVgpuInstanceGetAccountingPids (nvmlVgpuInstance_t instance, unsigned int *count, unsigned int *pids)
{
    g_autoptr (VgpuSimHost) host = NULL;
    g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (guint));
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = enter_accounting (__func__, instance, count, &host, &vgpu);

    if (code != NVML_SUCCESS)
        return code;
    for (guint i = 0; i < vgpu->work.processes->len; i++)
        g_array_append_val (numbers, g_array_index (vgpu->work.processes, VgpuSimProcess, i).pid);
    return vgpu_sim_answer_list (numbers, count, pids);
}

/* Documented: NOT_FOUND also for a process without statistics, and a time of 0 while it runs. */
nvmlReturn_t
nvmlVgpuInstanceGetAccountingStats (nvmlVgpuInstance_t instance, unsigned int pid,
                                    nvmlAccountingStats_t *stats)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = enter_accounting (__func__, instance, stats, &host, &vgpu);

    if (code != NVML_SUCCESS)
        return code;
    for (guint i = 0; i < vgpu->work.processes->len; i++) {
        const VgpuSimProcess *process = &g_array_index (vgpu->work.processes, VgpuSimProcess, i);

        if (process->pid != pid)
            continue;
        *stats = (nvmlAccountingStats_t){
            .gpuUtilization = process->sm,
            .memoryUtilization = process->memory,
            .maxMemoryUsage = process->framebuffer_mib * MIB,
            .isRunning = 1,
        };
        return NVML_SUCCESS;
    }
    return NVML_ERROR_NOT_FOUND;
}

/* Only statistics of processes that have ended are cleared, so that nothing changes. */
nvmlReturn_t
nvmlVgpuInstanceClearAccountingPids (nvmlVgpuInstance_t instance)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;

    return enter_accounting (__func__, instance, &instance, &host, &vgpu);
}
