/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is on the bus. QEMU connects while it reads its command line, long before libvirt announces a domain
 * that arrives, and for a restore libvirt announces it when all is over (libvirt 9.0, measured): so the bus
 * itself says for whom a provider is needed, also after vgpu-gated was restarted.
 *
 * It connects, and again with back-off when the bus is lost; while it is connected, it holds the lock that
 * tells the hook so (host/provider-lock.h).
 */
#pragma once

#include <glib.h>

typedef struct VgateBusWatch VgateBusWatch;

/* In the main loop. */
typedef struct {
    /* The QEMU of a domain is on the bus, under this unique name. */
    void (*appeared) (const char *unique_name, const char *uuid, const char *domain, gpointer user_data);
    void (*vanished) (const char *unique_name, gpointer user_data);
    /* The bus is gone, and all that were on it. */
    void (*lost) (gpointer user_data);
} VgateBusWatchMethods;

/* bus: D-Bus address; methods must outlive it. */
VgateBusWatch *vgate_bus_watch_new (const char *bus, const VgateBusWatchMethods *methods, gpointer user_data);
void vgate_bus_watch_free (VgateBusWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateBusWatch, vgate_bus_watch_free)

void vgate_bus_watch_start (VgateBusWatch *watch);
