/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What follows on a lease: at 'prepare begin' the devices are made, at 'release end' they are unmade, and at
 * 'prepare begin' of a cold start made again (again.c). The record goes before the deed: what was written
 * down and not made is looked for in vain, what was made and not written down would stay for ever.
 */
#include "gate/internal.h"
#include "placement/make.h"

#include <string.h>

/* A device that is to be made. */
typedef struct {
    VgateLease *lease; /* borrowed; noted as made already */
    VgateLeaseState was;
} Making;

const VgateHostdev *
vgate_domain_find_device (const VgateDomain *domain, const VgateLease *lease)
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

/* One of the guest's devices may have been given away when its lease had ended, or it had been unmade. */
static gboolean
check_others (const VgateLeases *leases, const VgateDomain *domain, guint64 now, GError **error)
{
    const VgateCode code = domain->element ? VGATE_CODE_LEASE_LOST : VGATE_CODE_NOT_MADE_AGAIN;

    for (guint i = 0; i < leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (leases->all, i);

        if (is_own (lease, domain) || !vgate_lease_holds (lease, now) ||
            !vgate_domain_find_device (domain, lease))
            continue;
        g_set_error (error, VGATE_ERROR, (int)code, "the device %s is leased to the domain %s", lease->device,
                     lease->domain);
        return FALSE;
    }
    return TRUE;
}

static gboolean
is_to_be_made (const VgateRequest *request, const VgateLease *lease, VgateServed *served)
{
    return lease->state == VGATE_LEASE_PLANNED ||
           (request->policy->placement_mode == VGATE_PLACEMENT_APPLY &&
            vgate_again_is_due (request->domain, lease, request->root, served));
}

/* Of one that the guest's XML names. */
static void
renew_lease (VgateLease *lease, const VgateRequest *request, guint64 now, VgateServed *served,
             GArray *to_make)
{
    const Making making = {.lease = lease, .was = (VgateLeaseState)lease->state};

    lease->expires = now + request->policy->lease_time;
    /* nothing in the XML of a cold start is our choice */
    if (!request->domain->element)
        g_clear_pointer (&lease->instead_of, g_free);
    else if (lease->state == VGATE_LEASE_TAKEN && lease->instead_of)
        lease->state = VGATE_LEASE_GIVEN;
    if (is_to_be_made (request, lease, served)) {
        lease->state = VGATE_LEASE_MADE;
        g_array_append_val (to_make, making);
    }
}

/* The guest's leases after this: those that its XML names, renewed; those to be made are noted as made,
 * and are returned in *to_make (of Making). FALSE with an error when the driver hangs, or without one:
 * there is none. */
static gboolean
renew (VgateLeases *leases, const VgateRequest *request, guint64 now, VgateServed *served, GArray *to_make,
       GError **error)
{
    gboolean any = FALSE;

    for (guint i = leases->all->len; i > 0; i--) {
        VgateLease *lease = g_ptr_array_index (leases->all, i - 1);
        const gboolean is_record = lease->state == VGATE_LEASE_MADE || lease->state == VGATE_LEASE_UNMADE;

        if (!is_own (lease, request->domain))
            continue;
        if (!vgate_domain_find_device (request->domain, lease)) {
            /* another hook's choice */
            if (!is_record)
                g_ptr_array_remove_index (leases->all, i - 1);
            continue;
        }
        /* somebody else has made it: it is not ours any more */
        if (lease->state == VGATE_LEASE_UNMADE && !is_to_be_made (request, lease, served) && !served->hangs)
            continue;
        any = TRUE;
        if (!served->hangs)
            renew_lease (lease, request, now, served, to_make);
        if (served->hangs)
            return vgate_again_hangs (lease, error);
    }
    return any;
}

