/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers QEMU's dbus-vmstate Load: decides about a guest that arrives, at switch-over. */
#pragma once

#include "plugin/libvirt/domain-calls.h"
#include "gate/gate.h"

typedef struct {
    /* input */
    virConnectPtr libvirt; /* owned; NULL: no connection */
    char *uuid;
    GBytes *payload;     /* owned */
    VgatePolicy *policy; /* owned, because a reload may come while a worker uses it */

    /* results */
    VgateDomain *domain;     /* with the element that was judged; NULL: it could not be read */
    VgateDecision *decision; /* borrows from domain */
} VgateLoad;

/* Copies policy. Takes a reference to payload and, if there is one, libvirt. */
VgateLoad *vgate_load_new (virConnectPtr libvirt, const char *uuid, GBytes *payload,
                           const VgatePolicy *policy);
void vgate_load_free (VgateLoad *load);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateLoad, vgate_load_free)

/* Blocks. */
void vgate_load_run (VgateLoad *load);
