/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making a vGPU device by sysfs, and unmaking it. The write is a child's: it can hang in the driver, and
 * taking away a mediated device waits for whoever still has it open.
 */
#pragma once

#include "placement/lease.h"

/* TRUE when it is there: of a mediated device any that has its UUID, of a virtual function any type. */
gboolean vgate_device_exists (const char *root, const VgateLease *lease);

/*
 * Makes the device of the lease: writes its UUID to "create" of the type on the parent, or the type to the
 * virtual function's "current_vgpu_type". TRUE also where it is there already as it should be. On failure
 * nothing is left of it: VGATE_CODE_DEVICE_NOT_MADE with the kernel's reason. VGATE_CODE_DEVICE_HANGS: the
 * driver did not answer, and the device may still come.
 */
gboolean vgate_device_make (const char *root, const VgateLease *lease, GError **error);

/* Unmakes it. TRUE also where it is gone, or has another type than it was given.
 * VGATE_CODE_DEVICE_NOT_UNMADE, _DEVICE_HANGS. */
gboolean vgate_device_unmake (const char *root, const VgateLease *lease, GError **error);

/*
 * Writes the text to the file, in a child that is given deadline_ms. 0, an errno value, or ETIMEDOUT, after
 * which the child may still hang in the kernel; nobody waits for it.
 */
int vgate_write_in_time (const char *path, const char *text, guint deadline_ms);
