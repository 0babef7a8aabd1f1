/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Watches migrations that were aborted, by us or by an administrator, until they have ended, and ends those
 * that hang. cancel.h decides what to do, and this file does it. Everything that is done to a guest is logged
 * and counted.
 */
#pragma once

#include "plugin/jobs/job-calls.h"
#include "plugin/base/tally.h"

typedef struct VgateCancelWatch VgateCancelWatch;

/* In the main loop. */
typedef struct {
    /* Once for each cancelled migration. end: VGATE_CANCEL_END_STAYED to _END_JUDGE_AGAIN. */
    void (*ended) (const char *uuid, VgateCancelAction end, gpointer user_data);
    /* For the guest's status: a cancelled migration of this guest hangs, or has ended after it hung. */
    void (*hangs) (const char *uuid, VgateCode code, gboolean is_over, gpointer user_data);
} VgateCancelWatchMethods;

/* All arguments are borrowed. */
VgateCancelWatch *vgate_cancel_watch_new (const VgateJobCalls *calls, gpointer world, VgateTally *tally,
                                          const VgateCancelWatchMethods *methods, gpointer user_data);
/* Stops all timers. Call _stop () before the free () of calls, and _free () after it, because then no call is
 * left. */
void vgate_cancel_watch_stop (VgateCancelWatch *watch);
void vgate_cancel_watch_free (VgateCancelWatch *watch);

/* Passes on an event of a guest: one of VGATE_CANCEL_INPUT_ABORTED to _INPUT_DOMAIN_ENDS. */
void vgate_cancel_watch_note (VgateCancelWatch *watch, const char *uuid, VgateCancelInputKind what);

/*
 * Call this after connecting: looks again at the known migrations, and looks for guests that have hung since
 * before the connection. A migration that hangs in libvirt cannot be found: the guest runs, and QEMU's
 * "cancelled" may belong to an earlier migration.
 */
void vgate_cancel_watch_connected (VgateCancelWatch *watch);
