/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "listing.h"

#include <stdlib.h>

VgateListing *
vgate_listing_new (virConnectPtr libvirt)
{
    VgateListing *listing = g_new0 (VgateListing, 1);

    virConnectRef (libvirt);
    listing->libvirt = libvirt;
    listing->began = g_get_monotonic_time ();
    return listing;
}

void
vgate_listing_free (VgateListing *listing)
{
    if (!listing)
        return;
    if (listing->libvirt)
        virConnectClose (listing->libvirt);
    g_clear_pointer (&listing->running, g_hash_table_unref);
    g_clear_error (&listing->error);
    g_free (listing);
}

void
vgate_listing_run (VgateListing *listing)
{
    g_autoptr (GHashTable) running = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    virDomainPtr *domains = NULL;
    const int n = virConnectListAllDomains (listing->libvirt, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);

    if (n < 0)
        vgate_set_libvirt_error (&listing->error, "virConnectListAllDomains");
    for (int i = 0; i < n; i++) {
        char uuid[VIR_UUID_STRING_BUFLEN];

        /* one that is left out would be taken for ended */
        if (virDomainGetUUIDString (domains[i], uuid) == 0)
            g_hash_table_insert (running, g_strdup (uuid), GINT_TO_POINTER (vgate_libvirt_id (domains[i])));
        else if (!listing->error)
            vgate_set_libvirt_error (&listing->error, "virDomainGetUUIDString");
        virDomainFree (domains[i]);
    }
    free (domains);
    if (!listing->error)
        listing->running = g_steal_pointer (&running);
    g_clear_pointer (&listing->libvirt, virConnectClose);
}
