/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a hostdev's source address to the physical GPU behind it, through sysfs.
 *
 * A mediated device is a child of its parent (a GPU or, with SR-IOV, one of its virtual functions). Hosts
 * with Linux 6.8 or newer use vendor-specific VFIO instead: the virtual function itself is the vGPU, and its
 * nvidia/current_vgpu_type names the type. NVML knows the physical function only: physfn is followed.
 *
 * A look has two steps. What a device is, is told by what exists: the kernel's own links and files of PCI,
 * which never make anybody wait. Of which type it is stands in files that NVIDIA's driver serves, and a
 * driver that hangs keeps their reader for ever: so they are a step of its own, for when the type is needed.
 *
 * root is put before /sys everywhere: "" on a real host.
 */
#pragma once

#include "domain/domain.h"
#include "host/served.h"

typedef enum {
    VGATE_DEVICE_ABSENT,   /* no such device on this host */
    VGATE_DEVICE_OTHER,    /* it is no NVIDIA vGPU: another vendor, a whole GPU, a virtual function in plain
                              passthrough */
    VGATE_DEVICE_UNUSABLE, /* it is one, or may be one, and sysfs says of it what cannot be */
    VGATE_DEVICE_VGPU,
} VgateDeviceKind;

typedef struct {
    VgateDeviceKind kind;
    char *pgpu;      /* PCI address of the physical function; VGPU only */
    char *parent;    /* PCI address of what a mediated device is on, or of the virtual function; VGPU only */
    char *directory; /* its own below root, with all links resolved; VGPU only */
    guint32 type;    /* vGPU type id; 0: none is set yet (a virtual function only), or it has no number. Of a
                        virtual function it is known only when the type has been read. */
    char *type_name; /* as sysfs writes it; NULL where it does not, or when the type has not been read */
    char *fault;     /* what cannot be, as a clause ("its link leaves sysfs"); UNUSABLE only */
} VgateDevice;

/*
 * What the device is, by what exists. Never fails, and opens no file that the driver serves: what is not
 * there, or vanishes while it is looked at, is absent. The caller clears *device.
 */
void vgate_sysfs_identify (const char *root, const VgateHostdev *hostdev, VgateDevice *device);
/*
 * Adds the type to what _identify () has found, where that is a vGPU. The kind becomes UNUSABLE when what the
 * driver says of the type cannot be, and ABSENT when the device vanished meanwhile, or is another one by now.
 * It is not known when *served hangs after this.
 */
void vgate_sysfs_read_type (const char *root, const VgateHostdev *hostdev, VgateServed *served,
                            VgateDevice *device);
/* Both steps. */
void vgate_sysfs_look_up (const char *root, const VgateHostdev *hostdev, VgateServed *served,
                          VgateDevice *device);
/*
 * Whether the kernel has a mediated device of that name, whatever else can be seen of it: then no other one
 * can be made. What cannot be told is taken for one.
 */
gboolean vgate_sysfs_has_mdev_name (const char *root, const char *uuid);

/* TRUE when the vGPUs of this host are devices of this kind: there is one, or an NVIDIA device that makes
 * them. By what exists, as _identify (). */
gboolean vgate_sysfs_has_kind (const char *root, VgateHostdevKind kind);

void vgate_device_clear (VgateDevice *device);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateDevice, vgate_device_clear)

/* A device that can be a vGPU, as VgateHostdev names it; it has no guest address. */
typedef struct {
    VgateHostdevKind kind;
    char *source;
    VgateDevice device; /* kind VGPU, where a virtual function may have the type 0; or UNUSABLE */
} VgateListedDevice;

/* A kind of vGPU that can be made on a device, which then has room for that many. */
typedef struct {
    VgateHostdevKind kind;
    char *parent; /* PCI address: of what the mediated device will be on, or of the virtual function itself */
    char *pgpu;   /* PCI address of the physical function */
    guint32 type;
    char *type_name;
    guint available; /* 1 for a virtual function */
} VgateMakeable;

void vgate_listed_device_free (VgateListedDevice *listed);
void vgate_makeable_free (VgateMakeable *makeable);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateListedDevice, vgate_listed_device_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateMakeable, vgate_makeable_free)

/* The vGPU devices of the host, by kind and then by source. VgateListedDevice *. */
GPtrArray *vgate_sysfs_list_devices (const char *root, VgateServed *served);
/* The one of a list that a hostdev's source names; NULL. */
const VgateListedDevice *vgate_listed_device_find (const GPtrArray *devices, VgateHostdevKind kind,
                                                   const char *source);

/*
 * What can be made, by parent and then by type. VgateMakeable *. Of mediated devices
 * mdev_supported_types/TYPE/available_instances says so, where it is above 0; of a virtual function its
 * nvidia/creatable_vgpu_types (else its physical function's), where its current_vgpu_type is 0.
 */
GPtrArray *vgate_sysfs_list_makeable (const char *root, VgateServed *served);
/* The same of one parent, or virtual function, alone. */
GPtrArray *vgate_sysfs_list_makeable_on (const char *root, const char *address, VgateServed *served);

/* The file below root that makes this: "create" of the parent's type, which takes a UUID, or the virtual
 * function's "current_vgpu_type", which takes a type. NULL: there is none. The caller frees it. */
char *vgate_sysfs_maker_path (const char *root, VgateHostdevKind kind, const char *parent, guint32 type);
/* The file that unmakes it: the mediated device's "remove", which takes 1, or "current_vgpu_type", which
 * takes 0. NULL: there is no such device. The caller frees it. */
char *vgate_sysfs_unmaker_path (const char *root, VgateHostdevKind kind, const char *source);
