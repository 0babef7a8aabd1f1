/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which devices are in use: by a vGPU that NVML lists as running, by a live domain of libvirt's, by the lease
 * of a guest that is about to arrive, or by a process that has the device open, whoever started it. libvirt
 * is not asked, as a hook must not: its status files are read, which hold secrets; nothing of them is kept
 * but the sources of hostdevs, the domain's name and UUID.
 *
 * NVML names a vGPU's mediated device, but not its virtual function. Mostly a status file, a lease or a
 * process tells. Where a vGPU runs of which nothing tells, every virtual function of its GPU and type may be
 * the one, so each that nobody else has counts as in use.
 */
#pragma once

#include "driver/inventory.h"
#include "host/sysfs.h"
#include "placement/lease.h"

/* Device (UUID or PCI address) -> who uses it, as a clause: "the running domain 'vm2' has it". */
typedef GHashTable VgateUse;

/* The domains of libvirt's status files, and the processes that have a device open, at one moment. */
typedef struct VgateUseLook VgateUseLook;

/* What cannot be read is left out. root is put before /run, /proc and /dev. */
VgateUseLook *vgate_use_look (const char *root);
void vgate_use_look_free (VgateUseLook *look);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateUseLook, vgate_use_look_free)

typedef struct {
    const char *root;
    const GPtrArray *instances; /* of VgateInstance *: what runs, as NVML says */
    const VgateHost *host;      /* whose pGPUs they are on; NULL: there are none */
    const GPtrArray *devices; /* of VgateListedDevice *: those that exist; NULL: only those that have a lease
                                 are looked at for a process that has them open */
    const VgateLeases *leases;
    const VgateUseLook *earlier; /* from before NVML was asked: it tells where a vGPU ran that has ended since
                                    then; NULL: there was none */
    const char *domain;          /* UUID of the guest that asks: what is its own is not in use */
    guint64 now;                 /* of the leases' clock */
} VgateUseInput;

/*
 * The caller unrefs it. NULL with VGATE_CODE_DEVICES_UNKNOWN when a live domain's status cannot be read: then
 * nobody knows what it uses.
 */
VgateUse *vgate_use_read (const VgateUseInput *input, GError **error);

/* Who uses the device; NULL: nobody. */
const char *vgate_use_find (const VgateUse *use, const char *device);
