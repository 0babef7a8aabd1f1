/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A client of the simulated driver for the tests: the library by dlopen (), a host file in its own directory,
 * and the vgpu-sim command.
 *
 * The programs get three arguments: the library, the command, and the oracle's file.
 */
#pragma once

#include <glib.h>
#include <string.h>

#include "nvml-sim/calls/exports.h"

/* Every call, by the name under which it is looked up. */
#define SIM_CALLS(CALL)                                        \
    CALL (nvmlDeviceCreateGpuInstance)                         \
    CALL (nvmlDeviceCreateGpuInstanceWithPlacement)            \
    CALL (nvmlDeviceGetActiveVgpus)                            \
    CALL (nvmlDeviceGetCount)                                  \
    CALL (nvmlDeviceGetCount_v2)                               \
    CALL (nvmlDeviceGetCreatableVgpus)                         \
    CALL (nvmlDeviceGetEccMode)                                \
    CALL (nvmlDeviceGetGpuInstanceById)                        \
    CALL (nvmlDeviceGetGpuInstanceId)                          \
    CALL (nvmlDeviceGetGpuInstancePossiblePlacements)          \
    CALL (nvmlDeviceGetGpuInstancePossiblePlacements_v2)       \
    CALL (nvmlDeviceGetGpuInstanceProfileInfo)                 \
    CALL (nvmlDeviceGetGpuInstanceProfileInfoByIdV)            \
    CALL (nvmlDeviceGetGpuInstanceProfileInfoV)                \
    CALL (nvmlDeviceGetGpuInstanceRemainingCapacity)           \
    CALL (nvmlDeviceGetGpuInstances)                           \
    CALL (nvmlDeviceGetGridLicensableFeatures)                 \
    CALL (nvmlDeviceGetGridLicensableFeatures_v2)              \
    CALL (nvmlDeviceGetGridLicensableFeatures_v3)              \
    CALL (nvmlDeviceGetGridLicensableFeatures_v4)              \
    CALL (nvmlDeviceGetHandleByIndex)                          \
    CALL (nvmlDeviceGetHandleByIndex_v2)                       \
    CALL (nvmlDeviceGetHandleByPciBusId)                       \
    CALL (nvmlDeviceGetHandleByPciBusId_v2)                    \
    CALL (nvmlDeviceGetHostVgpuMode)                           \
    CALL (nvmlDeviceGetMemoryInfo)                             \
    CALL (nvmlDeviceGetMigMode)                                \
    CALL (nvmlDeviceGetName)                                   \
    CALL (nvmlDeviceGetPciInfo)                                \
    CALL (nvmlDeviceGetPciInfo_v2)                             \
    CALL (nvmlDeviceGetPciInfo_v3)                             \
    CALL (nvmlDeviceGetPgpuMetadataString)                     \
    CALL (nvmlDeviceGetSupportedVgpus)                         \
    CALL (nvmlDeviceGetUUID)                                   \
    CALL (nvmlDeviceGetVgpuCapabilities)                       \
    CALL (nvmlDeviceGetVgpuHeterogeneousMode)                  \
    CALL (nvmlDeviceGetVgpuInstancesUtilizationInfo)           \
    CALL (nvmlDeviceGetVgpuMetadata)                           \
    CALL (nvmlDeviceGetVgpuProcessUtilization)                 \
    CALL (nvmlDeviceGetVgpuProcessesUtilizationInfo)           \
    CALL (nvmlDeviceGetVgpuSchedulerCapabilities)              \
    CALL (nvmlDeviceGetVgpuSchedulerLog)                       \
    CALL (nvmlDeviceGetVgpuSchedulerLog_v2)                    \
    CALL (nvmlDeviceGetVgpuSchedulerState)                     \
    CALL (nvmlDeviceGetVgpuSchedulerState_v2)                  \
    CALL (nvmlDeviceGetVgpuTypeCreatablePlacements)            \
    CALL (nvmlDeviceGetVgpuTypeSupportedPlacements)            \
    CALL (nvmlDeviceGetVgpuUtilization)                        \
    CALL (nvmlDeviceGetVirtualizationMode)                     \
    CALL (nvmlDeviceSetVgpuCapabilities)                       \
    CALL (nvmlDeviceSetVgpuHeterogeneousMode)                  \
    CALL (nvmlDeviceSetVgpuSchedulerState)                     \
    CALL (nvmlDeviceSetVgpuSchedulerState_v2)                  \
    CALL (nvmlDeviceSetVirtualizationMode)                     \
    CALL (nvmlDeviceVgpuForceGspUnload)                        \
    CALL (nvmlErrorString)                                     \
    CALL (nvmlGetVgpuCompatibility)                            \
    CALL (nvmlGetVgpuDriverCapabilities)                       \
    CALL (nvmlGetVgpuVersion)                                  \
    CALL (nvmlGpuInstanceCreateComputeInstance)                \
    CALL (nvmlGpuInstanceCreateComputeInstanceWithPlacement)   \
    CALL (nvmlGpuInstanceDestroy)                              \
    CALL (nvmlGpuInstanceGetActiveVgpus)                       \
    CALL (nvmlGpuInstanceGetComputeInstanceById)               \
    CALL (nvmlGpuInstanceGetComputeInstancePossiblePlacements) \
    CALL (nvmlGpuInstanceGetComputeInstanceProfileInfo)        \
    CALL (nvmlGpuInstanceGetComputeInstanceProfileInfoV)       \
    CALL (nvmlGpuInstanceGetComputeInstanceRemainingCapacity)  \
    CALL (nvmlGpuInstanceGetComputeInstances)                  \
    CALL (nvmlGpuInstanceGetCreatableVgpus)                    \
    CALL (nvmlGpuInstanceGetInfo)                              \
    CALL (nvmlGpuInstanceGetVgpuHeterogeneousMode)             \
    CALL (nvmlGpuInstanceGetVgpuSchedulerLog)                  \
    CALL (nvmlGpuInstanceGetVgpuSchedulerLog_v2)               \
    CALL (nvmlGpuInstanceGetVgpuSchedulerState)                \
    CALL (nvmlGpuInstanceGetVgpuSchedulerState_v2)             \
    CALL (nvmlGpuInstanceGetVgpuTypeCreatablePlacements)       \
    CALL (nvmlGpuInstanceSetVgpuHeterogeneousMode)             \
    CALL (nvmlGpuInstanceSetVgpuSchedulerState)                \
    CALL (nvmlGpuInstanceSetVgpuSchedulerState_v2)             \
    CALL (nvmlInit)                                            \
    CALL (nvmlInitWithFlags)                                   \
    CALL (nvmlInit_v2)                                         \
    CALL (nvmlSetVgpuVersion)                                  \
    CALL (nvmlShutdown)                                        \
    CALL (nvmlSystemGetDriverVersion)                          \
    CALL (nvmlSystemGetNVMLVersion)                            \
    CALL (nvmlVgpuInstanceClearAccountingPids)                 \
    CALL (nvmlVgpuInstanceGetAccountingMode)                   \
    CALL (nvmlVgpuInstanceGetAccountingPids)                   \
    CALL (nvmlVgpuInstanceGetAccountingStats)                  \
    CALL (nvmlVgpuInstanceGetEccMode)                          \
    CALL (nvmlVgpuInstanceGetEncoderCapacity)                  \
    CALL (nvmlVgpuInstanceGetEncoderSessions)                  \
    CALL (nvmlVgpuInstanceGetEncoderStats)                     \
    CALL (nvmlVgpuInstanceGetFBCSessions)                      \
    CALL (nvmlVgpuInstanceGetFBCStats)                         \
    CALL (nvmlVgpuInstanceGetFbUsage)                          \
    CALL (nvmlVgpuInstanceGetFrameRateLimit)                   \
    CALL (nvmlVgpuInstanceGetGpuInstanceId)                    \
    CALL (nvmlVgpuInstanceGetGpuPciId)                         \
    CALL (nvmlVgpuInstanceGetLicenseInfo)                      \
    CALL (nvmlVgpuInstanceGetLicenseInfo_v2)                   \
    CALL (nvmlVgpuInstanceGetLicenseStatus)                    \
    CALL (nvmlVgpuInstanceGetMdevUUID)                         \
    CALL (nvmlVgpuInstanceGetMetadata)                         \
    CALL (nvmlVgpuInstanceGetPlacementId)                      \
    CALL (nvmlVgpuInstanceGetRuntimeStateSize)                 \
    CALL (nvmlVgpuInstanceGetType)                             \
    CALL (nvmlVgpuInstanceGetUUID)                             \
    CALL (nvmlVgpuInstanceGetVmDriverVersion)                  \
    CALL (nvmlVgpuInstanceGetVmID)                             \
    CALL (nvmlVgpuInstanceSetEncoderCapacity)                  \
    CALL (nvmlVgpuTypeGetBAR1Info)                             \
    CALL (nvmlVgpuTypeGetCapabilities)                         \
    CALL (nvmlVgpuTypeGetClass)                                \
    CALL (nvmlVgpuTypeGetDeviceID)                             \
    CALL (nvmlVgpuTypeGetFbReservation)                        \
    CALL (nvmlVgpuTypeGetFrameRateLimit)                       \
    CALL (nvmlVgpuTypeGetFramebufferSize)                      \
    CALL (nvmlVgpuTypeGetGpuInstanceProfileId)                 \
    CALL (nvmlVgpuTypeGetGspHeapSize)                          \
    CALL (nvmlVgpuTypeGetLicense)                              \
    CALL (nvmlVgpuTypeGetMaxInstances)                         \
    CALL (nvmlVgpuTypeGetMaxInstancesPerGpuInstance)           \
    CALL (nvmlVgpuTypeGetMaxInstancesPerVm)                    \
    CALL (nvmlVgpuTypeGetName)                                 \
    CALL (nvmlVgpuTypeGetNumDisplayHeads)                      \
    CALL (nvmlVgpuTypeGetResolution)                           \
    CALL (vgpuSimDescription)

