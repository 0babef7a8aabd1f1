/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every size and offset of NVML's binary interface, as in NVIDIA's library: the compiler rejects this file if
 * one is wrong. The program then checks, for each structure, that the asserted fields are all there are: each
 * begins where the one before ends, except for alignment, and the last one ends the structure.
 */
#include <glib.h>
#include <stddef.h>

#include "nvml/nvml-abi-more.h"

#define SIZE(type, size)            G_STATIC_ASSERT (sizeof (type) == (size))
#define FIELD(type, member, offset) G_STATIC_ASSERT (offsetof (type, member) == (offset))

SIZE (nvmlDevice_t, 8);
SIZE (nvmlVgpuInstance_t, 4);
SIZE (nvmlVgpuTypeId_t, 4);
SIZE (nvmlReturn_t, 4);

SIZE (nvmlVgpuVersion_t, 8);
FIELD (nvmlVgpuVersion_t, minVersion, 0);
FIELD (nvmlVgpuVersion_t, maxVersion, 4);

SIZE (nvmlVgpuMetadata_t, 212);
FIELD (nvmlVgpuMetadata_t, version, 0);
FIELD (nvmlVgpuMetadata_t, revision, 4);
FIELD (nvmlVgpuMetadata_t, guestInfoState, 8);
FIELD (nvmlVgpuMetadata_t, guestDriverVersion, 12);
FIELD (nvmlVgpuMetadata_t, hostDriverVersion, 92);
FIELD (nvmlVgpuMetadata_t, reserved, 172);
FIELD (nvmlVgpuMetadata_t, vgpuVirtualizationCaps, 196);
FIELD (nvmlVgpuMetadata_t, guestVgpuVersion, 200);
FIELD (nvmlVgpuMetadata_t, opaqueDataSize, 204);
FIELD (nvmlVgpuMetadata_t, opaqueData, 208);
FIELD (nvmlVgpuMetadata_t, opaqueData, NVML_VGPU_METADATA_OPAQUE_OFFSET);
G_STATIC_ASSERT (NVML_VGPU_METADATA_OPAQUE_OFFSET + NVML_VGPU_OPAQUE_SIZE == 468);

SIZE (nvmlVgpuPgpuMetadata_t, 128);
FIELD (nvmlVgpuPgpuMetadata_t, version, 0);
FIELD (nvmlVgpuPgpuMetadata_t, revision, 4);
FIELD (nvmlVgpuPgpuMetadata_t, hostDriverVersion, 8);
FIELD (nvmlVgpuPgpuMetadata_t, pgpuVirtualizationCaps, 88);
FIELD (nvmlVgpuPgpuMetadata_t, reserved, 92);
FIELD (nvmlVgpuPgpuMetadata_t, hostSupportedVgpuRange, 112);
FIELD (nvmlVgpuPgpuMetadata_t, opaqueDataSize, 120);
FIELD (nvmlVgpuPgpuMetadata_t, opaqueData, 124);
FIELD (nvmlVgpuPgpuMetadata_t, opaqueData, NVML_PGPU_METADATA_OPAQUE_OFFSET);
G_STATIC_ASSERT (NVML_PGPU_METADATA_OPAQUE_OFFSET + NVML_PGPU_OPAQUE_SIZE == 380);

SIZE (nvmlVgpuPgpuCompatibility_t, 8);
FIELD (nvmlVgpuPgpuCompatibility_t, vgpuVmCompatibility, 0);
FIELD (nvmlVgpuPgpuCompatibility_t, compatibilityLimitCode, 4);

SIZE (nvmlVgpuSchedulerParams_t, 8);
FIELD (nvmlVgpuSchedulerParams_t, vgpuSchedDataWithARR.avgFactor, 0);
FIELD (nvmlVgpuSchedulerParams_t, vgpuSchedDataWithARR.timeslice, 4);
FIELD (nvmlVgpuSchedulerParams_t, vgpuSchedData.timeslice, 0);

SIZE (nvmlVgpuSchedulerSetParams_t, 8);
FIELD (nvmlVgpuSchedulerSetParams_t, vgpuSchedDataWithARR.avgFactor, 0);
FIELD (nvmlVgpuSchedulerSetParams_t, vgpuSchedDataWithARR.frequency, 4);
FIELD (nvmlVgpuSchedulerSetParams_t, vgpuSchedData.timeslice, 0);

SIZE (nvmlVgpuSchedulerLogEntry_t, 48);
FIELD (nvmlVgpuSchedulerLogEntry_t, timestamp, 0);
FIELD (nvmlVgpuSchedulerLogEntry_t, timeRunTotal, 8);
FIELD (nvmlVgpuSchedulerLogEntry_t, timeRun, 16);
FIELD (nvmlVgpuSchedulerLogEntry_t, swRunlistId, 24);
FIELD (nvmlVgpuSchedulerLogEntry_t, targetTimeSlice, 32);
FIELD (nvmlVgpuSchedulerLogEntry_t, cumulativePreemptionTime, 40);

SIZE (nvmlVgpuSchedulerLog_t, 9624);
FIELD (nvmlVgpuSchedulerLog_t, engineId, 0);
FIELD (nvmlVgpuSchedulerLog_t, schedulerPolicy, 4);
FIELD (nvmlVgpuSchedulerLog_t, arrMode, 8);
FIELD (nvmlVgpuSchedulerLog_t, schedulerParams, 12);
FIELD (nvmlVgpuSchedulerLog_t, entriesCount, 20);
FIELD (nvmlVgpuSchedulerLog_t, logEntries, 24);

SIZE (nvmlVgpuSchedulerGetState_t, 16);
FIELD (nvmlVgpuSchedulerGetState_t, schedulerPolicy, 0);
FIELD (nvmlVgpuSchedulerGetState_t, arrMode, 4);
FIELD (nvmlVgpuSchedulerGetState_t, schedulerParams, 8);

SIZE (nvmlVgpuSchedulerSetState_t, 16);
FIELD (nvmlVgpuSchedulerSetState_t, schedulerPolicy, 0);
FIELD (nvmlVgpuSchedulerSetState_t, enableARRMode, 4);
FIELD (nvmlVgpuSchedulerSetState_t, schedulerParams, 8);

SIZE (nvmlVgpuSchedulerCapabilities_t, 40);
FIELD (nvmlVgpuSchedulerCapabilities_t, supportedSchedulers, 0);
FIELD (nvmlVgpuSchedulerCapabilities_t, maxTimeslice, 12);
FIELD (nvmlVgpuSchedulerCapabilities_t, minTimeslice, 16);
FIELD (nvmlVgpuSchedulerCapabilities_t, isArrModeSupported, 20);
FIELD (nvmlVgpuSchedulerCapabilities_t, maxFrequencyForARR, 24);
FIELD (nvmlVgpuSchedulerCapabilities_t, minFrequencyForARR, 28);
FIELD (nvmlVgpuSchedulerCapabilities_t, maxAvgFactorForARR, 32);
FIELD (nvmlVgpuSchedulerCapabilities_t, minAvgFactorForARR, 36);

SIZE (nvmlVgpuSchedulerStateInfo_v2_t, 16);
FIELD (nvmlVgpuSchedulerStateInfo_v2_t, engineId, 0);
FIELD (nvmlVgpuSchedulerStateInfo_v2_t, schedulerPolicy, 4);
FIELD (nvmlVgpuSchedulerStateInfo_v2_t, avgFactor, 8);
FIELD (nvmlVgpuSchedulerStateInfo_v2_t, timeslice, 12);

