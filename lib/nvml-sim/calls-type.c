/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vGPU types. How many instances of one a GPU runs at most is a question to the GPU: calls-vgpu-host.c. */
#include "nvml-sim/exports.h"

#include "nvml-sim/answer.h"
#include "nvml-sim/handle.h"

#define MIB (G_GUINT64_CONSTANT (1) << 20)

nvmlReturn_t
nvmlVgpuTypeGetName (nvmlVgpuTypeId_t id, char *name, unsigned int *size)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimType *type;
    const nvmlReturn_t code = vgpu_sim_enter_type (__func__, id, &host, &type);

    return code == NVML_SUCCESS ? vgpu_sim_answer_sized_text (type->name, name, size) : code;
}

nvmlReturn_t
nvmlVgpuTypeGetClass (nvmlVgpuTypeId_t id, char *name, unsigned int *size)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimType *type;
    const nvmlReturn_t code = vgpu_sim_enter_type (__func__, id, &host, &type);

    return code == NVML_SUCCESS ? vgpu_sim_answer_sized_text (type->class_name, name, size) : code;
}

nvmlReturn_t
nvmlVgpuTypeGetFramebufferSize (nvmlVgpuTypeId_t id, unsigned long long *bytes)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimType *type;
    const nvmlReturn_t code = vgpu_sim_enter_type (__func__, id, &host, &type);

    if (code != NVML_SUCCESS)
        return code;
    if (!bytes)
        return NVML_ERROR_INVALID_ARGUMENT;
    *bytes = type->framebuffer_mib * MIB;
    return NVML_SUCCESS;
}
