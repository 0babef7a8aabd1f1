/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rest of NVML's binary interface for vGPUs and GPU instances, up to the r615 driver branch. vgpu-gate
 * does not use it: the simulated driver exports it for other clients.
 *
 * The rules of nvml-abi.h apply, and the same test asserts the sizes and offsets. An argument that is void *
 * points to a structure that the simulated driver never reads or fills.
 *
 * Source of the facts: NVIDIA's public API reference and the public header of NVML 13.
 */
#pragma once

#include "nvml/nvml-abi.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nvmlGpuInstance_st *nvmlGpuInstance_t;
typedef struct nvmlComputeInstance_st *nvmlComputeInstance_t;

#define NVML_SYSTEM_NVML_VERSION_SIZE 80
#define NVML_GRID_LICENSE_SIZE        128
#define NVML_GRID_LICENSE_FEATURES    3

/* The capabilities of nvmlVgpuTypeGetCapabilities. */
enum {
    NVML_VGPU_CAP_NVLINK_P2P = 0,
    NVML_VGPU_CAP_GPUDIRECT = 1,
    NVML_VGPU_CAP_MULTI_VGPU_EXCLUSIVE = 2, /* cannot be in a VM with other types */
    NVML_VGPU_CAP_EXCLUSIVE_TYPE = 3,       /* cannot be on a GPU with other types */
    NVML_VGPU_CAP_EXCLUSIVE_SIZE = 4,       /* cannot be on a GPU with other sizes */
    NVML_VGPU_CAP_COUNT = 5,
};

enum { NVML_VALUE_TYPE_UNSIGNED_INT = 1 };
enum { NVML_ENCODER_H264 = 0, NVML_ENCODER_HEVC = 1, NVML_ENCODER_AV1 = 2 };
enum { NVML_FBC_TOSYS = 1, NVML_FBC_CUDA = 2, NVML_FBC_VID = 3, NVML_FBC_HWENC = 4 };

/* The state of a vGPU's license, and whether its expiry is known. */
enum {
    NVML_GRID_LICENSE_UNKNOWN = 0,
    NVML_GRID_LICENSE_UNINITIALIZED = 1,
    NVML_GRID_LICENSE_UNLICENSED_UNRESTRICTED = 2,
    NVML_GRID_LICENSE_UNLICENSED_RESTRICTED = 3,
    NVML_GRID_LICENSE_UNLICENSED = 4,
    NVML_GRID_LICENSE_LICENSED = 5,
};
enum { NVML_GRID_LICENSE_EXPIRY_NOT_AVAILABLE = 0, NVML_GRID_LICENSE_EXPIRY_VALID = 2 };

/* --- utilization and accounting --- */

typedef union {
    double dVal;
    int siVal;
    unsigned int uiVal;
    unsigned long ulVal;
    unsigned long long ullVal;
    signed long long sllVal;
    unsigned short usVal;
} nvmlValue_t;

typedef struct {
    nvmlVgpuInstance_t vgpuInstance;
    unsigned long long timeStamp; /* this and all time stamps below: us */
    nvmlValue_t smUtil;           /* this and all utilizations below: percent */
    nvmlValue_t memUtil;
    nvmlValue_t encUtil;
    nvmlValue_t decUtil;
} nvmlVgpuInstanceUtilizationSample_t;

typedef struct {
    unsigned long long timeStamp;
    nvmlVgpuInstance_t vgpuInstance;
    nvmlValue_t smUtil;
    nvmlValue_t memUtil;
    nvmlValue_t encUtil;
    nvmlValue_t decUtil;
    nvmlValue_t jpgUtil;
    nvmlValue_t ofaUtil;
} nvmlVgpuInstanceUtilizationInfo_v1_t;

typedef struct {
    unsigned int version;
    unsigned int sampleValType;
    unsigned int vgpuInstanceCount; /* before the call: the length of the caller's array; likewise below */
    unsigned long long lastSeenTimeStamp;
    nvmlVgpuInstanceUtilizationInfo_v1_t *vgpuUtilArray;
} nvmlVgpuInstancesUtilizationInfo_v1_t;

typedef struct {
    nvmlVgpuInstance_t vgpuInstance;
    unsigned int pid; /* in the guest */
    char processName[NVML_VGPU_NAME_SIZE];
    unsigned long long timeStamp;
    unsigned int smUtil;
    unsigned int memUtil;
    unsigned int encUtil;
    unsigned int decUtil;
} nvmlVgpuProcessUtilizationSample_t;

