/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether this host is shutting down, by systemd's property SystemState: it is "stopping" as soon as
 * shutdown.target has a job, which is before any unit is stopped (manager_state () in systemd's
 * src/core/manager.c). systemd is asked over its own socket, because the system bus may have been stopped by
 * then.
 */
#pragma once

#include <glib.h>

#define VGATE_SYSTEMD_SOCKET "/run/systemd/private"

/* Blocks for half a second at most. FALSE also if there is no systemd, or if it does not answer. socket: its
 * path. */
gboolean vgate_shutdown_has_begun (const char *socket);
