/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The part of NVML's binary interface that vgpu-gate uses, written for vgpu-gate.
 *
 * None of these types and prototypes changed between the r450 and the r610 driver branches, except the
 * structures that contain their own version. Sizes and offsets are for LP64 without packing;
 * tests/unit/test-nvml-abi.c asserts each of them. The names of types and functions are NVML's, as dlsym()
 * and the manuals use them; comments, grouping and constants are not.
 *
 * Source of the facts: NVIDIA's public API reference, and measurements on libnvidia-ml.so.580.159.04.
 */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Handles. A device is an opaque pointer; an instance and a type are plain numbers. */
typedef struct nvmlDevice_st *nvmlDevice_t;
typedef unsigned int nvmlVgpuInstance_t;
typedef unsigned int nvmlVgpuTypeId_t;

/* The return value of a call. It is an int rather than an enum, as a newer driver can return a number that is
 * not in the list. */
typedef int nvmlReturn_t;
enum {
    NVML_SUCCESS = 0,
    NVML_ERROR_UNINITIALIZED = 1,
    NVML_ERROR_INVALID_ARGUMENT = 2,
    NVML_ERROR_NOT_SUPPORTED = 3,
    NVML_ERROR_NO_PERMISSION = 4,
    NVML_ERROR_ALREADY_INITIALIZED = 5,
    NVML_ERROR_NOT_FOUND = 6,
    NVML_ERROR_INSUFFICIENT_SIZE = 7,
    NVML_ERROR_INSUFFICIENT_POWER = 8,
    NVML_ERROR_DRIVER_NOT_LOADED = 9,
    NVML_ERROR_TIMEOUT = 10,
    NVML_ERROR_IRQ_ISSUE = 11,
    NVML_ERROR_LIBRARY_NOT_FOUND = 12,
    NVML_ERROR_FUNCTION_NOT_FOUND = 13,
    NVML_ERROR_CORRUPTED_INFOROM = 14,
    NVML_ERROR_GPU_IS_LOST = 15,
    NVML_ERROR_RESET_REQUIRED = 16,
    NVML_ERROR_OPERATING_SYSTEM = 17,
    NVML_ERROR_LIB_RM_VERSION_MISMATCH = 18,
    NVML_ERROR_IN_USE = 19,
    NVML_ERROR_MEMORY = 20,
    NVML_ERROR_NO_DATA = 21,
    NVML_ERROR_VGPU_ECC_NOT_SUPPORTED = 22,
    NVML_ERROR_INSUFFICIENT_RESOURCES = 23,
    NVML_ERROR_FREQ_NOT_SUPPORTED = 24,
    NVML_ERROR_ARGUMENT_VERSION_MISMATCH = 25,
    NVML_ERROR_DEPRECATED = 26,
    NVML_ERROR_NOT_READY = 27,
    NVML_ERROR_GPU_NOT_FOUND = 28,
    NVML_ERROR_INVALID_STATE = 29,
    NVML_ERROR_RESET_TYPE_NOT_SUPPORTED = 30,
    NVML_ERROR_UNKNOWN = 999,
};

/* Sizes of text buffers that the caller supplies, including the terminating NUL. */
#define NVML_DRIVER_VERSION_SIZE    80
#define NVML_DEVICE_UUID_SIZE       80
#define NVML_DEVICE_NAME_SIZE       64
#define NVML_DEVICE_NAME_V2_SIZE    96
#define NVML_VGPU_NAME_SIZE         64
#define NVML_PCI_BUS_ID_SIZE        32
#define NVML_PCI_BUS_ID_LEGACY_SIZE 16
#define NVML_PGPU_STRING_SIZE       256
#define NVML_SCHEDULER_LOG_ENTRIES  200
#define NVML_SCHEDULER_POLICY_COUNT 3

/* Compatibility states and limits are bit masks. The last limit is bit 31, so the masks must be unsigned. */
#define NVML_VM_COMPATIBILITY_NONE      0x0u
#define NVML_VM_COMPATIBILITY_COLD      0x1u
#define NVML_VM_COMPATIBILITY_HIBERNATE 0x2u
#define NVML_VM_COMPATIBILITY_SLEEP     0x4u
#define NVML_VM_COMPATIBILITY_LIVE      0x8u
#define NVML_LIMIT_NONE                 0x0u
#define NVML_LIMIT_HOST_DRIVER          0x1u
#define NVML_LIMIT_GUEST_DRIVER         0x2u
#define NVML_LIMIT_GPU                  0x4u
#define NVML_LIMIT_OTHER                0x80000000u

