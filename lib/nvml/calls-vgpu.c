/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The NVML calls for vGPU types and instances. */
#include "nvml/loader.h"

char *
vgate_nvml_type_name (VgateNvml *nvml, guint32 type, GError **error)
{
    char name[NVML_VGPU_NAME_SIZE] = "";
    guint size = sizeof name;

    if (!VGATE_NVML_CALL (nvml, error, nvmlVgpuTypeGetName, type, name, &size))
        return NULL;
    return vgate_nvml_text ("nvmlVgpuTypeGetName", name, sizeof name, error);
}

char *
vgate_nvml_type_class (VgateNvml *nvml, guint32 type, GError **error)
{
    char name[NVML_VGPU_NAME_SIZE] = "";
    guint size = sizeof name;

    if (!VGATE_NVML_CALL (nvml, error, nvmlVgpuTypeGetClass, type, name, &size))
        return NULL;
    return vgate_nvml_text ("nvmlVgpuTypeGetClass", name, sizeof name, error);
}

gboolean
vgate_nvml_type_framebuffer (VgateNvml *nvml, guint32 type, guint64 *bytes, GError **error)
{
    unsigned long long size = 0;

    if (!VGATE_NVML_CALL (nvml, error, nvmlVgpuTypeGetFramebufferSize, type, &size))
        return FALSE;
    *bytes = size;
    return TRUE;
}

gboolean
vgate_nvml_type_max_instances (VgateNvml *nvml, VgateNvmlDevice device, guint32 type, guint *count,
                               GError **error)
{
    return VGATE_NVML_CALL (nvml, error, nvmlVgpuTypeGetMaxInstances, device, type, count);
}

gboolean
vgate_nvml_vgpu_type (VgateNvml *nvml, guint32 vgpu, guint32 *type, GError **error)
{
    return VGATE_NVML_CALL (nvml, error, nvmlVgpuInstanceGetType, vgpu, type);
}

char *
vgate_nvml_vgpu_vm_uuid (VgateNvml *nvml, guint32 vgpu, GError **error)
{
    char id[NVML_DEVICE_UUID_SIZE] = "";
    guint kind = NVML_VM_ID_DOMAIN_ID;

    if (!VGATE_NVML_CALL (nvml, error, nvmlVgpuInstanceGetVmID, vgpu, id, sizeof id, &kind))
        return NULL;
    if (kind != NVML_VM_ID_UUID) {
        vgate_nvml_unbelievable ("nvmlVgpuInstanceGetVmID", "the VM's id is not a UUID", error);
        return NULL;
    }
    return vgate_nvml_text ("nvmlVgpuInstanceGetVmID", id, sizeof id, error);
}

char *
vgate_nvml_vgpu_uuid (VgateNvml *nvml, guint32 vgpu, GError **error)
{
    char uuid[NVML_DEVICE_UUID_SIZE] = "";

    if (!VGATE_NVML_CALL (nvml, error, nvmlVgpuInstanceGetUUID, vgpu, uuid, sizeof uuid))
        return NULL;
    return vgate_nvml_text ("nvmlVgpuInstanceGetUUID", uuid, sizeof uuid, error);
}

char *
vgate_nvml_vgpu_mdev_uuid (VgateNvml *nvml, guint32 vgpu, GError **error)
{
    char uuid[NVML_DEVICE_UUID_SIZE] = "";

    if (!VGATE_NVML_CALL (nvml, error, nvmlVgpuInstanceGetMdevUUID, vgpu, uuid, sizeof uuid))
        return NULL;
    return vgate_nvml_text ("nvmlVgpuInstanceGetMdevUUID", uuid, sizeof uuid, error);
}

gboolean
vgate_nvml_vgpu_framebuffer_used (VgateNvml *nvml, guint32 vgpu, guint64 *bytes, GError **error)
{
    unsigned long long size = 0;

    if (!VGATE_NVML_CALL (nvml, error, nvmlVgpuInstanceGetFbUsage, vgpu, &size))
        return FALSE;
    *bytes = size;
    return TRUE;
}

gboolean
vgate_nvml_vgpu_runtime_state (VgateNvml *nvml, guint32 vgpu, guint64 *bytes, GError **error)
{
    nvmlVgpuRuntimeState_t state = {.version = NVML_VGPU_RUNTIME_STATE_V1};

    if (!VGATE_NVML_CALL (nvml, error, nvmlVgpuInstanceGetRuntimeStateSize, vgpu, &state))
        return FALSE;
    *bytes = state.size;
    return TRUE;
}

GBytes *
vgate_nvml_vgpu_metadata (VgateNvml *nvml, guint32 vgpu, GError **error)
{
    const char *name = "nvmlVgpuInstanceGetMetadata";
    g_autofree nvmlVgpuMetadata_t *metadata = NULL;
    guint size = 0, allocated;
    nvmlReturn_t rc;

    if (!nvml->nvmlVgpuInstanceGetMetadata) {
        vgate_nvml_missing (name, error);
        return NULL;
    }
    rc = nvml->nvmlVgpuInstanceGetMetadata (vgpu, NULL, &size);
    if (!vgate_nvml_size_answer (nvml, name, rc, size, error))
        return NULL;
    allocated = MAX (size, (guint)sizeof *metadata);
    metadata = g_malloc0 (allocated);
    if (!vgate_nvml_answer (nvml, name, nvml->nvmlVgpuInstanceGetMetadata (vgpu, metadata, &size), error))
        return NULL;
    return vgate_nvml_take_bytes (name, g_steal_pointer (&metadata), allocated, size, error);
}
