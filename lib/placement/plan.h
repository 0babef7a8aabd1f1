/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Chooses and leases the devices that an operator asks for by name and type ('vgpu-gate device make'), for
 * a guest without metadata: it is stopped, or not known yet. Which GPU can run the vGPU is not judged
 * then; the gate judges the guest when it arrives. A device is only planned under the name that was asked
 * for, so that nothing in the guest's XML must be changed.
 */
#pragma once

#include "driver/probe.h"
#include "placement/use.h"
#include "policy/policy.h"

typedef struct {
    const char *root;
    const VgateDomain *domain; /* its hostdevs name the devices; its UUID is that of the leases */
    /* The domain was read from XML. Its hostdevs that cannot be a vGPU of this host are ignored; otherwise
     * each is an error. */
    gboolean is_guest;
    const char *type;            /* as the operator wrote it: vgate_plan_write_type () */
    const char *gpu;             /* the PCI address of the only GPU that is considered; NULL: any */
    const VgateProbe *probe;     /* with the instances, the devices and those that can be created */
    const VgateUseLook *earlier; /* taken before the probe */
    VgateLeases *leases;         /* locked before the probe, unless it is a dry run */
    const VgatePolicy *policy;
    gboolean is_dry_run; /* no lease is written */
} VgatePlan;

/*
 * Returns a lease (VgateLease *) for each device: TAKEN when it exists as it was asked for, and PLANNED
 * when it is to be created, which vgate_prepare_devices () does. The leases were saved. The caller unrefs
 * the array. NULL with an error, and no lease is saved: those of vgate_use_read () and vgate_leases_save
 * (); VGATE_CODE_DEVICE_NO_ROOM, _DEVICE_UNKNOWN, _DEVICE_DEFINED, _DEVICE_BUSY, _DEVICE_UNUSABLE,
 * _DEVICE_NOT_MADE.
 */
GPtrArray *vgate_plan_devices (const VgatePlan *plan, GError **error);

/* FALSE with VGATE_CODE_DEVICE_DEFINED when mdevctl defines a device that the domain names and that does not
 * exist. */
gboolean vgate_plan_check_mdevctl (const char *root, const VgateDomain *domain, GError **error);

/* Writes a vGPU type of this host as a word for the command line: "H100XM-20C" for the name "NVIDIA
 * H100XM-20C", or "nvidia-1120", as in sysfs, for a name with other characters. The caller frees it. */
char *vgate_plan_write_type (guint32 id, const char *name);
/* Finds the type that text means on the host: its name, or a word of vgate_plan_write_type (). NULL when
 * no GPU offers it, or when two types could be meant. */
const VgateHostType *vgate_plan_find_type (const VgateHost *host, const char *text);
/* The same on one GPU. */
const VgateHostType *vgate_plan_find_type_on (const VgatePgpu *pgpu, const char *text);
