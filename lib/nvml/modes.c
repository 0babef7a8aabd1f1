/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml/modes.h"

#include "nvml/loader.h"

gboolean
vgate_nvml_device_has_mig_on (VgateNvml *nvml, VgateNvmlDevice device, gboolean *is_on, GError **error)
{
    guint current = NVML_DEVICE_MIG_DISABLE, pending = NVML_DEVICE_MIG_DISABLE;

    if (!VGATE_NVML_CALL (nvml, error, nvmlDeviceGetMigMode, device, &current, &pending))
        return FALSE;
    *is_on = current == NVML_DEVICE_MIG_ENABLE;
    return TRUE;
}

gboolean
vgate_nvml_device_has_ecc_on (VgateNvml *nvml, VgateNvmlDevice device, gboolean *is_on, GError **error)
{
    guint current = NVML_FEATURE_DISABLED, pending = NVML_FEATURE_DISABLED;

    if (!VGATE_NVML_CALL (nvml, error, nvmlDeviceGetEccMode, device, &current, &pending))
        return FALSE;
    *is_on = current == NVML_FEATURE_ENABLED;
    return TRUE;
}

gboolean
vgate_nvml_device_has_sriov_on (VgateNvml *nvml, VgateNvmlDevice device, gboolean *is_on, GError **error)
{
    guint mode = NVML_HOST_VGPU_MODE_NON_SRIOV;

    if (!VGATE_NVML_CALL (nvml, error, nvmlDeviceGetHostVgpuMode, device, &mode))
        return FALSE;
    *is_on = mode == NVML_HOST_VGPU_MODE_SRIOV;
    return TRUE;
}

gboolean
vgate_nvml_has_warm_update (VgateNvml *nvml, gboolean *is_on, GError **error)
{
    guint result = 0;

    if (!VGATE_NVML_CALL (nvml, error, nvmlGetVgpuDriverCapabilities, NVML_VGPU_DRIVER_CAP_WARM_UPDATE,
                          &result))
        return FALSE;
    *is_on = result != 0;
    return TRUE;
}

gboolean
vgate_nvml_device_has_warm_update (VgateNvml *nvml, VgateNvmlDevice device, gboolean *is_on, GError **error)
{
    guint result = 0;

    if (!VGATE_NVML_CALL (nvml, error, nvmlDeviceGetVgpuCapabilities, device,
                          NVML_DEVICE_VGPU_CAP_WARM_UPDATE, &result))
        return FALSE;
    *is_on = result != 0;
    return TRUE;
}
