/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/prepare.h"

#include "base/run-directory.h"
#include "host/sysfs.h"
#include "placement/make.h"

#include <string.h>

/* The time, in ms, for finding out whether there is something to do. A driver that hangs only gets more time
 * when there is. */
#define LOOK_MS 2000

/* A device that is to be created. */
typedef struct {
    VgateLease *lease; /* borrowed; its state is already MADE */
    VgateLeaseState was;
} Making;

/* The data of one call; the leases are locked. */
typedef struct {
    const VgatePreparation *asked;
    VgateLeases *leases;
    GArray *to_make; /* of Making */
    guint64 now;     /* vgate_run_directory_clock () */
    VgateServed served;
} Work;

static gboolean
is_own (const VgateLease *lease, const VgateDomain *domain)
{
    return strcmp (lease->domain, domain->uuid) == 0;
}

static gboolean
names_device (const VgateDomain *domain, const VgateLease *lease)
{
    return vgate_domain_find_device (domain, (VgateHostdevKind)lease->kind, lease->device) != NULL;
}

/* TRUE when the lease records a device that was created for the guest and does not exist. If its state is
 * still MADE, somebody else has removed the device. Not known when *served hangs afterwards. */
static gboolean
is_missing (const VgateDomain *domain, const VgateLease *lease, const char *root, VgateServed *served)
{
    return (lease->state == VGATE_LEASE_UNMADE || lease->state == VGATE_LEASE_MADE) &&
           is_own (lease, domain) && names_device (domain, lease) &&
           !vgate_device_exists (root, lease, served) && !served->hangs;
}

gboolean
vgate_prepare_is_due (const VgateDomain *domain, const char *root)
{
    g_autoptr (VgateLeases) leases = NULL;
    VgateServed served = {.read_ms = LOOK_MS};

    if (domain->hostdevs->len == 0 || !vgate_leases_exist (root))
        return FALSE;
    /* leases that cannot be read create no device, and prevent no start */
    leases = vgate_leases_open (root, TRUE, NULL);
    for (guint i = 0; leases && i < leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (leases->all, i);

        if (is_missing (domain, lease, root, &served) || served.hangs ||
            (names_device (domain, lease) && vgate_lease_is_of_unknown_guest (lease)))
            return TRUE;
    }
    return FALSE;
}

gboolean
vgate_prepare_has_lease (const VgateDomain *domain, const char *root)
{
    g_autoptr (VgateLeases) leases = NULL;

    if (!vgate_leases_exist (root))
        return FALSE;
    leases = vgate_leases_open (root, TRUE, NULL);
    for (guint i = 0; leases && i < leases->all->len; i++)
        if (is_own (g_ptr_array_index (leases->all, i), domain))
            return TRUE;
    return !leases;
}

/* --- the checks before a device is created --- */

/* FALSE when one of the guest's devices was given to another guest, after the guest's lease had ended or the
 * device had been removed. */
static gboolean
check_others (const VgateLeases *leases, const VgateDomain *domain, guint64 now, GError **error)
{
    const VgateCode code = domain->element ? VGATE_CODE_LEASE_LOST : VGATE_CODE_NOT_MADE_AGAIN;

    for (guint i = 0; i < leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (leases->all, i);

        if (is_own (lease, domain) || !vgate_lease_holds (lease, now) || !names_device (domain, lease))
            continue;
        g_set_error (error, VGATE_ERROR, (int)code, "device %s is leased to domain %s", lease->device,
                     lease->domain);
        return FALSE;
    }
    return TRUE;
}

/* TRUE when the guest has a lease or record, or another guest has a lease of one of its devices. */
static gboolean
is_named_by_any (const VgateLeases *leases, const VgateDomain *domain, guint64 now)
{
    for (guint i = 0; i < leases->all->len; i++)
        if (is_own (g_ptr_array_index (leases->all, i), domain))
            return TRUE;
    return !check_others (leases, domain, now, NULL);
}

