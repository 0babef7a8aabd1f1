/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The QEMU object that asks vgpu-gated at switch-over. A domain's <qemu:commandline> and QEMU's command line
 * contain it as "-object" and an argument of exactly one form. QEMU connects to the bus when it starts, and
 * finds the provider by its Id, which is different for each domain.
 */
#pragma once

#include "policy/bus.h"

#define VGATE_VMSTATE_QEMU_NAMESPACE "http://libvirt.org/schemas/domain/qemu/1.0"
/* QEMU's name of the object's type. QEMU accepts only one such object. */
#define VGATE_VMSTATE_KIND      "dbus-vmstate"
#define VGATE_VMSTATE_OBJECT_ID "vgpu-gate"

typedef struct {
    char *bus;  /* D-Bus address */
    char *uuid; /* UUID of the domain for which it was written, lower case */
} VgateVmstate;

void vgate_vmstate_free (VgateVmstate *vmstate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateVmstate, vgate_vmstate_free)

/* The provider's Id for a domain. The caller frees it. */
char *vgate_vmstate_id (const char *uuid);

/* The argument of -object. vgate_bus_is_address () must be TRUE for bus, and uuid must be in lower case. The
 * caller frees it. */
char *vgate_vmstate_format (const char *bus, const char *uuid);

/* Reads the argument. NULL when vgate_vmstate_format () cannot have written it. */
VgateVmstate *vgate_vmstate_parse (const char *argument);