typedef struct {
    char processName[NVML_VGPU_NAME_SIZE];
    unsigned long long timeStamp;
    nvmlVgpuInstance_t vgpuInstance;
    unsigned int pid;
    unsigned int smUtil;
    unsigned int memUtil;
    unsigned int encUtil;
    unsigned int decUtil;
    unsigned int jpgUtil;
    unsigned int ofaUtil;
} nvmlVgpuProcessUtilizationInfo_v1_t;

typedef struct {
    unsigned int version;
    unsigned int vgpuProcessCount;
    unsigned long long lastSeenTimeStamp;
    nvmlVgpuProcessUtilizationInfo_v1_t *vgpuProcUtilArray;
} nvmlVgpuProcessesUtilizationInfo_v1_t;

typedef struct {
    unsigned int gpuUtilization;
    unsigned int memoryUtilization;
    unsigned long long maxMemoryUsage; /* bytes */
    unsigned long long time;           /* ms; 0 while the process runs */
    unsigned long long startTime;      /* us */
    unsigned int isRunning;
    unsigned int reserved[5];
} nvmlAccountingStats_t;

/* --- video encoder and frame buffer capture --- */

typedef struct {
    unsigned int sessionId;
    unsigned int pid;
    nvmlVgpuInstance_t vgpuInstance;
    unsigned int codecType; /* NVML_ENCODER_* */
    unsigned int hResolution;
    unsigned int vResolution;
    unsigned int averageFps;
    unsigned int averageLatency; /* us, as the two below */
} nvmlEncoderSessionInfo_t;

typedef struct {
    unsigned int sessionsCount;
    unsigned int averageFPS;
    unsigned int averageLatency;
} nvmlFBCStats_t;

typedef struct {
    unsigned int sessionId;
    unsigned int pid;
    nvmlVgpuInstance_t vgpuInstance;
    unsigned int displayOrdinal;
    unsigned int sessionType; /* NVML_FBC_* */
    unsigned int sessionFlags;
    unsigned int hMaxResolution;
    unsigned int vMaxResolution;
    unsigned int hResolution;
    unsigned int vResolution;
    unsigned int averageFPS;
    unsigned int averageLatency;
} nvmlFBCSessionInfo_t;

/* --- licenses --- */

typedef struct {
    unsigned int year;
    unsigned short month;
    unsigned short day;
    unsigned short hour;
    unsigned short min;
    unsigned short sec;
    unsigned char status; /* NVML_GRID_LICENSE_EXPIRY_* */
} nvmlVgpuLicenseExpiry_t;

/* The first version of the call fills all but the last field. */
typedef struct {
    unsigned char isLicensed;
    nvmlVgpuLicenseExpiry_t licenseExpiry;
    unsigned int currentState; /* NVML_GRID_LICENSE_* */
} nvmlVgpuLicenseInfo_t;

typedef struct {
    unsigned int featureCode;
    unsigned int featureState;
    char licenseInfo[NVML_GRID_LICENSE_SIZE];
    char productName[NVML_GRID_LICENSE_SIZE];
    unsigned int featureEnabled;
    nvmlVgpuLicenseExpiry_t licenseExpiry;
} nvmlGridLicensableFeature_t;

/* The elements of the array grew with each version of the call; the two numbers before it are in all. */
typedef struct {
    int isGridLicenseSupported;
    unsigned int licensableFeaturesCount;
    nvmlGridLicensableFeature_t gridLicensableFeatures[NVML_GRID_LICENSE_FEATURES];
} nvmlGridLicensableFeatures_t;

/* --- vGPU types and GPU instances --- */

typedef struct {
    unsigned int version;
    unsigned long long bar1Size; /* MiB */
} nvmlVgpuTypeBar1Info_v1_t;

typedef struct {
    unsigned int version;
    nvmlVgpuTypeId_t vgpuTypeId; /* set by the caller */
    unsigned int maxInstancePerGI;
} nvmlVgpuTypeMaxInstance_v1_t;

typedef struct {
    unsigned int version;
    unsigned int vgpuCount; /* before the call: the length of the caller's array */
    nvmlVgpuTypeId_t *vgpuTypeIds;
} nvmlVgpuTypeIdInfo_v1_t;

typedef struct {
    unsigned int version;
    unsigned int vgpuCount;
    nvmlVgpuInstance_t *vgpuInstances;
} nvmlActiveVgpuInstanceInfo_v1_t;

typedef struct {
    unsigned int start; /* slices */
    unsigned int size;
} nvmlGpuInstancePlacement_t;

