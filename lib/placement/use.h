/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the devices that are in use: by a vGPU that NVML lists as running, by a running domain of libvirt's,
 * by the lease of a guest that is about to arrive, or by a process that has the device open, no matter who
 * started it. A hook must not call libvirt, so its status files are read. They contain secrets; only the
 * sources of hostdevs and the domain's name and UUID are kept.
 *
 * NVML names a vGPU's mediated device, but not its virtual function. In most cases a status file, a lease or
 * a process tells which it is. When none does, the vGPU can be on any virtual function of its GPU and type,
 * so each of these that has no other user counts as in use.
 */
#pragma once

#include "driver/inventory.h"
#include "host/sysfs.h"
#include "placement/lease.h"

/* Maps a device (UUID or PCI address) to a clause about its user: "the running domain 'vm2' has it". */
typedef GHashTable VgateUse;

/* The domains in libvirt's status files, and the processes that have a device open, at one moment. */
typedef struct VgateUseLook VgateUseLook;

/* Reads them, and leaves out what cannot be read. root is prepended to /run, /proc and /dev. */
VgateUseLook *vgate_use_look (const char *root);
/* The name of the running domain that has the device; NULL when libvirt's files name none. */
const char *vgate_use_look_find_domain (const VgateUseLook *look, VgateHostdevKind kind, const char *device);
void vgate_use_look_free (VgateUseLook *look);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateUseLook, vgate_use_look_free)

typedef struct {
    const char *root;
    const GPtrArray *instances; /* of VgateInstance *: the vGPUs that NVML lists as running */
    const VgateHost *host;      /* the host of their pGPUs; NULL: there are no instances */
    const GPtrArray *devices;   /* of VgateListedDevice *; NULL: search only leased devices for open files */
    const VgateLeases *leases;
    const VgateUseLook *earlier; /* taken before NVML was asked, for vGPUs that ended since; NULL: none */
    const char *domain;          /* UUID of the guest; its own devices do not count as in use */
    guint64 now;                 /* vgate_run_directory_clock () */
} VgateUseInput;

/*
 * Reads the use of all devices. The caller unrefs it. NULL with VGATE_CODE_DEVICES_UNKNOWN when the status
 * file of a running domain cannot be read, so that its devices are not known.
 */
VgateUse *vgate_use_read (const VgateUseInput *input, GError **error);

/* The clause about the user of the device; NULL when it is not in use. */
const char *vgate_use_find (const VgateUse *use, const char *device);
