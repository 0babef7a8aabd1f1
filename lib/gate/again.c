/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A cold start of a guest whose device is not there, because we had made it for the guest and unmade it when
 * the guest ended. libvirt runs 'prepare begin' before it looks for the device, so it can be made again.
 */
#include "gate/internal.h"
#include "placement/make.h"

#include <string.h>

/* Whether there is something to do at all is asked first; a driver that hangs is waited for when there is. */
#define LOOK_MS 2000

gboolean
vgate_again_is_due (const VgateDomain *domain, const VgateLease *lease, const char *root, VgateServed *served)
{
    /* one that is noted as made and is not there was taken away by somebody else */
    return (lease->state == VGATE_LEASE_UNMADE || lease->state == VGATE_LEASE_MADE) &&
           strcmp (lease->domain, domain->uuid) == 0 && vgate_domain_find_device (domain, lease) &&
           !vgate_device_exists (root, lease, served) && !served->hangs;
}

gboolean
vgate_again_concerns (const VgateDomain *domain, const char *root)
{
    g_autoptr (VgateLeases) leases = NULL;
    VgateServed served = {.read_ms = LOOK_MS};

    if (domain->hostdevs->len == 0 || !vgate_leases_exist (root))
        return FALSE;
    /* what cannot be read makes nothing, and keeps nobody from being started */
    leases = vgate_leases_open (root, TRUE, NULL);
    for (guint i = 0; leases && i < leases->all->len; i++)
        if (vgate_again_is_due (domain, g_ptr_array_index (leases->all, i), root, &served) || served.hangs)
            return TRUE;
    return FALSE;
}

gboolean
vgate_again_has_lease (const VgateDomain *domain, const char *root)
{
    g_autoptr (VgateLeases) leases = NULL;

    if (!vgate_leases_exist (root))
        return FALSE;
    leases = vgate_leases_open (root, TRUE, NULL);
    for (guint i = 0; leases && i < leases->all->len; i++)
        if (strcmp (((VgateLease *)g_ptr_array_index (leases->all, i))->domain, domain->uuid) == 0)
            return TRUE;
    return !leases;
}

gboolean
vgate_again_refuse (const VgateLease *lease, const char *why, GError **error)
{
    const gboolean is_mdev = lease->kind == VGATE_HOSTDEV_MDEV;

    g_set_error (error, VGATE_ERROR, VGATE_CODE_NOT_MADE_AGAIN,
                 "%s %s of type %u%s%s on GPU %s, which was made for the guest and unmade when it ended, "
                 "cannot be made again: %s",
                 is_mdev ? "mediated device" : "virtual function", lease->device, lease->type,
                 is_mdev ? " on " : "", is_mdev ? lease->parent : "", lease->pgpu, why);
    return FALSE;
}

gboolean
vgate_again_hangs (const VgateLease *lease, GError **error)
{
    g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_HANGS,
                 "whether %s on GPU %s is there, and can be made, cannot be told: the driver does not answer",
                 lease->device, lease->pgpu);
    return FALSE;
}

/* What can still be made of the type where the device was. A driver that was updated meanwhile may have
 * another number for it, which the lease then gets. */
static guint
count_available (const char *root, VgateLease *lease, VgateServed *served)
{
    g_autoptr (GPtrArray) makeable = vgate_sysfs_list_makeable_on (root, lease->parent, served);

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

/* Guests that arrive have been promised room, which is not theirs yet by sysfs. */
static guint
count_promised (const VgateLeases *leases, const VgateLease *lease, guint64 now)
{
    guint n = 0;

    for (guint i = 0; i < leases->all->len; i++) {
        const VgateLease *other = g_ptr_array_index (leases->all, i);

        if (other->state == VGATE_LEASE_PLANNED && other->kind == lease->kind &&
            vgate_lease_holds (other, now) && strcmp (other->domain, lease->domain) != 0 &&
            strcmp (other->parent, lease->parent) == 0)
            n++;
    }
    return n;
}

gboolean
vgate_again_check_room (const VgateLeases *leases, VgateLease *lease, const char *root, guint64 now,
                        VgateServed *served, GError **error)
{
    const guint available = count_available (root, lease, served);

    if (served->hangs)
        return vgate_again_hangs (lease, error);
    if (available == 0)
        return vgate_again_refuse (lease, "there is no room for it", error);
    if (available <= count_promised (leases, lease, now))
        return vgate_again_refuse (lease, "the room is promised to a guest that is about to arrive", error);
    return TRUE;
}
