/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/call-names.h"

#include <string.h>

/* nvmlErrorString is not in the list, as it returns a text and cannot fail. */
static const char *const call_names[] = {
    "nvmlDeviceGetActiveVgpus",
    "nvmlDeviceGetCount",
    "nvmlDeviceGetCreatableVgpus",
    "nvmlDeviceGetEccMode",
    "nvmlDeviceGetHandleByIndex",
    "nvmlDeviceGetHandleByPciBusId",
    "nvmlDeviceGetHostVgpuMode",
    "nvmlDeviceGetMemoryInfo",
    "nvmlDeviceGetMigMode",
    "nvmlDeviceGetName",
    "nvmlDeviceGetPciInfo",
    "nvmlDeviceGetPgpuMetadataString",
    "nvmlDeviceGetSupportedVgpus",
    "nvmlDeviceGetUUID",
    "nvmlDeviceGetVgpuCapabilities",
    "nvmlDeviceGetVgpuHeterogeneousMode",
    "nvmlDeviceGetVgpuMetadata",
    "nvmlDeviceGetVgpuSchedulerCapabilities",
    "nvmlDeviceGetVgpuSchedulerLog",
    "nvmlDeviceGetVgpuSchedulerState",
    "nvmlDeviceGetVgpuTypeCreatablePlacements",
    "nvmlDeviceGetVgpuTypeSupportedPlacements",
    "nvmlDeviceGetVirtualizationMode",
    "nvmlDeviceSetVgpuHeterogeneousMode",
    "nvmlDeviceSetVgpuSchedulerState",
    "nvmlGetVgpuCompatibility",
    "nvmlGetVgpuDriverCapabilities",
    "nvmlGetVgpuVersion",
    "nvmlInit",
    "nvmlInitWithFlags",
    "nvmlSetVgpuVersion",
    "nvmlShutdown",
    "nvmlSystemGetDriverVersion",
    "nvmlVgpuInstanceGetEccMode",
    "nvmlVgpuInstanceGetFbUsage",
    "nvmlVgpuInstanceGetGpuInstanceId",
    "nvmlVgpuInstanceGetGpuPciId",
    "nvmlVgpuInstanceGetMdevUUID",
    "nvmlVgpuInstanceGetMetadata",
    "nvmlVgpuInstanceGetPlacementId",
    "nvmlVgpuInstanceGetRuntimeStateSize",
    "nvmlVgpuInstanceGetType",
    "nvmlVgpuInstanceGetUUID",
    "nvmlVgpuInstanceGetVmDriverVersion",
    "nvmlVgpuInstanceGetVmID",
    "nvmlVgpuTypeGetClass",
    "nvmlVgpuTypeGetFramebufferSize",
    "nvmlVgpuTypeGetGpuInstanceProfileId",
    "nvmlVgpuTypeGetMaxInstances",
    "nvmlVgpuTypeGetName",
};

char *
vgpu_sim_call_base_name (const char *call)
{
    const gsize length = strlen (call);

    if (length > 3 && call[length - 3] == '_' && call[length - 2] == 'v' &&
        g_ascii_isdigit (call[length - 1]))
        return g_strndup (call, length - 3);
    return g_strdup (call);
}

gboolean
vgpu_sim_call_is_known (const char *call)
{
    g_autofree char *base = vgpu_sim_call_base_name (call);

    for (guint i = 0; i < G_N_ELEMENTS (call_names); i++) {
        if (g_str_equal (call_names[i], base))
            return TRUE;
    }
    return FALSE;
}
