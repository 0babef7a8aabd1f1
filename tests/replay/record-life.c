/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A library that is not initialised, initialised several times, shut down, or initialised by another
 * process. */
#include "record.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

void
record_error_strings (Record *record)
{
    static const nvmlReturn_t beyond[] = {31, 998, NVML_ERROR_UNKNOWN, 1000, -1};
    const int n_beyond = sizeof beyond / sizeof beyond[0];
    char quoted[RECORD_QUOTED_SIZE];

    for (int i = 0; i <= NVML_ERROR_RESET_TYPE_NOT_SUPPORTED + n_beyond; i++) {
        const nvmlReturn_t code = i <= NVML_ERROR_RESET_TYPE_NOT_SUPPORTED
                                      ? i
                                      : beyond[i - NVML_ERROR_RESET_TYPE_NOT_SUPPORTED - 1];

        if (RECORD_ASK (record, nvmlErrorString, "%d", code)) {
            printf (" %s", record_quote (record->nvml.nvmlErrorString (code), 256, quoted, sizeof quoted));
            record_end (record);
        }
    }
}

static void
ask_device (Record *record, nvmlDevice_t device)
{
    nvmlVgpuSchedulerCapabilities_t capabilities = {0};
    nvmlVgpuSchedulerGetState_t state = {0};
    nvmlVgpuSchedulerLog_t log = {0};
    nvmlVgpuHeterogeneousMode_t mode = {.version = NVML_VGPU_HETEROGENEOUS_MODE_V1};
    nvmlVgpuPlacementList_t placements = {.version = NVML_VGPU_PLACEMENT_LIST_V2};
    nvmlPciInfo_t pci = {0};
    nvmlMemory_t memory = {0};
    unsigned int number = 0, other = 0, size = NVML_PGPU_STRING_SIZE, zero = 0;
    char text[NVML_PGPU_STRING_SIZE] = "";

    RECORD_CODE (record, nvmlDeviceGetPciInfo, device, &pci);
    RECORD_CODE (record, nvmlDeviceGetPciInfo_v2, device, &pci);
    RECORD_CODE (record, nvmlDeviceGetPciInfo_v3, device, &pci);
    RECORD_CODE (record, nvmlDeviceGetName, device, text, sizeof text);
    RECORD_CODE (record, nvmlDeviceGetUUID, device, text, sizeof text);
    RECORD_CODE (record, nvmlDeviceGetMemoryInfo, device, &memory);
    RECORD_CODE (record, nvmlDeviceGetEccMode, device, &number, &other);
    RECORD_CODE (record, nvmlDeviceGetMigMode, device, &number, &other);
    RECORD_CODE (record, nvmlDeviceGetVirtualizationMode, device, &number);
    RECORD_CODE (record, nvmlDeviceGetHostVgpuMode, device, &number);
    RECORD_CODE (record, nvmlDeviceGetActiveVgpus, device, &zero, NULL);
    RECORD_CODE (record, nvmlDeviceGetSupportedVgpus, device, &zero, NULL);
    RECORD_CODE (record, nvmlDeviceGetCreatableVgpus, device, &zero, NULL);
    RECORD_CODE (record, nvmlVgpuTypeGetMaxInstances, device, 1, &number);
    RECORD_CODE (record, nvmlDeviceGetPgpuMetadataString, device, text, &size);
    RECORD_CODE (record, nvmlDeviceGetVgpuMetadata, device, NULL, &zero);
    RECORD_CODE (record, nvmlDeviceGetVgpuCapabilities, device, NVML_DEVICE_VGPU_CAP_READ_DEVICE_BUFFER_BW,
                 &number);
    RECORD_CODE (record, nvmlDeviceGetVgpuHeterogeneousMode, device, &mode);
    RECORD_CODE (record, nvmlDeviceSetVgpuHeterogeneousMode, device, NULL);
    RECORD_CODE (record, nvmlDeviceGetVgpuTypeSupportedPlacements, device, 1, &placements);
    RECORD_CODE (record, nvmlDeviceGetVgpuTypeCreatablePlacements, device, 1, &placements);
    RECORD_CODE (record, nvmlDeviceGetVgpuSchedulerCapabilities, device, &capabilities);
    RECORD_CODE (record, nvmlDeviceGetVgpuSchedulerState, device, &state);
    RECORD_CODE (record, nvmlDeviceSetVgpuSchedulerState, device, NULL);
    RECORD_CODE (record, nvmlDeviceGetVgpuSchedulerLog, device, &log);
}

