/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which domains run. Done by a worker. */
#pragma once

#include "domain-calls.h"

typedef struct {
    virConnectPtr libvirt; /* owned; NULL once it was run */
    GPtrArray *uuids;      /* of char *; NULL: error says why */
    GError *error;
} VgateListing;

/* Takes a reference to libvirt. */
VgateListing *vgate_listing_new (virConnectPtr libvirt);
void vgate_listing_free (VgateListing *listing);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateListing, vgate_listing_free)

/* Blocks. */
void vgate_listing_run (VgateListing *listing);
