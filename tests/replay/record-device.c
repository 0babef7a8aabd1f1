/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The questions about a device, all with handles that the library gave. */
#include "record.h"

#include <stdio.h>
#include <string.h>

#define PGPU_METADATA_SIZE (NVML_PGPU_METADATA_OPAQUE_OFFSET + NVML_PGPU_OPAQUE_SIZE)
/* More vGPUs or types than any device has. */
#define LIST_LENGTH 128u

/* How much of the structure a version of the call fills. */
typedef enum { PCI_TO_DEVICE_ID, PCI_TO_SUBSYSTEM_ID, PCI_WHOLE } PciPart;

static void
ask_pci_info (Record *record, const char *call, __typeof__ (nvmlDeviceGetPciInfo) *get, const char *subject,
              nvmlDevice_t device, PciPart part)
{
    nvmlPciInfo_t *pci = record_room (record, sizeof *pci);
    char quoted[RECORD_QUOTED_SIZE], address[NVML_PCI_BUS_ID_SIZE];
    nvmlReturn_t code;

    if (record_ask (record, call, get != NULL, "%sNULL", subject))
        record_code (record, get (device, NULL));
    if (!record_ask (record, call, get != NULL, "%spci", subject))
        return;
    code = get (device, pci);
    printf (" %d", code);
    if (code == NVML_SUCCESS) {
        snprintf (address, sizeof address, "%04X:%02X:%02X.0", pci->domain, pci->bus, pci->device);
        printf (" legacy id %s, %s domain, bus and device, device id %08x",
                record_quote (pci->busIdLegacy, sizeof pci->busIdLegacy, quoted, sizeof quoted),
                strcmp (pci->busIdLegacy, address) == 0 ? "as" : "unlike", pci->pciDeviceId);
    }
    if (code == NVML_SUCCESS && part >= PCI_TO_SUBSYSTEM_ID)
        printf (", subsystem id %08x", pci->pciSubSystemId);
    if (code == NVML_SUCCESS && part >= PCI_WHOLE) {
        snprintf (address, sizeof address, "%08X:%02X:%02X.0", pci->domain, pci->bus, pci->device);
        printf (", id %s, %s domain, bus and device",
                record_quote (pci->busId, sizeof pci->busId, quoted, sizeof quoted),
                strcmp (pci->busId, address) == 0 ? "as" : "unlike");
    }
    record_end (record);
}

static void
ask_memory (Record *record, const char *subject, nvmlDevice_t device)
{
    nvmlMemory_t *memory = record_room (record, sizeof *memory);

    if (RECORD_ASK (record, nvmlDeviceGetMemoryInfo, "%sNULL", subject))
        record_code (record, record->nvml.nvmlDeviceGetMemoryInfo (device, NULL));
    if (RECORD_ASK (record, nvmlDeviceGetMemoryInfo, "%smemory", subject)) {
        const nvmlReturn_t code = record->nvml.nvmlDeviceGetMemoryInfo (device, memory);

        record_values (record, code, "total %llu, free and used make %s", memory->total,
                       memory->free + memory->used == memory->total ? "it up" : "something else");
    }
}

/* A present mode and one that applies after the next reset; either may be asked for alone. */
static void
ask_modes (Record *record, const char *call, __typeof__ (nvmlDeviceGetEccMode) *get, const char *subject,
           nvmlDevice_t device)
{
    for (unsigned int which = 0; which < 4; which++) {
        unsigned int *modes = record_room (record, 2 * sizeof *modes);
        unsigned int *current = which & 1 ? &modes[0] : NULL, *pending = which & 2 ? &modes[1] : NULL;
        nvmlReturn_t code;

        if (!record_ask (record, call, get != NULL, "%s%s, %s", subject, current ? "current" : "NULL",
                         pending ? "pending" : "NULL"))
            continue;
        code = get (device, current, pending);
        printf (" %d", code);
        if (code == NVML_SUCCESS && current)
            printf (" current %u", *current);
        if (code == NVML_SUCCESS && pending)
            printf (" pending %u", *pending);
        record_end (record);
    }
}

