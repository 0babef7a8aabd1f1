/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls that find GPUs, and those that all GPUs support. */
#include "nvml-sim/calls/exports.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "nvml-sim/calls/answer.h"
#include "nvml-sim/calls/handle.h"
#include "nvml-sim/calls/state.h"

#define VENDOR_NVIDIA 0x10deu
#define MIB           (G_GUINT64_CONSTANT (1) << 20)

nvmlReturn_t
nvmlDeviceGetCount_v2 (unsigned int *count)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const nvmlReturn_t code = vgpu_sim_state_enter (__func__, &host);

    if (code != NVML_SUCCESS)
        return code;
    if (!count)
        return NVML_ERROR_INVALID_ARGUMENT;
    *count = host->gpus->len;
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlDeviceGetCount (unsigned int *count)
{
    return nvmlDeviceGetCount_v2 (count);
}

nvmlReturn_t
nvmlDeviceGetHandleByIndex_v2 (unsigned int index, nvmlDevice_t *device)
{
    g_autoptr (VgpuSimHost) host = NULL;
    nvmlReturn_t code = vgpu_sim_state_enter (__func__, &host);

    if (code != NVML_SUCCESS)
        return code;
    if (!device || index >= host->gpus->len)
        return NVML_ERROR_INVALID_ARGUMENT;
    code = vgpu_sim_gpu_fault (__func__, host, host->gpus->pdata[index]);
    if (code == NVML_SUCCESS)
        *device = vgpu_sim_handle (host->gpus->pdata[index]);
    return code;
}

nvmlReturn_t
nvmlDeviceGetHandleByIndex (unsigned int index, nvmlDevice_t *device)
{
    return nvmlDeviceGetHandleByIndex_v2 (index, device);
}

typedef struct {
    guint domain, bus, device, function;
} BusId;

/*
 * Measured: the address is read as by scanf, so that leading blanks and short and long numbers are accepted.
 * Either the domain or the function can be omitted.
 */
static gboolean
read_bus_id (const char *text, BusId *id)
{
    char rest;

    *id = (BusId){0};
    if (sscanf (text, "%x:%x:%x.%x%c", &id->domain, &id->bus, &id->device, &id->function, &rest) == 4)
        return TRUE;
    *id = (BusId){0};
    if (sscanf (text, "%x:%x:%x%c", &id->domain, &id->bus, &id->device, &rest) == 3)
        return TRUE;
    *id = (BusId){0};
    return sscanf (text, "%x:%x.%x%c", &id->bus, &id->device, &id->function, &rest) == 3;
}

/* Measured: any function except 0, so also that of a virtual function, is INVALID_ARGUMENT; an impossible bus
 * or device is not found. */
static nvmlReturn_t
find_by_bus_id (const VgpuSimHost *host, const char *text, const VgpuSimGpu **gpu)
{
    BusId id;

    if (!read_bus_id (text, &id) || id.function != 0)
        return NVML_ERROR_INVALID_ARGUMENT;
    if (id.bus > G_MAXUINT8 || id.device > 31)
        return NVML_ERROR_NOT_FOUND;
    *gpu = vgpu_sim_host_gpu (host, (VgpuSimAddress){id.domain, (guint8)id.bus, (guint8)id.device, 0});
    return *gpu ? NVML_SUCCESS : NVML_ERROR_NOT_FOUND;
}

nvmlReturn_t
nvmlDeviceGetHandleByPciBusId_v2 (const char *bus_id, nvmlDevice_t *device)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    nvmlReturn_t code = vgpu_sim_state_enter (__func__, &host);

    if (code == NVML_SUCCESS)
        code = bus_id && device ? find_by_bus_id (host, bus_id, &gpu) : NVML_ERROR_INVALID_ARGUMENT;
    if (code == NVML_SUCCESS)
        code = vgpu_sim_gpu_fault (__func__, host, gpu);
    if (code == NVML_SUCCESS)
        *device = vgpu_sim_handle (gpu);
    return code;
}

nvmlReturn_t
nvmlDeviceGetHandleByPciBusId (const char *bus_id, nvmlDevice_t *device)
{
    return nvmlDeviceGetHandleByPciBusId_v2 (bus_id, device);
}

static nvmlPciInfo_t
pci_info (const VgpuSimGpu *gpu)
{
    char text[VGPU_SIM_ADDRESS_TEXT_SIZE];
    nvmlPciInfo_t pci = {
        .domain = gpu->address.domain,
        .bus = gpu->address.bus,
        .device = gpu->address.device,
        .pciDeviceId = (unsigned int)gpu->device_id << 16 | VENDOR_NVIDIA,
        .pciSubSystemId = (unsigned int)gpu->subsystem_id << 16 | VENDOR_NVIDIA,
    };

    g_strlcpy (pci.busId, vgpu_sim_address_format_nvml (gpu->address, text), sizeof pci.busId);
    /* The legacy field has room for four digits of the domain, and three spare characters. */
    g_snprintf (pci.busIdLegacy, sizeof pci.busIdLegacy, "%04X:%02X:%02X.0", gpu->address.domain & 0xffff,
                gpu->address.bus, gpu->address.device);
    return pci;
}

