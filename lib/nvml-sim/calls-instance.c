/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vGPUs that run. */
#include "nvml-sim/exports.h"

#include "nvml-sim/answer.h"
#include "nvml-sim/handle.h"
#include "nvml-sim/metadata.h"
#include "nvml-sim/state.h"

#define MIB (G_GUINT64_CONSTANT (1) << 20)

/* Documented for a guest whose driver is not loaded, or not yet. */
#define NO_GUEST_DRIVER  "Not Available"
#define NO_GUEST_ADDRESS "00000000:00:00.0"

/* Measured order: the size is judged before the instance, even before instance 0. */
nvmlReturn_t
nvmlVgpuInstanceGetMetadata (nvmlVgpuInstance_t instance, nvmlVgpuMetadata_t *metadata, unsigned int *size)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    nvmlReturn_t code = vgpu_sim_state_enter (__func__, &host);

    if (code == NVML_SUCCESS)
        code = vgpu_sim_answer_check_size (metadata, size, VGPU_SIM_VGPU_METADATA_SIZE);
    if (code == NVML_SUCCESS)
        code = vgpu_sim_find_vgpu (host, instance, &vgpu);
    if (code == NVML_SUCCESS)
        vgpu_sim_metadata_of_vgpu (host, vgpu, metadata);
    return code;
}

nvmlReturn_t
nvmlVgpuInstanceGetVmID (nvmlVgpuInstance_t instance, char *id, unsigned int length, unsigned int *id_type)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, &host, &vgpu);

    if (code != NVML_SUCCESS)
        return code;
    if (!id_type)
        return NVML_ERROR_INVALID_ARGUMENT;
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
    const nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, &host, &vgpu);

    return code == NVML_SUCCESS ? vgpu_sim_answer_text (vgpu->uuid, uuid, length) : code;
}

/* A vGPU on a virtual function has no mediated device, and so no answer. */
nvmlReturn_t
nvmlVgpuInstanceGetMdevUUID (nvmlVgpuInstance_t instance, char *uuid, unsigned int length)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, &host, &vgpu);

    if (code != NVML_SUCCESS)
        return code;
    return vgpu->mdev ? vgpu_sim_answer_text (vgpu->mdev, uuid, length) : NVML_ERROR_NOT_SUPPORTED;
}

/* The address inside the guest, which only a guest driver that is up can know. */
nvmlReturn_t
nvmlVgpuInstanceGetGpuPciId (nvmlVgpuInstance_t instance, char *pci_id, unsigned int *length)
{
    char text[VGPU_SIM_ADDRESS_TEXT_SIZE] = NO_GUEST_ADDRESS;
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, &host, &vgpu);
    VgpuSimAddress address;

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
    const nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, &host, &vgpu);

    if (code != NVML_SUCCESS)
        return code;
    if (!type)
        return NVML_ERROR_INVALID_ARGUMENT;
    *type = vgpu->type->id;
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlVgpuInstanceGetVmDriverVersion (nvmlVgpuInstance_t instance, char *version, unsigned int length)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, &host, &vgpu);

    if (code != NVML_SUCCESS)
        return code;
    return vgpu_sim_answer_text (vgpu->guest_up ? vgpu->guest_driver : NO_GUEST_DRIVER, version, length);
}

nvmlReturn_t
nvmlVgpuInstanceGetFbUsage (nvmlVgpuInstance_t instance, unsigned long long *bytes)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, &host, &vgpu);

    if (code != NVML_SUCCESS)
        return code;
    if (!bytes)
        return NVML_ERROR_INVALID_ARGUMENT;
    *bytes = vgpu->framebuffer_used_mib * MIB;
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlVgpuInstanceGetEccMode (nvmlVgpuInstance_t instance, unsigned int *mode)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, &host, &vgpu);

    if (code != NVML_SUCCESS)
        return code;
    if (!mode)
        return NVML_ERROR_INVALID_ARGUMENT;
    *mode = vgpu->gpu->ecc;
    return NVML_SUCCESS;
}
