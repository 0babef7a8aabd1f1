/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Watches migrations and saves: when one begins, and when NVML's answer changes while one goes on, it reads
 * the domain and asks NVML at the same time, judges the job (job.h), and aborts it if it must stop. If an
 * aborted migration hangs, no matter who aborted it, it is brought to its end (cancel-watch.h).
 */
#pragma once

#include "plugin/jobs/cancel-watch.h"

typedef struct VgateJobWatch VgateJobWatch;

typedef enum {
    VGATE_WATCH_NO_JOB,   /* no migration or save holds the guest */
    VGATE_WATCH_GOES_ON,  /* the job goes on: it is allowed to, or this could not be found out */
    VGATE_WATCH_STOPPED,  /* the job was aborted, and the guest stays */
    VGATE_WATCH_TOO_LATE, /* the job should have been aborted, but had ended */
    VGATE_WATCH_NOT_TOLD, /* libvirt could not answer whether there is a job */
} VgateWatchOutcome;

/* Called in the main loop. */
typedef struct {
    /* Once for each check. If another check was requested during a check, only the later one reports, unless
     * the first was STOPPED. */
    void (*checked) (const char *uuid, VgateWatchOutcome outcome, gpointer user_data);
    /* For the guest's status, before checked: its job was stopped. job: "migration", "save" or
     * "snapshot"; way_out: what the operator can do. Borrowed. */
    void (*stopped) (const char *uuid, const char *job, const GError *reason, const char *way_out,
                     gpointer user_data);
    /* As in VgateCancelWatchMethods. */
    void (*hangs) (const char *uuid, VgateCode code, gboolean is_over, gpointer user_data);
} VgateJobWatchMethods;

/* Takes ownership of world, the argument of the calls. Policy and tally are borrowed and must outlive the
 * watch. */
VgateJobWatch *vgate_job_watch_new (const VgateJobCalls *calls, gpointer world, const VgatePolicy *policy,
                                    VgateTally *tally, const VgateJobWatchMethods *methods,
                                    gpointer user_data);
/* Waits for the calls in progress. */
void vgate_job_watch_free (VgateJobWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateJobWatch, vgate_job_watch_free)

/*
 * Checks a domain. is_leaving: the result of the last check. last: NVML's last answer, or NULL; NVML's driver
 * judges the metadata in it. If a check is in progress, another follows it, because the first may have read
 * too early.
 */
void vgate_job_watch_check (VgateJobWatch *watch, const char *uuid, gboolean is_leaving, VgateSnapshot *last);

/* TRUE if a check is in progress. */
gboolean vgate_job_watch_is_checking (const VgateJobWatch *watch, const char *uuid);

/* Passes on an event of QEMU or libvirt about a domain's job; other events are ignored. */
void vgate_job_watch_note (VgateJobWatch *watch, const char *uuid, VgateDomainEvent event);

/* This run of the domain has ended, or another run was found. */
void vgate_job_watch_forget (VgateJobWatch *watch, const char *uuid);

/* Call this after connecting: a migration may have been aborted before and hang, and events of known ones may
 * have been missed. */
void vgate_job_watch_connected (VgateJobWatch *watch);
