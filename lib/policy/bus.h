/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bus on which QEMU asks vgpu-gated at switch-over: its address. */
#pragma once

#include <glib.h>

#define VGATE_BUS_DEFAULT "unix:path=/run/vgpu-gate/bus"

/* "unix:path=/ABSOLUTE/PATH" of letters, digits and "/._-", at most 100 characters: a socket's path has a
 * limit, and QEMU gives ',' a meaning. */
gboolean vgate_bus_is_address (const char *address);