static gboolean
set_not_made_again (const VgateLease *lease, const char *why, GError **error)
{
    const gboolean is_mdev = lease->kind == VGATE_HOSTDEV_MDEV;

    g_set_error (error, VGATE_ERROR, VGATE_CODE_NOT_MADE_AGAIN, "cannot create %s %s on GPU %s again: %s",
                 is_mdev ? "mediated device" : "virtual function", lease->device, lease->pgpu, why);
    return FALSE;
}

static gboolean
set_hangs (const VgateLease *lease, GError **error)
{
    g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_HANGS,
                 "cannot tell whether device %s on GPU %s exists or can be created: the driver does not "
                 "answer",
                 lease->device, lease->pgpu);
    return FALSE;
}

/*
 * Renews those of the guest's leases whose devices its XML names, and drops the others. Leases whose device
 * must be created become MADE, and are added to to_make. FALSE with an error when the driver hangs; FALSE
 * without an error when the guest has no lease.
 */
static gboolean
renew (Work *work, GError **error)
{
    const VgateDomain *domain = work->asked->domain;
    GPtrArray *all = work->leases->all;
    gboolean any = FALSE;

    for (guint i = all->len; i > 0; i--) {
        VgateLease *lease = g_ptr_array_index (all, i - 1);
        const Making making = {.lease = lease, .was = (VgateLeaseState)lease->state};
        gboolean is_to_be_made;

        if (!is_own (lease, domain))
            continue;
        if (!names_device (domain, lease)) {
            /* another device was chosen since; the record of a created device stays until it is removed */
            if (lease->state != VGATE_LEASE_MADE && lease->state != VGATE_LEASE_UNMADE)
                g_ptr_array_remove_index (all, i - 1);
            continue;
        }
        is_to_be_made = lease->state == VGATE_LEASE_PLANNED ||
                        ((work->asked->may_make_again || lease->made_by == VGATE_LEASE_BY_OPERATOR) &&
                         is_missing (domain, lease, work->asked->root, &work->served));
        if (work->served.hangs)
            return set_hangs (lease, error);
        /* somebody else has created it, so it is no longer removed with the guest */
        if (lease->state == VGATE_LEASE_UNMADE && !is_to_be_made)
            continue;
        any = TRUE;
        lease->expires = work->now + work->asked->lease_time;
        /* the gate does not choose the devices of a cold start */
        if (!domain->element)
            g_clear_pointer (&lease->instead_of, g_free);
        else if (lease->state == VGATE_LEASE_TAKEN && lease->instead_of)
            lease->state = VGATE_LEASE_GIVEN;
        if (is_to_be_made) {
            lease->state = VGATE_LEASE_MADE;
            g_array_append_val (work->to_make, making);
        }
    }
    return any;
}

/* How many devices of the type can still be created where the device was. A driver that was updated in the
 * meantime can have another number for the type, which the lease then gets. */
static guint
count_available (Work *work, VgateLease *lease)
{
    g_autoptr (GPtrArray) makeable =
        vgate_sysfs_list_makeable_on (work->asked->root, lease->parent, &work->served);

    for (guint i = 0; i < makeable->len; i++) {
        const VgateMakeable *one = g_ptr_array_index (makeable, i);

        if ((int)one->kind != lease->kind)
            continue;
        if (lease->type_name ? strcmp (one->type_name, lease->type_name) != 0 : one->type != lease->type)
            continue;
        lease->type = one->type;
        return one->available;
    }
    return 0;
}

/* The room that arriving guests were promised. In sysfs it is still free. */
static guint
count_promised (const Work *work, const VgateLease *lease)
{
    guint n = 0;

    for (guint i = 0; i < work->leases->all->len; i++) {
        const VgateLease *other = g_ptr_array_index (work->leases->all, i);

        if (other->state == VGATE_LEASE_PLANNED && other->kind == lease->kind &&
            vgate_lease_holds (other, work->now) && strcmp (other->domain, lease->domain) != 0 &&
            strcmp (other->parent, lease->parent) == 0)
            n++;
    }
    return n;
}