SIZE (nvmlVgpuSchedulerState_v2_t, 16);
FIELD (nvmlVgpuSchedulerState_v2_t, engineId, 0);
FIELD (nvmlVgpuSchedulerState_v2_t, schedulerPolicy, 4);
FIELD (nvmlVgpuSchedulerState_v2_t, avgFactor, 8);
FIELD (nvmlVgpuSchedulerState_v2_t, frequency, 12);

SIZE (nvmlVgpuSchedulerLogEntry_v2_t, 56);
FIELD (nvmlVgpuSchedulerLogEntry_v2_t, timestamp, 0);
FIELD (nvmlVgpuSchedulerLogEntry_v2_t, timeRunTotal, 8);
FIELD (nvmlVgpuSchedulerLogEntry_v2_t, timeRun, 16);
FIELD (nvmlVgpuSchedulerLogEntry_v2_t, swRunlistId, 24);
FIELD (nvmlVgpuSchedulerLogEntry_v2_t, targetTimeSlice, 32);
FIELD (nvmlVgpuSchedulerLogEntry_v2_t, cumulativePreemptionTime, 40);
FIELD (nvmlVgpuSchedulerLogEntry_v2_t, weight, 48);

SIZE (nvmlVgpuSchedulerLogInfo_v2_t, 11224);
FIELD (nvmlVgpuSchedulerLogInfo_v2_t, engineId, 0);
FIELD (nvmlVgpuSchedulerLogInfo_v2_t, schedulerPolicy, 4);
FIELD (nvmlVgpuSchedulerLogInfo_v2_t, avgFactor, 8);
FIELD (nvmlVgpuSchedulerLogInfo_v2_t, timeslice, 12);
FIELD (nvmlVgpuSchedulerLogInfo_v2_t, entriesCount, 16);
FIELD (nvmlVgpuSchedulerLogInfo_v2_t, logEntries, 24);

SIZE (nvmlVgpuHeterogeneousMode_v1_t, 8);
FIELD (nvmlVgpuHeterogeneousMode_v1_t, version, 0);
FIELD (nvmlVgpuHeterogeneousMode_v1_t, mode, 4);
G_STATIC_ASSERT (NVML_VGPU_HETEROGENEOUS_MODE_V1 == 0x1000008);

SIZE (nvmlVgpuPlacementId_v1_t, 8);
FIELD (nvmlVgpuPlacementId_v1_t, version, 0);
FIELD (nvmlVgpuPlacementId_v1_t, placementId, 4);
G_STATIC_ASSERT (NVML_VGPU_PLACEMENT_ID_V1 == 0x1000008);

SIZE (nvmlVgpuRuntimeState_v1_t, 16);
FIELD (nvmlVgpuRuntimeState_v1_t, version, 0);
FIELD (nvmlVgpuRuntimeState_v1_t, size, 8);
G_STATIC_ASSERT (NVML_VGPU_RUNTIME_STATE_V1 == 0x1000010);

SIZE (nvmlVgpuPlacementList_v1_t, 24);
FIELD (nvmlVgpuPlacementList_v1_t, version, 0);
FIELD (nvmlVgpuPlacementList_v1_t, placementSize, 4);
FIELD (nvmlVgpuPlacementList_v1_t, count, 8);
FIELD (nvmlVgpuPlacementList_v1_t, placementIds, 16);
G_STATIC_ASSERT (NVML_VGPU_PLACEMENT_LIST_V1 == 0x1000018);

SIZE (nvmlVgpuPlacementList_v2_t, 32);
FIELD (nvmlVgpuPlacementList_v2_t, version, 0);
FIELD (nvmlVgpuPlacementList_v2_t, placementSize, 4);
FIELD (nvmlVgpuPlacementList_v2_t, count, 8);
FIELD (nvmlVgpuPlacementList_v2_t, placementIds, 16);
FIELD (nvmlVgpuPlacementList_v2_t, mode, 24);
G_STATIC_ASSERT (NVML_VGPU_PLACEMENT_LIST_V2 == 0x2000020);

SIZE (nvmlPciInfo_t, 68);
FIELD (nvmlPciInfo_t, busIdLegacy, 0);
FIELD (nvmlPciInfo_t, domain, 16);
FIELD (nvmlPciInfo_t, bus, 20);
FIELD (nvmlPciInfo_t, device, 24);
FIELD (nvmlPciInfo_t, pciDeviceId, 28);
FIELD (nvmlPciInfo_t, pciSubSystemId, 32);
FIELD (nvmlPciInfo_t, busId, 36);

SIZE (nvmlMemory_t, 24);
FIELD (nvmlMemory_t, total, 0);
FIELD (nvmlMemory_t, free, 8);
FIELD (nvmlMemory_t, used, 16);

G_STATIC_ASSERT (NVML_SUCCESS == 0 && NVML_ERROR_UNINITIALIZED == 1 && NVML_ERROR_INVALID_ARGUMENT == 2);
G_STATIC_ASSERT (NVML_ERROR_NOT_SUPPORTED == 3 && NVML_ERROR_NO_PERMISSION == 4);
G_STATIC_ASSERT (NVML_ERROR_ALREADY_INITIALIZED == 5 && NVML_ERROR_NOT_FOUND == 6);
G_STATIC_ASSERT (NVML_ERROR_INSUFFICIENT_SIZE == 7 && NVML_ERROR_INSUFFICIENT_POWER == 8);
G_STATIC_ASSERT (NVML_ERROR_DRIVER_NOT_LOADED == 9 && NVML_ERROR_TIMEOUT == 10 && NVML_ERROR_IRQ_ISSUE == 11);
G_STATIC_ASSERT (NVML_ERROR_LIBRARY_NOT_FOUND == 12 && NVML_ERROR_FUNCTION_NOT_FOUND == 13);
G_STATIC_ASSERT (NVML_ERROR_CORRUPTED_INFOROM == 14 && NVML_ERROR_GPU_IS_LOST == 15);
G_STATIC_ASSERT (NVML_ERROR_RESET_REQUIRED == 16 && NVML_ERROR_OPERATING_SYSTEM == 17);
G_STATIC_ASSERT (NVML_ERROR_LIB_RM_VERSION_MISMATCH == 18 && NVML_ERROR_IN_USE == 19);
G_STATIC_ASSERT (NVML_ERROR_MEMORY == 20 && NVML_ERROR_NO_DATA == 21);
G_STATIC_ASSERT (NVML_ERROR_VGPU_ECC_NOT_SUPPORTED == 22 && NVML_ERROR_INSUFFICIENT_RESOURCES == 23);
G_STATIC_ASSERT (NVML_ERROR_FREQ_NOT_SUPPORTED == 24 && NVML_ERROR_ARGUMENT_VERSION_MISMATCH == 25);
G_STATIC_ASSERT (NVML_ERROR_DEPRECATED == 26 && NVML_ERROR_NOT_READY == 27 && NVML_ERROR_GPU_NOT_FOUND == 28);
G_STATIC_ASSERT (NVML_ERROR_INVALID_STATE == 29 && NVML_ERROR_RESET_TYPE_NOT_SUPPORTED == 30);
G_STATIC_ASSERT (NVML_ERROR_UNKNOWN == 999);

