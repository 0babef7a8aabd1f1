/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/fleet.h"

#include "host/input.h"

#include <string.h>

static void
guest_free (VgateFleetGuest *guest)
{
    g_free (guest->origin);
    g_free (guest->name);
    vgate_domain_free (guest->domain);
    g_free (guest);
}

void
vgate_fleet_host_free (VgateFleetHost *host)
{
    if (!host)
        return;
    g_free (host->origin);
    vgate_host_free (host->host);
    g_free (host);
}

static void
fault_free (VgateFleetFault *fault)
{
    g_free (fault->origin);
    g_free (fault->name);
    g_clear_error (&fault->error);
    g_free (fault);
}

VgateFleet *
vgate_fleet_new (void)
{
    VgateFleet *fleet = g_new0 (VgateFleet, 1);

    fleet->guests = g_ptr_array_new_with_free_func ((GDestroyNotify)guest_free);
    fleet->hosts = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_fleet_host_free);
    fleet->faults = g_ptr_array_new_with_free_func ((GDestroyNotify)fault_free);
    return fleet;
}

void
vgate_fleet_free (VgateFleet *fleet)
{
    if (!fleet)
        return;
    g_ptr_array_unref (fleet->guests);
    g_ptr_array_unref (fleet->hosts);
    g_ptr_array_unref (fleet->faults);
    g_free (fleet);
}

void
vgate_fleet_take (VgateFleet *fleet, VgateFleet *other)
{
    g_ptr_array_extend_and_steal (fleet->guests, g_ptr_array_ref (other->guests));
    g_ptr_array_extend_and_steal (fleet->hosts, g_ptr_array_ref (other->hosts));
    g_ptr_array_extend_and_steal (fleet->faults, g_ptr_array_ref (other->faults));
}

void
vgate_fleet_add_fault (VgateFleet *fleet, gboolean is_host, const char *origin, const char *name,
                       GError *error)
{
    VgateFleetFault *fault = g_new0 (VgateFleetFault, 1);

    fault->origin = g_strdup (origin);
    fault->name = g_strdup (name);
    fault->is_host = is_host;
    fault->error = error;
    g_ptr_array_add (fleet->faults, fault);
}

VgateFleetGuest *
vgate_fleet_add_guest (VgateFleet *fleet, const char *origin, const char *xml, gsize length)
{
    VgateDomainDocument document = VGATE_DOMAIN_DOCUMENT_DOMAIN;
    g_autofree char *name = NULL;
    GError *error = NULL;
    VgateDomain *domain = vgate_domain_read_document (xml, length, &document, &name, &error);
    VgateFleetGuest *guest;

    if (!domain) {
        vgate_fleet_add_fault (fleet, FALSE, origin, name, error);
        return NULL;
    }
    guest = g_new0 (VgateFleetGuest, 1);
    guest->origin = g_strdup (origin);
    guest->name = g_steal_pointer (&name);
    guest->domain = domain;
    guest->document = document;
    g_ptr_array_add (fleet->guests, guest);
    return guest;
}

VgateFleetHost *
vgate_fleet_add_host (VgateFleet *fleet, const char *origin, const char *xml, gsize length)
{
    GError *error = NULL;
    VgateHost *host = vgate_host_read (xml, length, &error);
    VgateFleetHost *entry;

    if (!host) {
        vgate_fleet_add_fault (fleet, TRUE, origin, NULL, error);
        return NULL;
    }
    entry = g_new0 (VgateFleetHost, 1);
    entry->origin = g_strdup (origin);
    entry->host = host;
    g_ptr_array_add (fleet->hosts, entry);
    return entry;
}

/* Takes what was read of the file, or the error. */
static void
add_read (VgateFleet *fleet, gboolean is_host, const char *path, char *read, gsize length, GError *error)
{
    g_autofree char *xml = read;

    if (!xml)
        vgate_fleet_add_fault (fleet, is_host, path, NULL, error);
    else if (is_host)
        vgate_fleet_add_host (fleet, path, xml, length);
    else
        vgate_fleet_add_guest (fleet, path, xml, length);
}

static void
add_file (VgateFleet *fleet, gboolean is_host, const char *path)
{
    GError *error = NULL;
    gsize length = 0;
    char *xml = vgate_input_read (path, &length, &error);

    add_read (fleet, is_host, path, xml, length, error);
}

void
vgate_fleet_add_listed_file (VgateFleet *fleet, gboolean is_host, const char *path)
{
    GError *error = NULL;
    gsize length = 0;
    char *xml = vgate_input_read_regular (path, &length, &error);

    add_read (fleet, is_host, path, xml, length, error);
}

void
vgate_fleet_add_guest_file (VgateFleet *fleet, const char *path)
{
    add_file (fleet, FALSE, path);
}

void
vgate_fleet_add_host_file (VgateFleet *fleet, const char *path)
{
    add_file (fleet, TRUE, path);
}

