/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Watches which QEMUs are on the bus. QEMU connects while it reads its command line, long before libvirt
 * announces a domain that arrives; for a restore libvirt announces it only at the end (libvirt 9.0,
 * measured). So the bus itself shows which domains need a provider, also after a restart of vgpu-gated.
 *
 * The watch connects, and connects again with back-off when the bus is lost. While it is connected, it holds
 * the lock from which the hook learns that (host/provider-lock.h).
 *
 * The bus also shows which guests have lost it. A QEMU connects to the bus only when it starts or gets a new
 * object, so after a restart of the bus no QEMU of before is on it. When the watch is settled, every QEMU on
 * the bus has been reported; a running guest with our object whose QEMU was not reported has lost the bus.
 */
#pragma once

#include <glib.h>

typedef struct VgateBusWatch VgateBusWatch;

/* In the main loop. */
typedef struct {
    /* The QEMU of a domain is on the bus, under this unique name. */
    void (*appeared) (const char *unique_name, const char *uuid, const char *domain, gpointer user_data);
    void (*vanished) (const char *unique_name, gpointer user_data);
    /* The bus was lost, with all names on it. */
    void (*lost) (gpointer user_data);
    /* The watch is settled, see below; called each time that it becomes so. */
    void (*settled) (gpointer user_data);
} VgateBusWatchMethods;

/* bus: D-Bus address. methods must outlive the watch. */
VgateBusWatch *vgate_bus_watch_new (const char *bus, const VgateBusWatchMethods *methods, gpointer user_data);
void vgate_bus_watch_free (VgateBusWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateBusWatch, vgate_bus_watch_free)

void vgate_bus_watch_start (VgateBusWatch *watch);

gboolean vgate_bus_watch_is_connected (const VgateBusWatch *watch);
/* TRUE while it is connected, and every QEMU on the bus has been reported. */
gboolean vgate_bus_watch_is_settled (const VgateBusWatch *watch);
