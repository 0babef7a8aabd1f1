/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All exports of the shared library: NVML's calls under each name that a client can look up, and
 * vgpuSimDescription (). libnvidia-ml.map lists the same names. Internal headers do not include this one, so
 * that only the files of calls/ declare the ABI with default visibility.
 */
#pragma once

#pragma GCC visibility push(default)

#include "nvml/nvml-abi-more.h"

/* Older names. GetPciInfo and GetPciInfo_v2 fill only the part of the structure that their clients have. */
nvmlReturn_t nvmlInit (void);
nvmlReturn_t nvmlInitWithFlags (unsigned int flags);
nvmlReturn_t nvmlDeviceGetCount (unsigned int *count);
nvmlReturn_t nvmlDeviceGetHandleByIndex (unsigned int index, nvmlDevice_t *device);
nvmlReturn_t nvmlDeviceGetHandleByPciBusId (const char *bus_id, nvmlDevice_t *device);
nvmlReturn_t nvmlDeviceGetPciInfo (nvmlDevice_t device, nvmlPciInfo_t *pci);
nvmlReturn_t nvmlDeviceGetPciInfo_v2 (nvmlDevice_t device, nvmlPciInfo_t *pci);

/* Describes the simulated driver and its file. It needs no initialisation; the result is never freed. */
const char *vgpuSimDescription (void);

#pragma GCC visibility pop