G_STATIC_ASSERT (NVML_VM_COMPATIBILITY_NONE == 0 && NVML_VM_COMPATIBILITY_COLD == 1);
G_STATIC_ASSERT (NVML_VM_COMPATIBILITY_HIBERNATE == 2 && NVML_VM_COMPATIBILITY_SLEEP == 4);
G_STATIC_ASSERT (NVML_VM_COMPATIBILITY_LIVE == 8);
G_STATIC_ASSERT (NVML_LIMIT_NONE == 0 && NVML_LIMIT_HOST_DRIVER == 1 && NVML_LIMIT_GUEST_DRIVER == 2);
G_STATIC_ASSERT (NVML_LIMIT_GPU == 4 && NVML_LIMIT_OTHER == 0x80000000u);
/* bit 31 of an int would be negative */
G_STATIC_ASSERT (NVML_LIMIT_OTHER > 0);
G_STATIC_ASSERT (NVML_VIRTUALIZATION_CAP_MIGRATION == 1);
G_STATIC_ASSERT (NVML_GUEST_INFO_UNINITIALIZED == 0 && NVML_GUEST_INFO_INITIALIZED == 1);
G_STATIC_ASSERT (NVML_VM_ID_UUID == 1);
G_STATIC_ASSERT (NVML_VIRTUALIZATION_MODE_PASSTHROUGH == 1 && NVML_VIRTUALIZATION_MODE_HOST_VGPU == 3);
G_STATIC_ASSERT (NVML_HOST_VGPU_MODE_NON_SRIOV == 0 && NVML_HOST_VGPU_MODE_SRIOV == 1);
G_STATIC_ASSERT (NVML_SCHEDULER_UNKNOWN == 0 && NVML_SCHEDULER_BEST_EFFORT == 1);
G_STATIC_ASSERT (NVML_SCHEDULER_EQUAL_SHARE == 2 && NVML_SCHEDULER_FIXED_SHARE == 3);
G_STATIC_ASSERT (NVML_ARR_DEFAULT == 0 && NVML_ARR_DISABLE == 1 && NVML_ARR_ENABLE == 2);
G_STATIC_ASSERT (NVML_ENGINE_GRAPHICS == 1 && NVML_ENGINE_NVENC1 == 2 && NVML_ENGINE_NVENC0 == 3);
G_STATIC_ASSERT (NVML_FEATURE_DISABLED == 0 && NVML_FEATURE_ENABLED == 1);
G_STATIC_ASSERT (NVML_VGPU_PGPU_HETEROGENEOUS_MODE == 0 && NVML_VGPU_PGPU_HOMOGENEOUS_MODE == 1);
G_STATIC_ASSERT (NVML_INVALID_VGPU_PLACEMENT_ID == 0xffff);
G_STATIC_ASSERT (NVML_DEVICE_MIG_DISABLE == 0 && NVML_DEVICE_MIG_ENABLE == 1);
G_STATIC_ASSERT (NVML_INVALID_GPU_INSTANCE_PROFILE_ID == 0xffffffff);
G_STATIC_ASSERT (NVML_INVALID_GPU_INSTANCE_ID == 0xffffffff);
G_STATIC_ASSERT (NVML_DRIVER_VERSION_SIZE == 80 && NVML_DEVICE_UUID_SIZE == 80);
G_STATIC_ASSERT (NVML_DEVICE_NAME_SIZE == 64 && NVML_DEVICE_NAME_V2_SIZE == 96 && NVML_VGPU_NAME_SIZE == 64);
G_STATIC_ASSERT (NVML_PCI_BUS_ID_SIZE == 32 && NVML_PCI_BUS_ID_LEGACY_SIZE == 16);
G_STATIC_ASSERT (NVML_PGPU_STRING_SIZE == 256 && NVML_SCHEDULER_LOG_ENTRIES == 200);

/* --- nvml-abi-more.h --- */

SIZE (nvmlGpuInstance_t, 8);
SIZE (nvmlComputeInstance_t, 8);
SIZE (nvmlValue_t, 8);

SIZE (nvmlVgpuInstanceUtilizationSample_t, 48);
FIELD (nvmlVgpuInstanceUtilizationSample_t, vgpuInstance, 0);
FIELD (nvmlVgpuInstanceUtilizationSample_t, timeStamp, 8);
FIELD (nvmlVgpuInstanceUtilizationSample_t, smUtil, 16);
FIELD (nvmlVgpuInstanceUtilizationSample_t, memUtil, 24);
FIELD (nvmlVgpuInstanceUtilizationSample_t, encUtil, 32);
FIELD (nvmlVgpuInstanceUtilizationSample_t, decUtil, 40);

SIZE (nvmlVgpuInstanceUtilizationInfo_v1_t, 64);
FIELD (nvmlVgpuInstanceUtilizationInfo_v1_t, timeStamp, 0);
FIELD (nvmlVgpuInstanceUtilizationInfo_v1_t, vgpuInstance, 8);
FIELD (nvmlVgpuInstanceUtilizationInfo_v1_t, smUtil, 16);
FIELD (nvmlVgpuInstanceUtilizationInfo_v1_t, memUtil, 24);
FIELD (nvmlVgpuInstanceUtilizationInfo_v1_t, encUtil, 32);
FIELD (nvmlVgpuInstanceUtilizationInfo_v1_t, decUtil, 40);
FIELD (nvmlVgpuInstanceUtilizationInfo_v1_t, jpgUtil, 48);
FIELD (nvmlVgpuInstanceUtilizationInfo_v1_t, ofaUtil, 56);

SIZE (nvmlVgpuInstancesUtilizationInfo_v1_t, 32);
FIELD (nvmlVgpuInstancesUtilizationInfo_v1_t, version, 0);
FIELD (nvmlVgpuInstancesUtilizationInfo_v1_t, sampleValType, 4);
FIELD (nvmlVgpuInstancesUtilizationInfo_v1_t, vgpuInstanceCount, 8);
FIELD (nvmlVgpuInstancesUtilizationInfo_v1_t, lastSeenTimeStamp, 16);
FIELD (nvmlVgpuInstancesUtilizationInfo_v1_t, vgpuUtilArray, 24);

SIZE (nvmlVgpuProcessUtilizationSample_t, 96);
FIELD (nvmlVgpuProcessUtilizationSample_t, vgpuInstance, 0);
FIELD (nvmlVgpuProcessUtilizationSample_t, pid, 4);
FIELD (nvmlVgpuProcessUtilizationSample_t, processName, 8);
FIELD (nvmlVgpuProcessUtilizationSample_t, timeStamp, 72);
FIELD (nvmlVgpuProcessUtilizationSample_t, smUtil, 80);
FIELD (nvmlVgpuProcessUtilizationSample_t, memUtil, 84);
FIELD (nvmlVgpuProcessUtilizationSample_t, encUtil, 88);
FIELD (nvmlVgpuProcessUtilizationSample_t, decUtil, 92);

SIZE (nvmlVgpuProcessUtilizationInfo_v1_t, 104);
FIELD (nvmlVgpuProcessUtilizationInfo_v1_t, processName, 0);
FIELD (nvmlVgpuProcessUtilizationInfo_v1_t, timeStamp, 64);
FIELD (nvmlVgpuProcessUtilizationInfo_v1_t, vgpuInstance, 72);
FIELD (nvmlVgpuProcessUtilizationInfo_v1_t, pid, 76);
FIELD (nvmlVgpuProcessUtilizationInfo_v1_t, smUtil, 80);
FIELD (nvmlVgpuProcessUtilizationInfo_v1_t, memUtil, 84);
FIELD (nvmlVgpuProcessUtilizationInfo_v1_t, encUtil, 88);
FIELD (nvmlVgpuProcessUtilizationInfo_v1_t, decUtil, 92);
FIELD (nvmlVgpuProcessUtilizationInfo_v1_t, jpgUtil, 96);
FIELD (nvmlVgpuProcessUtilizationInfo_v1_t, ofaUtil, 100);

