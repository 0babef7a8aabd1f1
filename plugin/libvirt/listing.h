/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists the domains, each by its UUID and by libvirt's ID, which is another one at each start. Called by a
 * worker. */
#pragma once

#include "plugin/libvirt/domain-calls.h"

typedef struct {
    virConnectPtr libvirt; /* owned; NULL after _run () */
    gint64 began;          /* monotonic: later events may not be in it */
    GError *error;
    /* both uuid -> ID (GINT_TO_POINTER); valid if there is no error */
    GHashTable *running;
    GHashTable *persistent; /* domains with a persistent definition, running or not */
} VgateListing;

/* Takes a reference to libvirt. */
VgateListing *vgate_listing_new (virConnectPtr libvirt);
void vgate_listing_free (VgateListing *listing);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateListing, vgate_listing_free)

/* Blocks. */
void vgate_listing_run (VgateListing *listing);
