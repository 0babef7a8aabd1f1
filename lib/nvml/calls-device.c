/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The NVML calls for GPUs. */
#include "nvml/loader.h"

#include <stdio.h>
#include <string.h>

#define LIST_SIZE_MAX 4096u

gboolean
vgate_nvml_device_count (VgateNvml *nvml, guint *count, GError **error)
{
    return VGATE_NVML_CALL (nvml, error, nvmlDeviceGetCount_v2, count);
}

gboolean
vgate_nvml_device (VgateNvml *nvml, guint index, VgateNvmlDevice *device, GError **error)
{
    return VGATE_NVML_CALL (nvml, error, nvmlDeviceGetHandleByIndex_v2, index, device);
}

gboolean
vgate_nvml_device_at (VgateNvml *nvml, const char *address, VgateNvmlDevice *device, GError **error)
{
    return VGATE_NVML_CALL (nvml, error, nvmlDeviceGetHandleByPciBusId_v2, address, device);
}

/* NVML writes "00000000:41:00.0", in upper case; sysfs and libvirt write "0000:41:00.0", in lower case. */
static char *
sysfs_address (const char *name, const char *nvml_address, GError **error)
{
    guint domain, bus, device, function;
    char rest;

    /* sscanf () alone would accept signs and blanks */
    if (strspn (nvml_address, "0123456789abcdefABCDEF:.") != strlen (nvml_address) ||
        sscanf (nvml_address, "%8x:%2x:%2x.%1x%c", &domain, &bus, &device, &function, &rest) != 4 ||
        domain > 0xffff || function > 7) {
        g_autofree char *what =
            g_strdup_printf ("'%s' is not a PCI address of a supported form", nvml_address);

        vgate_nvml_unbelievable (name, what, error);
        return NULL;
    }
    return g_strdup_printf ("%04x:%02x:%02x.%x", domain, bus, device, function);
}

char *
vgate_nvml_device_address (VgateNvml *nvml, VgateNvmlDevice device, GError **error)
{
    nvmlPciInfo_t pci = {0};
    g_autofree char *text = NULL;

    if (!VGATE_NVML_CALL (nvml, error, nvmlDeviceGetPciInfo_v3, device, &pci))
        return NULL;
    text = vgate_nvml_text ("nvmlDeviceGetPciInfo_v3", pci.busId, sizeof pci.busId, error);
    return text ? sysfs_address ("nvmlDeviceGetPciInfo_v3", text, error) : NULL;
}

char *
vgate_nvml_device_name (VgateNvml *nvml, VgateNvmlDevice device, GError **error)
{
    char name[NVML_DEVICE_NAME_V2_SIZE] = "";

    if (!VGATE_NVML_CALL (nvml, error, nvmlDeviceGetName, device, name, sizeof name))
        return NULL;
    return vgate_nvml_text ("nvmlDeviceGetName", name, sizeof name, error);
}

char *
vgate_nvml_device_uuid (VgateNvml *nvml, VgateNvmlDevice device, GError **error)
{
    char uuid[NVML_DEVICE_UUID_SIZE] = "";

    if (!VGATE_NVML_CALL (nvml, error, nvmlDeviceGetUUID, device, uuid, sizeof uuid))
        return NULL;
    return vgate_nvml_text ("nvmlDeviceGetUUID", uuid, sizeof uuid, error);
}

gboolean
vgate_nvml_device_is_vgpu_host (VgateNvml *nvml, VgateNvmlDevice device, gboolean *is_host, GError **error)
{
    g_autoptr (GError) local = NULL;
    guint mode = NVML_VIRTUALIZATION_MODE_NONE;

    if (!VGATE_NVML_CALL (nvml, &local, nvmlDeviceGetVirtualizationMode, device, &mode)) {
        if (!g_error_matches (local, VGATE_NVML_ERROR, NVML_ERROR_NOT_SUPPORTED)) {
            g_propagate_error (error, g_steal_pointer (&local));
            return FALSE;
        }
        mode = NVML_VIRTUALIZATION_MODE_NONE;
    }
    *is_host = mode == NVML_VIRTUALIZATION_MODE_HOST_VGPU;
    return TRUE;
}

char *
vgate_nvml_device_gpu_string (VgateNvml *nvml, VgateNvmlDevice device, GError **error)
{
    char string[NVML_PGPU_STRING_SIZE] = "";
    guint size = sizeof string;

    if (!VGATE_NVML_CALL (nvml, error, nvmlDeviceGetPgpuMetadataString, device, string, &size))
        return NULL;
    return vgate_nvml_text ("nvmlDeviceGetPgpuMetadataString", string, sizeof string, error);
}

