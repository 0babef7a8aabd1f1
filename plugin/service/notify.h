/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What systemd wants to know of a service of Type=notify. All of it does nothing where systemd did not start
 * us, and in a build without libsystemd.
 */
#pragma once

#include <glib.h>

void vgate_notify_ready (void);
/* Between these two the configuration is read again. */
void vgate_notify_reloading (void);
void vgate_notify_reloaded (void);
void vgate_notify_stopping (void);
/* One line for 'systemctl status'. */
void vgate_notify_status (const char *text);

/* From the default main context, at half the time that the unit's WatchdogSec= leaves: so only while the main
 * loop runs. Returns the source, 0 when systemd does not watch. */
guint vgate_notify_start_watchdog (void);
