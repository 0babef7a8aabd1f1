/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls for the licenses of guests and of the host. */
#include "nvml-sim/calls/exports.h"

#include <stddef.h>
#include <string.h>

#include "nvml-sim/calls/handle.h"

/* A guest gets its license when its driver runs. */
static gboolean
is_licensed (const VgpuSimVgpu *vgpu)
{
    return vgpu->guest_up && vgpu->work.license == NVML_GRID_LICENSE_LICENSED;
}

nvmlReturn_t
nvmlVgpuInstanceGetLicenseStatus (nvmlVgpuInstance_t instance, unsigned int *licensed)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu (__func__, instance, licensed, &host, &vgpu);

    if (code == NVML_SUCCESS)
        *licensed = is_licensed (vgpu);
    return code;
}

static nvmlVgpuLicenseExpiry_t
license_expiry (GDateTime *time)
{
    if (!time)
        return (nvmlVgpuLicenseExpiry_t){.status = NVML_GRID_LICENSE_EXPIRY_NOT_AVAILABLE};
    return (nvmlVgpuLicenseExpiry_t){
        .year = (unsigned int)g_date_time_get_year (time),
        .month = (unsigned short)g_date_time_get_month (time),
        .day = (unsigned short)g_date_time_get_day_of_month (time),
        .hour = (unsigned short)g_date_time_get_hour (time),
        .min = (unsigned short)g_date_time_get_minute (time),
        .sec = (unsigned short)g_date_time_get_second (time),
        .status = NVML_GRID_LICENSE_EXPIRY_VALID,
    };
}

/* Documented: DRIVER_NOT_LOADED when the guest driver is not running. size is the part of the structure that
 * the client has. */
static nvmlReturn_t
answer_license_info (const char *call, nvmlVgpuInstance_t instance, nvmlVgpuLicenseInfo_t *info, gsize size)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimVgpu *vgpu;
    const nvmlReturn_t code = vgpu_sim_enter_vgpu (call, instance, info, &host, &vgpu);
    nvmlVgpuLicenseInfo_t answer = {0};

    if (code != NVML_SUCCESS)
        return code;
    if (!vgpu->guest_up)
        return NVML_ERROR_DRIVER_NOT_LOADED;
    answer.isLicensed = is_licensed (vgpu);
    answer.licenseExpiry = license_expiry (vgpu->work.expiry);
    answer.currentState = vgpu->work.license;
    memcpy (info, &answer, size);
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlVgpuInstanceGetLicenseInfo (nvmlVgpuInstance_t instance, nvmlVgpuLicenseInfo_t *info)
{
    return answer_license_info (__func__, instance, info, offsetof (nvmlVgpuLicenseInfo_t, currentState));
}

nvmlReturn_t
nvmlVgpuInstanceGetLicenseInfo_v2 (nvmlVgpuInstance_t instance, nvmlVgpuLicenseInfo_t *info)
{
    return answer_license_info (__func__, instance, info, sizeof *info);
}

/* The simulated machine is not a guest, so that it has no feature that needs a license. */
static nvmlReturn_t
answer_no_features (const char *call, nvmlDevice_t device, nvmlGridLicensableFeatures_t *features)
{
    g_autoptr (VgpuSimHost) host = NULL;
    const VgpuSimGpu *gpu;
    const nvmlReturn_t code = vgpu_sim_enter_gpu (call, device, &host, &gpu);

    if (code != NVML_SUCCESS)
        return code;
    if (!features)
        return NVML_ERROR_INVALID_ARGUMENT;
    features->isGridLicenseSupported = 0;
    features->licensableFeaturesCount = 0;
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlDeviceGetGridLicensableFeatures (nvmlDevice_t device, nvmlGridLicensableFeatures_t *features)
{
    return answer_no_features (__func__, device, features);
}

nvmlReturn_t
nvmlDeviceGetGridLicensableFeatures_v2 (nvmlDevice_t device, nvmlGridLicensableFeatures_t *features)
{
    return answer_no_features (__func__, device, features);
}

nvmlReturn_t
nvmlDeviceGetGridLicensableFeatures_v3 (nvmlDevice_t device, nvmlGridLicensableFeatures_t *features)
{
    return answer_no_features (__func__, device, features);
}

nvmlReturn_t
nvmlDeviceGetGridLicensableFeatures_v4 (nvmlDevice_t device, nvmlGridLicensableFeatures_t *features)
{
    return answer_no_features (__func__, device, features);
}
