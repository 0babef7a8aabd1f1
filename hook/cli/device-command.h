/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the commands about the vGPU devices of this host share. */
#pragma once

#include "placement/device-host.h"

/* FALSE with VGATE_CODE_NOT_ROOT unless the process runs as root; other users do not see which devices are
 * in use. A root directory in which tests run belongs to any user. what: "list the devices"; as_root: the
 * command for root. */
gboolean vgate_device_need_root (const char *root, const char *what, const char *as_root, GError **error);

/* Prints an error as vgate_command_fail () does, and returns the exit status: after a device that hung it is
 * not known whether the device exists, or will. */
int vgate_device_fail (const GError *error);

/* The kind of device that the text names by its form: a UUID or a PCI address. FALSE for any other text. */
gboolean vgate_device_parse_name (const char *text, VgateHostdevKind *kind);
