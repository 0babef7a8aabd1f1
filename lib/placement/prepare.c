/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/prepare.h"

#include "host/sysfs.h"
#include "placement/make.h"

#include <string.h>

/* Whether there is something to do at all is asked first; a driver that hangs is waited for when there is. */
#define LOOK_MS 2000

/* A device that is to be made. */
typedef struct {
    VgateLease *lease; /* borrowed; noted as made already */
    VgateLeaseState was;
} Making;

/* What one call works on: the leases are locked. */
typedef struct {
    const VgatePreparation *asked;
    VgateLeases *leases;
    GArray *to_make; /* of Making */
    guint64 now;     /* of the leases' clock */
    VgateServed served;
} Work;

static gboolean
is_own (const VgateLease *lease, const VgateDomain *domain)
{
    return strcmp (lease->domain, domain->uuid) == 0;
}

static gboolean
names (const VgateDomain *domain, const VgateLease *lease)
{
    return vgate_domain_find_device (domain, (VgateHostdevKind)lease->kind, lease->device) != NULL;
}

/* The lease records a device of the guest's that we had made, and that does not exist. If the record
 * still says "made", somebody else has unmade it. Not known when *served hangs after this. */
static gboolean
is_missing (const VgateDomain *domain, const VgateLease *lease, const char *root, VgateServed *served)
{
    return (lease->state == VGATE_LEASE_UNMADE || lease->state == VGATE_LEASE_MADE) &&
           is_own (lease, domain) && names (domain, lease) && !vgate_device_exists (root, lease, served) &&
           !served->hangs;
}

gboolean
vgate_prepare_is_due (const VgateDomain *domain, const char *root)
{
    g_autoptr (VgateLeases) leases = NULL;
    VgateServed served = {.read_ms = LOOK_MS};

    if (domain->hostdevs->len == 0 || !vgate_leases_exist (root))
        return FALSE;
    /* what cannot be read makes nothing, and keeps nobody from being started */
    leases = vgate_leases_open (root, TRUE, NULL);
    for (guint i = 0; leases && i < leases->all->len; i++)
        if (is_missing (domain, g_ptr_array_index (leases->all, i), root, &served) || served.hangs)
            return TRUE;
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

/* --- is there something to do, and may it be done? --- */

/* One of the guest's devices may have been given to another guest after its lease had ended, or after it had
 * been unmade. */
static gboolean
check_others (const VgateLeases *leases, const VgateDomain *domain, guint64 now, GError **error)
{
    const VgateCode code = domain->element ? VGATE_CODE_LEASE_LOST : VGATE_CODE_NOT_MADE_AGAIN;

    for (guint i = 0; i < leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (leases->all, i);

        if (is_own (lease, domain) || !vgate_lease_holds (lease, now) || !names (domain, lease))
            continue;
        g_set_error (error, VGATE_ERROR, (int)code, "the device %s is leased to the domain %s", lease->device,
                     lease->domain);
        return FALSE;
    }
    return TRUE;
}

/* A lease or a record is the guest's own, or another guest's lease names one of its devices. */
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

    g_set_error (error, VGATE_ERROR, VGATE_CODE_NOT_MADE_AGAIN,
                 "%s %s of type %u%s%s on GPU %s, which was made for the guest and unmade when it ended, "
                 "cannot be made again: %s",
                 is_mdev ? "mediated device" : "virtual function", lease->device, lease->type,
                 is_mdev ? " on " : "", is_mdev ? lease->parent : "", lease->pgpu, why);
    return FALSE;
}

static gboolean
set_hangs (const VgateLease *lease, GError **error)
{
    g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_HANGS,
                 "whether %s on GPU %s is there, and can be made, cannot be told: the driver does not answer",
                 lease->device, lease->pgpu);
    return FALSE;
}

/*
 * Renews the guest's leases that its XML names, and drops the others. Those whose device must be made are
 * noted as made and put into to_make. FALSE with an error when the driver hangs; without one: the guest has
 * none.
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
        if (!names (domain, lease)) {
            /* another device was chosen since; what was made stays noted until it is unmade */
            if (lease->state != VGATE_LEASE_MADE && lease->state != VGATE_LEASE_UNMADE)
                g_ptr_array_remove_index (all, i - 1);
            continue;
        }
        is_to_be_made =
            lease->state == VGATE_LEASE_PLANNED ||
            (work->asked->may_make_again && is_missing (domain, lease, work->asked->root, &work->served));
        if (work->served.hangs)
            return set_hangs (lease, error);
        /* somebody else has made it: it is not ours any more */
        if (lease->state == VGATE_LEASE_UNMADE && !is_to_be_made)
            continue;
        any = TRUE;
        lease->expires = work->now + work->asked->lease_time;
        /* nothing in the XML of a cold start is our choice */
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

/* What can still be made of the type where the device was. A driver that was updated meanwhile may have
 * another number for it, which the lease then gets. */
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

/* Guests that arrive have been promised room, which sysfs still shows as free. */
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

/* A lease that another guest has of a device that does not exist is worth nothing, and the device is not to
 * be unmade any more when that guest ends. */
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

/* Room was promised to what is planned; what is made again needs some. */
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
            return set_not_made_again (making->lease, "there is no room for it", error);
        if (available <= count_promised (work, making->lease))
            return set_not_made_again (making->lease,
                                       "the room is promised to a guest that is about to arrive", error);
        take_over (work->leases, making->lease);
    }
    return TRUE;
}

/* --- making --- */

/* Takes back the first n, and all leases with them. What cannot be unmade stays noted, and so does the
 * next one if it may come after all. */
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
        /* was it chosen for the guest now, or had the guest had it before? */
        if (making->was != VGATE_LEASE_PLANNED && vgate_error_is (local, VGATE_CODE_DEVICE_NOT_MADE))
            return set_not_made_again (making->lease, local->message, error);
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
    /* a guest without a lease does not wait for the lock: nobody gives it one while it starts */
    look = vgate_leases_open (preparation->root, TRUE, error);
    if (!look || !is_named_by_any (look, preparation->domain, vgate_leases_clock ()))
        return FALSE;
    leases = vgate_leases_open_within (preparation->root, VGATE_LEASES_WAIT_MS, error);
    if (!leases)
        return FALSE;
    work.leases = leases;
    work.now = vgate_leases_clock ();
    if (!check_others (leases, preparation->domain, work.now, error) || !renew (&work, error) ||
        !check_room (&work, error))
        return FALSE;
    *made_any = to_make->len > 0;
    return vgate_leases_save (leases, work.now, error) && make_all (&work, error);
}
