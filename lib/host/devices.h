/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The vGPU devices of a host as its document contains them: <devices> in schemas/vgpu-gate-host.rng. With
 * them, another machine can choose a device for a guest as the gate of that host would (placement/survey.h).
 */
#pragma once

#include "host/sysfs.h"

/* A device that exists. It begins with VgateListedDevice, so a list of these can be used as a list of
 * those. */
typedef struct {
    VgateListedDevice listed; /* its device has no directory */
    char *use;                /* a clause about its user: "the running domain 'vm2' uses it"; NULL: free */
} VgateHostDevice;

/* A vGPU that runs. */
typedef struct {
    char *uuid;
    char *domain; /* UUID of its domain; NULL: NVML does not report one */
    char *mdev;   /* UUID of its mediated device, or NULL */
    char *pgpu;   /* PCI address of its GPU */
    guint32 type;
    char *type_name;
} VgateHostVgpu;

/* The reservation of a device for a guest that is about to arrive. The device need not exist. */
typedef struct {
    char *domain; /* UUID of the guest */
    int kind;     /* VgateHostdevKind */
    char *device; /* UUID or PCI address, by kind */
    char *parent; /* as in VgateDevice */
    char *pgpu;
    guint32 type;
    char *type_name; /* NULL: not known */
    gboolean exists;
} VgateHostLease;

typedef struct {
    GPtrArray *devices;  /* of VgateHostDevice *, the mediated devices first */
    GPtrArray *makeable; /* of VgateMakeable * */
    GPtrArray *vgpus;    /* of VgateHostVgpu * */
    GPtrArray *leases;   /* of VgateHostLease * */
} VgateHostDevices;

VgateHostDevices *vgate_host_devices_new (void);
VgateHostDevice *vgate_host_device_new (void);
VgateHostVgpu *vgate_host_vgpu_new (void);
VgateHostLease *vgate_host_lease_new (void);
void vgate_host_devices_free (VgateHostDevices *devices);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateHostDevices, vgate_host_devices_free)

/* Reads <devices>. NULL with an error of the dialect. */
VgateHostDevices *vgate_host_devices_read (const VgateXmlDialect *dialect, xmlNode *node, GError **error);
/* Appends <devices>, indented as a child of the root. */
void vgate_host_devices_write (GString *xml, const VgateHostDevices *devices);

/* The device, or NULL. */
const VgateListedDevice *vgate_host_devices_find (const VgateHostDevices *devices, VgateHostdevKind kind,
                                                  const char *source);
/* As vgate_sysfs_has_kind () on that host. */
gboolean vgate_host_devices_have_kind (const VgateHostDevices *devices, VgateHostdevKind kind);
/* TRUE when a vGPU of the domain runs on that host. */
gboolean vgate_host_devices_run_domain (const VgateHostDevices *devices, const char *domain_uuid);
