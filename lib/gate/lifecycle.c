/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What follows on a lease: at 'prepare begin' the devices are made, at 'release end' they are unmade. The
 * record goes before the deed: what was written down and not made is looked for in vain, what was made and
 * not written down would stay for ever.
 */
#include "gate/internal.h"
#include "placement/make.h"

#include <string.h>

/* The guest's hostdev that names the device; NULL. */
static const VgateHostdev *
find_named (const VgateDomain *domain, const VgateLease *lease)
{
    for (guint i = 0; i < domain->hostdevs->len; i++) {
        const VgateHostdev *hostdev = g_ptr_array_index (domain->hostdevs, i);

        if ((int)hostdev->kind == lease->kind && strcmp (hostdev->source, lease->device) == 0)
            return hostdev;
    }
    return NULL;
}

static gboolean
is_own (const VgateLease *lease, const VgateDomain *domain)
{
    return strcmp (lease->domain, domain->uuid) == 0;
}

/* One of the guest's devices may have been given away when its lease had ended. */
static gboolean
check_others (const VgateLeases *leases, const VgateDomain *domain, guint64 now, GError **error)
{
    for (guint i = 0; i < leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (leases->all, i);

        if (is_own (lease, domain) || !vgate_lease_holds (lease, now) || !find_named (domain, lease))
            continue;
        g_set_error (error, VGATE_ERROR, VGATE_CODE_LEASE_LOST, "the device %s is leased to the domain %s",
                     lease->device, lease->domain);
        return FALSE;
    }
    return TRUE;
}

/* The guest's leases after this: those that its XML names, renewed; those to be made are noted as made. They
 * are returned in *to_make (borrowed). FALSE: there is none. */
static gboolean
renew (VgateLeases *leases, const VgateRequest *request, guint64 now, GPtrArray *to_make)
{
    gboolean any = FALSE;

    for (guint i = leases->all->len; i > 0; i--) {
        VgateLease *lease = g_ptr_array_index (leases->all, i - 1);

        if (!is_own (lease, request->domain))
            continue;
        if (!find_named (request->domain, lease)) {
            /* another hook's choice */
            if (lease->state != VGATE_LEASE_MADE)
                g_ptr_array_remove_index (leases->all, i - 1);
            continue;
        }
        any = TRUE;
        lease->expires = now + request->policy->lease_time;
        if (lease->state == VGATE_LEASE_PLANNED) {
            lease->state = VGATE_LEASE_MADE;
            g_ptr_array_add (to_make, lease);
        }
    }
    return any;
}

/* Takes back the first n, and all leases with them. What cannot be unmade stays noted. */
static void
give_up (VgateLeases *leases, const VgateRequest *request, const GPtrArray *to_make, guint n, guint64 now)
{
    for (guint i = 0; i < to_make->len; i++) {
        VgateLease *lease = g_ptr_array_index (to_make, i);

        if (i >= n || vgate_device_unmake (request->root, lease, NULL))
            lease->state = VGATE_LEASE_PLANNED;
    }
    vgate_leases_drop (leases, request->domain->uuid);
    vgate_leases_save (leases, now, NULL);
}

static gboolean
make_all (VgateLeases *leases, const VgateRequest *request, const GPtrArray *to_make, guint64 now,
          GError **error)
{
    for (guint i = 0; i < to_make->len; i++) {
        g_autoptr (GError) local = NULL;

        if (vgate_device_make (request->root, g_ptr_array_index (to_make, i), &local))
            continue;
        /* one that hangs may come after all */
        give_up (leases, request, to_make, vgate_error_is (local, VGATE_CODE_DEVICE_HANGS) ? i + 1 : i, now);
        g_propagate_error (error, g_steal_pointer (&local));
        return FALSE;
    }
    return TRUE;
}

/* FALSE with an error, or without one when the guest has no lease. */
static gboolean
prepare (const VgateRequest *request, gboolean *made_any, GError **error)
{
    const guint64 now = vgate_leases_clock ();
    g_autoptr (VgateLeases) leases = vgate_leases_open (request->root, FALSE, error);
    g_autoptr (GPtrArray) to_make = g_ptr_array_new ();

    if (!leases || !check_others (leases, request->domain, now, error) ||
        !renew (leases, request, now, to_make))
        return FALSE;
    *made_any = to_make->len > 0;
    return vgate_leases_save (leases, now, error) && make_all (leases, request, to_make, now, error);
}

gboolean
vgate_devices_prepare (const VgateRequest *request, VgateDecision *decision)
{
    g_autoptr (GError) error = NULL;
    gboolean made_any = FALSE;

    if (request->is_dry_run || !vgate_leases_exist (request->root))
        return FALSE;
    if (prepare (request, &made_any, &error)) {
        vgate_decision_set (decision, TRUE, made_any ? VGATE_CODE_DEVICES_MADE : VGATE_CODE_NOT_CONCERNED,
                            NULL);
        return TRUE;
    }
    if (error)
        vgate_decision_refuse (decision, error);
    return error != NULL;
}

/* --- release --- */

/* All of the guest's leases go; those whose device cannot be unmade stay. The first error is told. */
static guint
unmake_all (VgateLeases *leases, const VgateRequest *request, GError **error)
{
    guint n = 0;

    for (guint i = leases->all->len; i > 0; i--) {
        VgateLease *lease = g_ptr_array_index (leases->all, i - 1);
        const gboolean was_made = lease->state == VGATE_LEASE_MADE;

        if (!is_own (lease, request->domain))
            continue;
        if (was_made && !vgate_device_unmake (request->root, lease, error && !*error ? error : NULL)) {
            lease->expires = 0;
            continue;
        }
        n += was_made ? 1 : 0;
        g_ptr_array_remove_index (leases->all, i - 1);
    }
    return n;
}

static guint
release (const VgateRequest *request, GError **error)
{
    const guint64 now = vgate_leases_clock ();
    g_autoptr (VgateLeases) leases = vgate_leases_open (request->root, FALSE, error);
    guint n = 0;

    if (!leases)
        return 0;
    n = unmake_all (leases, request, error);
    vgate_leases_save (leases, now, error && !*error ? error : NULL);
    return n;
}

void
vgate_devices_release (const VgateRequest *request, VgateDecision *decision)
{
    g_autoptr (GError) error = NULL;
    guint n = 0;

    if (!request->is_dry_run && vgate_leases_exist (request->root))
        n = release (request, &error);
    if (error)
        vgate_decision_refuse (decision, error);
    else
        vgate_decision_set (decision, TRUE, n > 0 ? VGATE_CODE_DEVICES_UNMADE : VGATE_CODE_NOT_CONCERNED,
                            NULL);
}
