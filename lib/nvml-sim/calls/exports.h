/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Everything that the shared library exports, and nothing else: NVML's calls under each name that a client
 * may look up, and our one mark. libnvidia-ml.map lists the same names. Internal headers do not include this
 * one, so that only the files of calls-*.c see the ABI with default visibility.
 */
#pragma once

#pragma GCC visibility push(default)

#include "nvml/nvml-abi.h"

/* Older spellings. GetPciInfo and GetPciInfo_v2 fill only the part that their clients had room for. */
nvmlReturn_t nvmlInit (void);
nvmlReturn_t nvmlInitWithFlags (unsigned int flags);
nvmlReturn_t nvmlDeviceGetCount (unsigned int *count);
nvmlReturn_t nvmlDeviceGetHandleByIndex (unsigned int index, nvmlDevice_t *device);
nvmlReturn_t nvmlDeviceGetHandleByPciBusId (const char *bus_id, nvmlDevice_t *device);
nvmlReturn_t nvmlDeviceGetPciInfo (nvmlDevice_t device, nvmlPciInfo_t *pci);
nvmlReturn_t nvmlDeviceGetPciInfo_v2 (nvmlDevice_t device, nvmlPciInfo_t *pci);

/* That this driver is simulated, and by which file. Needs no initialisation; never freed. */
const char *vgpuSimDescription (void);

#pragma GCC visibility pop