/* Bit 0 of both virtualisation capability words: the vGPU or pGPU supports migration. */
#define NVML_VIRTUALIZATION_CAP_MIGRATION 0x1u

enum { NVML_GUEST_INFO_UNINITIALIZED = 0, NVML_GUEST_INFO_INITIALIZED = 1 };
enum { NVML_VM_ID_DOMAIN_ID = 0, NVML_VM_ID_UUID = 1 };
enum {
    NVML_VIRTUALIZATION_MODE_NONE = 0,
    NVML_VIRTUALIZATION_MODE_PASSTHROUGH = 1, /* this machine is a VM to which the GPU was assigned */
    NVML_VIRTUALIZATION_MODE_HOST_VGPU = 3
};
enum { NVML_HOST_VGPU_MODE_NON_SRIOV = 0, NVML_HOST_VGPU_MODE_SRIOV = 1 };
enum {
    NVML_SCHEDULER_UNKNOWN = 0,
    NVML_SCHEDULER_BEST_EFFORT,
    NVML_SCHEDULER_EQUAL_SHARE,
    NVML_SCHEDULER_FIXED_SHARE
};
enum { NVML_ARR_DEFAULT = 0, NVML_ARR_DISABLE = 1, NVML_ARR_ENABLE = 2 };
/* The numbers of the two encoders are crossed in NVIDIA's header. */
enum { NVML_ENGINE_GRAPHICS = 1, NVML_ENGINE_NVENC1 = 2, NVML_ENGINE_NVENC0 = 3 };
enum { NVML_DEVICE_MIG_DISABLE = 0, NVML_DEVICE_MIG_ENABLE = 1 };
enum { NVML_FEATURE_DISABLED = 0, NVML_FEATURE_ENABLED = 1 };
/* The modes for which a list of placements is valid. */
enum { NVML_VGPU_PGPU_HETEROGENEOUS_MODE = 0, NVML_VGPU_PGPU_HOMOGENEOUS_MODE = 1 };

/* The capabilities that vgpu-gate asks of nvmlDeviceGetVgpuCapabilities, which has more. The bandwidths are
 * in MB/s. */
enum {
    NVML_DEVICE_VGPU_CAP_READ_DEVICE_BUFFER_BW = 3,
    NVML_DEVICE_VGPU_CAP_WRITE_DEVICE_BUFFER_BW = 4,
    NVML_DEVICE_VGPU_CAP_WARM_UPDATE = 8,
};
/* The one that it asks of nvmlGetVgpuDriverCapabilities. */
enum { NVML_VGPU_DRIVER_CAP_WARM_UPDATE = 1 };

/* The placement ID of a vGPU without a placement, and the GPU instance profile and GPU instance ID without
 * MIG. */
#define NVML_INVALID_VGPU_PLACEMENT_ID       0xffffu
#define NVML_INVALID_GPU_INSTANCE_PROFILE_ID 0xffffffffu
#define NVML_INVALID_GPU_INSTANCE_ID         0xffffffffu

/* A vGPU version is major << 16 | minor: 0x1A0001 is 26.1. */
typedef struct {
    unsigned int minVersion;
    unsigned int maxVersion;
} nvmlVgpuVersion_t;

/* Describes a vGPU on the source. Its real size is 208 + opaqueDataSize (468 on r580), and never sizeof. */
typedef struct {
    unsigned int version; /* of this structure; versions below 3 are never compatible */
    unsigned int revision;
    unsigned int guestInfoState;
    char guestDriverVersion[NVML_DRIVER_VERSION_SIZE];
    char hostDriverVersion[NVML_DRIVER_VERSION_SIZE];
    unsigned int reserved[6];
    unsigned int vgpuVirtualizationCaps;
    unsigned int guestVgpuVersion; /* agreed by guest and host driver; 0: the guest driver is not running */
    unsigned int opaqueDataSize;
    char opaqueData[4]; /* actually opaqueDataSize bytes */
} nvmlVgpuMetadata_t;

