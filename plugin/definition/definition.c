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
vgate_definition_way_out (const GPtrArray *disagreements, const char *uuid)
{
    g_autoptr (GString) text = g_string_new ("virsh dumpxml --inactive --security-info ");

    g_string_append_printf (text, "%s | sed", uuid);
    for (guint i = 0; i < disagreements->len; i++) {
        const VgateDisagreement *disagreement = g_ptr_array_index (disagreements, i);
        const VgateHostdevKind kind = (VgateHostdevKind)disagreement->lease->kind;
        g_autofree char *from = NULL, *to = NULL;

        /* there is no hostdev to replace */
        if (!disagreement->named)
            return g_strdup_printf ("virsh edit %s", uuid);
        from = vgate_source_element (kind, disagreement->named->source);
        to = vgate_source_element (kind, disagreement->lease->device);
        g_string_append_printf (text, " -e \"s|%s|%s|\"", from, to);
    }
    g_string_append (text, " | virsh define --validate /dev/stdin");
    return g_string_free (g_steal_pointer (&text), FALSE);
}
