/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* At 'release end', removes the devices that were created for a guest which has ended, and ends its
 * leases. */
#pragma once

#include "placement/lease.h"

/*
 * Returns the number of removed devices. *error is set to that of the first device that could not be removed;
 * the others are still removed. The record of a device that could not be removed stays MADE. Errors: those of
 * vgate_leases_open (), vgate_leases_save () and vgate_use_read (); VGATE_CODE_DEVICE_NOT_UNMADE, also when
 * another guest now uses the device; VGATE_CODE_DEVICE_HANGS. root is prepended to /sys, /run and /proc.
 */
guint vgate_release_devices (const char *root, const VgateDomain *domain, GError **error);

/*
 * Ends the leases of a guest that does not arrive after all, so that other guests can get the devices at
 * once. The records of devices that were created for it stay. FALSE with an error: those of
 * vgate_leases_open () and vgate_leases_save (); the leases then end by themselves.
 */
gboolean vgate_release_leases (const char *root, const VgateDomain *domain, GError **error);
