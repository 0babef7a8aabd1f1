/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the gate at switch-over is served on this host: vgpu-gated holds a lock on a file for as long as it
 * is on its bus. The kernel gives the lock back when the process ends, however it ends.
 */
#pragma once

#include "base/runtime-directory.h"

#define VGATE_PROVIDER_LOCK VGATE_RUN_DIRECTORY "/provider.lock"

/* root is put before the path: "" on a real host. The descriptor holds the lock until it is closed; -1 with
 * VGATE_CODE_SWITCH_OVER_BUS when somebody else holds it, or the file cannot be had. */
int vgate_provider_lock_take (const char *root, GError **error);

gboolean vgate_provider_lock_is_held (const char *root);
