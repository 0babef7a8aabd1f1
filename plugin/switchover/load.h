/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The decision about a guest that arrives at switch-over. */
#pragma once

#include "plugin/libvirt/domain-calls.h"
#include "gate/gate.h"

typedef struct {
    /* handed in */
    virConnectPtr libvirt; /* owned; NULL: there is none */
    char *uuid;
    GBytes *payload;     /* owned */
    VgatePolicy *policy; /* owned: a reload may come while a worker is at it */

    /* found */
    VgateDomain *domain;     /* with the element that was judged; NULL: could not be read */
    VgateDecision *decision; /* borrows from domain */
} VgateLoad;

/* policy is copied. Takes a reference to payload and, where there is one, libvirt. */
VgateLoad *vgate_load_new (virConnectPtr libvirt, const char *uuid, GBytes *payload,
                           const VgatePolicy *policy);
void vgate_load_free (VgateLoad *load);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateLoad, vgate_load_free)

/* Blocks. */
void vgate_load_run (VgateLoad *load);
