/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/definition/definition-look.h"

#include "plugin/definition/definition.h"
#include "placement/rewrite.h"

#include <stdlib.h>
#include <string.h>

VgateDefinitionLook *
vgate_definition_look_new (virConnectPtr libvirt, const char *uuid, const char *root, gboolean to_report)
{
    VgateDefinitionLook *look = g_new0 (VgateDefinitionLook, 1);

    virConnectRef (libvirt);
    look->libvirt = libvirt;
    look->uuid = g_strdup (uuid);
    look->root = g_strdup (root);
    look->to_report = to_report;
    return look;
}

void
vgate_definition_look_free (VgateDefinitionLook *look)
{
    if (!look)
        return;
    if (look->libvirt) /* it was not run */
        virConnectClose (look->libvirt);
    g_free (look->uuid);
    g_free (look->root);
    g_free (look->name);
    g_free (look->updated);
    g_free (look->left);
    g_clear_error (&look->error);
    g_free (look);
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
settle (const VgateDefinitionLook *look, GError **error)
{
    g_autoptr (VgateLeases) leases = vgate_leases_open (look->root, FALSE, error);

    return leases && (!vgate_leases_settle (leases, look->uuid) ||
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
define (const VgateDefinitionLook *look, const char *xml, const VgateDomain *definition,
        const GPtrArray *disagreements, GError **error)
{
    g_autoptr (GPtrArray) moves = vgate_definition_moves (disagreements);
    g_autoptr (virDomain) defined = NULL;
    gsize length;
    g_autofree char *changed = vgate_rewrite_sources (xml, strlen (xml), definition, moves, &length, error);

    if (!changed)
        return FALSE;
    defined = virDomainDefineXMLFlags (look->libvirt, changed, VIR_DOMAIN_DEFINE_VALIDATE);
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
leave (VgateDefinitionLook *look, const GPtrArray *disagreements)
{
    g_autofree char *what = vgate_definition_describe (disagreements, FALSE);
    g_autofree char *way_out = vgate_definition_way_out (disagreements, look->uuid);

    look->outcome = VGATE_DEFINITION_LEFT;
    look->left = g_strdup_printf ("the persistent definition names %s, which the guest was given. To make it "
                                  "agree: %s",
                                  what, way_out);
}

static void
fail (VgateDefinitionLook *look, const GPtrArray *disagreements, const GError *why)
{
    g_autofree char *what = vgate_definition_describe (disagreements, FALSE);
    g_autofree char *way_out = vgate_definition_way_out (disagreements, look->uuid);

    look->outcome = VGATE_DEFINITION_FAILED;
    g_set_error (
        &look->error, VGATE_ERROR, VGATE_CODE_DEFINITION_NOT_UPDATED,
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
act (VgateDefinitionLook *look, const char *xml, const VgateDomain *definition, GPtrArray *disagreements)
{
    g_autoptr (GError) error = NULL;

    if (!look->to_report && count_ours (disagreements) > 0) {
        if (!define (look, xml, definition, disagreements, &error)) {
            fail (look, disagreements, error);
            return;
        }
        look->outcome = VGATE_DEFINITION_UPDATED;
        look->updated = vgate_definition_describe (disagreements, TRUE);
        drop_ours (disagreements);
    }
    if (disagreements->len > 0)
        leave (look, disagreements);
}

/* FALSE with an error. */
static gboolean
compare (VgateDefinitionLook *look, virDomainPtr domain, const VgateLeases *leases, GError **error)
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
    act (look, xml, definition, disagreements);
    return TRUE;
}

/* FALSE with an error; TRUE also when it is gone, or is to be looked at later. */
static gboolean
look_at (VgateDefinitionLook *look, const VgateLeases *leases, GError **error)
{
    g_autoptr (virDomain) domain = vgate_libvirt_find_domain (look->libvirt, look->uuid, error);
    int is_active, is_persistent;

    if (!domain)
        return !error || !*error;
    look->name = g_strdup (virDomainGetName (domain));
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
        look->outcome = VGATE_DEFINITION_BUSY;
        return TRUE;
    }
    is_persistent = virDomainIsPersistent (domain);
    if (is_persistent < 0) {
        vgate_set_libvirt_error (error, "virDomainIsPersistent");
        return FALSE;
    }
    if (is_persistent == 1 && !compare (look, domain, leases, error))
        return FALSE;
    return look->outcome == VGATE_DEFINITION_FAILED || settle (look, error);
}

void
vgate_definition_look_run (VgateDefinitionLook *look)
{
    g_autoptr (VgateLeases) leases = vgate_leases_open (look->root, TRUE, &look->error);

    if (!leases || (has_unsettled (leases, look->uuid) && !look_at (look, leases, &look->error)))
        look->outcome = VGATE_DEFINITION_FAILED;
    /* here, and not when the look is freed: the last reference waits for libvirtd */
    g_clear_pointer (&look->libvirt, virConnectClose);
}
