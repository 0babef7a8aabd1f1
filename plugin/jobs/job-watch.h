/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Watches over migrations and saves: when one begins, and when NVML's answer changes while one goes on, it
 * reads the domain and NVML at the same time, judges (job.h), and ends the job when it must. Where a
 * migration that was aborted, by us or by somebody else, hangs, it is brought to its end (cancel-watch.h).
 */
#pragma once

#include "plugin/jobs/cancel-watch.h"

typedef struct VgateJobWatch VgateJobWatch;

typedef enum {
    VGATE_WATCH_NO_JOB,   /* no job of ours: nothing goes out */
    VGATE_WATCH_LEFT,     /* it goes on: it may, or we cannot tell whether it may */
    VGATE_WATCH_STOPPED,  /* it was ended: the guest stays */
    VGATE_WATCH_TOO_LATE, /* it should have been, but was over */
    VGATE_WATCH_NOT_TOLD, /* libvirt does not say whether there is a job */
} VgateWatchOutcome;

/* In the main loop. */
typedef struct {
    /* Once a check. Where another check was asked for meanwhile, only the later one reports, unless the first
     * was STOPPED. */
    void (*checked) (const char *uuid, VgateWatchOutcome outcome, gpointer user_data);
    /* As of VgateCancelWatchMethods. */
    void (*hangs) (const char *uuid, VgateCode code, gboolean is_over, gpointer user_data);
} VgateJobWatchMethods;

/* Takes the world, which is what the calls work with. Policy and tally are borrowed and must outlive it. */
VgateJobWatch *vgate_job_watch_new (const VgateJobCalls *calls, gpointer world, const VgatePolicy *policy,
                                    VgateTally *tally, const VgateJobWatchMethods *methods,
                                    gpointer user_data);
/* Waits for the calls that are under way. */
void vgate_job_watch_free (VgateJobWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateJobWatch, vgate_job_watch_free)

/*
 * Checks a domain. is_leaving: the last check said so. last: what NVML said last, or NULL; its driver is
 * asked about the same bytes. A check that is under way is followed by another, since it may have read too
 * early.
 */
void vgate_job_watch_check (VgateJobWatch *watch, const char *uuid, gboolean is_leaving, VgateSnapshot *last);

/* TRUE: a check is under way. */
gboolean vgate_job_watch_is_checking (const VgateJobWatch *watch, const char *uuid);

/* What QEMU and libvirt say of a domain's job; other events are passed over. */
void vgate_job_watch_note (VgateJobWatch *watch, const char *uuid, VgateDomainEvent event);

/* This run of the domain has ended, or another was found. */
void vgate_job_watch_forget (VgateJobWatch *watch, const char *uuid);

/* After connecting: a migration may have been aborted before, and hang; and of those that are known
 * events may have been missed. */
void vgate_job_watch_connected (VgateJobWatch *watch);