/* Describes a pGPU on the destination. Its real size is 124 + opaqueDataSize (380 on r580), and never
 * sizeof. */
typedef struct {
    unsigned int version;
    unsigned int revision;
    char hostDriverVersion[NVML_DRIVER_VERSION_SIZE];
    unsigned int pgpuVirtualizationCaps;
    unsigned int reserved[5];
    nvmlVgpuVersion_t hostSupportedVgpuRange;
    unsigned int opaqueDataSize;
    char opaqueData[4];
} nvmlVgpuPgpuMetadata_t;

#define NVML_VGPU_METADATA_OPAQUE_OFFSET 208u
#define NVML_PGPU_METADATA_OPAQUE_OFFSET 124u
#define NVML_VGPU_OPAQUE_SIZE            260u /* r580, measured: one 32-bit word, then the pGPU's string */
#define NVML_PGPU_OPAQUE_SIZE            256u /* r580, measured: the pGPU metadata string, zero padded */

typedef struct {
    unsigned int vgpuVmCompatibility;    /* NVML_VM_COMPATIBILITY_* */
    unsigned int compatibilityLimitCode; /* NVML_LIMIT_* */
} nvmlVgpuPgpuCompatibility_t;

typedef union {
    struct {
        unsigned int avgFactor;
        unsigned int timeslice; /* ns */
    } vgpuSchedDataWithARR;
    struct {
        unsigned int timeslice; /* ns */
    } vgpuSchedData;
} nvmlVgpuSchedulerParams_t;

typedef union {
    struct {
        unsigned int avgFactor;
        unsigned int frequency; /* Hz */
    } vgpuSchedDataWithARR;
    struct {
        unsigned int timeslice; /* ns */
    } vgpuSchedData;
} nvmlVgpuSchedulerSetParams_t;

typedef struct {
    unsigned long long timestamp; /* this and all times below: ns */
    unsigned long long timeRunTotal;
    unsigned long long timeRun;
    unsigned int swRunlistId;
    unsigned long long targetTimeSlice;
    unsigned long long cumulativePreemptionTime;
} nvmlVgpuSchedulerLogEntry_t;

typedef struct {
    unsigned int engineId;
    unsigned int schedulerPolicy;
    unsigned int arrMode;
    nvmlVgpuSchedulerParams_t schedulerParams;
    unsigned int entriesCount;
    nvmlVgpuSchedulerLogEntry_t logEntries[NVML_SCHEDULER_LOG_ENTRIES];
} nvmlVgpuSchedulerLog_t;

typedef struct {
    unsigned int schedulerPolicy;
    unsigned int arrMode;
    nvmlVgpuSchedulerParams_t schedulerParams;
} nvmlVgpuSchedulerGetState_t;

typedef struct {
    unsigned int schedulerPolicy;
    unsigned int enableARRMode;
    nvmlVgpuSchedulerSetParams_t schedulerParams;
} nvmlVgpuSchedulerSetState_t;

typedef struct {
    unsigned int supportedSchedulers[NVML_SCHEDULER_POLICY_COUNT];
    unsigned int maxTimeslice; /* ns */
    unsigned int minTimeslice;
    unsigned int isArrModeSupported;
    unsigned int maxFrequencyForARR; /* Hz */
    unsigned int minFrequencyForARR;
    unsigned int maxAvgFactorForARR;
    unsigned int minAvgFactorForARR;
} nvmlVgpuSchedulerCapabilities_t;

/*
 * The scheduler of one engine, since r595. These structures have no version. The caller sets engineId, also
 * where the driver fills the rest. There is no mode of ARR: it cannot be switched off, and a time slice
 * cannot be set.
 */
typedef struct {
    unsigned int engineId; /* NVML_ENGINE_*, set by the caller */
    unsigned int schedulerPolicy;
    unsigned int avgFactor;
    unsigned int timeslice; /* ns */
} nvmlVgpuSchedulerStateInfo_v2_t;

typedef struct {
    unsigned int engineId;
    unsigned int schedulerPolicy;
    unsigned int avgFactor; /* 0: the default, as below */
    unsigned int frequency; /* Hz */
} nvmlVgpuSchedulerState_v2_t;

