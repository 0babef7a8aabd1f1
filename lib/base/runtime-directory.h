/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /run/vgpu-gate, where the leases and their lock are, and vgpu-gated's socket and locks. */
#pragma once

#include "message/codes.h"

#define VGATE_RUN_DIRECTORY "/run/vgpu-gate"

/*
 * Opens it. may_make: it is made where it is missing, with mode 0755, as QEMU's bus may be in it, to which
 * others must get. It must belong to root or to this program's user, and nobody else may be able to write it:
 * others could replace what is in it. A descriptor, which the caller closes; -1 with an error of this code.
 * Without may_make, -1 without an error: it does not exist.
 */
int vgate_run_directory_open (const char *path, gboolean may_make, VgateCode code, GError **error);
