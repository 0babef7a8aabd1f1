/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * 'prepare begin': makes the devices that were leased for an arriving guest, and for a cold start those
 * that we had made for the guest and unmade when it ended. libvirt runs this event before it looks for the
 * devices.
 *
 * The record goes before the deed: what was written down and not made is looked for in vain at 'release
 * end' (placement/release.h); what was made and not written down would never be unmade.
 */
#pragma once

#include "placement/lease.h"

typedef struct {
    const char *root; /* put before /sys and /run */
    const VgateDomain *domain;
    guint lease_time;        /* seconds: the guest's leases are renewed for so long */
    gboolean may_make_again; /* FALSE: only what is planned is made */
} VgatePreparation;

/*
 * Makes the devices. *made_any: whether there were any to make. FALSE without an error: the guest has no
 * lease. Errors: those of vgate_leases_open (), vgate_leases_save () and vgate_device_make ();
 * VGATE_CODE_LEASE_LOST: another guest has a lease of one of its devices;
 * VGATE_CODE_NOT_MADE_AGAIN: the device of a cold start has no room any more. After an error nothing of it is
 * left, but what cannot be unmade, which stays noted.
 */
gboolean vgate_prepare_devices (const VgatePreparation *preparation, gboolean *made_any, GError **error);

/*
 * TRUE when one of the domain's hostdevs names a device that does not exist and had been made for the guest,
 * or when that cannot be known because the driver hangs. Takes no lock.
 */
gboolean vgate_prepare_is_due (const VgateDomain *domain, const char *root);

/* TRUE when the domain has a lease, or a record of a device; also when the leases cannot be read. Takes no
 * lock. */
gboolean vgate_prepare_has_lease (const VgateDomain *domain, const char *root);
