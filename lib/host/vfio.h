/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which processes have a vGPU device open. QEMU opens /dev/vfio/GROUP of the device's IOMMU group, which
 * nobody else can have open then, or with iommufd /dev/vfio/devices/vfioN of the device itself (Linux's
 * documentation of VFIO). NVML does not say which virtual function a vGPU runs on; this does, whoever started
 * the process.
 *
 * It is read from links of /proc, which need no answer of any driver and of no process. What a link says
 * counts only where the file that is open is the same device as the host's own node.
 */
#pragma once

#include "domain/domain.h"

/* Path of the node -> the process that has it open, as a clause: "the process 4711 (qemu-system-x86) has it
 * open". */
typedef GHashTable VgateVfioHolders;

/*
 * root is put before /proc and /dev; "" on a real host. The links of /proc begin with it, too. Processes of
 * others are seen by root only, and those of other containers only from outside: what is not seen is not
 * there. The caller unrefs it.
 */
VgateVfioHolders *vgate_vfio_read_holders (const char *root);

/* The process that has the device, named as a hostdev's source names it, open, or its IOMMU group; NULL: none
 * that is seen. root is put before /sys. */
const char *vgate_vfio_find_holder (const VgateVfioHolders *holders, const char *root, VgateHostdevKind kind,
                                    const char *source);
