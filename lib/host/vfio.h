/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the processes that have a vGPU device open. QEMU opens /dev/vfio/GROUP of the device's IOMMU group,
 * which no other process can then open, or with iommufd /dev/vfio/devices/vfioN of the device (Linux's
 * documentation of VFIO). NVML does not tell on which virtual function a vGPU runs; this does, no matter who
 * started the process.
 *
 * It reads links in /proc, which needs no answer of a driver or of a process. A link only counts when the
 * open file is the same device as the host's node.
 */
#pragma once

#include "domain/domain.h"

/* Maps the path of a node to a clause about the process that has it open: "the process 4711 (qemu-system-x86)
 * has it open". */
typedef GHashTable VgateVfioHolders;

/*
 * root is prepended to /proc and /dev, and the links of /proc begin with it; it is "" on a real host. Only
 * root sees the processes of other users, and processes of other containers are only visible from outside; a
 * process that is not visible is not in the result. The caller unrefs it.
 */
VgateVfioHolders *vgate_vfio_read_holders (const char *root);

/* The clause about the process that has the device or its IOMMU group open; NULL when no visible process has.
 * kind and source name the device as in a hostdev. root is prepended to /sys. */
const char *vgate_vfio_find_holder (const VgateVfioHolders *holders, const char *root, VgateHostdevKind kind,
                                    const char *source);
