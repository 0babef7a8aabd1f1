/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Notifies systemd as a service of Type=notify must. These functions do nothing if systemd did not start the
 * process, or in a build without libsystemd. */
#pragma once

#include <glib.h>

void vgate_notify_ready (void);
/* Call these before and after the configuration is read again. */
void vgate_notify_reloading (void);
void vgate_notify_reloaded (void);
void vgate_notify_stopping (void);
/* Sets the line for 'systemctl status'. */
void vgate_notify_status (const char *text);

/* Notifies the watchdog from the default main context, at half the time of the unit's WatchdogSec=, and so
 * only while the main loop runs. Returns the source; 0 if systemd does not use the watchdog. */
guint vgate_notify_start_watchdog (void);
