/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls for vGPU types. The largest number of instances is a question to the GPU: vgpu-host.c. */
#include "nvml-sim/calls/exports.h"

#include "nvml-sim/calls/answer.h"
#include "nvml-sim/calls/handle.h"
#include "nvml-sim/calls/state.h"

#define MIB (G_GUINT64_CONSTANT (1) << 20)

/* Measured order: type 0, then the size, which must be enough for the longest of all texts, then unknown
 * types. */
static nvmlReturn_t
enter_type_text (const char *call, nvmlVgpuTypeId_t id, const char *text, unsigned int *size,
                 VgpuSimHost **host, const VgpuSimType **type)
{
    nvmlReturn_t code = vgpu_sim_state_enter (call, host);

    if (code == NVML_SUCCESS && id == 0)
        code = NVML_ERROR_INVALID_ARGUMENT;
    if (code == NVML_SUCCESS)
        code = vgpu_sim_answer_check_size (text, size, NVML_VGPU_NAME_SIZE);
    return code == NVML_SUCCESS ? vgpu_sim_find_type (*host, id, type) : code;
}

nvmlReturn_t
nvmlVgpuTypeGetName (nvmlVgpuTypeId_t id, char *name, unsigned int *size)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimType *type;
    const nvmlReturn_t code = enter_type_text (__func__, id, name, size, &host, &type);

    return code == NVML_SUCCESS ? vgpu_sim_answer_sized_text (type->name, name, size) : code;
}

nvmlReturn_t
nvmlVgpuTypeGetClass (nvmlVgpuTypeId_t id, char *name, unsigned int *size)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimType *type;
    const nvmlReturn_t code = enter_type_text (__func__, id, name, size, &host, &type);

    return code == NVML_SUCCESS ? vgpu_sim_answer_sized_text (type->class_name, name, size) : code;
}

G_STATIC_ASSERT (VGPU_SIM_TIME_SLICED == NVML_INVALID_GPU_INSTANCE_PROFILE_ID);

/* Documented: a type that is not MIG-backed has the invalid ID, which is not an error. */
nvmlReturn_t
nvmlVgpuTypeGetGpuInstanceProfileId (nvmlVgpuTypeId_t id, unsigned int *profile)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimType *type;
    nvmlReturn_t code = vgpu_sim_state_enter (__func__, &host);

    if (code == NVML_SUCCESS)
        code = vgpu_sim_find_type (host, id, &type);
    if (code != NVML_SUCCESS)
        return code;
    if (!profile)
        return NVML_ERROR_INVALID_ARGUMENT;
    *profile = type->profile;
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlVgpuTypeGetFramebufferSize (nvmlVgpuTypeId_t id, unsigned long long *bytes)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimType *type;
    nvmlReturn_t code = vgpu_sim_state_enter (__func__, &host);

    if (code == NVML_SUCCESS)
        code = vgpu_sim_find_type (host, id, &type);
    if (code != NVML_SUCCESS)
        return code;
    if (!bytes)
        return NVML_ERROR_INVALID_ARGUMENT;
    *bytes = type->framebuffer_mib * MIB;
    return NVML_SUCCESS;
}