static void
ask_identity (Record *record, const char *subject, nvmlDevice_t device)
{
    const RecordNvml *nvml = &record->nvml;

    RECORD_FIXED_TEXT (record, nvmlDeviceGetName, subject, NVML_DEVICE_NAME_V2_SIZE, device);
    RECORD_FIXED_TEXT (record, nvmlDeviceGetUUID, subject, NVML_DEVICE_UUID_SIZE, device);
    ask_pci_info (record, "nvmlDeviceGetPciInfo", nvml->nvmlDeviceGetPciInfo, subject, device,
                  PCI_TO_DEVICE_ID);
    ask_pci_info (record, "nvmlDeviceGetPciInfo_v2", nvml->nvmlDeviceGetPciInfo_v2, subject, device,
                  PCI_TO_SUBSYSTEM_ID);
    ask_pci_info (record, "nvmlDeviceGetPciInfo_v3", nvml->nvmlDeviceGetPciInfo_v3, subject, device,
                  PCI_WHOLE);
    ask_memory (record, subject, device);
    ask_modes (record, "nvmlDeviceGetEccMode", nvml->nvmlDeviceGetEccMode, subject, device);
    ask_modes (record, "nvmlDeviceGetMigMode", nvml->nvmlDeviceGetMigMode, subject, device);
}

static void
ask_vgpu_host (Record *record, const char *subject, nvmlDevice_t device)
{
    RECORD_NUMBER (record, nvmlDeviceGetVirtualizationMode, subject, sizeof (unsigned int), device);
    RECORD_NUMBER (record, nvmlDeviceGetHostVgpuMode, subject, sizeof (unsigned int), device);
    RECORD_LIST (record, nvmlDeviceGetActiveVgpus, subject, LIST_LENGTH, device);
    RECORD_LIST (record, nvmlDeviceGetSupportedVgpus, subject, LIST_LENGTH, device);
    RECORD_LIST (record, nvmlDeviceGetCreatableVgpus, subject, LIST_LENGTH, device);
    RECORD_SIZED (record, nvmlDeviceGetPgpuMetadataString, subject, RECORD_TEXT, NVML_PGPU_STRING_SIZE,
                  device);
    RECORD_SIZED (record, nvmlDeviceGetVgpuMetadata, subject, RECORD_BYTES, PGPU_METADATA_SIZE, device);
}

static void
ask_capabilities (Record *record, const char *subject, nvmlDevice_t device)
{
    static const unsigned int capabilities[] = {0, NVML_DEVICE_VGPU_CAP_READ_DEVICE_BUFFER_BW,
                                                NVML_DEVICE_VGPU_CAP_WRITE_DEVICE_BUFFER_BW,
                                                NVML_DEVICE_VGPU_CAP_WARM_UPDATE, RECORD_UNKNOWN};

    for (size_t i = 0; i < sizeof capabilities / sizeof capabilities[0]; i++) {
        char question[96];

        snprintf (question, sizeof question, "%scapability %u, ", subject, capabilities[i]);
        RECORD_NUMBER (record, nvmlDeviceGetVgpuCapabilities, question, sizeof (unsigned int), device,
                       capabilities[i]);
    }
}

static void
ask_max_instances (Record *record, unsigned int index, nvmlDevice_t device)
{
    static const nvmlVgpuTypeId_t types[] = {0, 1, RECORD_UNKNOWN};
    char subject[64];

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        snprintf (subject, sizeof subject, "device %u, type %u, ", index, types[i]);
        RECORD_NUMBER (record, nvmlVgpuTypeGetMaxInstances, subject, sizeof (unsigned int), device, types[i]);
    }
}

/* Structures with a version: none, an unknown one, and the right one. Settings must be refused: there is no
 * mode 2. */
static void
ask_heterogeneous_mode (Record *record, const char *subject, nvmlDevice_t device)
{
    const unsigned int right = NVML_VGPU_HETEROGENEOUS_MODE_V1, versions[] = {0, right + 1, right};

    if (RECORD_ASK (record, nvmlDeviceGetVgpuHeterogeneousMode, "%sNULL", subject))
        record_code (record, record->nvml.nvmlDeviceGetVgpuHeterogeneousMode (device, NULL));
    if (RECORD_ASK (record, nvmlDeviceSetVgpuHeterogeneousMode, "%sNULL", subject))
        record_code (record, record->nvml.nvmlDeviceSetVgpuHeterogeneousMode (device, NULL));
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        nvmlVgpuHeterogeneousMode_t mode = {.version = versions[i], .mode = 2};

        if (RECORD_ASK (record, nvmlDeviceSetVgpuHeterogeneousMode, "%sversion %#x, mode 2", subject,
                        versions[i]))
            record_code (record, record->nvml.nvmlDeviceSetVgpuHeterogeneousMode (device, &mode));
        if (RECORD_ASK (record, nvmlDeviceGetVgpuHeterogeneousMode, "%sversion %#x", subject, versions[i])) {
            const nvmlReturn_t code = record->nvml.nvmlDeviceGetVgpuHeterogeneousMode (device, &mode);

            record_values (record, code, "mode %u", mode.mode);
        }
    }
}

