/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tells whether vgpu-gated serves the gate at switch-over on this host: it holds a lock on a file while it is
 * on its bus. The kernel releases the lock when the process ends in any way.
 */
#pragma once

#include "base/run-directory.h"

#define VGATE_PROVIDER_LOCK VGATE_RUN_DIRECTORY "/provider.lock"

/* root is prepended to the path; it is "" on a real host. Returns a descriptor, which holds the lock until it
 * is closed. -1 with VGATE_CODE_SWITCH_OVER_BUS when another process holds the lock, or the file cannot be
 * opened. */
int vgate_provider_lock_take (const char *root, GError **error);

gboolean vgate_provider_lock_is_held (const char *root);
