/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "listing.h"

#include <stdlib.h>

VgateListing *
vgate_listing_new (virConnectPtr libvirt)
{
    VgateListing *listing = g_new0 (VgateListing, 1);

    virConnectRef (libvirt);
    listing->libvirt = libvirt;
    return listing;
}

void
vgate_listing_free (VgateListing *listing)
{
    if (!listing)
        return;
    if (listing->libvirt)
        virConnectClose (listing->libvirt);
    g_clear_pointer (&listing->uuids, g_ptr_array_unref);
    g_clear_error (&listing->error);
    g_free (listing);
}

void
vgate_listing_run (VgateListing *listing)
{
    virDomainPtr *domains = NULL;
    const int n = virConnectListAllDomains (listing->libvirt, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);

    if (n < 0)
        vgate_set_libvirt_error (&listing->error, "virConnectListAllDomains");
    else
        listing->uuids = g_ptr_array_new_with_free_func (g_free);
    for (int i = 0; i < n; i++) {
        char uuid[VIR_UUID_STRING_BUFLEN];

        if (virDomainGetUUIDString (domains[i], uuid) == 0)
            g_ptr_array_add (listing->uuids, g_strdup (uuid));
        virDomainFree (domains[i]);
    }
    free (domains);
    g_clear_pointer (&listing->libvirt, virConnectClose);
}