static void
ask_instance (Record *record)
{
    unsigned int number = 0, size = NVML_PGPU_STRING_SIZE, zero = 0;
    unsigned long long bytes = 0;
    nvmlVgpuRuntimeState_t state = {.version = NVML_VGPU_RUNTIME_STATE_V1};
    nvmlVgpuPlacementId_t placement = {.version = NVML_VGPU_PLACEMENT_ID_V1};
    char text[NVML_PGPU_STRING_SIZE] = "";

    RECORD_CODE (record, nvmlVgpuInstanceGetMetadata, 1, NULL, &zero);
    RECORD_CODE (record, nvmlVgpuInstanceGetMetadata, 1, NULL, NULL);
    RECORD_CODE (record, nvmlVgpuInstanceGetVmID, 1, text, sizeof text, &number);
    RECORD_CODE (record, nvmlVgpuInstanceGetUUID, 1, text, sizeof text);
    RECORD_CODE (record, nvmlVgpuInstanceGetMdevUUID, 1, text, sizeof text);
    RECORD_CODE (record, nvmlVgpuInstanceGetGpuPciId, 1, text, &size);
    RECORD_CODE (record, nvmlVgpuInstanceGetType, 1, &number);
    RECORD_CODE (record, nvmlVgpuInstanceGetVmDriverVersion, 1, text, sizeof text);
    RECORD_CODE (record, nvmlVgpuInstanceGetFbUsage, 1, &bytes);
    RECORD_CODE (record, nvmlVgpuInstanceGetRuntimeStateSize, 1, &state);
    RECORD_CODE (record, nvmlVgpuInstanceGetEccMode, 1, &number);
    RECORD_CODE (record, nvmlVgpuInstanceGetGpuInstanceId, 1, &number);
    RECORD_CODE (record, nvmlVgpuInstanceGetPlacementId, 1, &placement);
    RECORD_CODE (record, nvmlVgpuTypeGetName, 1, text, &size);
    RECORD_CODE (record, nvmlVgpuTypeGetClass, 1, text, &size);
    RECORD_CODE (record, nvmlVgpuTypeGetFramebufferSize, 1, &bytes);
    RECORD_CODE (record, nvmlVgpuTypeGetGpuInstanceProfileId, 1, &number);
}

/* Every call except those that initialise, once; calls about devices only with a handle that the library
 * gave. */
static void
ask_everything (Record *record, nvmlDevice_t device)
{
    nvmlVgpuVersion_t supported = {0, 0}, current = {0, 0};
    nvmlDevice_t found = NULL;
    unsigned int number = 0;
    char text[NVML_DRIVER_VERSION_SIZE] = "";

    RECORD_CODE (record, nvmlSystemGetDriverVersion, text, sizeof text);
    RECORD_CODE (record, nvmlDeviceGetCount, &number);
    RECORD_CODE (record, nvmlDeviceGetCount_v2, &number);
    RECORD_CODE (record, nvmlDeviceGetHandleByIndex, 0, &found);
    RECORD_CODE (record, nvmlDeviceGetHandleByIndex_v2, 0, &found);
    RECORD_CODE (record, nvmlDeviceGetHandleByPciBusId, "0000:00:00.0", &found);
    RECORD_CODE (record, nvmlDeviceGetHandleByPciBusId_v2, "0000:00:00.0", &found);
    RECORD_CODE (record, nvmlGetVgpuVersion, &supported, &current);
    RECORD_CODE (record, nvmlGetVgpuVersion, NULL, NULL);
    RECORD_CODE (record, nvmlSetVgpuVersion, NULL);
    RECORD_CODE (record, nvmlGetVgpuDriverCapabilities, NVML_VGPU_DRIVER_CAP_WARM_UPDATE, &number);
    RECORD_CODE (record, nvmlGetVgpuCompatibility, NULL, NULL, NULL);
    ask_instance (record);
    if (device)
        ask_device (record, device);
}

