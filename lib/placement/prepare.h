/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * At 'prepare begin', creates the devices that were leased for an arriving guest and, for a cold start, those
 * that had been created for the guest and were removed when it ended. libvirt runs this event before it looks
 * for the devices.
 *
 * The record is written before a device is created. If a device is recorded but was not created, 'release
 * end' does not find it (placement/release.h); a device that was created and not recorded would never be
 * removed.
 */
#pragma once

#include "placement/lease.h"

typedef struct {
    const char *root; /* prepended to /sys and /run */
    const VgateDomain *domain;
    guint lease_time;        /* the new duration of the guest's leases, in seconds */
    gboolean may_make_again; /* FALSE: of the removed devices, only those of an operator are created again */
    gboolean is_dry_run;     /* checks whether they can be created; changes nothing, and takes no lock */
} VgatePreparation;

/*
 * Creates the devices. *made_any: whether there were devices to create. FALSE without an error when the guest
 * has no lease. Errors: those of vgate_leases_open (), vgate_leases_save () and vgate_device_make ();
 * VGATE_CODE_LEASE_LOST: another guest has a lease of one of its devices; VGATE_CODE_NOT_MADE_AGAIN: there is
 * no more room for a device of a cold start. After an error no device is left, except one that cannot be
 * removed, whose record stays.
 */
gboolean vgate_prepare_devices (const VgatePreparation *preparation, gboolean *made_any, GError **error);

/*
 * TRUE when one of the domain's hostdevs names a device that does not exist and had been created for the
 * guest, or when that is not known because the driver hangs; also when it names a device that an operator had
 * created for a guest that was not known yet. Takes no lock.
 */
gboolean vgate_prepare_is_due (const VgateDomain *domain, const char *root);

/* TRUE when the domain has a lease or a record of a device, or when the leases cannot be read. Takes no
 * lock. */
gboolean vgate_prepare_has_lease (const VgateDomain *domain, const char *root);
