/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 'release end': what was made for a guest is unmade when the guest has ended, and its leases end. */
#pragma once

#include "placement/lease.h"

/*
 * How many devices were unmade; *error is set at the first that could not be, and the others are unmade all
 * the same. What could not be unmade stays noted as made. Errors: those of vgate_leases_open (),
 * vgate_leases_save () and vgate_use_read (); VGATE_CODE_DEVICE_NOT_UNMADE, also where another guest
 * uses the device by now; VGATE_CODE_DEVICE_HANGS. root is put before /sys, /run and /proc.
 */
guint vgate_release_devices (const char *root, const VgateDomain *domain, GError **error);
