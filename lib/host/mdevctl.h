/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mediated devices that mdevctl(8) defines. It keeps a file for each below the directory of the parent,
 * /etc/mdevctl.d/PARENT/UUID, and creates the device on request or when the parent appears. libvirt's node
 * devices use the same files.
 */
#pragma once

#include <glib.h>

/* TRUE when there is a definition of the device, on any parent. root is prepended to /etc. */
gboolean vgate_mdevctl_defines (const char *root, const char *uuid);
