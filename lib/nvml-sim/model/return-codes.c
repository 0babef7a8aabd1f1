/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/return-codes.h"

#include "nvml/nvml-abi.h"
#include "nvml-sim/model/number.h"

/* The texts of r580 (measured). */
static const struct {
    int code;
    const char *name;
    const char *text;
} codes[] = {
    {NVML_SUCCESS, "SUCCESS", "Success"},
    {NVML_ERROR_UNINITIALIZED, "UNINITIALIZED", "Uninitialized"},
    {NVML_ERROR_INVALID_ARGUMENT, "INVALID_ARGUMENT", "Invalid Argument"},
    {NVML_ERROR_NOT_SUPPORTED, "NOT_SUPPORTED", "Not Supported"},
    {NVML_ERROR_NO_PERMISSION, "NO_PERMISSION", "Insufficient Permissions"},
    {NVML_ERROR_ALREADY_INITIALIZED, "ALREADY_INITIALIZED", "Already Initialized"},
    {NVML_ERROR_NOT_FOUND, "NOT_FOUND", "Not Found"},
    {NVML_ERROR_INSUFFICIENT_SIZE, "INSUFFICIENT_SIZE", "Insufficient Size"},
    {NVML_ERROR_INSUFFICIENT_POWER, "INSUFFICIENT_POWER", "Insufficient External Power"},
    {NVML_ERROR_DRIVER_NOT_LOADED, "DRIVER_NOT_LOADED", "Driver Not Loaded"},
    {NVML_ERROR_TIMEOUT, "TIMEOUT", "Timeout"},
    {NVML_ERROR_IRQ_ISSUE, "IRQ_ISSUE", "Interrupt Request Issue"},
    {NVML_ERROR_LIBRARY_NOT_FOUND, "LIBRARY_NOT_FOUND", "NVML Shared Library Not Found"},
    {NVML_ERROR_FUNCTION_NOT_FOUND, "FUNCTION_NOT_FOUND", "Function Not Found"},
    {NVML_ERROR_CORRUPTED_INFOROM, "CORRUPTED_INFOROM", "Corrupted infoROM"},
    {NVML_ERROR_GPU_IS_LOST, "GPU_IS_LOST", "GPU is lost"},
    {NVML_ERROR_RESET_REQUIRED, "RESET_REQUIRED", "GPU requires reset"},
    {NVML_ERROR_OPERATING_SYSTEM, "OPERATING_SYSTEM", "GPU access blocked by the operating system"},
    {NVML_ERROR_LIB_RM_VERSION_MISMATCH, "LIB_RM_VERSION_MISMATCH", "Driver/library version mismatch"},
    {NVML_ERROR_IN_USE, "IN_USE", "In use by another client"},
    {NVML_ERROR_MEMORY, "MEMORY", "Insufficient Memory"},
    {NVML_ERROR_NO_DATA, "NO_DATA", "No data"},
    {NVML_ERROR_VGPU_ECC_NOT_SUPPORTED, "VGPU_ECC_NOT_SUPPORTED", "vGPU ECC not supported"},
    {NVML_ERROR_INSUFFICIENT_RESOURCES, "INSUFFICIENT_RESOURCES", "Insufficient Resources"},
    {NVML_ERROR_FREQ_NOT_SUPPORTED, "FREQ_NOT_SUPPORTED", "Invalid Frequency"},
    {NVML_ERROR_ARGUMENT_VERSION_MISMATCH, "ARGUMENT_VERSION_MISMATCH", "Argument version mismatch"},
    {NVML_ERROR_DEPRECATED, "DEPRECATED", "Requested functionality has been deprecated"},
    {NVML_ERROR_NOT_READY, "NOT_READY", "System is not in ready state"},
    {NVML_ERROR_GPU_NOT_FOUND, "GPU_NOT_FOUND", "No supported GPUs were found"},
    {NVML_ERROR_INVALID_STATE, "INVALID_STATE",
     "Resource not in correct state to perform requested operation"},
    {NVML_ERROR_RESET_TYPE_NOT_SUPPORTED, "RESET_TYPE_NOT_SUPPORTED",
     "Reset type is not supported for given device"},
    {NVML_ERROR_UNKNOWN, "UNKNOWN", "Unknown Error"},
};

const char *
vgpu_sim_return_text (int code)
{
    for (guint i = 0; i < G_N_ELEMENTS (codes); i++) {
        if (codes[i].code == code)
            return codes[i].text;
    }
    return "Unknown Error";
}

const char *
vgpu_sim_return_name (int code)
{
    for (guint i = 0; i < G_N_ELEMENTS (codes); i++) {
        if (codes[i].code == code)
            return codes[i].name;
    }
    return NULL;
}

gboolean
vgpu_sim_return_parse (const char *text, int *code)
{
    const char *name = g_str_has_prefix (text, "NVML_ERROR_") ? text + sizeof "NVML_ERROR_" - 1 : text;
    guint64 number;

    if (vgpu_sim_number_parse (text, 1, NVML_ERROR_UNKNOWN, &number)) {
        *code = (int)number;
        return TRUE;
    }
    for (guint i = 1; i < G_N_ELEMENTS (codes); i++) {
        if (g_str_equal (codes[i].name, name)) {
            *code = codes[i].code;
            return TRUE;
        }
    }
    return FALSE;
}
