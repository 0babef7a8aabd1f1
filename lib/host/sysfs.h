/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the physical GPU behind a hostdev's source address, through sysfs.
 *
 * A mediated device is a child of its parent (a GPU or, with SR-IOV, one of its virtual functions). Hosts
 * with Linux 6.8 or newer use vendor-specific VFIO instead: the virtual function is the vGPU, and its
 * nvidia/current_vgpu_type contains the type. NVML only knows the physical function, to which physfn leads.
 *
 * A device is examined in two steps. The first finds out what the device is, only from the existence of the
 * kernel's links and files, which never block. The second reads the type from files that NVIDIA's driver
 * serves. A driver that hangs blocks their reader for ever, so it is a separate step for when the type is
 * needed.
 *
 * root is prepended to /sys everywhere; it is "" on a real host.
 */
#pragma once

#include "domain/domain.h"
#include "host/served.h"

typedef enum {
    VGATE_DEVICE_ABSENT,   /* no such device on this host */
    VGATE_DEVICE_OTHER,    /* not an NVIDIA vGPU: another vendor's device, a whole GPU, or a virtual function
                            * in plain passthrough */
    VGATE_DEVICE_UNUSABLE, /* it is or can be an NVIDIA vGPU, but its data in sysfs is invalid */
    VGATE_DEVICE_VGPU,
} VgateDeviceKind;

typedef struct {
    VgateDeviceKind kind;
    char *pgpu;      /* PCI address of the physical function; VGPU only */
    char *parent;    /* PCI address of a mediated device's parent, or of the virtual function; VGPU only */
    char *directory; /* the device's directory below root, with all links resolved; VGPU only */
    guint32 type;    /* vGPU type ID. 0: no type is set yet (a virtual function only), or the type has no
                      * number, or the type of a virtual function has not been read. */
    char *type_name; /* as in sysfs; NULL when sysfs does not contain it, or the type has not been read */
    char *fault;     /* what is invalid, as a clause ("its link leaves sysfs"); UNUSABLE only */
} VgateDevice;

/*
 * Finds out what the device is from what exists, without opening files that the driver serves. Never fails: a
 * device that does not exist, or vanishes while it is examined, is ABSENT. The caller clears *device.
 */
void vgate_sysfs_identify (const char *root, const VgateHostdev *hostdev, VgateDevice *device);
/*
 * Adds the type to a vGPU that vgate_sysfs_identify () has found. The kind becomes UNUSABLE when the driver's
 * data about the type is invalid, and ABSENT when the device has vanished or been replaced by another one.
 * The result is not known when *served hangs afterwards.
 */
void vgate_sysfs_read_type (const char *root, const VgateHostdev *hostdev, VgateServed *served,
                            VgateDevice *device);
/* Calls vgate_sysfs_identify () and vgate_sysfs_read_type (). */
void vgate_sysfs_look_up (const char *root, const VgateHostdev *hostdev, VgateServed *served,
                          VgateDevice *device);
/*
 * TRUE when the kernel has a mediated device of that name, so that no other one can be created; also when
 * that cannot be determined.
 */
gboolean vgate_sysfs_has_mdev_name (const char *root, const char *uuid);

/* TRUE when the vGPUs of this host are devices of this kind: there is a device of the kind, or an NVIDIA
 * device that can create them. Like vgate_sysfs_identify (), it opens no file that the driver serves. */
gboolean vgate_sysfs_has_kind (const char *root, VgateHostdevKind kind);

/* Copies a device without its directory into one that is cleared. */
void vgate_device_copy (const VgateDevice *device, VgateDevice *copy);
void vgate_device_clear (VgateDevice *device);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateDevice, vgate_device_clear)

/* A device that can be a vGPU, with kind and source as in VgateHostdev. */
typedef struct {
    VgateHostdevKind kind;
    char *source;
    VgateDevice device; /* its kind is VGPU, where a virtual function can have type 0, or UNUSABLE */
} VgateListedDevice;

/* A type of vGPU that can be created on a device, and how many of it. */
typedef struct {
    VgateHostdevKind kind;
    char *parent; /* PCI address of the mediated device's future parent, or of the virtual function */
    char *pgpu;   /* PCI address of the physical function */
    guint32 type;
    char *type_name;
    guint available; /* 1 for a virtual function */
} VgateMakeable;

void vgate_listed_device_free (VgateListedDevice *listed);
void vgate_makeable_free (VgateMakeable *makeable);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateListedDevice, vgate_listed_device_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateMakeable, vgate_makeable_free)

/* The vGPU devices of the host (VgateListedDevice *), sorted by kind and then by source. */
GPtrArray *vgate_sysfs_list_devices (const char *root, VgateServed *served);
/* The device in a list with this kind and source, or NULL. */
const VgateListedDevice *vgate_listed_device_find (const GPtrArray *devices, VgateHostdevKind kind,
                                                   const char *source);

/*
 * The vGPUs that can be created (VgateMakeable *), sorted by parent and then by type. For mediated devices,
 * this is in mdev_supported_types/TYPE/available_instances, where that is above 0; for a virtual function in
 * its nvidia/creatable_vgpu_types, or else its physical function's, when its current_vgpu_type is 0.
 */
GPtrArray *vgate_sysfs_list_makeable (const char *root, VgateServed *served);
/* The same for only one parent or virtual function. */
GPtrArray *vgate_sysfs_list_makeable_on (const char *root, const char *address, VgateServed *served);

/* The file below root that creates a device: "create" of the parent's type, to which a UUID is written, or
 * "current_vgpu_type" of the virtual function, to which a type is written. NULL when there is none. The
 * caller frees it. */
char *vgate_sysfs_maker_path (const char *root, VgateHostdevKind kind, const char *parent, guint32 type);
/* The file that removes a device: "remove" of the mediated device, to which 1 is written, or
 * "current_vgpu_type", to which 0 is written. NULL when there is no such device. The caller frees it. */
char *vgate_sysfs_unmaker_path (const char *root, VgateHostdevKind kind, const char *source);