typedef struct {
    nvmlDevice_t device;
    unsigned int id;
    unsigned int profileId;
    nvmlGpuInstancePlacement_t placement;
} nvmlGpuInstanceInfo_t;

#define NVML_VGPU_INSTANCES_UTILIZATION_INFO_V1 \
    NVML_STRUCTURE_VERSION (nvmlVgpuInstancesUtilizationInfo_v1_t, 1u)
#define NVML_VGPU_PROCESSES_UTILIZATION_INFO_V1 \
    NVML_STRUCTURE_VERSION (nvmlVgpuProcessesUtilizationInfo_v1_t, 1u)
#define NVML_VGPU_TYPE_BAR1_INFO_V1       NVML_STRUCTURE_VERSION (nvmlVgpuTypeBar1Info_v1_t, 1u)
#define NVML_VGPU_TYPE_MAX_INSTANCE_V1    NVML_STRUCTURE_VERSION (nvmlVgpuTypeMaxInstance_v1_t, 1u)
#define NVML_VGPU_TYPE_ID_INFO_V1         NVML_STRUCTURE_VERSION (nvmlVgpuTypeIdInfo_v1_t, 1u)
#define NVML_ACTIVE_VGPU_INSTANCE_INFO_V1 NVML_STRUCTURE_VERSION (nvmlActiveVgpuInstanceInfo_v1_t, 1u)

/* --- prototypes --- */

nvmlReturn_t nvmlSystemGetNVMLVersion (char *version, unsigned int length);

nvmlReturn_t nvmlVgpuTypeGetBAR1Info (nvmlVgpuTypeId_t type, nvmlVgpuTypeBar1Info_v1_t *info);
nvmlReturn_t nvmlVgpuTypeGetCapabilities (nvmlVgpuTypeId_t type, unsigned int capability,
                                          unsigned int *result);
nvmlReturn_t nvmlVgpuTypeGetDeviceID (nvmlVgpuTypeId_t type, unsigned long long *device_id,
                                      unsigned long long *subsystem_id);
nvmlReturn_t nvmlVgpuTypeGetFbReservation (nvmlVgpuTypeId_t type, unsigned long long *bytes);
nvmlReturn_t nvmlVgpuTypeGetFrameRateLimit (nvmlVgpuTypeId_t type, unsigned int *limit);
nvmlReturn_t nvmlVgpuTypeGetGspHeapSize (nvmlVgpuTypeId_t type, unsigned long long *bytes);
nvmlReturn_t nvmlVgpuTypeGetLicense (nvmlVgpuTypeId_t type, char *license, unsigned int size);
nvmlReturn_t nvmlVgpuTypeGetMaxInstancesPerGpuInstance (nvmlVgpuTypeMaxInstance_v1_t *most);
nvmlReturn_t nvmlVgpuTypeGetMaxInstancesPerVm (nvmlVgpuTypeId_t type, unsigned int *count);
nvmlReturn_t nvmlVgpuTypeGetNumDisplayHeads (nvmlVgpuTypeId_t type, unsigned int *count);
nvmlReturn_t nvmlVgpuTypeGetResolution (nvmlVgpuTypeId_t type, unsigned int head, unsigned int *width,
                                        unsigned int *height);

nvmlReturn_t nvmlDeviceGetVgpuUtilization (nvmlDevice_t device, unsigned long long last_seen,
                                           unsigned int *value_type, unsigned int *count,
                                           nvmlVgpuInstanceUtilizationSample_t *samples);
nvmlReturn_t nvmlDeviceGetVgpuInstancesUtilizationInfo (nvmlDevice_t device,
                                                        nvmlVgpuInstancesUtilizationInfo_v1_t *info);
nvmlReturn_t nvmlDeviceGetVgpuProcessUtilization (nvmlDevice_t device, unsigned long long last_seen,
                                                  unsigned int *count,
                                                  nvmlVgpuProcessUtilizationSample_t *samples);
nvmlReturn_t nvmlDeviceGetVgpuProcessesUtilizationInfo (nvmlDevice_t device,
                                                        nvmlVgpuProcessesUtilizationInfo_v1_t *info);
nvmlReturn_t nvmlVgpuInstanceGetAccountingMode (nvmlVgpuInstance_t instance, unsigned int *mode);
nvmlReturn_t nvmlVgpuInstanceGetAccountingPids (nvmlVgpuInstance_t instance, unsigned int *count,
                                                unsigned int *pids);
