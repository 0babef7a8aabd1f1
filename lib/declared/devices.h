/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The declared devices of one GPU: what exists of them, and what must be created and removed. */
#pragma once

#include "declared/report.h"
#include "placement/device-host.h"

/* All pointers are borrowed. */
typedef struct {
    VgateDeviceHost *host; /* with the devices that can be created; locked unless nothing is changed. It is
                              read again when a device was removed. */
    const VgateDeclaredGpu *declared; /* types is not NULL */
    VgateDeclaredAction action;
    const char *address;    /* of the GPU, which is usable */
    VgateGpuReport *report; /* gets counts, devices and problems */
    VgateServed *served;    /* of all GPUs: a driver that hangs is not waited for again */
} VgateDeclaredDevices;

void vgate_declared_devices_run (const VgateDeclaredDevices *devices);
