/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Compares a host with what its administrator has declared, and makes the host like that.
 *
 * - What is wrong at one GPU is reported, and the others are dealt with all the same.
 * - A device that is in use, or reserved for a guest, is never changed. Devices that mdevctl defines, and
 *   those that the gate or 'vgpu-gate device make' created for a guest, are not the declared ones: they do
 *   not count, and are left to those that remove them. One exception: if a declared device is missing and a
 *   guest has one of its type, the guest's device becomes a declared one, that is, it stays when the guest
 *   ends.
 * - A free device that is not declared is reported, and only removed if the declaration says so.
 * - Devices are dealt with while the leases are locked, as a device is created for a guest, so that the hook
 *   gives no place away in the meantime. Range and schedulers come before that, and do not need the leases.
 * - A driver that does not answer in time is not asked again.
 */
#pragma once

#include "declared/report.h"
#include "policy/policy.h"

typedef struct {
    const char *root; /* prepended to /sys, /proc, /run and /etc */
    const VgatePolicy *policy;
    const VgateDeclaration *declaration;
    VgateDeclaredAction action;
    guint wait; /* the longest time to wait for the driver and the GPUs, in seconds; only with APPLY */
    /* Called once for each reason to wait; NULL: nobody wants to know. */
    void (*on_wait) (const char *why, gpointer user_data);
    gpointer user_data;
} VgateDeclaredRequest;

/* Never fails: what fails is in the report. The caller frees it. */
VgateDeclaredReport *vgate_declared_run (const VgateDeclaredRequest *request);