SIZE (nvmlVgpuProcessesUtilizationInfo_v1_t, 24);
FIELD (nvmlVgpuProcessesUtilizationInfo_v1_t, version, 0);
FIELD (nvmlVgpuProcessesUtilizationInfo_v1_t, vgpuProcessCount, 4);
FIELD (nvmlVgpuProcessesUtilizationInfo_v1_t, lastSeenTimeStamp, 8);
FIELD (nvmlVgpuProcessesUtilizationInfo_v1_t, vgpuProcUtilArray, 16);

SIZE (nvmlAccountingStats_t, 56);
FIELD (nvmlAccountingStats_t, gpuUtilization, 0);
FIELD (nvmlAccountingStats_t, memoryUtilization, 4);
FIELD (nvmlAccountingStats_t, maxMemoryUsage, 8);
FIELD (nvmlAccountingStats_t, time, 16);
FIELD (nvmlAccountingStats_t, startTime, 24);
FIELD (nvmlAccountingStats_t, isRunning, 32);
FIELD (nvmlAccountingStats_t, reserved, 36);

SIZE (nvmlEncoderSessionInfo_t, 32);
FIELD (nvmlEncoderSessionInfo_t, sessionId, 0);
FIELD (nvmlEncoderSessionInfo_t, pid, 4);
FIELD (nvmlEncoderSessionInfo_t, vgpuInstance, 8);
FIELD (nvmlEncoderSessionInfo_t, codecType, 12);
FIELD (nvmlEncoderSessionInfo_t, hResolution, 16);
FIELD (nvmlEncoderSessionInfo_t, vResolution, 20);
FIELD (nvmlEncoderSessionInfo_t, averageFps, 24);
FIELD (nvmlEncoderSessionInfo_t, averageLatency, 28);

SIZE (nvmlFBCStats_t, 12);
FIELD (nvmlFBCStats_t, sessionsCount, 0);
FIELD (nvmlFBCStats_t, averageFPS, 4);
FIELD (nvmlFBCStats_t, averageLatency, 8);

SIZE (nvmlFBCSessionInfo_t, 48);
FIELD (nvmlFBCSessionInfo_t, sessionId, 0);
FIELD (nvmlFBCSessionInfo_t, pid, 4);
FIELD (nvmlFBCSessionInfo_t, vgpuInstance, 8);
FIELD (nvmlFBCSessionInfo_t, displayOrdinal, 12);
FIELD (nvmlFBCSessionInfo_t, sessionType, 16);
FIELD (nvmlFBCSessionInfo_t, sessionFlags, 20);
FIELD (nvmlFBCSessionInfo_t, hMaxResolution, 24);
FIELD (nvmlFBCSessionInfo_t, vMaxResolution, 28);
FIELD (nvmlFBCSessionInfo_t, hResolution, 32);
FIELD (nvmlFBCSessionInfo_t, vResolution, 36);
FIELD (nvmlFBCSessionInfo_t, averageFPS, 40);
FIELD (nvmlFBCSessionInfo_t, averageLatency, 44);

SIZE (nvmlVgpuLicenseExpiry_t, 16);
FIELD (nvmlVgpuLicenseExpiry_t, year, 0);
FIELD (nvmlVgpuLicenseExpiry_t, month, 4);
FIELD (nvmlVgpuLicenseExpiry_t, day, 6);
FIELD (nvmlVgpuLicenseExpiry_t, hour, 8);
FIELD (nvmlVgpuLicenseExpiry_t, min, 10);
FIELD (nvmlVgpuLicenseExpiry_t, sec, 12);
FIELD (nvmlVgpuLicenseExpiry_t, status, 14);

SIZE (nvmlVgpuLicenseInfo_t, 24);
FIELD (nvmlVgpuLicenseInfo_t, isLicensed, 0);
FIELD (nvmlVgpuLicenseInfo_t, licenseExpiry, 4);
FIELD (nvmlVgpuLicenseInfo_t, currentState, 20);

SIZE (nvmlGridLicensableFeature_t, 284);
FIELD (nvmlGridLicensableFeature_t, featureCode, 0);
FIELD (nvmlGridLicensableFeature_t, featureState, 4);
FIELD (nvmlGridLicensableFeature_t, licenseInfo, 8);
FIELD (nvmlGridLicensableFeature_t, productName, 136);
FIELD (nvmlGridLicensableFeature_t, featureEnabled, 264);
FIELD (nvmlGridLicensableFeature_t, licenseExpiry, 268);

SIZE (nvmlGridLicensableFeatures_t, 860);
FIELD (nvmlGridLicensableFeatures_t, isGridLicenseSupported, 0);
FIELD (nvmlGridLicensableFeatures_t, licensableFeaturesCount, 4);
FIELD (nvmlGridLicensableFeatures_t, gridLicensableFeatures, 8);

SIZE (nvmlVgpuTypeBar1Info_v1_t, 16);
FIELD (nvmlVgpuTypeBar1Info_v1_t, version, 0);
FIELD (nvmlVgpuTypeBar1Info_v1_t, bar1Size, 8);

SIZE (nvmlVgpuTypeMaxInstance_v1_t, 12);
FIELD (nvmlVgpuTypeMaxInstance_v1_t, version, 0);
FIELD (nvmlVgpuTypeMaxInstance_v1_t, vgpuTypeId, 4);
FIELD (nvmlVgpuTypeMaxInstance_v1_t, maxInstancePerGI, 8);

SIZE (nvmlVgpuTypeIdInfo_v1_t, 16);
FIELD (nvmlVgpuTypeIdInfo_v1_t, version, 0);
FIELD (nvmlVgpuTypeIdInfo_v1_t, vgpuCount, 4);
FIELD (nvmlVgpuTypeIdInfo_v1_t, vgpuTypeIds, 8);

SIZE (nvmlActiveVgpuInstanceInfo_v1_t, 16);
FIELD (nvmlActiveVgpuInstanceInfo_v1_t, version, 0);
FIELD (nvmlActiveVgpuInstanceInfo_v1_t, vgpuCount, 4);
FIELD (nvmlActiveVgpuInstanceInfo_v1_t, vgpuInstances, 8);

SIZE (nvmlGpuInstancePlacement_t, 8);
FIELD (nvmlGpuInstancePlacement_t, start, 0);
FIELD (nvmlGpuInstancePlacement_t, size, 4);

SIZE (nvmlGpuInstanceInfo_t, 24);
FIELD (nvmlGpuInstanceInfo_t, device, 0);
FIELD (nvmlGpuInstanceInfo_t, id, 8);
FIELD (nvmlGpuInstanceInfo_t, profileId, 12);
FIELD (nvmlGpuInstanceInfo_t, placement, 16);

