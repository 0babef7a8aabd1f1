/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks the bus of the gate at switch-over which QEMUs are on it, and connects a QEMU to it again. */
#pragma once

#include "domain/vmstate.h"

#include <libvirt/libvirt.h>

/*
 * Returns the UUIDs (char *, a set) of the domains of this host whose QEMU is on the bus. bus: a D-Bus
 * address. Only root can find out which process belongs to which domain. NULL with
 * VGATE_CODE_SWITCH_OVER_BUS if the bus cannot be reached, or does not answer within 5 s.
 */
GHashTable *vgate_switchover_bus_read (const char *bus, GError **error);

/*
 * Replaces our object in a running QEMU by the same one, which connects to the bus when it is created.
 * (QEMU's object has no property that tells whether its connection is alive, and never connects again; read
 * in QEMU 7.2 and 10.0.) libvirt marks the guest as tainted (custom-monitor).
 *
 * No job may hold the domain: a migration that is in progress would be without the object. FALSE with
 * VGATE_CODE_LIBVIRT_ERROR, or with VGATE_CODE_SWITCH_OVER_NOT_REPAIRED and QEMU's reason.
 */
gboolean vgate_switchover_bus_connect (virDomainPtr domain, const VgateVmstate *vmstate, GError **error);