#define SIM_CALL_MEMBER(name) __typeof__ (name) *name;

typedef struct {
    void *library;
    char *directory;
    char *host_file;
    SIM_CALLS (SIM_CALL_MEMBER)
} SimClient;

/* Takes the arguments of this program. Call this before any test. */
void sim_client_arguments (int argc, char **argv);
const char *sim_client_library (void);
const char *sim_client_oracle (void);

typedef void (*SimTest) (SimClient *client, gconstpointer data);

/* The head of a test without data. */
#define SIM_TEST(name) static void name (SimClient *client, G_GNUC_UNUSED gconstpointer data)

/* Adds a test with a fresh client, whose host file is the one of sim_client_host(). Not initialised. */
void sim_client_add_test (const char *path, SimTest test);
/* The same, and the test gets the data. */
void sim_client_add_data_test (const char *path, SimTest test, gconstpointer data);

/*
 * The host of most tests: driver 580.159.04 with 18.1-26.1 and three GPUs:
 *   0000:41:00.0 an H100, everything on, types 11 (at most 2) and 12 (at most 3)
 *   0001:82:00.0 an A100 with a floor-sweeping part, ECC on, SR-IOV off, type 12 (at most 1)
 *   0000:c1:00.0 not a vGPU host, and not capable of migration
 * Types: 11 of 40960 MiB, 12 of 20480 MiB; each GPU with vGPUs has 81920 MiB.
 */
