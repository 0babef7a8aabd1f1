/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the job watch (job-watch.h) asks of the world around it: libvirt, NVML, threads. It goes through a
 * table, so that a test can answer in any order, late, or not at all.
 */
#pragma once

#include "plugin/jobs/cancel.h"
#include "plugin/libvirt/connection.h"
#include "plugin/jobs/job.h"
#include "plugin/capture/prober.h"
#include "plugin/base/workers.h"

/* What libvirt says of a guest whose migration was cancelled. */
typedef struct {
    char *name;
    VgateJob job;
    VgateGuestState guest;
    int run;              /* libvirt's ID of this run of the domain; -1: it does not run */
    gboolean has_no_vgpu; /* nor an element. Not looked for where it is known */
} VgateCancelLook;

typedef struct {
    /* --- in the main loop; none of them blocks --- */

    /* A reference to libvirt for one call; NULL while there is no connection. */
    gpointer (*libvirt) (gpointer world);
    /* As vgate_workers_push (): kind->run in a thread, kind->done in the main loop, never before push has
     * returned. */
    void (*push) (gpointer world, const VgateWorkKind *kind, gpointer data, gpointer user_data);
    /* As vgate_prober_ask (). */
    void (*ask) (gpointer world, const GPtrArray *vgpus, const VgateProberMethods *methods,
                 gpointer user_data);
    /* Waits for the calls that are under way, and drops those that are not: no done comes any more. */
    void (*free) (gpointer world);

    /* Monotonic, us. */
    gint64 (*now) (gpointer world);
    /* Once, at this time or soon after; 0 is no timer. */
    guint (*add_timer) (gpointer world, gint64 at, GSourceFunc function, gpointer user_data);
    void (*remove_timer) (gpointer world, guint timer);

    /* --- in a worker; they can block for as long as libvirtd likes --- */

    void (*release) (gpointer libvirt);
    /* vgate_job_read () */
    void (*read) (gpointer libvirt, const char *uuid, gboolean is_leaving, VgateJobFacts *facts);
    /* vgate_libvirt_abort_job () */
    gboolean (*abort) (gpointer libvirt, const char *uuid, GError **error);
    /* look->name is the caller's, also where it fails. is_known: to have a vGPU. */
    gboolean (*look) (gpointer libvirt, const char *uuid, gboolean is_known, VgateCancelLook *look,
                      GError **error);
    /*
     * It looks once more before, so that it meets the state and the job that it is for; and a domain
     * without a vGPU and without an element is NOT_OURS whatever its state. A suspend waits until the job
     * has ended, and resumes the guest where libvirt does not: at most 1.5 s, and what libvirt takes to
     * answer.
     */
    VgateCancelResult (*act) (gpointer libvirt, const char *uuid, const VgateCancelAct *act, GError **error);
    /* The UUIDs (char *) of the domains that leave, and are paused by that. */
    GPtrArray *(*find_paused) (gpointer libvirt);
} VgateJobCalls;

/* The real ones. */
extern const VgateJobCalls vgate_job_calls;

/* What they work with. All is borrowed, and must outlive it; vgate_job_calls.free () frees it. */
gpointer vgate_job_calls_new (VgateConnection *connection, const VgateBackend *backend,
                              const VgateIdentity *identity, VgateTally *tally);