typedef struct {
    unsigned long long timestamp; /* this and all times below: ns */
    unsigned long long timeRunTotal;
    unsigned long long timeRun;
    unsigned int swRunlistId;
    unsigned long long targetTimeSlice;
    unsigned long long cumulativePreemptionTime;
    unsigned int weight;
} nvmlVgpuSchedulerLogEntry_v2_t;

typedef struct {
    unsigned int engineId; /* set by the caller */
    unsigned int schedulerPolicy;
    unsigned int avgFactor;
    unsigned int timeslice; /* ns */
    unsigned int entriesCount;
    nvmlVgpuSchedulerLogEntry_v2_t logEntries[NVML_SCHEDULER_LOG_ENTRIES];
} nvmlVgpuSchedulerLogInfo_v2_t;

typedef struct {
    char busIdLegacy[NVML_PCI_BUS_ID_LEGACY_SIZE];
    unsigned int domain;
    unsigned int bus;
    unsigned int device;
    unsigned int pciDeviceId; /* device id << 16 | vendor id */
    unsigned int pciSubSystemId;
    char busId[NVML_PCI_BUS_ID_SIZE]; /* "%08X:%02X:%02X.0" */
} nvmlPciInfo_t;

typedef struct {
    unsigned long long total; /* bytes, as the two below */
    unsigned long long free;
    unsigned long long used;
} nvmlMemory_t;

/*
 * Structures that contain their own version. The caller sets it before the call; the driver returns
 * ARGUMENT_VERSION_MISMATCH for a version that it does not support. Documented since r550.
 */
#define NVML_STRUCTURE_VERSION(type, number) ((unsigned int)(sizeof (type) | (number) << 24))

/* Whether vGPUs with different frame buffer sizes can share a GPU. */
typedef struct {
    unsigned int version;
    unsigned int mode; /* NVML_FEATURE_* */
} nvmlVgpuHeterogeneousMode_v1_t;
typedef nvmlVgpuHeterogeneousMode_v1_t nvmlVgpuHeterogeneousMode_t;

typedef struct {
    unsigned int version;
    unsigned int placementId; /* NVML_INVALID_VGPU_PLACEMENT_ID outside of heterogeneous mode */
} nvmlVgpuPlacementId_v1_t;
typedef nvmlVgpuPlacementId_v1_t nvmlVgpuPlacementId_t;

/* Version 1: the caller's array must have nvmlVgpuTypeGetMaxInstances entries. */
typedef struct {
    unsigned int version;
    unsigned int placementSize; /* slots that one vGPU of the type occupies */
    unsigned int count;         /* the number of IDs that the driver wrote */
    unsigned int *placementIds;
} nvmlVgpuPlacementList_v1_t;

/* Version 2: before the call, count is the length of the caller's array. */
typedef struct {
    unsigned int version;
    unsigned int placementSize;
    unsigned int count;
    unsigned int *placementIds;
    unsigned int mode; /* NVML_VGPU_PGPU_*, set by the caller */
} nvmlVgpuPlacementList_v2_t;
typedef nvmlVgpuPlacementList_v2_t nvmlVgpuPlacementList_t;

/* Documented since r570. */
typedef struct {
    unsigned int version;
    unsigned long long size; /* bytes, without the frame buffer */
} nvmlVgpuRuntimeState_v1_t;
typedef nvmlVgpuRuntimeState_v1_t nvmlVgpuRuntimeState_t;

#define NVML_VGPU_RUNTIME_STATE_V1      NVML_STRUCTURE_VERSION (nvmlVgpuRuntimeState_v1_t, 1u)
#define NVML_VGPU_HETEROGENEOUS_MODE_V1 NVML_STRUCTURE_VERSION (nvmlVgpuHeterogeneousMode_v1_t, 1u)
#define NVML_VGPU_PLACEMENT_ID_V1       NVML_STRUCTURE_VERSION (nvmlVgpuPlacementId_v1_t, 1u)
#define NVML_VGPU_PLACEMENT_LIST_V1     NVML_STRUCTURE_VERSION (nvmlVgpuPlacementList_v1_t, 1u)
#define NVML_VGPU_PLACEMENT_LIST_V2     NVML_STRUCTURE_VERSION (nvmlVgpuPlacementList_v2_t, 2u)