/* What others had of a device that is not there is nothing; that it would be unmade for them is over. */
static void
take_over (VgateLeases *leases, const VgateLease *lease)
{
    for (guint i = leases->all->len; i > 0; i--) {
        const VgateLease *other = g_ptr_array_index (leases->all, i - 1);

        if (other != lease && other->state != VGATE_LEASE_UNMADE && other->kind == lease->kind &&
            strcmp (other->device, lease->device) == 0)
            g_ptr_array_remove_index (leases->all, i - 1);
    }
}

static gboolean
check_room (VgateLeases *leases, const VgateRequest *request, const GArray *to_make, guint64 now,
            VgateServed *served, GError **error)
{
    for (guint i = 0; i < to_make->len; i++) {
        const Making *making = &g_array_index (to_make, Making, i);

        if (making->was == VGATE_LEASE_PLANNED)
            continue;
        if (!vgate_again_check_room (leases, making->lease, request->root, now, served, error))
            return FALSE;
        take_over (leases, making->lease);
    }
    return TRUE;
}

/* Takes back the first n, and all leases with them. What cannot be unmade stays noted, and so does the
 * next one if it may come after all. */
static void
give_up (VgateLeases *leases, const VgateRequest *request, const GArray *to_make, guint n, gboolean may_come,
         VgateServed *served, guint64 now)
{
    for (guint i = 0; i < to_make->len; i++) {
        const Making *making = &g_array_index (to_make, Making, i);

        if (i < n ? !vgate_device_unmake (request->root, making->lease, served, NULL) : i == n && may_come)
            continue;
        making->lease->state = making->was;
        making->lease->expires = 0;
    }
    vgate_leases_drop (leases, request->domain->uuid);
    vgate_leases_save (leases, now, NULL);
}

/* Which of the two: one that was chosen for the guest now, or one that it had. */
static void
set_making_error (const Making *making, GError *cause, GError **error)
{
    if (making->was == VGATE_LEASE_PLANNED || !vgate_error_is (cause, VGATE_CODE_DEVICE_NOT_MADE)) {
        g_propagate_error (error, cause);
        return;
    }
    vgate_again_refuse (making->lease, cause->message, error);
    g_error_free (cause);
}

static gboolean
make_all (VgateLeases *leases, const VgateRequest *request, const GArray *to_make, guint64 now,
          VgateServed *served, GError **error)
{
    for (guint i = 0; i < to_make->len; i++) {
        const Making *making = &g_array_index (to_make, Making, i);
        GError *local = NULL;
        gboolean may_come;

        if (vgate_device_make (request->root, making->lease, served, &may_come, &local))
            continue;
        give_up (leases, request, to_make, i, may_come, served, now);
        set_making_error (making, local, error);
        return FALSE;
    }
    return TRUE;
}

/* TRUE when a lease or a record is the guest's own, or another guest's lease names one of its devices. */
static gboolean
is_named_by_any (const VgateLeases *leases, const VgateDomain *domain, guint64 now)
{
    for (guint i = 0; i < leases->all->len; i++)
        if (is_own (g_ptr_array_index (leases->all, i), domain))
            return TRUE;
    return !check_others (leases, domain, now, NULL);
}

