/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The vGPU devices of this host at one moment: what the sub-commands of vgpu-gate device ask first. */
#pragma once

#include "driver/probe.h"
#include "placement/use.h"
#include "policy/policy.h"
#include "tree.h"

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

/* The users of the devices, without reservations: the caller unrefs it. NULL with
 * VGATE_CODE_DEVICES_UNKNOWN. */
VgateUse *vgate_device_host_read_use (const VgateDeviceHost *host, GError **error);

/* The name of the device's type: NVML's, or else that in sysfs; NULL: not known, or a virtual function
 * without a type. */
const char *vgate_device_host_type_name (const VgateDeviceHost *host, const VgateListedDevice *listed);

/* FALSE with VGATE_CODE_NOT_ROOT unless the process runs as root; other users do not see which devices are
 * in use. A root directory in which tests run belongs to any user. what: "list the devices"; as_root: the
 * command for root. */
gboolean vgate_device_need_root (const char *root, const char *what, const char *as_root, GError **error);

/* Prints an error as vgate_command_fail () does, and returns the exit status: after a device that hung it is
 * not known whether the device exists, or will. */
int vgate_device_fail (const GError *error);

/* The kind of device that the text names by its form: a UUID or a PCI address. FALSE for any other text. */
gboolean vgate_device_parse_name (const char *text, VgateHostdevKind *kind);
