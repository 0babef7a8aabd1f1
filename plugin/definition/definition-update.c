/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/definition/definition-update.h"

#include "base/run-directory.h"
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
    g_free (update->unchanged);
    g_clear_error (&update->error);
    g_free (update);
}

/* TRUE if the domain has an unsettled lease. */
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

/* Defines the domain with its own devices in place of those that the hook replaced. The definition was read
 * just before, so that an edit by another program can hardly come between. */
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

/* Changes what disagrees because the hook replaced it. Reports other disagreements, and those that could not
 * be changed. FALSE with an error if the live XML or the definition cannot be read. */
static gboolean
make_agree (VgateDefinitionUpdate *update, virDomainPtr domain, const VgateLeases *leases, GError **error)
{
    g_autoptr (VgateDomain) live = vgate_libvirt_read_domain (domain, error), definition = NULL;
    g_autoptr (GPtrArray) disagreements = NULL;
    g_autoptr (GError) failure = NULL;
    g_autofree char *xml = NULL;
    char *text;

    if (!live)
        return FALSE;
    /* with the secrets, which a definition without them would lose; the XML is only given back to libvirt */
    text = virDomainGetXMLDesc (domain, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
    if (!text) {
        vgate_set_libvirt_error (error, "virDomainGetXMLDesc");
        return FALSE;
    }
    xml = g_strdup (text);
    free (text); /* libvirt allocates with malloc () */
    definition = vgate_domain_read (xml, strlen (xml), NULL, error);
    if (!definition)
        return FALSE;
    disagreements = vgate_definition_compare (live, definition, leases);
    if (!update->to_report) {
        g_autofree char *ours = vgate_definition_describe (disagreements, TRUE);

        if (*ours != '\0' && define (update, xml, definition, disagreements, &failure)) {
            update->outcome = VGATE_DEFINITION_UPDATED;
            update->updated = g_steal_pointer (&ours);
            for (guint i = disagreements->len; i > 0; i--)
                if (((const VgateDisagreement *)g_ptr_array_index (disagreements, i - 1))->is_ours)
                    g_ptr_array_remove_index (disagreements, i - 1);
        }
    }
    if (disagreements->len == 0)
        return TRUE;
    if (failure) {
        update->outcome = VGATE_DEFINITION_FAILED;
        g_set_error (&update->error, VGATE_ERROR, VGATE_CODE_DEFINITION_NOT_UPDATED,
                     "the persistent definition could not be changed: %s. To change it, run: virsh edit %s",
                     failure->message, update->uuid);
    } else {
        update->outcome = VGATE_DEFINITION_UNCHANGED;
        update->unchanged = vgate_definition_report (disagreements, update->uuid);
    }
    return TRUE;
}

/* FALSE with an error; TRUE also if the domain no longer exists or is busy. */
static gboolean
update_domain (VgateDefinitionUpdate *update, const VgateLeases *leases, GError **error)
{
    g_autoptr (virDomain) domain = vgate_libvirt_find_domain (update->libvirt, update->uuid, error);
    g_autoptr (VgateLeases) settled = NULL;
    int is_active, is_persistent;

    if (!domain)
        return !error || !*error;
    update->name = g_strdup (virDomainGetName (domain));
    /* an arrival makes the domain persistent as its last step. A domain that does not run has no live
     * definition, and its lease is removed by its 'release end' */
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
    if (is_persistent == 1 && !make_agree (update, domain, leases, error))
        return FALSE;
    if (update->outcome == VGATE_DEFINITION_FAILED)
        return TRUE;
    settled = vgate_leases_open (update->root, FALSE, error);
    return settled && (!vgate_leases_settle (settled, update->uuid) ||
                       vgate_leases_save (settled, vgate_run_directory_clock (), error));
}

void
vgate_definition_update_run (VgateDefinitionUpdate *update)
{
    g_autoptr (VgateLeases) leases = vgate_leases_open (update->root, TRUE, &update->error);

    if (!leases || (has_unsettled (leases, update->uuid) && !update_domain (update, leases, &update->error)))
        update->outcome = VGATE_DEFINITION_FAILED;
    /* released here and not when the update is freed, because releasing the last reference waits for
     * libvirtd */
    g_clear_pointer (&update->libvirt, virConnectClose);
}