/*
 * Prototypes. A "size" argument is in bytes. On input it is the size of the caller's buffer; on output the
 * size that the driver wrote or, with INSUFFICIENT_SIZE, needs. A "count" argument works in the same way, in
 * elements.
 */

/* The ten calls of the vGPU migration chapter. */
nvmlReturn_t nvmlDeviceGetPgpuMetadataString (nvmlDevice_t device, char *string, unsigned int *size);
nvmlReturn_t nvmlDeviceGetVgpuMetadata (nvmlDevice_t device, nvmlVgpuPgpuMetadata_t *metadata,
                                        unsigned int *size);
nvmlReturn_t nvmlVgpuInstanceGetMetadata (nvmlVgpuInstance_t instance, nvmlVgpuMetadata_t *metadata,
                                          unsigned int *size);
nvmlReturn_t nvmlGetVgpuCompatibility (nvmlVgpuMetadata_t *vgpu, nvmlVgpuPgpuMetadata_t *pgpu,
                                       nvmlVgpuPgpuCompatibility_t *answer);
nvmlReturn_t nvmlGetVgpuVersion (nvmlVgpuVersion_t *supported, nvmlVgpuVersion_t *current);
nvmlReturn_t nvmlGetVgpuDriverCapabilities (unsigned int capability, unsigned int *result);
nvmlReturn_t nvmlSetVgpuVersion (nvmlVgpuVersion_t *range);
nvmlReturn_t nvmlDeviceGetVgpuSchedulerCapabilities (nvmlDevice_t device,
                                                     nvmlVgpuSchedulerCapabilities_t *caps);
nvmlReturn_t nvmlDeviceGetVgpuSchedulerState (nvmlDevice_t device, nvmlVgpuSchedulerGetState_t *state);
nvmlReturn_t nvmlDeviceSetVgpuSchedulerState (nvmlDevice_t device, nvmlVgpuSchedulerSetState_t *state);
nvmlReturn_t nvmlDeviceGetVgpuSchedulerLog (nvmlDevice_t device, nvmlVgpuSchedulerLog_t *log);

/* They replace the three calls above since r595. */
nvmlReturn_t nvmlDeviceGetVgpuSchedulerState_v2 (nvmlDevice_t device, nvmlVgpuSchedulerStateInfo_v2_t *state);
nvmlReturn_t nvmlDeviceSetVgpuSchedulerState_v2 (nvmlDevice_t device, nvmlVgpuSchedulerState_v2_t *state);
nvmlReturn_t nvmlDeviceGetVgpuSchedulerLog_v2 (nvmlDevice_t device, nvmlVgpuSchedulerLogInfo_v2_t *log);

/* Library and system. nvmlErrorString needs no initialisation. */
nvmlReturn_t nvmlInit_v2 (void);
nvmlReturn_t nvmlShutdown (void);
const char *nvmlErrorString (nvmlReturn_t result);
nvmlReturn_t nvmlSystemGetDriverVersion (char *version, unsigned int length);

/* Devices. */
nvmlReturn_t nvmlDeviceGetCount_v2 (unsigned int *count);
nvmlReturn_t nvmlDeviceGetHandleByIndex_v2 (unsigned int index, nvmlDevice_t *device);
nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2 (const char *bus_id, nvmlDevice_t *device);
nvmlReturn_t nvmlDeviceGetPciInfo_v3 (nvmlDevice_t device, nvmlPciInfo_t *pci);
nvmlReturn_t nvmlDeviceGetName (nvmlDevice_t device, char *name, unsigned int length);
nvmlReturn_t nvmlDeviceGetUUID (nvmlDevice_t device, char *uuid, unsigned int length);
nvmlReturn_t nvmlDeviceGetMemoryInfo (nvmlDevice_t device, nvmlMemory_t *memory);
nvmlReturn_t nvmlDeviceGetVirtualizationMode (nvmlDevice_t device, unsigned int *mode);
nvmlReturn_t nvmlDeviceGetHostVgpuMode (nvmlDevice_t device, unsigned int *mode);
nvmlReturn_t nvmlDeviceGetEccMode (nvmlDevice_t device, unsigned int *current, unsigned int *pending);
nvmlReturn_t nvmlDeviceGetMigMode (nvmlDevice_t device, unsigned int *current, unsigned int *pending);
nvmlReturn_t nvmlDeviceGetActiveVgpus (nvmlDevice_t device, unsigned int *count,
                                       nvmlVgpuInstance_t *instances);