GBytes *
vgate_nvml_device_metadata (VgateNvml *nvml, VgateNvmlDevice device, GError **error)
{
    const char *name = "nvmlDeviceGetVgpuMetadata";
    g_autofree nvmlVgpuPgpuMetadata_t *metadata = NULL;
    guint size = 0, allocated;
    nvmlReturn_t rc;

    if (!nvml->nvmlDeviceGetVgpuMetadata) {
        vgate_nvml_missing (name, error);
        return NULL;
    }
    rc = nvml->nvmlDeviceGetVgpuMetadata (device, NULL, &size);
    if (!vgate_nvml_size_answer (nvml, name, rc, size, error))
        return NULL;
    allocated = MAX (size, (guint)sizeof *metadata);
    metadata = g_malloc0 (allocated);
    if (!vgate_nvml_answer (nvml, name, nvml->nvmlDeviceGetVgpuMetadata (device, metadata, &size), error))
        return NULL;
    return vgate_nvml_take_bytes (name, g_steal_pointer (&metadata), allocated, size, error);
}

gboolean
vgate_nvml_device_buffer_bandwidths (VgateNvml *nvml, VgateNvmlDevice device, guint *read, guint *write,
                                     GError **error)
{
    guint reading = 0, writing = 0;

    if (!VGATE_NVML_CALL (nvml, error, nvmlDeviceGetVgpuCapabilities, device,
                          NVML_DEVICE_VGPU_CAP_READ_DEVICE_BUFFER_BW, &reading) ||
        !VGATE_NVML_CALL (nvml, error, nvmlDeviceGetVgpuCapabilities, device,
                          NVML_DEVICE_VGPU_CAP_WRITE_DEVICE_BUFFER_BW, &writing))
        return FALSE;
    *read = reading;
    *write = writing;
    return TRUE;
}

gboolean
vgate_nvml_device_is_heterogeneous (VgateNvml *nvml, VgateNvmlDevice device, gboolean *is_heterogeneous,
                                    GError **error)
{
    nvmlVgpuHeterogeneousMode_t mode = {.version = NVML_VGPU_HETEROGENEOUS_MODE_V1};

    if (!VGATE_NVML_CALL (nvml, error, nvmlDeviceGetVgpuHeterogeneousMode, device, &mode))
        return FALSE;
    *is_heterogeneous = mode.mode == NVML_FEATURE_ENABLED;
    return TRUE;
}

/* The calls for the three lists of a device have the same signature. A list can grow between the call for its
 * length and the call for its entries, so device_list () makes up to four attempts. */
typedef nvmlReturn_t (*ListCall) (nvmlDevice_t device, unsigned int *count, unsigned int *list);

static GArray *
device_list (const VgateNvml *nvml, const char *name, ListCall call, VgateNvmlDevice device, GError **error)
{
    g_autoptr (GArray) list = g_array_new (FALSE, TRUE, sizeof (guint));
    nvmlReturn_t rc = NVML_ERROR_INSUFFICIENT_SIZE;
    guint count = 0;

    if (!call) {
        vgate_nvml_missing (name, error);
        return NULL;
    }
    for (int attempt = 0; attempt < 4 && rc == NVML_ERROR_INSUFFICIENT_SIZE; attempt++) {
        g_array_set_size (list, count);
        rc = call (device, &count, list->len > 0 ? &g_array_index (list, guint, 0) : NULL);
        if (count > LIST_SIZE_MAX) {
            vgate_nvml_unbelievable (name, "impossible count", error);
            return NULL;
        }
    }
    if (!vgate_nvml_answer (nvml, name, rc, error))
        return NULL;
    if (count > list->len) {
        vgate_nvml_unbelievable (name, "more entries than the buffer can hold", error);
        return NULL;
    }
    g_array_set_size (list, count);
    return g_steal_pointer (&list);
}

GArray *
vgate_nvml_device_vgpus (VgateNvml *nvml, VgateNvmlDevice device, GError **error)
{
    return device_list (nvml, "nvmlDeviceGetActiveVgpus", nvml->nvmlDeviceGetActiveVgpus, device, error);
}

GArray *
vgate_nvml_device_supported_types (VgateNvml *nvml, VgateNvmlDevice device, GError **error)
{
    return device_list (nvml, "nvmlDeviceGetSupportedVgpus", nvml->nvmlDeviceGetSupportedVgpus, device,
                        error);
}

GArray *
vgate_nvml_device_creatable_types (VgateNvml *nvml, VgateNvmlDevice device, GError **error)
{
    return device_list (nvml, "nvmlDeviceGetCreatableVgpus", nvml->nvmlDeviceGetCreatableVgpus, device,
                        error);
}