static void
ask_placements (Record *record, const char *call, __typeof__ (nvmlDeviceGetVgpuTypeSupportedPlacements) *get,
                unsigned int index, nvmlDevice_t device)
{
    static const nvmlVgpuTypeId_t types[] = {0, 1, RECORD_UNKNOWN};
    const unsigned int right = NVML_VGPU_PLACEMENT_LIST_V2, versions[] = {0, right + 1, right};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (record_ask (record, call, get != NULL, "device %u, type %u, NULL", index, types[i]))
            record_code (record, get (device, types[i], NULL));
        for (size_t j = 0; j < sizeof versions / sizeof versions[0]; j++) {
            nvmlVgpuPlacementList_t list = {.version = versions[j]};

            if (record_ask (record, call, get != NULL, "device %u, type %u, version %#x", index, types[i],
                            versions[j]))
                record_values (record, get (device, types[i], &list), "size %u, count %u", list.placementSize,
                               list.count);
        }
    }
}

/* Settings must be refused: NULL, and a policy that no driver has without a vGPU. */
static void
ask_to_set_scheduler (Record *record, const char *subject, nvmlDevice_t device)
{
    nvmlVgpuSchedulerSetState_t state = {.schedulerPolicy = 99};
    unsigned int mode = NVML_VIRTUALIZATION_MODE_HOST_VGPU;

    if (RECORD_ASK (record, nvmlDeviceSetVgpuSchedulerState, "%sNULL", subject))
        record_code (record, record->nvml.nvmlDeviceSetVgpuSchedulerState (device, NULL));
    if (!record->nvml.nvmlDeviceGetVirtualizationMode ||
        record->nvml.nvmlDeviceGetVirtualizationMode (device, &mode) != NVML_SUCCESS ||
        mode == NVML_VIRTUALIZATION_MODE_HOST_VGPU)
        return;
    if (RECORD_ASK (record, nvmlDeviceSetVgpuSchedulerState, "%spolicy 99", subject))
        record_code (record, record->nvml.nvmlDeviceSetVgpuSchedulerState (device, &state));
}

/* Only the part of the log before its entries, which differ at each moment. */
static void
ask_scheduler (Record *record, const char *subject, nvmlDevice_t device)
{
    RECORD_STRUCTURE (record, nvmlDeviceGetVgpuSchedulerCapabilities, subject,
                      sizeof (nvmlVgpuSchedulerCapabilities_t), sizeof (nvmlVgpuSchedulerCapabilities_t),
                      device);
    RECORD_STRUCTURE (record, nvmlDeviceGetVgpuSchedulerState, subject, sizeof (nvmlVgpuSchedulerGetState_t),
                      sizeof (nvmlVgpuSchedulerGetState_t), device);
    RECORD_STRUCTURE (record, nvmlDeviceGetVgpuSchedulerLog, subject, sizeof (nvmlVgpuSchedulerLog_t),
                      offsetof (nvmlVgpuSchedulerLog_t, entriesCount), device);
    ask_to_set_scheduler (record, subject, device);
}

void
record_devices (Record *record)
{
    unsigned int count = 0;

    record->nvml.nvmlDeviceGetCount_v2 (&count);
    for (unsigned int i = 0; i < count && i < record->devices_max; i++) {
        nvmlDevice_t device = NULL;
        char subject[32];

        snprintf (subject, sizeof subject, "device %u, ", i);
        if (record->nvml.nvmlDeviceGetHandleByIndex_v2 (i, &device) != NVML_SUCCESS)
            continue;
        ask_identity (record, subject, device);
        ask_vgpu_host (record, subject, device);
        ask_max_instances (record, i, device);
        ask_capabilities (record, subject, device);
        ask_heterogeneous_mode (record, subject, device);
        ask_placements (record, "nvmlDeviceGetVgpuTypeSupportedPlacements",
                        record->nvml.nvmlDeviceGetVgpuTypeSupportedPlacements, i, device);
        ask_placements (record, "nvmlDeviceGetVgpuTypeCreatablePlacements",
                        record->nvml.nvmlDeviceGetVgpuTypeCreatablePlacements, i, device);
        ask_scheduler (record, subject, device);
    }
}
