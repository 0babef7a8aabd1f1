/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/definition/definition.h"

#include "placement/rewrite.h"

#include <string.h>

static const VgateHostdev *
find_by_source (const VgateDomain *domain, int kind, const char *source)
{
    for (guint i = 0; i < domain->hostdevs->len; i++) {
        const VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, i);

        if ((int)hostdev->kind == kind && strcmp (hostdev->source, source) == 0)
            return hostdev;
    }
    return NULL;
}

static const VgateHostdev *
find_by_guest_address (const VgateDomain *domain, int kind, const char *guest_address)
{
    for (guint i = 0; i < domain->hostdevs->len; i++) {
        const VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, i);

        if ((int)hostdev->kind == kind && g_strcmp0 (hostdev->guest_address, guest_address) == 0)
            return hostdev;
    }
    return NULL;
}

static VgateDisagreement *
disagree (const VgateDomain *live, const VgateDomain *definition, const VgateLease *lease)
{
    const VgateHostdev *has = find_by_source (live, lease->kind, lease->device), *named;
    VgateDisagreement *disagreement;

    /* it was detached in the meantime; a hostdev of a live domain has an address */
    if (!has || !has->guest_address)
        return NULL;
    named = find_by_guest_address (definition, lease->kind, has->guest_address);
    if (named && strcmp (named->source, lease->device) == 0)
        return NULL;
    disagreement = g_new0 (VgateDisagreement, 1);
    disagreement->lease = lease;
    disagreement->guest_address = has->guest_address;
    disagreement->named = named;
    disagreement->is_ours = named && strcmp (named->source, lease->instead_of) == 0;
    return disagreement;
}

static const VgateDisagreement *
find_of (const GPtrArray *disagreements, const VgateHostdev *named)
{
    for (guint i = 0; i < disagreements->len; i++) {
        const VgateDisagreement *disagreement = g_ptr_array_index (disagreements, i);

        if (disagreement->named == named)
            return disagreement;
    }
    return NULL;
}

/* TRUE if another hostdev of the definition has the device, and keeps it. */
static gboolean
is_elsewhere (const GPtrArray *disagreements, const VgateDomain *definition,
              const VgateDisagreement *disagreement)
{
    const VgateLease *lease = disagreement->lease;
    const VgateHostdev *elsewhere = find_by_source (definition, lease->kind, lease->device);
    const VgateDisagreement *other = elsewhere ? find_of (disagreements, elsewhere) : NULL;

    return elsewhere && (!other || !other->is_ours);
}

/* Leaves those that would put a device into the definition twice. Repeated until nothing changes, because a
 * device that is kept by one hostdev may be the one that another should get. */
static void
leave_what_would_be_twice (GPtrArray *disagreements, const VgateDomain *definition)
{
    gboolean any = TRUE;

    while (any) {
        any = FALSE;
        for (guint i = 0; i < disagreements->len; i++) {
            VgateDisagreement *disagreement = g_ptr_array_index (disagreements, i);

            if (!disagreement->is_ours || !is_elsewhere (disagreements, definition, disagreement))
                continue;
            disagreement->is_ours = FALSE;
            any = TRUE;
        }
    }
}

GPtrArray *
vgate_definition_compare (const VgateDomain *live, const VgateDomain *definition, const VgateLeases *leases)
{
    GPtrArray *disagreements = g_ptr_array_new_with_free_func (g_free);

    for (guint i = 0; i < leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (leases->all, i);
        VgateDisagreement *disagreement = NULL;

        if (vgate_lease_is_unsettled (lease) && strcmp (lease->domain, live->uuid) == 0)
            disagreement = disagree (live, definition, lease);
        if (disagreement)
            g_ptr_array_add (disagreements, disagreement);
    }
    leave_what_would_be_twice (disagreements, definition);
    return disagreements;
}

GPtrArray *
vgate_definition_moves (const GPtrArray *disagreements)
{
    GPtrArray *moves = g_ptr_array_new_with_free_func (g_free);

    for (guint i = 0; i < disagreements->len; i++) {
        const VgateDisagreement *disagreement = g_ptr_array_index (disagreements, i);
        VgateMove *move;

        if (!disagreement->is_ours)
            continue;
        move = g_new0 (VgateMove, 1);
        move->hostdev = disagreement->named;
        move->source = disagreement->lease->device;
        g_ptr_array_add (moves, move);
    }
    return moves;
}

char *
vgate_definition_describe (const GPtrArray *disagreements, gboolean only_ours)
{
    g_autoptr (GString) text = g_string_new (NULL);

    for (guint i = 0; i < disagreements->len; i++) {
        const VgateDisagreement *disagreement = g_ptr_array_index (disagreements, i);

        if (only_ours && !disagreement->is_ours)
            continue;
        g_string_append_printf (text, "%s%s at guest address %s instead of %s", text->len > 0 ? "; " : "",
                                disagreement->named ? disagreement->named->source : "no hostdev",
                                disagreement->guest_address, disagreement->lease->device);
    }
    return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
vgate_definition_report (const GPtrArray *disagreements, const char *uuid)
{
    const VgateDisagreement *first = g_ptr_array_index (disagreements, 0);
    g_autofree char *what = NULL;

    if (disagreements->len > 1)
        return g_strdup_printf (
            "the persistent definition names other devices for %u hostdevs of the guest. To "
            "change it, run: virsh edit %s",
            disagreements->len, uuid);
    /* the command has both devices, and the line no room to name them again */
    if (first->named && first->lease->kind == VGATE_HOSTDEV_MDEV)
        return g_strdup_printf (
            "the definition names another device. To change it, run: virsh dumpxml --inactive "
            "--security-info %s | sed \"s/uuid='%s'/uuid='%s'/\" | virsh define /dev/stdin",
            uuid, first->named->source, first->lease->device);
    what = vgate_definition_describe (disagreements, FALSE);
    return g_strdup_printf ("the persistent definition names %s. To change it, run: virsh edit %s", what,
                            uuid);
}
