/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Watches over migrations that somebody aborts, we or an administrator, until they have ended, and ends those
 * that hang: cancel.h says how, and this carries it out. Everything that it does to a guest is logged and
 * counted.
 */
#pragma once

#include "plugin/jobs/job-calls.h"
#include "plugin/base/tally.h"

typedef struct VgateCancelWatch VgateCancelWatch;

/* In the main loop. */
typedef struct {
    /* Once for each cancelled migration. end: VGATE_CANCEL_STAYED to _UNKNOWN. */
    void (*ended) (const char *uuid, VgateCancelAction end, gpointer user_data);
    /* A cancelled migration of this guest hangs, or has ended after it hung: for the guest's status. */
    void (*hangs) (const char *uuid, VgateCode code, gboolean is_over, gpointer user_data);
} VgateCancelWatchMethods;

/* All is borrowed. */
VgateCancelWatch *vgate_cancel_watch_new (const VgateJobCalls *calls, gpointer world, VgateTally *tally,
                                          const VgateCancelWatchMethods *methods, gpointer user_data);
/* No timer runs any more. To be called before the free () of calls, and the free after it, which no call
 * outlives. */
void vgate_cancel_watch_stop (VgateCancelWatch *watch);
void vgate_cancel_watch_free (VgateCancelWatch *watch);

/* What was heard of a guest: one of VGATE_CANCEL_ABORTED to _DOMAIN_ENDS. */
void vgate_cancel_watch_note (VgateCancelWatch *watch, const char *uuid, VgateCancelInputKind what);

/*
 * After connecting: looks again at those that are known, and for guests that hang from before. One that
 * hangs in libvirt is not found: the guest runs, and QEMU's "cancelled" can be the end of an earlier
 * migration.
 */
void vgate_cancel_watch_connected (VgateCancelWatch *watch);
