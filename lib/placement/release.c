/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/release.h"

#include "base/run-directory.h"
#include "placement/make.h"
#include "placement/use.h"

#include <string.h>

/* TRUE when the guest has a lease of a device that was created for it, or (any) of any device. Records of
 * removed devices do not count. */
static gboolean
has_lease (const VgateLeases *leases, const VgateDomain *domain, gboolean any)
{
    for (guint i = 0; i < leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (leases->all, i);

        if (strcmp (lease->domain, domain->uuid) == 0 &&
            (any ? lease->state != VGATE_LEASE_UNMADE : lease->state == VGATE_LEASE_MADE))
            return TRUE;
    }
    return FALSE;
}

/* The removal of a mediated device from a running guest waits for the guest, or takes the device away from
 * it. So only unused devices are removed. */
static gboolean
unmake_unused (const char *root, const VgateLease *lease, const VgateUse *use, VgateServed *served,
               GError **error)
{
    const char *who = vgate_use_find (use, lease->device);

    if (!who)
        return vgate_device_unmake (root, lease, served, error);
    g_set_error (error, VGATE_ERROR, VGATE_CODE_DEVICE_NOT_UNMADE, "cannot remove %s on %s: %s",
                 lease->device, lease->parent, who);
    return FALSE;
}

/* Ends all of the guest's leases, and removes the devices that were created for it. The records stay: of
 * removed devices as UNMADE, and of those that could not be removed as MADE. use is NULL when no device was
 * created, or none can be removed. Only the first error is kept. */
static guint
unmake_all (VgateLeases *leases, const char *root, const VgateDomain *domain, const VgateUse *use,
            GError **error)
{
    VgateServed served = VGATE_SERVED_IN_TIME;
    guint n = 0;

    for (guint i = leases->all->len; i > 0; i--) {
        VgateLease *lease = g_ptr_array_index (leases->all, i - 1);
        gboolean is_unmade;

        if (lease->state == VGATE_LEASE_UNMADE || strcmp (lease->domain, domain->uuid) != 0)
            continue;
        if (lease->state != VGATE_LEASE_MADE) {
            g_ptr_array_remove_index (leases->all, i - 1);
            continue;
        }
        is_unmade = use && unmake_unused (root, lease, use, &served, *error ? NULL : error);
        lease->expires = 0;
        g_clear_pointer (&lease->instead_of, g_free);
        if (is_unmade) {
            lease->state = VGATE_LEASE_UNMADE;
            /* keeps the records in the order of removal, the newest last */
            g_ptr_array_add (leases->all, g_ptr_array_steal_index (leases->all, i - 1));
            n++;
        }
    }
    return n;
}

guint
vgate_release_devices (const char *root, const VgateDomain *domain, GError **error)
{
    g_autoptr (GError) local = NULL;
    g_autoptr (VgateLeases) look = NULL, leases = NULL;
    g_autoptr (GPtrArray) no_instances = g_ptr_array_new ();
    g_autoptr (GHashTable) use = NULL;
    VgateUseInput input = {.root = root, .instances = no_instances, .domain = domain->uuid};
    guint n = 0;

    /* a guest without a lease does not wait for the lock, as it cannot get a lease while it ends */
    look = vgate_leases_open (root, TRUE, &local);
    if (look)
        vgate_leases_adopt (look, domain);
    if (look && has_lease (look, domain, TRUE))
        leases = vgate_leases_open_within (root, VGATE_LEASES_HOOK_WAIT_MS, &local);
    if (leases) {
        /* of devices that were attached while the guest ran */
        vgate_leases_adopt (leases, domain);
        input.leases = leases;
        input.now = vgate_run_directory_clock ();
        /* A device that was detached from the running guest can belong to another guest by now. When that is
         * not known, no device is removed. NVML is not asked: vGPUs that run without libvirt belong to no
         * domain. */
        if (has_lease (leases, domain, FALSE))
            use = vgate_use_read (&input, &local);
        n = unmake_all (leases, root, domain, use, &local);
        vgate_leases_save (leases, input.now, local ? NULL : &local);
    }
    if (local)
        g_propagate_error (error, g_steal_pointer (&local));
    return n;
}

gboolean
vgate_release_leases (const char *root, const VgateDomain *domain, GError **error)
{
    g_autoptr (VgateLeases) leases = vgate_leases_open_within (root, VGATE_LEASES_HOOK_WAIT_MS, error);

    if (!leases)
        return FALSE;
    return !vgate_leases_drop (leases, domain->uuid) ||
           vgate_leases_save (leases, vgate_run_directory_clock (), error);
}