nvmlReturn_t nvmlVgpuInstanceGetAccountingStats (nvmlVgpuInstance_t instance, unsigned int pid,
                                                 nvmlAccountingStats_t *stats);
nvmlReturn_t nvmlVgpuInstanceClearAccountingPids (nvmlVgpuInstance_t instance);

nvmlReturn_t nvmlVgpuInstanceGetFrameRateLimit (nvmlVgpuInstance_t instance, unsigned int *limit);
nvmlReturn_t nvmlVgpuInstanceGetEncoderCapacity (nvmlVgpuInstance_t instance, unsigned int *percent);
nvmlReturn_t nvmlVgpuInstanceSetEncoderCapacity (nvmlVgpuInstance_t instance, unsigned int percent);
nvmlReturn_t nvmlVgpuInstanceGetEncoderStats (nvmlVgpuInstance_t instance, unsigned int *sessions,
                                              unsigned int *fps, unsigned int *latency);
nvmlReturn_t nvmlVgpuInstanceGetEncoderSessions (nvmlVgpuInstance_t instance, unsigned int *count,
                                                 nvmlEncoderSessionInfo_t *sessions);
nvmlReturn_t nvmlVgpuInstanceGetFBCStats (nvmlVgpuInstance_t instance, nvmlFBCStats_t *stats);
nvmlReturn_t nvmlVgpuInstanceGetFBCSessions (nvmlVgpuInstance_t instance, unsigned int *count,
                                             nvmlFBCSessionInfo_t *sessions);

nvmlReturn_t nvmlVgpuInstanceGetLicenseStatus (nvmlVgpuInstance_t instance, unsigned int *licensed);
nvmlReturn_t nvmlVgpuInstanceGetLicenseInfo (nvmlVgpuInstance_t instance, nvmlVgpuLicenseInfo_t *info);
nvmlReturn_t nvmlVgpuInstanceGetLicenseInfo_v2 (nvmlVgpuInstance_t instance, nvmlVgpuLicenseInfo_t *info);
nvmlReturn_t nvmlDeviceGetGridLicensableFeatures (nvmlDevice_t device,
                                                  nvmlGridLicensableFeatures_t *features);
nvmlReturn_t nvmlDeviceGetGridLicensableFeatures_v2 (nvmlDevice_t device,
                                                     nvmlGridLicensableFeatures_t *features);
nvmlReturn_t nvmlDeviceGetGridLicensableFeatures_v3 (nvmlDevice_t device,
                                                     nvmlGridLicensableFeatures_t *features);
nvmlReturn_t nvmlDeviceGetGridLicensableFeatures_v4 (nvmlDevice_t device,
                                                     nvmlGridLicensableFeatures_t *features);

nvmlReturn_t nvmlDeviceGetGpuInstances (nvmlDevice_t device, unsigned int profile,
                                        nvmlGpuInstance_t *instances, unsigned int *count);
nvmlReturn_t nvmlDeviceGetGpuInstanceById (nvmlDevice_t device, unsigned int id, nvmlGpuInstance_t *instance);
nvmlReturn_t nvmlGpuInstanceGetInfo (nvmlGpuInstance_t instance, nvmlGpuInstanceInfo_t *info);
nvmlReturn_t nvmlGpuInstanceGetActiveVgpus (nvmlGpuInstance_t instance,
                                            nvmlActiveVgpuInstanceInfo_v1_t *info);
nvmlReturn_t nvmlGpuInstanceGetCreatableVgpus (nvmlGpuInstance_t instance, nvmlVgpuTypeIdInfo_v1_t *info);

/* The simulated driver returns NOT_SUPPORTED for these. */
nvmlReturn_t nvmlDeviceCreateGpuInstance (nvmlDevice_t device, unsigned int profile,
                                          nvmlGpuInstance_t *instance);
nvmlReturn_t nvmlDeviceCreateGpuInstanceWithPlacement (nvmlDevice_t device, unsigned int profile,
                                                       const nvmlGpuInstancePlacement_t *placement,
                                                       nvmlGpuInstance_t *instance);
nvmlReturn_t nvmlDeviceGetGpuInstanceId (nvmlDevice_t device, unsigned int *id);
nvmlReturn_t nvmlDeviceGetGpuInstancePossiblePlacements (nvmlDevice_t device, unsigned int profile,
                                                         nvmlGpuInstancePlacement_t *placements,
                                                         unsigned int *count);
