/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /run/vgpu-gate, where the daemon has its socket and the lock that there is one daemon only. */
#pragma once

#include <glib.h>

/*
 * Makes the directory if it is missing, and takes its lock, whose descriptor is returned: it is held until
 * that is closed, or the process ends in whatever way. -1 with VGATE_CODE_AGENT_RUNS, which names the process
 * that has it, or VGATE_CODE_RUN_DIRECTORY: it cannot be made, or is somebody else's.
 */
int vgate_run_directory_lock (const char *path, GError **error);
