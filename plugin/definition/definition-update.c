/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/definition/definition-update.h"

#include "plugin/definition/definition.h"
#include "placement/rewrite.h"

#include <stdlib.h>
#include <string.h>

VgateDefinitionUpdate *
vgate_definition_update_new (virConnectPtr libvirt, const char *uuid, const char *root, gboolean to_report)
{
    VgateDefinitionUpdate *update = g_new0 (VgateDefinitionUpdate, 1);

    virConnectRef (libvirt);
    update->libvirt = libvirt;
    update->uuid = g_strdup (uuid);
    update->root = g_strdup (root);
    update->to_report = to_report;
    return update;
}

void
vgate_definition_update_free (VgateDefinitionUpdate *update)
{
    if (!update)
        return;
    if (update->libvirt) /* it was not run */
        virConnectClose (update->libvirt);
    g_free (update->uuid);
    g_free (update->root);
    g_free (update->name);
    g_free (update->updated);
    g_free (update->left);
    g_clear_error (&update->error);
    g_free (update);
}

static gboolean
has_unsettled (const VgateLeases *leases, const char *uuid)
{
    for (guint i = 0; i < leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (leases->all, i);

        if (strcmp (lease->domain, uuid) == 0 && vgate_lease_is_unsettled (lease))
            return TRUE;
    }
    return FALSE;
}

static gboolean
settle (const VgateDefinitionUpdate *update, GError **error)
{
    g_autoptr (VgateLeases) leases = vgate_leases_open (update->root, FALSE, error);

    return leases && (!vgate_leases_settle (leases, update->uuid) ||
                      vgate_leases_save (leases, vgate_leases_clock (), error));
}

/* With its secrets, without which it would be defined anew; it goes nowhere but back to libvirt. */
static char *
read_definition (virDomainPtr domain, GError **error)
{
    char *xml = virDomainGetXMLDesc (domain, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
    char *copy = g_strdup (xml);

    if (!xml)
        vgate_set_libvirt_error (error, "virDomainGetXMLDesc");
    free (xml); /* libvirt allocates with malloc () */
    return copy;
}

/* What it was is read anew just before, so that hardly an edit of somebody else's can come in between. */
static gboolean
define (const VgateDefinitionUpdate *update, const char *xml, const VgateDomain *definition,
        const GPtrArray *disagreements, GError **error)
{
    g_autoptr (GPtrArray) moves = vgate_definition_moves (disagreements);
    g_autoptr (virDomain) defined = NULL;
    gsize length;
    g_autofree char *changed = vgate_rewrite_sources (xml, strlen (xml), definition, moves, &length, error);

    if (!changed)
        return FALSE;
    defined = virDomainDefineXMLFlags (update->libvirt, changed, VIR_DOMAIN_DEFINE_VALIDATE);
    if (!defined)
        vgate_set_libvirt_error (error, "virDomainDefineXMLFlags");
    return defined != NULL;
}

static guint
count_ours (const GPtrArray *disagreements)
{
    guint n = 0;

    for (guint i = 0; i < disagreements->len; i++)
        n += ((const VgateDisagreement *)g_ptr_array_index (disagreements, i))->is_ours ? 1 : 0;
    return n;
}

static void
leave (VgateDefinitionUpdate *update, const GPtrArray *disagreements)
{
    g_autofree char *what = vgate_definition_describe (disagreements, FALSE);
    g_autofree char *way_out = vgate_definition_way_out (disagreements, update->uuid);

    update->outcome = VGATE_DEFINITION_LEFT;
    update->left =
        g_strdup_printf ("the persistent definition names %s, which the guest was given. To make it "
                         "agree: %s",
                         what, way_out);
}

static void
fail (VgateDefinitionUpdate *update, const GPtrArray *disagreements, const GError *why)
{
    g_autofree char *what = vgate_definition_describe (disagreements, FALSE);
    g_autofree char *way_out = vgate_definition_way_out (disagreements, update->uuid);

    update->outcome = VGATE_DEFINITION_FAILED;
    g_set_error (
        &update->error, VGATE_ERROR, VGATE_CODE_DEFINITION_NOT_UPDATED,
        "the persistent definition names %s, which the guest was given, and cannot be changed: %s. To "
        "make it agree: %s",
        what, why->message, way_out);
}

/* Without those that are ours and have been changed. */
static void
drop_ours (GPtrArray *disagreements)
{
    for (guint i = disagreements->len; i > 0; i--)
        if (((const VgateDisagreement *)g_ptr_array_index (disagreements, i - 1))->is_ours)
            g_ptr_array_remove_index (disagreements, i - 1);
}

static void
act (VgateDefinitionUpdate *update, const char *xml, const VgateDomain *definition, GPtrArray *disagreements)
{
    g_autoptr (GError) error = NULL;

    if (!update->to_report && count_ours (disagreements) > 0) {
        if (!define (update, xml, definition, disagreements, &error)) {
            fail (update, disagreements, error);
            return;
        }
        update->outcome = VGATE_DEFINITION_UPDATED;
        update->updated = vgate_definition_describe (disagreements, TRUE);
        drop_ours (disagreements);
    }
    if (disagreements->len > 0)
        leave (update, disagreements);
}

/* FALSE with an error. */
static gboolean
compare (VgateDefinitionUpdate *update, virDomainPtr domain, const VgateLeases *leases, GError **error)
{
    g_autoptr (VgateDomain) live = vgate_libvirt_read_domain (domain, error), definition = NULL;
    g_autoptr (GPtrArray) disagreements = NULL;
    g_autofree char *xml = NULL;

    if (!live)
        return FALSE;
    xml = read_definition (domain, error);
    definition = xml ? vgate_domain_read (xml, strlen (xml), NULL, error) : NULL;
    if (!definition)
        return FALSE;
    disagreements = vgate_definition_compare (live, definition, leases);
    act (update, xml, definition, disagreements);
    return TRUE;
}

/* FALSE with an error; TRUE also when it is gone, or is to be looked at later. */
static gboolean
look_at (VgateDefinitionUpdate *update, const VgateLeases *leases, GError **error)
{
    g_autoptr (virDomain) domain = vgate_libvirt_find_domain (update->libvirt, update->uuid, error);
    int is_active, is_persistent;

    if (!domain)
        return !error || !*error;
    update->name = g_strdup (virDomainGetName (domain));
    /* an arrival makes it persistent last of all. What does not run has no live definition: its record goes
     * with its 'release end' */
    is_active = virDomainIsActive (domain);
    if (is_active < 0) {
        vgate_set_libvirt_error (error, "virDomainIsActive");
        return FALSE;
    }
    if (is_active == 0)
        return TRUE;
    if (vgate_libvirt_is_busy (domain)) {
        update->outcome = VGATE_DEFINITION_BUSY;
        return TRUE;
    }
    is_persistent = virDomainIsPersistent (domain);
    if (is_persistent < 0) {
        vgate_set_libvirt_error (error, "virDomainIsPersistent");
        return FALSE;
    }
    if (is_persistent == 1 && !compare (update, domain, leases, error))
        return FALSE;
    return update->outcome == VGATE_DEFINITION_FAILED || settle (update, error);
}

void
vgate_definition_update_run (VgateDefinitionUpdate *update)
{
    g_autoptr (VgateLeases) leases = vgate_leases_open (update->root, TRUE, &update->error);

    if (!leases || (has_unsettled (leases, update->uuid) && !look_at (update, leases, &update->error)))
        update->outcome = VGATE_DEFINITION_FAILED;
    /* here, and not when the look is freed: the last reference waits for libvirtd */
    g_clear_pointer (&update->libvirt, virConnectClose);
}