static void
ask_init (Record *record)
{
    if (RECORD_ASK (record, nvmlInit_v2, "%s", ""))
        record_code (record, record->nvml.nvmlInit_v2 ());
}

static void
ask_shutdown (Record *record)
{
    if (RECORD_ASK (record, nvmlShutdown, "%s", ""))
        record_code (record, record->nvml.nvmlShutdown ());
}

static void
ask_count (Record *record)
{
    unsigned int count = 0;

    if (RECORD_ASK (record, nvmlDeviceGetCount_v2, "&count"))
        record_code (record, record->nvml.nvmlDeviceGetCount_v2 (&count));
}

void
record_before_init (Record *record)
{
    ask_everything (record, NULL);
    ask_shutdown (record);
}

void
record_references (Record *record)
{
    if (RECORD_ASK (record, nvmlInit, "%s", ""))
        record_code (record, record->nvml.nvmlInit ());
    ask_init (record);
    ask_count (record);
    ask_shutdown (record);
    ask_count (record);
    ask_shutdown (record);
    ask_count (record);
    ask_shutdown (record);
    ask_init (record);
    ask_count (record);
    ask_shutdown (record);
    ask_count (record);
}

void
record_flags (Record *record)
{
    /* no GPU is not an error; attach none; both; and unknown flags */
    static const unsigned int flags[] = {0, 1, 2, 3, 4, 0x80000000};

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        nvmlReturn_t code;

        if (!RECORD_ASK (record, nvmlInitWithFlags, "0x%x", flags[i]))
            continue;
        code = record->nvml.nvmlInitWithFlags (flags[i]);
        record_code (record, code);
        if (code == NVML_SUCCESS)
            record->nvml.nvmlShutdown ();
    }
}

void
record_after_shutdown (Record *record)
{
    nvmlDevice_t device;

    record->nvml.nvmlInit_v2 ();
    device = record_first_device (record);
    record->nvml.nvmlShutdown ();
    ask_everything (record, device);
    ask_shutdown (record);
}

/*
 * What the child inherited is useless to it; it may initialise for itself. Shutting down before that is not
 * recorded: it was measured to crash NVIDIA's library (r580), and another driver's answer is of no interest.
 */
static void
ask_in_child (Record *record, nvmlDevice_t device)
{
    ask_everything (record, device);
    ask_init (record);
    ask_count (record);
    ask_shutdown (record);
    ask_count (record);
}

void
record_fork (Record *record)
{
    nvmlDevice_t device;
    pid_t child;
    int status;

    record->nvml.nvmlInit_v2 ();
    device = record_first_device (record);
    fflush (stdout);
    child = fork ();
    if (child == 0) {
        ask_in_child (record, device);
        _exit (EXIT_SUCCESS);
    }
    if (child < 0 || waitpid (child, &status, 0) != child)
        _exit (EXIT_FAILURE);
    /* exit as the child did, so that the process that waits continues after it */
    if (WIFSIGNALED (status))
        raise (WTERMSIG (status));
    if (status != 0)
        _exit (EXIT_FAILURE);
    record->n_asked = *record->progress;
    printf ("# and its parent, afterwards\n");
    ask_count (record);
    ask_shutdown (record);
    ask_count (record);
}
