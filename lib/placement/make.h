/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Creates and removes vGPU devices through sysfs. The driver can hang in the write and when it reports the
 * type of a virtual function, and the removal of a mediated device waits for a process that still has it
 * open. So all of that has a deadline (host/served.h). When *served hangs, all functions end without using
 * the driver, so that a guest with several devices waits only once.
 */
#pragma once

#include "host/sysfs.h"
#include "placement/lease.h"

/* TRUE when the device exists: a mediated device with the UUID, or a virtual function with any type. FALSE,
 * and not known, when *served hangs afterwards. */
gboolean vgate_device_exists (const char *root, const VgateLease *lease, VgateServed *served);

/*
 * Creates the device of the lease: writes its UUID to "create" of the type on the parent, or the type to the
 * virtual function's "current_vgpu_type". TRUE also when it already exists as leased. On failure it leaves no
 * device, and the error is VGATE_CODE_DEVICE_NOT_MADE with the kernel's reason, or VGATE_CODE_DEVICE_HANGS
 * when the driver did not answer; *may_come is then TRUE if the device can still appear later.
 */
gboolean vgate_device_make (const char *root, const VgateLease *lease, VgateServed *served,
                            gboolean *may_come, GError **error);

/* Removes the device. TRUE also when it no longer exists or has another type. Errors:
 * VGATE_CODE_DEVICE_NOT_UNMADE, _DEVICE_HANGS. */
gboolean vgate_device_unmake (const char *root, const VgateLease *lease, VgateServed *served, GError **error);
/* The same for a device that was found on this host. */
gboolean vgate_device_unmake_listed (const char *root, const VgateListedDevice *listed, VgateServed *served,
                                     GError **error);