/* FALSE with an error, or without one when the guest has no lease. */
static gboolean
prepare (const VgateRequest *request, gboolean *made_any, GError **error)
{
    g_autoptr (VgateLeases) look = vgate_leases_open (request->root, TRUE, error);
    g_autoptr (VgateLeases) leases = NULL;
    g_autoptr (GArray) to_make = g_array_new (FALSE, FALSE, sizeof (Making));
    guint64 now = vgate_leases_clock ();
    VgateServed served = VGATE_SERVED_IN_TIME;

    /* a guest without a lease does not wait for the lock: nobody gives it one while it starts */
    if (!look || !is_named_by_any (look, request->domain, now))
        return FALSE;
    leases = vgate_leases_open_within (request->root, VGATE_LEASES_WAIT_MS, error);
    now = vgate_leases_clock ();
    if (!leases || !check_others (leases, request->domain, now, error) ||
        !renew (leases, request, now, &served, to_make, error) ||
        !check_room (leases, request, to_make, now, &served, error))
        return FALSE;
    *made_any = to_make->len > 0;
    return vgate_leases_save (leases, now, error) && make_all (leases, request, to_make, now, &served, error);
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

/* It is the last of those now. */
static void
note_unmade (VgateLeases *leases, guint i)
{
    VgateLease *lease = g_ptr_array_steal_index (leases->all, i);

    lease->state = VGATE_LEASE_UNMADE;
    lease->expires = 0;
    g_clear_pointer (&lease->instead_of, g_free);
    g_ptr_array_add (leases->all, lease);
}

/* Who uses the guest's devices by now: one that it gave back while it ran (a hostdev can be detached) may
 * have gone to another. NULL with an error: nobody knows. What runs without libvirt is no domain's. */
static VgateUse *
read_use (const VgateLeases *leases, const VgateRequest *request, guint64 now, GError **error)
{
    g_autoptr (GPtrArray) no_instances = g_ptr_array_new ();
    const VgateUseInput input = {
        .root = request->root,
        .instances = no_instances,
        .leases = leases,
        .domain = request->domain->uuid,
        .now = now,
    };

    return vgate_use_read (&input, error);
}

/* To take a mediated device away from a running guest waits for that, or takes it from the guest as well. */
static gboolean
unmake_unused (const VgateRequest *request, const VgateLease *lease, const VgateUse *use, VgateServed *served,
               GError **error)
{
    const char *who = vgate_use_find (use, lease->device);

    if (!who)
        return vgate_device_unmake (request->root, lease, served, error);
    g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_NOT_UNMADE, "%s on %s cannot be unmade: %s",
                 lease->device, lease->parent, who);
    return FALSE;
}

/* made: one that was made for it; else any, but for the record of what was unmade. */
static gboolean
has_lease (const VgateLeases *leases, const VgateDomain *domain, gboolean made)
{
    for (guint i = 0; i < leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (leases->all, i);

        if (is_own (lease, domain) &&
            (made ? lease->state == VGATE_LEASE_MADE : lease->state != VGATE_LEASE_UNMADE))
            return TRUE;
    }
    return FALSE;
}

/* All of the guest's leases go, but for the record of what was made; it stays one of what is to be unmade
 * where that cannot be done. use NULL: none was made, or none can be unmade. The first error is told. */
static guint
unmake_all (VgateLeases *leases, const VgateRequest *request, const VgateUse *use, GError **error)
{
    VgateServed served = VGATE_SERVED_IN_TIME;
    guint n = 0;

    for (guint i = leases->all->len; i > 0; i--) {
        VgateLease *lease = g_ptr_array_index (leases->all, i - 1);

        if (lease->state == VGATE_LEASE_UNMADE || !is_own (lease, request->domain))
            continue;
        if (lease->state != VGATE_LEASE_MADE) {
            g_ptr_array_remove_index (leases->all, i - 1);
        } else if (use && unmake_unused (request, lease, use, &served, error && !*error ? error : NULL)) {
            note_unmade (leases, i - 1);
            n++;
        } else {
            lease->expires = 0;
            g_clear_pointer (&lease->instead_of, g_free);
        }
    }
    return n;
}

static guint
release (const VgateRequest *request, GError **error)
{
    g_autoptr (VgateLeases) look = vgate_leases_open (request->root, TRUE, error);
    g_autoptr (VgateLeases) leases = NULL;
    g_autoptr (GHashTable) use = NULL;
    guint64 now;
    guint n = 0;

    /* a guest that is none of ours does not wait for the lock; nobody gives it a lease while it ends */
    if (!look || !has_lease (look, request->domain, FALSE))
        return 0;
    leases = vgate_leases_open_within (request->root, VGATE_LEASES_WAIT_MS, error);
    if (!leases)
        return 0;
    now = vgate_leases_clock ();
    if (has_lease (leases, request->domain, TRUE))
        use = read_use (leases, request, now, error);
    n = unmake_all (leases, request, use, error);
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
