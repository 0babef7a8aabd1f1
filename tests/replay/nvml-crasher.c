/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A library without devices and with few calls, which crashes in one call and writes too much in another. */
#include <stdlib.h>
#include <string.h>

#pragma GCC visibility push(default)
#include "nvml/nvml-abi.h"

nvmlReturn_t
nvmlInit_v2 (void)
{
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlShutdown (void)
{
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlDeviceGetCount_v2 (unsigned int *count)
{
    if (!count)
        abort ();
    *count = 0;
    return NVML_SUCCESS;
}

nvmlReturn_t
nvmlDeviceGetHandleByIndex_v2 (unsigned int index, nvmlDevice_t *device)
{
    (void)index;
    (void)device;
    return NVML_ERROR_INVALID_ARGUMENT;
}

nvmlReturn_t
nvmlSystemGetDriverVersion (char *version, unsigned int length)
{
    if (!version)
        abort ();
    memcpy (version, "1.2", length + 1 < 4 ? length + 1 : 4);
    return length < 4 ? NVML_ERROR_INSUFFICIENT_SIZE : NVML_SUCCESS;
}
#pragma GCC visibility pop