nvmlReturn_t nvmlDeviceGetGpuInstancePossiblePlacements_v2 (nvmlDevice_t device, unsigned int profile,
                                                            nvmlGpuInstancePlacement_t *placements,
                                                            unsigned int *count);
nvmlReturn_t nvmlDeviceGetGpuInstanceProfileInfo (nvmlDevice_t device, unsigned int profile, void *info);
nvmlReturn_t nvmlDeviceGetGpuInstanceProfileInfoByIdV (nvmlDevice_t device, unsigned int profile, void *info);
nvmlReturn_t nvmlDeviceGetGpuInstanceProfileInfoV (nvmlDevice_t device, unsigned int profile, void *info);
nvmlReturn_t nvmlDeviceGetGpuInstanceRemainingCapacity (nvmlDevice_t device, unsigned int profile,
                                                        unsigned int *count);
nvmlReturn_t nvmlDeviceSetVgpuCapabilities (nvmlDevice_t device, unsigned int capability, unsigned int state);
nvmlReturn_t nvmlDeviceSetVirtualizationMode (nvmlDevice_t device, unsigned int mode);
nvmlReturn_t nvmlDeviceVgpuForceGspUnload (nvmlDevice_t device);
nvmlReturn_t nvmlGpuInstanceCreateComputeInstance (nvmlGpuInstance_t instance, unsigned int profile,
                                                   nvmlComputeInstance_t *compute);
nvmlReturn_t nvmlGpuInstanceCreateComputeInstanceWithPlacement (nvmlGpuInstance_t instance,
                                                                unsigned int profile, const void *placement,
                                                                nvmlComputeInstance_t *compute);
nvmlReturn_t nvmlGpuInstanceDestroy (nvmlGpuInstance_t instance);
nvmlReturn_t nvmlGpuInstanceGetComputeInstanceById (nvmlGpuInstance_t instance, unsigned int id,
                                                    nvmlComputeInstance_t *compute);
nvmlReturn_t nvmlGpuInstanceGetComputeInstancePossiblePlacements (nvmlGpuInstance_t instance,
                                                                  unsigned int profile, void *placements,
                                                                  unsigned int *count);
nvmlReturn_t nvmlGpuInstanceGetComputeInstanceProfileInfo (nvmlGpuInstance_t instance, unsigned int profile,
                                                           unsigned int engine_profile, void *info);
nvmlReturn_t nvmlGpuInstanceGetComputeInstanceProfileInfoV (nvmlGpuInstance_t instance, unsigned int profile,
                                                            unsigned int engine_profile, void *info);
nvmlReturn_t nvmlGpuInstanceGetComputeInstanceRemainingCapacity (nvmlGpuInstance_t instance,
                                                                 unsigned int profile, unsigned int *count);
nvmlReturn_t nvmlGpuInstanceGetComputeInstances (nvmlGpuInstance_t instance, unsigned int profile,
                                                 nvmlComputeInstance_t *compute, unsigned int *count);
nvmlReturn_t nvmlGpuInstanceGetVgpuHeterogeneousMode (nvmlGpuInstance_t instance,
                                                      nvmlVgpuHeterogeneousMode_t *mode);
nvmlReturn_t nvmlGpuInstanceSetVgpuHeterogeneousMode (nvmlGpuInstance_t instance,
                                                      const nvmlVgpuHeterogeneousMode_t *mode);
nvmlReturn_t nvmlGpuInstanceGetVgpuSchedulerLog (nvmlGpuInstance_t instance, void *log);
nvmlReturn_t nvmlGpuInstanceGetVgpuSchedulerLog_v2 (nvmlGpuInstance_t instance,
                                                    nvmlVgpuSchedulerLogInfo_v2_t *log);
nvmlReturn_t nvmlGpuInstanceGetVgpuSchedulerState (nvmlGpuInstance_t instance, void *state);
nvmlReturn_t nvmlGpuInstanceGetVgpuSchedulerState_v2 (nvmlGpuInstance_t instance,
                                                      nvmlVgpuSchedulerStateInfo_v2_t *state);
nvmlReturn_t nvmlGpuInstanceSetVgpuSchedulerState (nvmlGpuInstance_t instance, void *state);
nvmlReturn_t nvmlGpuInstanceSetVgpuSchedulerState_v2 (nvmlGpuInstance_t instance,
                                                      nvmlVgpuSchedulerState_v2_t *state);
nvmlReturn_t nvmlGpuInstanceGetVgpuTypeCreatablePlacements (nvmlGpuInstance_t instance, void *info);

#ifdef __cplusplus
}
#endif