static gboolean
is_inactive (const VgateFleetGuest *guest)
{
    return guest->document == VGATE_DOMAIN_DOCUMENT_DEFINITION;
}

/* A guest can have many snapshots and save images. */
static gboolean
is_comparable (const VgateFleetGuest *guest)
{
    return guest->document == VGATE_DOMAIN_DOCUMENT_DOMAIN || is_inactive (guest);
}

/* TRUE when guest is to be kept instead of other: it runs, and other does not, or its capture is newer. */
static gboolean
is_newer (const VgateFleetGuest *guest, const VgateFleetGuest *other)
{
    const VgateElement *element = guest->domain->element, *others = other->domain->element;

    if (is_inactive (guest) != is_inactive (other))
        return is_inactive (other);
    return (element ? element->time : 0) > (others ? others->time : 0);
}

/* Reports the older of two documents, and removes it. */
static void
drop (VgateFleet *fleet, gboolean is_host, GPtrArray *entries, guint older, const char *older_origin,
      const char *name, const char *newer_origin)
{
    GError *error = g_error_new (VGATE_ERROR, VGATE_CODE_FLEET_TWICE,
                                 "a newer document with the same UUID was used: %s", newer_origin);

    vgate_fleet_add_fault (fleet, is_host, older_origin, name, error);
    g_ptr_array_remove_index (entries, older);
}

static void
drop_hosts (VgateFleet *fleet)
{
    g_autoptr (GHashTable) newest = g_hash_table_new (g_str_hash, g_str_equal);

    for (guint i = 0; i < fleet->hosts->len; i++) {
        VgateFleetHost *host = g_ptr_array_index (fleet->hosts, i);
        VgateFleetHost *other = g_hash_table_lookup (newest, host->host->uuid);

        if (!other || host->host->time > other->host->time)
            g_hash_table_replace (newest, host->host->uuid, host);
    }
    for (guint i = fleet->hosts->len; i-- > 0;) {
        VgateFleetHost *host = g_ptr_array_index (fleet->hosts, i);
        VgateFleetHost *kept = g_hash_table_lookup (newest, host->host->uuid);

        if (kept != host)
            drop (fleet, TRUE, fleet->hosts, i, host->origin, host->host->name, kept->origin);
    }
}

static void
drop_guests (VgateFleet *fleet)
{
    g_autoptr (GHashTable) newest = g_hash_table_new (g_str_hash, g_str_equal);

    for (guint i = 0; i < fleet->guests->len; i++) {
        VgateFleetGuest *guest = g_ptr_array_index (fleet->guests, i);
        VgateFleetGuest *other = g_hash_table_lookup (newest, guest->domain->uuid);

        if (is_comparable (guest) && (!other || is_newer (guest, other)))
            g_hash_table_replace (newest, guest->domain->uuid, guest);
    }
    for (guint i = fleet->guests->len; i-- > 0;) {
        VgateFleetGuest *guest = g_ptr_array_index (fleet->guests, i);
        VgateFleetGuest *kept = g_hash_table_lookup (newest, guest->domain->uuid);

        if (!is_comparable (guest) || kept == guest)
            continue;
        if (is_inactive (guest) && !is_inactive (kept))
            g_ptr_array_remove_index (fleet->guests, i);
        else
            drop (fleet, FALSE, fleet->guests, i, guest->origin, guest->name, kept->origin);
    }
}

void
vgate_fleet_drop_duplicates (VgateFleet *fleet)
{
    drop_hosts (fleet);
    drop_guests (fleet);
}

const VgateFleetGuest *
vgate_fleet_find_guest (const VgateFleet *fleet, const char *text, gboolean *is_ambiguous)
{
    const VgateFleetGuest *found = NULL;

    *is_ambiguous = FALSE;
    for (guint i = 0; i < fleet->guests->len; i++) {
        const VgateFleetGuest *guest = g_ptr_array_index (fleet->guests, i);

        if (strcmp (guest->domain->uuid, text) == 0)
            return guest;
        if (strcmp (guest->name, text) != 0)
            continue;
        *is_ambiguous = *is_ambiguous || found;
        found = guest;
    }
    return *is_ambiguous ? NULL : found;
}

const VgateFleetHost *
vgate_fleet_find_host (const VgateFleet *fleet, const char *text, gboolean *is_ambiguous)
{
    const VgateFleetHost *found = NULL;

    *is_ambiguous = FALSE;
    for (guint i = 0; i < fleet->hosts->len; i++) {
        const VgateFleetHost *host = g_ptr_array_index (fleet->hosts, i);

        if (strcmp (host->host->uuid, text) == 0)
            return host;
        if (strcmp (host->host->name, text) != 0)
            continue;
        *is_ambiguous = *is_ambiguous || found;
        found = host;
    }
    return *is_ambiguous ? NULL : found;
}