G_STATIC_ASSERT (NVML_VGPU_INSTANCES_UTILIZATION_INFO_V1 == 0x1000020);
G_STATIC_ASSERT (NVML_VGPU_PROCESSES_UTILIZATION_INFO_V1 == 0x1000018);
G_STATIC_ASSERT (NVML_VGPU_TYPE_BAR1_INFO_V1 == 0x1000010);
G_STATIC_ASSERT (NVML_VGPU_TYPE_MAX_INSTANCE_V1 == 0x100000c);
G_STATIC_ASSERT (NVML_VGPU_TYPE_ID_INFO_V1 == 0x1000010);
G_STATIC_ASSERT (NVML_ACTIVE_VGPU_INSTANCE_INFO_V1 == 0x1000010);
G_STATIC_ASSERT (NVML_SYSTEM_NVML_VERSION_SIZE == 80 && NVML_GRID_LICENSE_SIZE == 128);
G_STATIC_ASSERT (NVML_GRID_LICENSE_FEATURES == 3);
G_STATIC_ASSERT (NVML_VGPU_CAP_NVLINK_P2P == 0 && NVML_VGPU_CAP_GPUDIRECT == 1);
G_STATIC_ASSERT (NVML_VGPU_CAP_MULTI_VGPU_EXCLUSIVE == 2 && NVML_VGPU_CAP_EXCLUSIVE_TYPE == 3);
G_STATIC_ASSERT (NVML_VGPU_CAP_EXCLUSIVE_SIZE == 4 && NVML_VGPU_CAP_COUNT == 5);
G_STATIC_ASSERT (NVML_VALUE_TYPE_UNSIGNED_INT == 1);
G_STATIC_ASSERT (NVML_ENCODER_H264 == 0 && NVML_ENCODER_HEVC == 1 && NVML_ENCODER_AV1 == 2);
G_STATIC_ASSERT (NVML_FBC_TOSYS == 1 && NVML_FBC_CUDA == 2 && NVML_FBC_VID == 3 && NVML_FBC_HWENC == 4);
G_STATIC_ASSERT (NVML_GRID_LICENSE_UNKNOWN == 0 && NVML_GRID_LICENSE_UNINITIALIZED == 1);
G_STATIC_ASSERT (NVML_GRID_LICENSE_UNLICENSED_UNRESTRICTED == 2);
G_STATIC_ASSERT (NVML_GRID_LICENSE_UNLICENSED_RESTRICTED == 3 && NVML_GRID_LICENSE_UNLICENSED == 4);
G_STATIC_ASSERT (NVML_GRID_LICENSE_LICENSED == 5);
G_STATIC_ASSERT (NVML_GRID_LICENSE_EXPIRY_NOT_AVAILABLE == 0 && NVML_GRID_LICENSE_EXPIRY_VALID == 2);

typedef struct {
    const char *name;
    gsize offset;
    gsize size;
    gsize alignment;
} Field;

typedef struct {
    gsize size;
    const Field *fields;
    gsize count;
} Structure;

#define OF(type, member)                                                              \
    {                                                                                 \
        G_STRINGIFY (member), offsetof (type, member), sizeof ((type *)NULL)->member, \
            __alignof__(((type *)NULL)->member)                                       \
    }
#define STRUCTURE(type, fields)                      \
    {                                                \
        sizeof (type), fields, G_N_ELEMENTS (fields) \
    }

static const Field vgpu_version_fields[] = {
    OF (nvmlVgpuVersion_t, minVersion),
    OF (nvmlVgpuVersion_t, maxVersion),
};
static const Structure vgpu_version = STRUCTURE (nvmlVgpuVersion_t, vgpu_version_fields);

static const Field vgpu_metadata_fields[] = {
    OF (nvmlVgpuMetadata_t, version),
    OF (nvmlVgpuMetadata_t, revision),
    OF (nvmlVgpuMetadata_t, guestInfoState),
    OF (nvmlVgpuMetadata_t, guestDriverVersion),
    OF (nvmlVgpuMetadata_t, hostDriverVersion),
    OF (nvmlVgpuMetadata_t, reserved),
    OF (nvmlVgpuMetadata_t, vgpuVirtualizationCaps),
    OF (nvmlVgpuMetadata_t, guestVgpuVersion),
    OF (nvmlVgpuMetadata_t, opaqueDataSize),
    OF (nvmlVgpuMetadata_t, opaqueData),
};
static const Structure vgpu_metadata = STRUCTURE (nvmlVgpuMetadata_t, vgpu_metadata_fields);

static const Field vgpu_pgpu_metadata_fields[] = {
    OF (nvmlVgpuPgpuMetadata_t, version),           OF (nvmlVgpuPgpuMetadata_t, revision),
    OF (nvmlVgpuPgpuMetadata_t, hostDriverVersion), OF (nvmlVgpuPgpuMetadata_t, pgpuVirtualizationCaps),
    OF (nvmlVgpuPgpuMetadata_t, reserved),          OF (nvmlVgpuPgpuMetadata_t, hostSupportedVgpuRange),
    OF (nvmlVgpuPgpuMetadata_t, opaqueDataSize),    OF (nvmlVgpuPgpuMetadata_t, opaqueData),
};
static const Structure vgpu_pgpu_metadata = STRUCTURE (nvmlVgpuPgpuMetadata_t, vgpu_pgpu_metadata_fields);

static const Field vgpu_pgpu_compatibility_fields[] = {
    OF (nvmlVgpuPgpuCompatibility_t, vgpuVmCompatibility),
    OF (nvmlVgpuPgpuCompatibility_t, compatibilityLimitCode),
};
static const Structure vgpu_pgpu_compatibility =
    STRUCTURE (nvmlVgpuPgpuCompatibility_t, vgpu_pgpu_compatibility_fields);

static const Field vgpu_scheduler_log_entry_fields[] = {
    OF (nvmlVgpuSchedulerLogEntry_t, timestamp),
    OF (nvmlVgpuSchedulerLogEntry_t, timeRunTotal),
    OF (nvmlVgpuSchedulerLogEntry_t, timeRun),
    OF (nvmlVgpuSchedulerLogEntry_t, swRunlistId),
    OF (nvmlVgpuSchedulerLogEntry_t, targetTimeSlice),
    OF (nvmlVgpuSchedulerLogEntry_t, cumulativePreemptionTime),
};
static const Structure vgpu_scheduler_log_entry =
    STRUCTURE (nvmlVgpuSchedulerLogEntry_t, vgpu_scheduler_log_entry_fields);

static const Field vgpu_scheduler_log_fields[] = {
    OF (nvmlVgpuSchedulerLog_t, engineId),     OF (nvmlVgpuSchedulerLog_t, schedulerPolicy),
    OF (nvmlVgpuSchedulerLog_t, arrMode),      OF (nvmlVgpuSchedulerLog_t, schedulerParams),
    OF (nvmlVgpuSchedulerLog_t, entriesCount), OF (nvmlVgpuSchedulerLog_t, logEntries),
};
static const Structure vgpu_scheduler_log = STRUCTURE (nvmlVgpuSchedulerLog_t, vgpu_scheduler_log_fields);

static const Field vgpu_scheduler_get_state_fields[] = {
    OF (nvmlVgpuSchedulerGetState_t, schedulerPolicy),
    OF (nvmlVgpuSchedulerGetState_t, arrMode),
    OF (nvmlVgpuSchedulerGetState_t, schedulerParams),
};
static const Structure vgpu_scheduler_get_state =
    STRUCTURE (nvmlVgpuSchedulerGetState_t, vgpu_scheduler_get_state_fields);

static const Field vgpu_scheduler_set_state_fields[] = {
    OF (nvmlVgpuSchedulerSetState_t, schedulerPolicy),
    OF (nvmlVgpuSchedulerSetState_t, enableARRMode),
    OF (nvmlVgpuSchedulerSetState_t, schedulerParams),
};
static const Structure vgpu_scheduler_set_state =
    STRUCTURE (nvmlVgpuSchedulerSetState_t, vgpu_scheduler_set_state_fields);

static const Field vgpu_scheduler_capabilities_fields[] = {
    OF (nvmlVgpuSchedulerCapabilities_t, supportedSchedulers),
    OF (nvmlVgpuSchedulerCapabilities_t, maxTimeslice),
    OF (nvmlVgpuSchedulerCapabilities_t, minTimeslice),
    OF (nvmlVgpuSchedulerCapabilities_t, isArrModeSupported),
    OF (nvmlVgpuSchedulerCapabilities_t, maxFrequencyForARR),
    OF (nvmlVgpuSchedulerCapabilities_t, minFrequencyForARR),
    OF (nvmlVgpuSchedulerCapabilities_t, maxAvgFactorForARR),
    OF (nvmlVgpuSchedulerCapabilities_t, minAvgFactorForARR),
};
static const Structure vgpu_scheduler_capabilities =
    STRUCTURE (nvmlVgpuSchedulerCapabilities_t, vgpu_scheduler_capabilities_fields);

