/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/libvirt/listing.h"

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
    g_clear_pointer (&listing->persistent, g_hash_table_unref);
    g_clear_error (&listing->error);
    g_free (listing);
}

/* Returns uuid -> ID of the domains that flags select; NULL with an error. The list must be complete, because
 * a missing domain would count as ended. */
static GHashTable *
list (virConnectPtr libvirt, unsigned int flags, GError **error)
{
    g_autoptr (GHashTable) ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    virDomainPtr *domains = NULL;
    const int n = virConnectListAllDomains (libvirt, &domains, flags);
    gboolean good = n >= 0;

    if (!good)
        vgate_set_libvirt_error (error, "virConnectListAllDomains");
    for (int i = 0; i < n; i++) {
        char uuid[VIR_UUID_STRING_BUFLEN];

        if (good && virDomainGetUUIDString (domains[i], uuid) == 0) {
            g_hash_table_insert (ids, g_strdup (uuid), GINT_TO_POINTER (vgate_libvirt_id (domains[i])));
        } else if (good) {
            vgate_set_libvirt_error (error, "virDomainGetUUIDString");
            good = FALSE;
        }
        virDomainFree (domains[i]);
    }
    free (domains);
    return good ? g_steal_pointer (&ids) : NULL;
}

void
vgate_listing_run (VgateListing *listing)
{
    listing->running = list (listing->libvirt, VIR_CONNECT_LIST_DOMAINS_ACTIVE, &listing->error);
    if (listing->running)
        listing->persistent = list (listing->libvirt, VIR_CONNECT_LIST_DOMAINS_PERSISTENT, &listing->error);
    g_clear_pointer (&listing->libvirt, virConnectClose);
}
