/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lets workers update the elements of guests (update.h), one update of a guest at a time, and reports the
 * results in the log, the counters and the guest's status. */
#pragma once

#include "plugin/base/tally.h"
#include "plugin/base/workers.h"
#include "plugin/capture/pacing.h"

typedef struct VgateUpdater VgateUpdater;

typedef struct {
    /*
     * In the main loop: an update of this run of the guest has ended and is noted in the guest. After BUSY it
     * is tried again without further calls; after GONE the guest is forgotten. The receiver may take what
     * update->domain points to.
     */
    void (*updated) (VgateGuest *guest, VgateUpdate *update, gpointer user_data);
} VgateUpdaterMethods;

/* All are borrowed. All must outlive the updater except the workers, which also make other calls and must be
 * freed before it. */
VgateUpdater *vgate_updater_new (VgateConnection *connection, VgateWorkers *workers, VgateGuests *guests,
                                 VgatePacing *pacing, const VgatePolicy *policy, VgateTally *tally,
                                 const VgateUpdaterMethods *methods, gpointer user_data);
void vgate_updater_free (VgateUpdater *updater);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateUpdater, vgate_updater_free)

/* Begins the update of a guest that is due, with this answer of NVML's. Without a connection, or while its
 * previous update runs, the guest stays due. */
void vgate_updater_begin (VgateUpdater *updater, VgateGuest *guest, VgateSnapshot *snapshot);

/* Gives free memory back to the kernel after many updates. */
void vgate_updater_trim (VgateUpdater *updater);

/* Returns the number of updates that were begun; *n_writes gets how many of them wrote or removed an
 * element. */
guint vgate_updater_count (const VgateUpdater *updater, guint *n_writes);
