/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Has the elements of guests brought up to date (update.h) by workers, one update of a guest at a time, and
 * says in log, counters and the guest's status what came of it.
 */
#pragma once

#include "plugin/base/tally.h"
#include "plugin/base/workers.h"
#include "plugin/capture/pacing.h"

typedef struct VgateUpdater VgateUpdater;

typedef struct {
    /* In the main loop: an update of this run of the guest is over, and noted in the guest. BUSY is tried
     * again by itself; after GONE the guest is forgotten. What update->domain points to may be taken. */
    void (*updated) (VgateGuest *guest, VgateUpdate *update, gpointer user_data);
} VgateUpdaterMethods;

/* All are borrowed and must outlive it, but for the workers: they do its calls beside others, and must be
 * freed before it. */
VgateUpdater *vgate_updater_new (VgateConnection *connection, VgateWorkers *workers, VgateGuests *guests,
                                 VgatePacing *pacing, const VgatePolicy *policy, VgateTally *tally,
                                 const VgateUpdaterMethods *methods, gpointer user_data);
void vgate_updater_free (VgateUpdater *updater);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateUpdater, vgate_updater_free)

/* Begins the update of a guest that is due, by this answer of NVML's. While there is no connection, or the
 * update before is not over, it stays due. */
void vgate_updater_begin (VgateUpdater *updater, VgateGuest *guest, VgateSnapshot *snapshot);

/* Gives the memory that many updates have left free back to the kernel, now and then. */
void vgate_updater_trim (VgateUpdater *updater);

/* How many updates were begun, and how many of them wrote or removed an element. */
guint vgate_updater_count (const VgateUpdater *updater, guint *n_writes);
