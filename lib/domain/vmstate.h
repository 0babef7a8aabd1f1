/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The object of QEMU that asks vgpu-gated at switch-over, as it stands in a domain's <qemu:commandline> and
 * on QEMU's command line: "-object" and an argument in exactly one form. QEMU connects to the bus when it
 * starts, and finds the provider by its Id, of which there is one a domain.
 */
#pragma once

#include "policy/bus.h"

#define VGATE_VMSTATE_QEMU_NAMESPACE "http://libvirt.org/schemas/domain/qemu/1.0"
/* What QEMU calls the kind of object; it takes one of them only. */
#define VGATE_VMSTATE_KIND "dbus-vmstate"

typedef struct {
    char *bus;  /* D-Bus address */
    char *uuid; /* the domain's that it was made for, lower case */
} VgateVmstate;

void vgate_vmstate_free (VgateVmstate *vmstate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateVmstate, vgate_vmstate_free)

/* The provider's Id for a domain. The caller frees it. */
char *vgate_vmstate_id (const char *uuid);

/* The argument of -object. bus has passed vgate_bus_is_address (), uuid is in lower case. The caller
 * frees it. */
char *vgate_vmstate_format (const char *bus, const char *uuid);

/* NULL: the argument is not one that _format () makes. */
VgateVmstate *vgate_vmstate_parse (const char *argument);
