/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A libvirt and an NVML that a test plays to the job watch: each call and each question waits until the test
 * lets it run or answers it, in any order. One thread; everything that is handed out is counted.
 */
#pragma once

#include "plugin/job-calls.h"

typedef struct {
    gboolean is_connected;
    VgateVgpuRecord in_xml; /* of the guest's vGPU, as its XML has it */
    VgateVgpuRecord now;    /* as NVML has it */
    VgateJobKind job;       /* that holds the guest */

    GQueue calls;     /* of PlayedCall *: pushed, not done */
    GQueue asks;      /* of PlayedAsk *: not answered */
    guint n_libvirts; /* references that were not released yet */
    guint n_aborts;
    gboolean is_freed;
} Played;

extern const VgateJobCalls played_calls;

/* One vGPU, the same in XML and NVML; a migration holds the guest. */
void played_init (Played *played);
/* When the watch has been freed: nothing may be left. */
void played_clear (Played *played);

/* A call runs in its worker: what libvirt says is what stands in *played now. */
void played_run (Played *played, guint call);
gboolean played_has_run (const Played *played, guint call);
/* It is over, which the main loop hears; it must have run. */
void played_finish (Played *played, guint call);
/* NVML answers with what stands in *played now, or with an error. */
void played_answer (Played *played, guint ask);
void played_fail (Played *played, guint ask);
