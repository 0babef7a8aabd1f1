/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making a vGPU device by sysfs, and unmaking it. The driver can hang in the write, and in telling the type
 * of a virtual function; and taking away a mediated device waits for whoever still has it open. So all of
 * that has a deadline (host/served.h). When *served hangs, every function here ends without touching the
 * driver: a guest with several devices waits once.
 */
#pragma once

#include "host/served.h"
#include "placement/lease.h"

/* TRUE when it is there: of a mediated device any that has its UUID, of a virtual function any type. Not
 * known, and FALSE, when *served hangs after this. */
gboolean vgate_device_exists (const char *root, const VgateLease *lease, VgateServed *served);

/*
 * Makes the device of the lease: writes its UUID to "create" of the type on the parent, or the type to the
 * virtual function's "current_vgpu_type". TRUE also where it is there already as it should be. On failure
 * nothing is left of it: VGATE_CODE_DEVICE_NOT_MADE with the kernel's reason. VGATE_CODE_DEVICE_HANGS: the
 * driver did not answer; *may_come then says whether the device may still come.
 */
gboolean vgate_device_make (const char *root, const VgateLease *lease, VgateServed *served,
                            gboolean *may_come, GError **error);

/* Unmakes it. TRUE also where it is gone, or has another type than it was given.
 * VGATE_CODE_DEVICE_NOT_UNMADE, _DEVICE_HANGS. */
gboolean vgate_device_unmake (const char *root, const VgateLease *lease, VgateServed *served, GError **error);