/* Drops another guest's lease of a device that does not exist, so that the device, once created, is not
 * removed when that guest ends. */
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

/* Checks the room for devices that are created again. Planned devices were already promised room. */
static gboolean
check_room (Work *work, GError **error)
{
    for (guint i = 0; i < work->to_make->len; i++) {
        const Making *making = &g_array_index (work->to_make, Making, i);
        guint available;

        if (making->was == VGATE_LEASE_PLANNED)
            continue;
        available = count_available (work, making->lease);
        if (work->served.hangs)
            return set_hangs (making->lease, error);
        if (available == 0)
            return set_not_made_again (making->lease, "the GPU has no room for it", error);
        if (available <= count_promised (work, making->lease))
            return set_not_made_again (making->lease,
                                       "the room is reserved for a guest that is about to arrive", error);
        take_over (work->leases, making->lease);
    }
    return TRUE;
}

/* --- creating devices --- */

/* Removes the first n devices and all leases. The record of a device that cannot be removed stays, and so
 * does that of the next device if it can still appear. */
static void
give_up (Work *work, guint n, gboolean may_come)
{
    for (guint i = 0; i < work->to_make->len; i++) {
        const Making *making = &g_array_index (work->to_make, Making, i);

        if (i < n ? !vgate_device_unmake (work->asked->root, making->lease, &work->served, NULL)
                  : i == n && may_come)
            continue;
        making->lease->state = making->was;
        making->lease->expires = 0;
    }
    vgate_leases_drop (work->leases, work->asked->domain->uuid);
    vgate_leases_save (work->leases, work->now, NULL);
}

static gboolean
make_all (Work *work, GError **error)
{
    for (guint i = 0; i < work->to_make->len; i++) {
        const Making *making = &g_array_index (work->to_make, Making, i);
        g_autoptr (GError) local = NULL;
        gboolean may_come;

        if (vgate_device_make (work->asked->root, making->lease, &work->served, &may_come, &local))
            continue;
        give_up (work, i, may_come);
        /* a planned device was chosen for the guest now; the guest had any other one before */
        if (making->was != VGATE_LEASE_PLANNED && vgate_error_is (local, VGATE_CODE_DEVICE_NOT_MADE))
            local->code = VGATE_CODE_NOT_MADE_AGAIN;
        g_propagate_error (error, g_steal_pointer (&local));
        return FALSE;
    }
    return TRUE;
}

gboolean
vgate_prepare_devices (const VgatePreparation *preparation, gboolean *made_any, GError **error)
{
    g_autoptr (VgateLeases) look = NULL, leases = NULL;
    g_autoptr (GArray) to_make = g_array_new (FALSE, FALSE, sizeof (Making));
    Work work = {.asked = preparation, .to_make = to_make, .served = VGATE_SERVED_IN_TIME};

    *made_any = FALSE;
    if (!vgate_leases_exist (preparation->root))
        return FALSE;
    /* a guest without a lease does not wait for the lock, as it cannot get a lease while it starts */
    look = vgate_leases_open (preparation->root, TRUE, error);
    if (!look)
        return FALSE;
    vgate_leases_adopt (look, preparation->domain);
    if (!is_named_by_any (look, preparation->domain, vgate_run_directory_clock ()))
        return FALSE;
    leases = preparation->is_dry_run
                 ? g_steal_pointer (&look)
                 : vgate_leases_open_within (preparation->root, VGATE_LEASES_HOOK_WAIT_MS, error);
    if (!leases)
        return FALSE;
    vgate_leases_adopt (leases, preparation->domain);
    work.leases = leases;
    work.now = vgate_run_directory_clock ();
    if (!check_others (leases, preparation->domain, work.now, error) || !renew (&work, error) ||
        !check_room (&work, error))
        return FALSE;
    *made_any = to_make->len > 0;
    return preparation->is_dry_run ||
           (vgate_leases_save (leases, work.now, error) && make_all (&work, error));
}
