/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The address of the bus on which QEMU asks vgpu-gated at switch-over. */
#pragma once

#include <glib.h>

#define VGATE_BUS_DEFAULT "unix:path=/run/vgpu-gate/bus"

/* TRUE for "unix:path=/ABSOLUTE/PATH" with only letters, digits and "/._-", and at most 100 characters,
 * because the path of a socket has a limit, and QEMU interprets ','. */
gboolean vgate_bus_is_address (const char *address);
