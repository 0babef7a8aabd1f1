/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The modes of a GPU, as the driver reports them. The public header does not have them. */
#pragma once

#include "vgpu-gate/vgpu-gate.h"

/*
 * MIG and ECC: the present mode, not the one after the next reset. SR-IOV: only on a GPU in vGPU host mode.
 * FALSE with an error of the call; NVML_ERROR_NOT_SUPPORTED: the board does not have the mode.
 */
gboolean vgate_nvml_device_has_mig_on (VgateNvml *nvml, VgateNvmlDevice device, gboolean *is_on,
                                       GError **error);
gboolean vgate_nvml_device_has_ecc_on (VgateNvml *nvml, VgateNvmlDevice device, gboolean *is_on,
                                       GError **error);
gboolean vgate_nvml_device_has_sriov_on (VgateNvml *nvml, VgateNvmlDevice device, gboolean *is_on,
                                         GError **error);

/*
 * nvmlGetVgpuDriverCapabilities and nvmlDeviceGetVgpuCapabilities: whether the host driver can be replaced
 * while guests run ("warm update"); both the driver and the GPU must support it. Errors as above.
 */
gboolean vgate_nvml_has_warm_update (VgateNvml *nvml, gboolean *is_on, GError **error);
gboolean vgate_nvml_device_has_warm_update (VgateNvml *nvml, VgateNvmlDevice device, gboolean *is_on,
                                            GError **error);
