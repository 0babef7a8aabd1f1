/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a hostdev's source address to the physical GPU behind it, through sysfs.
 *
 * A mediated device is a child of its parent (a GPU or, with SR-IOV, one of its virtual functions). Hosts
 * with Linux 6.8 or newer use vendor-specific VFIO instead: the virtual function itself is the vGPU, and its
 * nvidia/current_vgpu_type names the type. NVML knows the physical function only: physfn is followed.
 */
#pragma once

#include "domain/domain.h"

typedef enum {
    VGATE_DEVICE_ABSENT, /* no such device on this host */
    VGATE_DEVICE_OTHER,  /* it is no NVIDIA vGPU: another vendor, a whole GPU, a virtual function in plain
                            passthrough */
    VGATE_DEVICE_VGPU,
} VgateDeviceKind;

typedef struct {
    VgateDeviceKind kind;
    char *pgpu;      /* PCI address of the physical function; VGPU only */
    guint32 type;    /* vGPU type id; 0: none is set yet (a virtual function only) */
    char *type_name; /* as sysfs writes it; NULL where it does not */
} VgateDevice;

/*
 * root is put before /sys: "" on a real host. Never fails: what cannot be read is absent or other, and the
 * gate refuses what it needs and does not find. The caller clears *device.
 */
void vgate_sysfs_look_up (const char *root, const VgateHostdev *hostdev, VgateDevice *device);
void vgate_device_clear (VgateDevice *device);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateDevice, vgate_device_clear)