static const Field scheduler_state_info_v2_fields[] = {
    OF (nvmlVgpuSchedulerStateInfo_v2_t, engineId),
    OF (nvmlVgpuSchedulerStateInfo_v2_t, schedulerPolicy),
    OF (nvmlVgpuSchedulerStateInfo_v2_t, avgFactor),
    OF (nvmlVgpuSchedulerStateInfo_v2_t, timeslice),
};
static const Structure scheduler_state_info_v2 =
    STRUCTURE (nvmlVgpuSchedulerStateInfo_v2_t, scheduler_state_info_v2_fields);

static const Field scheduler_state_v2_fields[] = {
    OF (nvmlVgpuSchedulerState_v2_t, engineId),
    OF (nvmlVgpuSchedulerState_v2_t, schedulerPolicy),
    OF (nvmlVgpuSchedulerState_v2_t, avgFactor),
    OF (nvmlVgpuSchedulerState_v2_t, frequency),
};
static const Structure scheduler_state_v2 =
    STRUCTURE (nvmlVgpuSchedulerState_v2_t, scheduler_state_v2_fields);

static const Field scheduler_log_entry_v2_fields[] = {
    OF (nvmlVgpuSchedulerLogEntry_v2_t, timestamp),
    OF (nvmlVgpuSchedulerLogEntry_v2_t, timeRunTotal),
    OF (nvmlVgpuSchedulerLogEntry_v2_t, timeRun),
    OF (nvmlVgpuSchedulerLogEntry_v2_t, swRunlistId),
    OF (nvmlVgpuSchedulerLogEntry_v2_t, targetTimeSlice),
    OF (nvmlVgpuSchedulerLogEntry_v2_t, cumulativePreemptionTime),
    OF (nvmlVgpuSchedulerLogEntry_v2_t, weight),
};
static const Structure scheduler_log_entry_v2 =
    STRUCTURE (nvmlVgpuSchedulerLogEntry_v2_t, scheduler_log_entry_v2_fields);

static const Field scheduler_log_info_v2_fields[] = {
    OF (nvmlVgpuSchedulerLogInfo_v2_t, engineId),     OF (nvmlVgpuSchedulerLogInfo_v2_t, schedulerPolicy),
    OF (nvmlVgpuSchedulerLogInfo_v2_t, avgFactor),    OF (nvmlVgpuSchedulerLogInfo_v2_t, timeslice),
    OF (nvmlVgpuSchedulerLogInfo_v2_t, entriesCount), OF (nvmlVgpuSchedulerLogInfo_v2_t, logEntries),
};
static const Structure scheduler_log_info_v2 =
    STRUCTURE (nvmlVgpuSchedulerLogInfo_v2_t, scheduler_log_info_v2_fields);

static const Field vgpu_heterogeneous_mode_fields[] = {
    OF (nvmlVgpuHeterogeneousMode_v1_t, version),
    OF (nvmlVgpuHeterogeneousMode_v1_t, mode),
};
static const Structure vgpu_heterogeneous_mode =
    STRUCTURE (nvmlVgpuHeterogeneousMode_v1_t, vgpu_heterogeneous_mode_fields);

static const Field vgpu_placement_id_fields[] = {
    OF (nvmlVgpuPlacementId_v1_t, version),
    OF (nvmlVgpuPlacementId_v1_t, placementId),
};
static const Structure vgpu_placement_id = STRUCTURE (nvmlVgpuPlacementId_v1_t, vgpu_placement_id_fields);

static const Field vgpu_runtime_state_fields[] = {
    OF (nvmlVgpuRuntimeState_v1_t, version),
    OF (nvmlVgpuRuntimeState_v1_t, size),
};
static const Structure vgpu_runtime_state = STRUCTURE (nvmlVgpuRuntimeState_v1_t, vgpu_runtime_state_fields);

static const Field vgpu_placement_list_v1_fields[] = {
    OF (nvmlVgpuPlacementList_v1_t, version),
    OF (nvmlVgpuPlacementList_v1_t, placementSize),
    OF (nvmlVgpuPlacementList_v1_t, count),
    OF (nvmlVgpuPlacementList_v1_t, placementIds),
};
static const Structure vgpu_placement_list_v1 =
    STRUCTURE (nvmlVgpuPlacementList_v1_t, vgpu_placement_list_v1_fields);

static const Field vgpu_placement_list_v2_fields[] = {
    OF (nvmlVgpuPlacementList_v2_t, version), OF (nvmlVgpuPlacementList_v2_t, placementSize),
    OF (nvmlVgpuPlacementList_v2_t, count),   OF (nvmlVgpuPlacementList_v2_t, placementIds),
    OF (nvmlVgpuPlacementList_v2_t, mode),
};
static const Structure vgpu_placement_list_v2 =
    STRUCTURE (nvmlVgpuPlacementList_v2_t, vgpu_placement_list_v2_fields);

static const Field pci_info_fields[] = {
    OF (nvmlPciInfo_t, busIdLegacy), OF (nvmlPciInfo_t, domain),      OF (nvmlPciInfo_t, bus),
    OF (nvmlPciInfo_t, device),      OF (nvmlPciInfo_t, pciDeviceId), OF (nvmlPciInfo_t, pciSubSystemId),
    OF (nvmlPciInfo_t, busId),
};
static const Structure pci_info = STRUCTURE (nvmlPciInfo_t, pci_info_fields);

static const Field memory_fields[] = {
    OF (nvmlMemory_t, total),
    OF (nvmlMemory_t, free),
    OF (nvmlMemory_t, used),
};
static const Structure memory = STRUCTURE (nvmlMemory_t, memory_fields);

static const Field vgpu_instance_utilization_sample_fields[] = {
    OF (nvmlVgpuInstanceUtilizationSample_t, vgpuInstance),
    OF (nvmlVgpuInstanceUtilizationSample_t, timeStamp),
    OF (nvmlVgpuInstanceUtilizationSample_t, smUtil),
    OF (nvmlVgpuInstanceUtilizationSample_t, memUtil),
    OF (nvmlVgpuInstanceUtilizationSample_t, encUtil),
    OF (nvmlVgpuInstanceUtilizationSample_t, decUtil),
};
static const Structure vgpu_instance_utilization_sample =
    STRUCTURE (nvmlVgpuInstanceUtilizationSample_t, vgpu_instance_utilization_sample_fields);

static const Field vgpu_instance_utilization_info_fields[] = {
    OF (nvmlVgpuInstanceUtilizationInfo_v1_t, timeStamp),
    OF (nvmlVgpuInstanceUtilizationInfo_v1_t, vgpuInstance),
    OF (nvmlVgpuInstanceUtilizationInfo_v1_t, smUtil),
    OF (nvmlVgpuInstanceUtilizationInfo_v1_t, memUtil),
    OF (nvmlVgpuInstanceUtilizationInfo_v1_t, encUtil),
    OF (nvmlVgpuInstanceUtilizationInfo_v1_t, decUtil),
    OF (nvmlVgpuInstanceUtilizationInfo_v1_t, jpgUtil),
    OF (nvmlVgpuInstanceUtilizationInfo_v1_t, ofaUtil),
};
static const Structure vgpu_instance_utilization_info =
    STRUCTURE (nvmlVgpuInstanceUtilizationInfo_v1_t, vgpu_instance_utilization_info_fields);

