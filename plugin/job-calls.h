/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the job watch (job-watch.h) asks of the world around it: libvirt, NVML, threads. It goes through a
 * table, so that a test can answer in any order, late, or not at all.
 */
#pragma once

#include "connection.h"
#include "job.h"
#include "prober.h"
#include "workers.h"

typedef struct {
    /* --- in the main loop; none of them blocks --- */

    /* A reference to libvirt for one call; NULL while there is no connection. */
    gpointer (*libvirt) (gpointer world);
    /* As vgate_workers_push (): kind->run in a thread, kind->done in the main loop, never before push has
     * returned. */
    void (*push) (gpointer world, const VgateWorkKind *kind, gpointer data);
    /* As vgate_prober_ask (). */
    void (*ask) (gpointer world, const GPtrArray *vgpus, VgateProberDone done, gpointer user_data);
    /* Waits for the calls that are under way, and drops those that are not: no done comes any more. */
    void (*free) (gpointer world);

    /* --- in a worker; they can block for as long as libvirtd likes --- */

    void (*release) (gpointer libvirt);
    /* vgate_job_read () */
    void (*read) (gpointer libvirt, const char *uuid, gboolean is_leaving, VgateJobFacts *facts);
    /* vgate_libvirt_abort_job () */
    gboolean (*abort) (gpointer libvirt, const char *uuid, GError **error);
} VgateJobCalls;

/* The real ones. */
extern const VgateJobCalls vgate_job_calls;

/* What they work with. All is borrowed, and must outlive it; vgate_job_calls.free () frees it. */
gpointer vgate_job_calls_new (VgateConnection *connection, const VgateBackend *backend,
                              const VgateIdentity *identity, VgateTally *tally);
