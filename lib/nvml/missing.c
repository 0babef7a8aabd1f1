/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml/missing.h"

#include "nvml/nvml-abi.h"
#include "vgpu-gate/vgpu-gate.h"

gboolean
vgate_nvml_lacks_call (const GError *error)
{
    return g_error_matches (error, VGATE_NVML_ERROR, VGATE_NVML_ERROR_SYMBOL) ||
           g_error_matches (error, VGATE_NVML_ERROR, NVML_ERROR_FUNCTION_NOT_FOUND) ||
           g_error_matches (error, VGATE_NVML_ERROR, NVML_ERROR_DEPRECATED);
}
