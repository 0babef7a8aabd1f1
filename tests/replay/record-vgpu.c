/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vGPU instances and types by number: 0, 1, and one that does not exist. */
#include "record.h"

#include <stdio.h>

#define VGPU_METADATA_SIZE (NVML_VGPU_METADATA_OPAQUE_OFFSET + NVML_VGPU_OPAQUE_SIZE)

static const unsigned int numbers[] = {0, 1, RECORD_UNKNOWN};
#define N_NUMBERS (sizeof numbers / sizeof numbers[0])

static void
ask_vm_id (Record *record, const char *subject, nvmlVgpuInstance_t instance)
{
    unsigned int kind = 0;
    char id[NVML_DEVICE_UUID_SIZE] = "", quoted[RECORD_QUOTED_SIZE];

    if (RECORD_ASK (record, nvmlVgpuInstanceGetVmID, "%sNULL, length %zu, &kind", subject, sizeof id))
        record_code (record, record->nvml.nvmlVgpuInstanceGetVmID (instance, NULL, sizeof id, &kind));
    if (RECORD_ASK (record, nvmlVgpuInstanceGetVmID, "%sbuffer, length %zu, NULL", subject, sizeof id))
        record_code (record, record->nvml.nvmlVgpuInstanceGetVmID (instance, id, sizeof id, NULL));
    if (RECORD_ASK (record, nvmlVgpuInstanceGetVmID, "%sbuffer, length 0, &kind", subject))
        record_code (record, record->nvml.nvmlVgpuInstanceGetVmID (instance, id, 0, &kind));
    if (RECORD_ASK (record, nvmlVgpuInstanceGetVmID, "%sbuffer, length %zu, &kind", subject, sizeof id - 1))
        record_code (record, record->nvml.nvmlVgpuInstanceGetVmID (instance, id, sizeof id - 1, &kind));
    if (RECORD_ASK (record, nvmlVgpuInstanceGetVmID, "%sbuffer, length %zu, &kind", subject, sizeof id)) {
        const nvmlReturn_t code = record->nvml.nvmlVgpuInstanceGetVmID (instance, id, sizeof id, &kind);

        record_values (record, code, "%s kind %u", record_quote (id, sizeof id, quoted, sizeof quoted), kind);
    }
}

static void
ask_placement (Record *record, const char *subject, nvmlVgpuInstance_t instance)
{
    const unsigned int right = NVML_VGPU_PLACEMENT_ID_V1, versions[] = {0, right + 1, right};

    if (RECORD_ASK (record, nvmlVgpuInstanceGetPlacementId, "%sNULL", subject))
        record_code (record, record->nvml.nvmlVgpuInstanceGetPlacementId (instance, NULL));
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        nvmlVgpuPlacementId_t placement = {.version = versions[i]};

        if (RECORD_ASK (record, nvmlVgpuInstanceGetPlacementId, "%sversion %#x", subject, versions[i])) {
            const nvmlReturn_t code = record->nvml.nvmlVgpuInstanceGetPlacementId (instance, &placement);

            record_values (record, code, "placement %u", placement.placementId);
        }
    }
}

static void
ask_runtime_state (Record *record, const char *subject, nvmlVgpuInstance_t instance)
{
    static const unsigned int versions[] = {0, NVML_VGPU_RUNTIME_STATE_V1 + 1, NVML_VGPU_RUNTIME_STATE_V1};

    if (RECORD_ASK (record, nvmlVgpuInstanceGetRuntimeStateSize, "%sNULL", subject))
        record_code (record, record->nvml.nvmlVgpuInstanceGetRuntimeStateSize (instance, NULL));
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        nvmlVgpuRuntimeState_t state = {.version = versions[i]};

        if (RECORD_ASK (record, nvmlVgpuInstanceGetRuntimeStateSize, "%sversion %#x", subject, versions[i])) {
            const nvmlReturn_t code = record->nvml.nvmlVgpuInstanceGetRuntimeStateSize (instance, &state);

            record_values (record, code, "size %llu", state.size);
        }
    }
}

static void
ask_instance (Record *record, nvmlVgpuInstance_t instance)
{
    char subject[32];

    snprintf (subject, sizeof subject, "instance %u, ", instance);
    RECORD_SIZED (record, nvmlVgpuInstanceGetMetadata, subject, RECORD_BYTES, VGPU_METADATA_SIZE, instance);
    ask_vm_id (record, subject, instance);
    RECORD_FIXED_TEXT (record, nvmlVgpuInstanceGetUUID, subject, NVML_DEVICE_UUID_SIZE, instance);
    RECORD_FIXED_TEXT (record, nvmlVgpuInstanceGetMdevUUID, subject, NVML_DEVICE_UUID_SIZE, instance);
    RECORD_SIZED (record, nvmlVgpuInstanceGetGpuPciId, subject, RECORD_TEXT, NVML_PCI_BUS_ID_SIZE, instance);
    RECORD_NUMBER (record, nvmlVgpuInstanceGetType, subject, sizeof (nvmlVgpuTypeId_t), instance);
    RECORD_FIXED_TEXT (record, nvmlVgpuInstanceGetVmDriverVersion, subject, NVML_DRIVER_VERSION_SIZE,
                       instance);
    RECORD_NUMBER (record, nvmlVgpuInstanceGetFbUsage, subject, sizeof (unsigned long long), instance);
    ask_runtime_state (record, subject, instance);
    RECORD_NUMBER (record, nvmlVgpuInstanceGetEccMode, subject, sizeof (unsigned int), instance);
    RECORD_NUMBER (record, nvmlVgpuInstanceGetGpuInstanceId, subject, sizeof (unsigned int), instance);
    ask_placement (record, subject, instance);
}

void
record_instances (Record *record)
{
    for (size_t i = 0; i < N_NUMBERS; i++)
        ask_instance (record, numbers[i]);
}

void
record_types (Record *record)
{
    char subject[32];

    for (size_t i = 0; i < N_NUMBERS; i++) {
        snprintf (subject, sizeof subject, "type %u, ", numbers[i]);
        RECORD_SIZED (record, nvmlVgpuTypeGetName, subject, RECORD_TEXT, NVML_VGPU_NAME_SIZE, numbers[i]);
        RECORD_SIZED (record, nvmlVgpuTypeGetClass, subject, RECORD_TEXT, NVML_VGPU_NAME_SIZE, numbers[i]);
        RECORD_NUMBER (record, nvmlVgpuTypeGetFramebufferSize, subject, sizeof (unsigned long long),
                       numbers[i]);
        RECORD_NUMBER (record, nvmlVgpuTypeGetGpuInstanceProfileId, subject, sizeof (unsigned int),
                       numbers[i]);
    }
}