const char *sim_client_host (void);
#define SIM_VM_A "11111111-1111-4111-8111-111111111111"
#define SIM_VM_B "22222222-2222-4222-8222-222222222222"

/* Replaces the host file as vgpu-sim does: by another file. NULL removes it. */
void sim_client_write (SimClient *client, const char *text);
/* The host of sim_client_host() and further groups. */
void sim_client_write_more (SimClient *client, const char *more);
char *sim_client_read (SimClient *client);

/*
 * Runs vgpu-sim with these arguments, NULL at the end, and returns its exit status. output gets its standard
 * output if it succeeded, or its standard error if it failed, without the last line end; the other one must
 * be empty.
 */
int sim_client_run (SimClient *client, char **output, ...) G_GNUC_NULL_TERMINATED;
/* The same for a command that must succeed. */
#define sim_client_must(client, ...) \
    g_assert_cmpint (sim_client_run ((client), NULL, __VA_ARGS__, NULL), ==, 0)

/* The same for a command that must fail because it is not possible, with these words in its message. */
#define sim_client_impossible(client, words, ...)                                    \
    G_STMT_START                                                                     \
    {                                                                                \
        g_autofree char *line_ = NULL;                                               \
        g_assert_cmpint (sim_client_run (client, &line_, __VA_ARGS__, NULL), ==, 1); \
        if (!strstr (line_, words))                                                  \
            g_error ("'%s' does not say '%s'", line_, words);                        \
    }                                                                                \
    G_STMT_END

/* Initialises NVML, and returns the handle of a GPU. */
nvmlDevice_t sim_client_gpu (SimClient *client, const char *address);
/* Asserts which types the GPU can create. */
void sim_client_creatable (SimClient *client, nvmlDevice_t gpu, const unsigned int *expected,
                           unsigned int length);
/* An array of numbers and its length, as two arguments. */
#define NUMBERS(...) (const unsigned int[]){__VA_ARGS__}, G_N_ELEMENTS (((const unsigned int[]){__VA_ARGS__}))

/* The one vGPU instance of a GPU. */
nvmlVgpuInstance_t sim_client_instance (SimClient *client, nvmlDevice_t gpu);
