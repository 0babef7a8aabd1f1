/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/calls/change.h"

#include "nvml-sim/model/error.h"
#include "nvml-sim/model/host-file.h"
#include "nvml-sim/calls/state.h"
#include "nvml/nvml-abi.h"

static int
code_of (const GError *error)
{
    return g_error_matches (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_DENIED) ? NVML_ERROR_NO_PERMISSION
                                                                          : NVML_ERROR_UNKNOWN;
}

int
vgpu_sim_change_begin (VgpuSimEdit **edit)
{
    g_autoptr (GError) error = NULL;

    *edit = vgpu_sim_edit_begin (vgpu_sim_host_path (), &error);
    return *edit ? NVML_SUCCESS : code_of (error);
}

int
vgpu_sim_change_commit (VgpuSimEdit *edit)
{
    g_autoptr (GError) error = NULL;

    if (!vgpu_sim_edit_commit (edit, &error))
        return code_of (error);
    vgpu_sim_state_forget_file ();
    return NVML_SUCCESS;
}
