/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calls for running vGPUs. Their checks have the measured order: NULL arguments, then the instance, and
 * finally buffers that are too short, except in the two calls whose comments state another order.
 */
#include "nvml-sim/calls/exports.h"

#include "nvml-sim/calls/answer.h"
#include "nvml-sim/calls/handle.h"
#include "nvml-sim/model/metadata.h"
#include "nvml-sim/calls/state.h"

#define MIB (G_GUINT64_CONSTANT (1) << 20)

/* Documented for a guest whose driver is not (yet) loaded. */
#define NO_GUEST_DRIVER  "Not Available"
#define NO_GUEST_ADDRESS "00000000:00:00.0"

/* Measured order: the size is checked before the instance, even before instance 0. */
nvmlReturn_t
nvmlVgpuInstanceGetMetadata (nvmlVgpuInstance_t instance, nvmlVgpuMetadata_t *metadata, unsigned int *size)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    nvmlReturn_t code = vgpu_sim_state_enter (__func__, &host);

    if (code == NVML_SUCCESS)
        code = vgpu_sim_answer_check_size (metadata, size, VGPU_SIM_VGPU_METADATA_SIZE);
    if (code == NVML_SUCCESS)
        code = vgpu_sim_find_vgpu (__func__, host, instance, &vgpu);
    if (code != NVML_SUCCESS)
        return code;
    vgpu_sim_metadata_of_vgpu (host, vgpu, metadata);
    *size = VGPU_SIM_VGPU_METADATA_SIZE;
    return NVML_SUCCESS;
}

/* Measured: the buffer must have 80 bytes whatever the ID is, and is checked before the instance. */
nvmlReturn_t
nvmlVgpuInstanceGetVmID (nvmlVgpuInstance_t instance, char *id, unsigned int length, unsigned int *id_type)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    nvmlReturn_t code = vgpu_sim_state_enter (__func__, &host);

    if (code != NVML_SUCCESS)
        return code;
    if (!id || !id_type)
        return NVML_ERROR_INVALID_ARGUMENT;
    if (length < NVML_DEVICE_UUID_SIZE)
        return NVML_ERROR_INSUFFICIENT_SIZE;
    code = vgpu_sim_find_vgpu (__func__, host, instance, &vgpu);
    if (code == NVML_SUCCESS)
        code = vgpu_sim_answer_text (vgpu->vm, id, length);
    if (code == NVML_SUCCESS)
        *id_type = NVML_VM_ID_UUID;
    return code;
}

nvmlReturn_t
nvmlVgpuInstanceGetUUID (nvmlVgpuInstance_t instance, char *uuid, unsigned int length)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, uuid, &host, &vgpu);

    return code == NVML_SUCCESS ? vgpu_sim_answer_text (vgpu->uuid, uuid, length) : code;
}

/* A vGPU on a virtual function has no mediated device, so that the call fails. */
nvmlReturn_t
nvmlVgpuInstanceGetMdevUUID (nvmlVgpuInstance_t instance, char *uuid, unsigned int length)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, uuid, &host, &vgpu);

    if (code != NVML_SUCCESS)
        return code;
    return vgpu->mdev ? vgpu_sim_answer_text (vgpu->mdev, uuid, length) : NVML_ERROR_NOT_SUPPORTED;
}

/*
 * The address inside the guest, which is only known to a running guest driver. Measured: a length of 0
 * without a buffer does not ask for the size.
 */
nvmlReturn_t
nvmlVgpuInstanceGetGpuPciId (nvmlVgpuInstance_t instance, char *pci_id, unsigned int *length)
{
    char text[VGPU_SIM_ADDRESS_TEXT_SIZE] = NO_GUEST_ADDRESS;
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    nvmlReturn_t code = vgpu_sim_state_enter (__func__, &host);
    VgpuSimAddress address;

    if (code == NVML_SUCCESS && (!pci_id || !length))
        code = NVML_ERROR_INVALID_ARGUMENT;
    if (code == NVML_SUCCESS)
        code = vgpu_sim_find_vgpu (__func__, host, instance, &vgpu);
    if (code != NVML_SUCCESS)
        return code;
    if (vgpu->guest_up && vgpu_sim_address_parse (vgpu->guest_address, &address))
        vgpu_sim_address_format_nvml (address, text);
    return vgpu_sim_answer_sized_text (text, pci_id, length);
}

nvmlReturn_t
nvmlVgpuInstanceGetType (nvmlVgpuInstance_t instance, nvmlVgpuTypeId_t *type)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, type, &host, &vgpu);

    if (code != NVML_SUCCESS)
        return code;
    *type = vgpu->type->id;
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlVgpuInstanceGetVmDriverVersion (nvmlVgpuInstance_t instance, char *version, unsigned int length)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, version, &host, &vgpu);

    if (code != NVML_SUCCESS)
        return code;
    return vgpu_sim_answer_text (vgpu->guest_up ? vgpu->guest_driver : NO_GUEST_DRIVER, version, length);
}

nvmlReturn_t
nvmlVgpuInstanceGetFbUsage (nvmlVgpuInstance_t instance, unsigned long long *bytes)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, bytes, &host, &vgpu);

    if (code != NVML_SUCCESS)
        return code;
    *bytes = vgpu->framebuffer_used_mib * MIB;
    return NVML_SUCCESS;
}

/*
 * Measured: the instance is checked before the pointer and its version. Documented: an unknown version of the
 * structure results in ARGUMENT_VERSION_MISMATCH. NOT_SUPPORTED when the host file has no value.
 */
nvmlReturn_t
nvmlVgpuInstanceGetRuntimeStateSize (nvmlVgpuInstance_t instance, nvmlVgpuRuntimeState_t *state)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    nvmlReturn_t code = vgpu_sim_state_enter (__func__, &host);

    if (code == NVML_SUCCESS)
        code = vgpu_sim_find_vgpu (__func__, host, instance, &vgpu);
    if (code != NVML_SUCCESS)
        return code;
    if (!state)
        return NVML_ERROR_INVALID_ARGUMENT;
    if (state->version != NVML_VGPU_RUNTIME_STATE_V1)
        return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
    if (!vgpu->says_runtime_state)
        return NVML_ERROR_NOT_SUPPORTED;
    state->size = vgpu->runtime_state_mib * MIB;
    return NVML_SUCCESS;
}

G_STATIC_ASSERT (VGPU_SIM_NO_GPU_INSTANCE == NVML_INVALID_GPU_INSTANCE_ID);

/* Documented: a vGPU that is not MIG-backed has the invalid ID, which is not an error. */
nvmlReturn_t
nvmlVgpuInstanceGetGpuInstanceId (nvmlVgpuInstance_t instance, unsigned int *gpu_instance)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, gpu_instance, &host, &vgpu);

    if (code != NVML_SUCCESS)
        return code;
    *gpu_instance = vgpu->gpu_instance;
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlVgpuInstanceGetEccMode (nvmlVgpuInstance_t instance, unsigned int *mode)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, mode, &host, &vgpu);

    if (code != NVML_SUCCESS)
        return code;
    *mode = vgpu->gpu->ecc;
    return NVML_SUCCESS;
}

/* Documented: NOT_SUPPORTED when there is no limit. */
nvmlReturn_t
nvmlVgpuInstanceGetFrameRateLimit (nvmlVgpuInstance_t instance, unsigned int *limit)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, limit, &host, &vgpu);

    if (code != NVML_SUCCESS)
        return code;
    if (vgpu->frame_rate_limit == 0)
        return NVML_ERROR_NOT_SUPPORTED;
    *limit = vgpu->frame_rate_limit;
    return NVML_SUCCESS;
}
