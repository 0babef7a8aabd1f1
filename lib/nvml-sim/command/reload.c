/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reload: unloads and loads the host's driver, which loses the settings made at run time. */
#include "nvml-sim/command/command.h"

#include "nvml-sim/model/error.h"
#include "nvml-sim/model/host-parse.h"
#include "nvml-sim/command/option.h"
#include "nvml/nvml-abi.h"

void
vgpu_sim_reload_settings (VgpuSimEdit *edit)
{
    const VgpuSimScheduler fresh = {.policy = NVML_SCHEDULER_BEST_EFFORT};

    g_key_file_remove_key (edit->file, VGPU_SIM_GROUP_DRIVER, "advertised-range", NULL);
    for (guint i = 0; i < edit->host->gpus->len; i++) {
        const VgpuSimGpu *gpu = edit->host->gpus->pdata[i];

        /* loading another driver does not move running vGPUs */
        if (!vgpu_sim_host_gpu_runs (edit->host, gpu))
            g_key_file_remove_key (edit->file, gpu->group, "heterogeneous", NULL);
        for (VgpuSimEngine engine = VGPU_SIM_GRAPHICS; engine < VGPU_SIM_N_ENGINES; engine++)
            vgpu_sim_scheduler_write ((VgpuSimGroup){edit->file, gpu->group}, engine, &fresh);
    }
}

gboolean
vgpu_sim_command_reload (const char *path, int argc, char **argv, GError **error)
{
    g_autoptr (VgpuSimEdit) edit = NULL;

    if (!vgpu_sim_option_parse ("", NULL, 0, &argc, &argv, error))
        return FALSE;
    edit = vgpu_sim_edit_begin (path, error);
    if (!edit)
        return FALSE;
    if (edit->host->vgpus->len > 0) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_IMPOSSIBLE,
                     "the driver is in use: %u vGPUs run on this host", edit->host->vgpus->len);
        return FALSE;
    }
    vgpu_sim_reload_settings (edit);
    return vgpu_sim_edit_commit (edit, error);
}