static const Field vgpu_instances_utilization_info_fields[] = {
    OF (nvmlVgpuInstancesUtilizationInfo_v1_t, version),
    OF (nvmlVgpuInstancesUtilizationInfo_v1_t, sampleValType),
    OF (nvmlVgpuInstancesUtilizationInfo_v1_t, vgpuInstanceCount),
    OF (nvmlVgpuInstancesUtilizationInfo_v1_t, lastSeenTimeStamp),
    OF (nvmlVgpuInstancesUtilizationInfo_v1_t, vgpuUtilArray),
};
static const Structure vgpu_instances_utilization_info =
    STRUCTURE (nvmlVgpuInstancesUtilizationInfo_v1_t, vgpu_instances_utilization_info_fields);

static const Field vgpu_process_utilization_sample_fields[] = {
    OF (nvmlVgpuProcessUtilizationSample_t, vgpuInstance), OF (nvmlVgpuProcessUtilizationSample_t, pid),
    OF (nvmlVgpuProcessUtilizationSample_t, processName),  OF (nvmlVgpuProcessUtilizationSample_t, timeStamp),
    OF (nvmlVgpuProcessUtilizationSample_t, smUtil),       OF (nvmlVgpuProcessUtilizationSample_t, memUtil),
    OF (nvmlVgpuProcessUtilizationSample_t, encUtil),      OF (nvmlVgpuProcessUtilizationSample_t, decUtil),
};
static const Structure vgpu_process_utilization_sample =
    STRUCTURE (nvmlVgpuProcessUtilizationSample_t, vgpu_process_utilization_sample_fields);

static const Field vgpu_process_utilization_info_fields[] = {
    OF (nvmlVgpuProcessUtilizationInfo_v1_t, processName),
    OF (nvmlVgpuProcessUtilizationInfo_v1_t, timeStamp),
    OF (nvmlVgpuProcessUtilizationInfo_v1_t, vgpuInstance),
    OF (nvmlVgpuProcessUtilizationInfo_v1_t, pid),
    OF (nvmlVgpuProcessUtilizationInfo_v1_t, smUtil),
    OF (nvmlVgpuProcessUtilizationInfo_v1_t, memUtil),
    OF (nvmlVgpuProcessUtilizationInfo_v1_t, encUtil),
    OF (nvmlVgpuProcessUtilizationInfo_v1_t, decUtil),
    OF (nvmlVgpuProcessUtilizationInfo_v1_t, jpgUtil),
    OF (nvmlVgpuProcessUtilizationInfo_v1_t, ofaUtil),
};
static const Structure vgpu_process_utilization_info =
    STRUCTURE (nvmlVgpuProcessUtilizationInfo_v1_t, vgpu_process_utilization_info_fields);

static const Field vgpu_processes_utilization_info_fields[] = {
    OF (nvmlVgpuProcessesUtilizationInfo_v1_t, version),
    OF (nvmlVgpuProcessesUtilizationInfo_v1_t, vgpuProcessCount),
    OF (nvmlVgpuProcessesUtilizationInfo_v1_t, lastSeenTimeStamp),
    OF (nvmlVgpuProcessesUtilizationInfo_v1_t, vgpuProcUtilArray),
};
static const Structure vgpu_processes_utilization_info =
    STRUCTURE (nvmlVgpuProcessesUtilizationInfo_v1_t, vgpu_processes_utilization_info_fields);

static const Field accounting_stats_fields[] = {
    OF (nvmlAccountingStats_t, gpuUtilization), OF (nvmlAccountingStats_t, memoryUtilization),
    OF (nvmlAccountingStats_t, maxMemoryUsage), OF (nvmlAccountingStats_t, time),
    OF (nvmlAccountingStats_t, startTime),      OF (nvmlAccountingStats_t, isRunning),
    OF (nvmlAccountingStats_t, reserved),
};
static const Structure accounting_stats = STRUCTURE (nvmlAccountingStats_t, accounting_stats_fields);

static const Field encoder_session_info_fields[] = {
    OF (nvmlEncoderSessionInfo_t, sessionId),    OF (nvmlEncoderSessionInfo_t, pid),
    OF (nvmlEncoderSessionInfo_t, vgpuInstance), OF (nvmlEncoderSessionInfo_t, codecType),
    OF (nvmlEncoderSessionInfo_t, hResolution),  OF (nvmlEncoderSessionInfo_t, vResolution),
    OF (nvmlEncoderSessionInfo_t, averageFps),   OF (nvmlEncoderSessionInfo_t, averageLatency),
};
static const Structure encoder_session_info =
    STRUCTURE (nvmlEncoderSessionInfo_t, encoder_session_info_fields);

static const Field fbc_stats_fields[] = {
    OF (nvmlFBCStats_t, sessionsCount),
    OF (nvmlFBCStats_t, averageFPS),
    OF (nvmlFBCStats_t, averageLatency),
};
static const Structure fbc_stats = STRUCTURE (nvmlFBCStats_t, fbc_stats_fields);

static const Field fbc_session_info_fields[] = {
    OF (nvmlFBCSessionInfo_t, sessionId),      OF (nvmlFBCSessionInfo_t, pid),
    OF (nvmlFBCSessionInfo_t, vgpuInstance),   OF (nvmlFBCSessionInfo_t, displayOrdinal),
    OF (nvmlFBCSessionInfo_t, sessionType),    OF (nvmlFBCSessionInfo_t, sessionFlags),
    OF (nvmlFBCSessionInfo_t, hMaxResolution), OF (nvmlFBCSessionInfo_t, vMaxResolution),
    OF (nvmlFBCSessionInfo_t, hResolution),    OF (nvmlFBCSessionInfo_t, vResolution),
    OF (nvmlFBCSessionInfo_t, averageFPS),     OF (nvmlFBCSessionInfo_t, averageLatency),
};
static const Structure fbc_session_info = STRUCTURE (nvmlFBCSessionInfo_t, fbc_session_info_fields);

static const Field vgpu_license_expiry_fields[] = {
    OF (nvmlVgpuLicenseExpiry_t, year),   OF (nvmlVgpuLicenseExpiry_t, month),
    OF (nvmlVgpuLicenseExpiry_t, day),    OF (nvmlVgpuLicenseExpiry_t, hour),
    OF (nvmlVgpuLicenseExpiry_t, min),    OF (nvmlVgpuLicenseExpiry_t, sec),
    OF (nvmlVgpuLicenseExpiry_t, status),
};
static const Structure vgpu_license_expiry = STRUCTURE (nvmlVgpuLicenseExpiry_t, vgpu_license_expiry_fields);

static const Field vgpu_license_info_fields[] = {
    OF (nvmlVgpuLicenseInfo_t, isLicensed),
    OF (nvmlVgpuLicenseInfo_t, licenseExpiry),
    OF (nvmlVgpuLicenseInfo_t, currentState),
};
static const Structure vgpu_license_info = STRUCTURE (nvmlVgpuLicenseInfo_t, vgpu_license_info_fields);

static const Field grid_licensable_feature_fields[] = {
    OF (nvmlGridLicensableFeature_t, featureCode),    OF (nvmlGridLicensableFeature_t, featureState),
    OF (nvmlGridLicensableFeature_t, licenseInfo),    OF (nvmlGridLicensableFeature_t, productName),
    OF (nvmlGridLicensableFeature_t, featureEnabled), OF (nvmlGridLicensableFeature_t, licenseExpiry),
};
static const Structure grid_licensable_feature =
    STRUCTURE (nvmlGridLicensableFeature_t, grid_licensable_feature_fields);

