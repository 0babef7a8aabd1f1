/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The vGPU devices of this host at one moment: what every operator's command about devices asks first. */
#pragma once

#include "driver/probe.h"
#include "placement/use.h"
#include "policy/policy.h"

typedef struct {
    const char *root;    /* prepended to /sys, /proc, /run and /etc */
    VgatePolicy *policy; /* set by the caller; owned */
    VgateLeases *leases;
    VgateUseLook *look; /* taken before NVML was asked */
    VgateProbe *probe;  /* with the instances and the devices */
} VgateDeviceHost;

void vgate_device_host_clear (VgateDeviceHost *host);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateDeviceHost, vgate_device_host_clear)

/*
 * Reads leases, libvirt's status files and, in the NVML helper, GPUs and devices; with_makeable: also the
 * devices that can be created. locks: holds the lock of the leases until the host is cleared, so that no
 * hook gives a device away in the meantime. What was read before is replaced. Errors: those of
 * vgate_leases_open () and vgate_probe_ask ().
 */
gboolean vgate_device_host_read (VgateDeviceHost *host, gboolean locks, gboolean with_makeable,
                                 GError **error);

/* Reads all but the leases again, whose lock stays as it is. */
gboolean vgate_device_host_read_again (VgateDeviceHost *host, gboolean with_makeable, GError **error);

/* The users of the devices, without reservations: the caller unrefs it. NULL with
 * VGATE_CODE_DEVICES_UNKNOWN. */
VgateUse *vgate_device_host_read_use (const VgateDeviceHost *host, GError **error);

/* The name of the device's type: NVML's, or else that in sysfs; NULL: not known, or a virtual function
 * without a type. */
const char *vgate_device_host_type_name (const VgateDeviceHost *host, const VgateListedDevice *listed);
