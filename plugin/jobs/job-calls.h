/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls that the job watch (job-watch.h) makes to libvirt, NVML and threads. They go through a table, so
 * that a test can let them return in any order, late, or never. */
#pragma once

#include "plugin/jobs/cancel.h"
#include "plugin/libvirt/connection.h"
#include "plugin/jobs/job.h"
#include "plugin/capture/prober.h"
#include "plugin/base/workers.h"

/* What libvirt reports about a guest whose migration was cancelled. */
typedef struct {
    char *name;
    VgateJob job;
    VgateGuestState guest;
    int run;              /* libvirt's ID of this run of the domain; -1: not running */
    gboolean has_no_vgpu; /* and no element; not checked if it is known to have one */
} VgateCancelLook;

typedef struct {
    /* --- in the main loop; these do not block --- */

    /* Returns a reference to libvirt for one call; NULL if there is no connection. */
    gpointer (*libvirt) (gpointer world);
    /* As vgate_workers_push (): kind->run in a thread, kind->done in the main loop, but never before push has
     * returned. */
    void (*push) (gpointer world, const VgateWorkKind *kind, gpointer data, gpointer user_data);
    /* As vgate_prober_ask (). */
    void (*ask) (gpointer world, const GPtrArray *vgpus, const VgateProberMethods *methods,
                 gpointer user_data);
    /* Waits for the calls in progress and drops those that wait: no done is called any more. */
    void (*free) (gpointer world);

    /* Monotonic, us. */
    gint64 (*now) (gpointer world);
    /* Calls function once, at this time or soon after. Never returns 0. */
    guint (*add_timer) (gpointer world, gint64 at, GSourceFunc function, gpointer user_data);
    void (*remove_timer) (gpointer world, guint timer);

    /* --- in a worker; these can block for any time --- */

    void (*release) (gpointer libvirt);
    /* vgate_job_read () */
    void (*read) (gpointer libvirt, const char *uuid, gboolean is_leaving, VgateJobFacts *facts);
    /* vgate_job_read_snapshot () */
    void (*read_snapshot) (gpointer libvirt, const char *uuid, gint64 since, VgateJobFacts *facts);
    /* vgate_shutdown_has_begun () */
    gboolean (*is_shutting_down) (gpointer libvirt);
    /* vgate_libvirt_abort_job () */
    gboolean (*abort) (gpointer libvirt, const char *uuid, GError **error);
    /* The caller owns look->name, also after a failure. is_known: the guest is known to have a vGPU. */
    gboolean (*look) (gpointer libvirt, const char *uuid, gboolean is_known, VgateCancelLook *look,
                      GError **error);
    /*
     * Looks again immediately before the act, so that the act meets the state and the job that it is for.
     * NOT_OURS for a domain with neither a vGPU nor an element, whatever its state. A suspend waits until the
     * job has ended, and resumes the guest if libvirt does not: at most 1.5 s plus the time that libvirt
     * takes to answer.
     */
    VgateCancelResult (*act) (gpointer libvirt, const char *uuid, const VgateCancelAct *act, GError **error);
    /* Returns the UUIDs (char *) of the domains that leave and are paused by that. */
    GPtrArray *(*find_paused) (gpointer libvirt);
} VgateJobCalls;

/* The calls of the daemon. */
extern const VgateJobCalls vgate_job_calls;

/* The world for these calls. All arguments are borrowed and must outlive it; vgate_job_calls.free () frees
 * it. */
gpointer vgate_job_calls_new (VgateConnection *connection, const VgateBackend *backend,
                              const VgateIdentity *identity, VgateTally *tally);