static const Field grid_licensable_features_fields[] = {
    OF (nvmlGridLicensableFeatures_t, isGridLicenseSupported),
    OF (nvmlGridLicensableFeatures_t, licensableFeaturesCount),
    OF (nvmlGridLicensableFeatures_t, gridLicensableFeatures),
};
static const Structure grid_licensable_features =
    STRUCTURE (nvmlGridLicensableFeatures_t, grid_licensable_features_fields);

static const Field vgpu_type_bar1_info_fields[] = {
    OF (nvmlVgpuTypeBar1Info_v1_t, version),
    OF (nvmlVgpuTypeBar1Info_v1_t, bar1Size),
};
static const Structure vgpu_type_bar1_info =
    STRUCTURE (nvmlVgpuTypeBar1Info_v1_t, vgpu_type_bar1_info_fields);

static const Field vgpu_type_max_instance_fields[] = {
    OF (nvmlVgpuTypeMaxInstance_v1_t, version),
    OF (nvmlVgpuTypeMaxInstance_v1_t, vgpuTypeId),
    OF (nvmlVgpuTypeMaxInstance_v1_t, maxInstancePerGI),
};
static const Structure vgpu_type_max_instance =
    STRUCTURE (nvmlVgpuTypeMaxInstance_v1_t, vgpu_type_max_instance_fields);

static const Field vgpu_type_id_info_fields[] = {
    OF (nvmlVgpuTypeIdInfo_v1_t, version),
    OF (nvmlVgpuTypeIdInfo_v1_t, vgpuCount),
    OF (nvmlVgpuTypeIdInfo_v1_t, vgpuTypeIds),
};
static const Structure vgpu_type_id_info = STRUCTURE (nvmlVgpuTypeIdInfo_v1_t, vgpu_type_id_info_fields);

static const Field active_vgpu_instance_info_fields[] = {
    OF (nvmlActiveVgpuInstanceInfo_v1_t, version),
    OF (nvmlActiveVgpuInstanceInfo_v1_t, vgpuCount),
    OF (nvmlActiveVgpuInstanceInfo_v1_t, vgpuInstances),
};
static const Structure active_vgpu_instance_info =
    STRUCTURE (nvmlActiveVgpuInstanceInfo_v1_t, active_vgpu_instance_info_fields);

static const Field gpu_instance_placement_fields[] = {
    OF (nvmlGpuInstancePlacement_t, start),
    OF (nvmlGpuInstancePlacement_t, size),
};
static const Structure gpu_instance_placement =
    STRUCTURE (nvmlGpuInstancePlacement_t, gpu_instance_placement_fields);

static const Field gpu_instance_info_fields[] = {
    OF (nvmlGpuInstanceInfo_t, device),
    OF (nvmlGpuInstanceInfo_t, id),
    OF (nvmlGpuInstanceInfo_t, profileId),
    OF (nvmlGpuInstanceInfo_t, placement),
};
static const Structure gpu_instance_info = STRUCTURE (nvmlGpuInstanceInfo_t, gpu_instance_info_fields);

static void
test_tiling (gconstpointer data)
{
    const Structure *structure = data;
    gsize end = 0, alignment = 1;

    for (gsize i = 0; i < structure->count; i++) {
        const Field *field = &structure->fields[i];
        const gsize begin = (end + field->alignment - 1) / field->alignment * field->alignment;

        if (field->offset != begin)
            g_error ("%s is at %" G_GSIZE_FORMAT ", but the field before it ends at %" G_GSIZE_FORMAT,
                     field->name, field->offset, end);
        end = field->offset + field->size;
        alignment = MAX (alignment, field->alignment);
    }
    g_assert_cmpuint ((end + alignment - 1) / alignment * alignment, ==, structure->size);
}

/* A union has no order: each member begins at its start and is no longer than the union. */
static void
test_unions (void)
{
    nvmlVgpuSchedulerParams_t params = {{33, 2000000}};
    nvmlVgpuSchedulerSetParams_t set = {{33, 480}};
    const nvmlValue_t value = {.ullVal = 7};

    g_assert_cmpuint (sizeof params.vgpuSchedDataWithARR, ==, sizeof params);
    g_assert_cmpuint (sizeof set.vgpuSchedDataWithARR, ==, sizeof set);
    g_assert_cmpuint (params.vgpuSchedData.timeslice, ==, 33);
    g_assert_cmpuint (set.vgpuSchedData.timeslice, ==, 33);
    g_assert_cmpuint (value.ullVal, ==, value.uiVal);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuVersion_t", &vgpu_version, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuMetadata_t", &vgpu_metadata, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuPgpuMetadata_t", &vgpu_pgpu_metadata, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuPgpuCompatibility_t", &vgpu_pgpu_compatibility, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuSchedulerLogEntry_t", &vgpu_scheduler_log_entry, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuSchedulerLog_t", &vgpu_scheduler_log, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuSchedulerGetState_t", &vgpu_scheduler_get_state, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuSchedulerSetState_t", &vgpu_scheduler_set_state, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuSchedulerCapabilities_t", &vgpu_scheduler_capabilities,
                          test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuSchedulerStateInfo_v2_t", &scheduler_state_info_v2, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuSchedulerState_v2_t", &scheduler_state_v2, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuSchedulerLogEntry_v2_t", &scheduler_log_entry_v2, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuSchedulerLogInfo_v2_t", &scheduler_log_info_v2, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuHeterogeneousMode_v1_t", &vgpu_heterogeneous_mode, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuPlacementId_v1_t", &vgpu_placement_id, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuRuntimeState_v1_t", &vgpu_runtime_state, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuPlacementList_v1_t", &vgpu_placement_list_v1, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuPlacementList_v2_t", &vgpu_placement_list_v2, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlPciInfo_t", &pci_info, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlMemory_t", &memory, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuInstanceUtilizationSample_t", &vgpu_instance_utilization_sample,
                          test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuInstanceUtilizationInfo_v1_t", &vgpu_instance_utilization_info,
                          test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuInstancesUtilizationInfo_v1_t", &vgpu_instances_utilization_info,
                          test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuProcessUtilizationSample_t", &vgpu_process_utilization_sample,
                          test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuProcessUtilizationInfo_v1_t", &vgpu_process_utilization_info,
                          test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuProcessesUtilizationInfo_v1_t", &vgpu_processes_utilization_info,
                          test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlAccountingStats_t", &accounting_stats, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlEncoderSessionInfo_t", &encoder_session_info, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlFBCStats_t", &fbc_stats, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlFBCSessionInfo_t", &fbc_session_info, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuLicenseExpiry_t", &vgpu_license_expiry, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuLicenseInfo_t", &vgpu_license_info, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlGridLicensableFeature_t", &grid_licensable_feature, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlGridLicensableFeatures_t", &grid_licensable_features, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuTypeBar1Info_v1_t", &vgpu_type_bar1_info, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuTypeMaxInstance_v1_t", &vgpu_type_max_instance, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlVgpuTypeIdInfo_v1_t", &vgpu_type_id_info, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlActiveVgpuInstanceInfo_v1_t", &active_vgpu_instance_info,
                          test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlGpuInstancePlacement_t", &gpu_instance_placement, test_tiling);
    g_test_add_data_func ("/nvml-abi/nvmlGpuInstanceInfo_t", &gpu_instance_info, test_tiling);
    g_test_add_func ("/nvml-abi/unions", test_unions);
    return g_test_run ();
}
