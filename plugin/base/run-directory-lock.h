/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lock in /run/vgpu-gate which ensures that only one daemon runs. */
#pragma once

#include <glib.h>

/*
 * Creates the directory if it is missing, takes its lock, and returns the lock's descriptor. The lock is held
 * until the descriptor is closed or the process ends for any reason. Returns -1 with VGATE_CODE_AGENT_RUNS,
 * which names the process that holds the lock, or with VGATE_CODE_RUN_DIRECTORY if the directory cannot be
 * created or belongs to another user.
 */
int vgate_run_directory_lock (const char *path, GError **error);