nvmlReturn_t nvmlDeviceGetSupportedVgpus (nvmlDevice_t device, unsigned int *count, nvmlVgpuTypeId_t *types);
nvmlReturn_t nvmlDeviceGetCreatableVgpus (nvmlDevice_t device, unsigned int *count, nvmlVgpuTypeId_t *types);

/* vGPU instances. */
nvmlReturn_t nvmlVgpuInstanceGetVmID (nvmlVgpuInstance_t instance, char *id, unsigned int length,
                                      unsigned int *id_type);
nvmlReturn_t nvmlVgpuInstanceGetUUID (nvmlVgpuInstance_t instance, char *uuid, unsigned int length);
nvmlReturn_t nvmlVgpuInstanceGetMdevUUID (nvmlVgpuInstance_t instance, char *uuid, unsigned int length);
nvmlReturn_t nvmlVgpuInstanceGetGpuPciId (nvmlVgpuInstance_t instance, char *pci_id, unsigned int *length);
nvmlReturn_t nvmlVgpuInstanceGetType (nvmlVgpuInstance_t instance, nvmlVgpuTypeId_t *type);
nvmlReturn_t nvmlVgpuInstanceGetVmDriverVersion (nvmlVgpuInstance_t instance, char *version,
                                                 unsigned int length);
nvmlReturn_t nvmlVgpuInstanceGetFbUsage (nvmlVgpuInstance_t instance, unsigned long long *bytes);
nvmlReturn_t nvmlVgpuInstanceGetEccMode (nvmlVgpuInstance_t instance, unsigned int *mode);
nvmlReturn_t nvmlVgpuInstanceGetGpuInstanceId (nvmlVgpuInstance_t instance, unsigned int *gpu_instance);

/* The state that is copied while a guest is paused, and the speeds at which a GPU can read and write it. */
nvmlReturn_t nvmlVgpuInstanceGetRuntimeStateSize (nvmlVgpuInstance_t instance, nvmlVgpuRuntimeState_t *state);
nvmlReturn_t nvmlDeviceGetVgpuCapabilities (nvmlDevice_t device, unsigned int capability,
                                            unsigned int *result);

/* Sizes and placements. The lists can have either version. */
nvmlReturn_t nvmlDeviceGetVgpuHeterogeneousMode (nvmlDevice_t device, nvmlVgpuHeterogeneousMode_t *mode);
nvmlReturn_t nvmlDeviceSetVgpuHeterogeneousMode (nvmlDevice_t device,
                                                 const nvmlVgpuHeterogeneousMode_t *mode);
nvmlReturn_t nvmlVgpuInstanceGetPlacementId (nvmlVgpuInstance_t instance, nvmlVgpuPlacementId_t *placement);
nvmlReturn_t nvmlDeviceGetVgpuTypeSupportedPlacements (nvmlDevice_t device, nvmlVgpuTypeId_t type,
                                                       nvmlVgpuPlacementList_t *placements);
nvmlReturn_t nvmlDeviceGetVgpuTypeCreatablePlacements (nvmlDevice_t device, nvmlVgpuTypeId_t type,
                                                       nvmlVgpuPlacementList_t *placements);

/* vGPU types. nvmlVgpuTypeGetMaxInstances does not belong to the migration chapter; vgpu-gate needs it to
 * turn "creatable" into a count. */
nvmlReturn_t nvmlVgpuTypeGetName (nvmlVgpuTypeId_t type, char *name, unsigned int *size);
nvmlReturn_t nvmlVgpuTypeGetClass (nvmlVgpuTypeId_t type, char *name, unsigned int *size);
nvmlReturn_t nvmlVgpuTypeGetGpuInstanceProfileId (nvmlVgpuTypeId_t type, unsigned int *profile);
nvmlReturn_t nvmlVgpuTypeGetFramebufferSize (nvmlVgpuTypeId_t type, unsigned long long *bytes);
nvmlReturn_t nvmlVgpuTypeGetMaxInstances (nvmlDevice_t device, nvmlVgpuTypeId_t type, unsigned int *count);

#ifdef __cplusplus
}
#endif