/* The structure grew at its end with each version of the call. size is the part that the client has. */
static nvmlReturn_t
answer_pci_info (const char *call, nvmlDevice_t device, nvmlPciInfo_t *pci, gsize size)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    const nvmlReturn_t code = vgpu_sim_enter_gpu (call, device, &host, &gpu);
    nvmlPciInfo_t answer;

    if (code != NVML_SUCCESS)
        return code;
    if (!pci)
        return NVML_ERROR_INVALID_ARGUMENT;
    answer = pci_info (gpu);
    memcpy (pci, &answer, size);
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlDeviceGetPciInfo (nvmlDevice_t device, nvmlPciInfo_t *pci)
{
    return answer_pci_info (__func__, device, pci, offsetof (nvmlPciInfo_t, pciSubSystemId));
}

nvmlReturn_t
nvmlDeviceGetPciInfo_v2 (nvmlDevice_t device, nvmlPciInfo_t *pci)
{
    return answer_pci_info (__func__, device, pci, offsetof (nvmlPciInfo_t, busId));
}

nvmlReturn_t
nvmlDeviceGetPciInfo_v3 (nvmlDevice_t device, nvmlPciInfo_t *pci)
{
    return answer_pci_info (__func__, device, pci, sizeof (nvmlPciInfo_t));
}

nvmlReturn_t
nvmlDeviceGetName (nvmlDevice_t device, char *name, unsigned int length)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    const nvmlReturn_t code = vgpu_sim_enter_gpu (__func__, device, &host, &gpu);

    return code == NVML_SUCCESS ? vgpu_sim_answer_text (gpu->name, name, length) : code;
}

nvmlReturn_t
nvmlDeviceGetUUID (nvmlDevice_t device, char *uuid, unsigned int length)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    const nvmlReturn_t code = vgpu_sim_enter_gpu (__func__, device, &host, &gpu);

    return code == NVML_SUCCESS ? vgpu_sim_answer_text (gpu->uuid, uuid, length) : code;
}

nvmlReturn_t
nvmlDeviceGetMemoryInfo (nvmlDevice_t device, nvmlMemory_t *memory)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    const nvmlReturn_t code = vgpu_sim_enter_gpu (__func__, device, &host, &gpu);

    if (code != NVML_SUCCESS)
        return code;
    if (!memory)
        return NVML_ERROR_INVALID_ARGUMENT;
    memory->total = gpu->framebuffer_mib * MIB;
    memory->used = vgpu_sim_host_framebuffer_taken_mib (host, gpu) * MIB;
    memory->free = memory->total - memory->used;
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlDeviceGetEccMode (nvmlDevice_t device, unsigned int *current, unsigned int *pending)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    const nvmlReturn_t code = vgpu_sim_enter_gpu (__func__, device, &host, &gpu);

    if (code != NVML_SUCCESS)
        return code;
    if (!current || !pending)
        return NVML_ERROR_INVALID_ARGUMENT;
    *current = *pending = gpu->ecc;
    return NVML_SUCCESS;
}

/* A board has MIG when the host file sets whether MIG is on, or when a type that the board offers needs
 * MIG. */
static gboolean
has_mig (const VgpuSimGpu *gpu)
{
    for (guint i = 0; i < gpu->offers->len; i++) {
        if (vgpu_sim_type_is_mig_backed (g_array_index (gpu->offers, VgpuSimOffer, i).type))
            return TRUE;
    }
    return gpu->says_mig;
}

/* Documented: NOT_SUPPORTED on a board without MIG. */
nvmlReturn_t
nvmlDeviceGetMigMode (nvmlDevice_t device, unsigned int *current, unsigned int *pending)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    const nvmlReturn_t code = vgpu_sim_enter_gpu (__func__, device, &host, &gpu);

    if (code != NVML_SUCCESS)
        return code;
    if (!current || !pending)
        return NVML_ERROR_INVALID_ARGUMENT;
    if (!has_mig (gpu))
        return NVML_ERROR_NOT_SUPPORTED;
    *current = *pending = gpu->mig ? NVML_DEVICE_MIG_ENABLE : NVML_DEVICE_MIG_DISABLE;
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlDeviceGetVirtualizationMode (nvmlDevice_t device, unsigned int *mode)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    const nvmlReturn_t code = vgpu_sim_enter_gpu (__func__, device, &host, &gpu);

    if (code != NVML_SUCCESS)
        return code;
    if (!mode)
        return NVML_ERROR_INVALID_ARGUMENT;
    *mode = gpu->mode;
    return NVML_SUCCESS;
}
