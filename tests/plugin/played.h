/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A libvirt and an NVML that a test plays to the job watch: each call and each question waits until the test
 * lets it run or answers it, in any order. One thread; everything that is handed out is counted.
 */
#pragma once

#include "plugin/job-calls.h"

typedef struct {
    gboolean is_connected;
    VgateVgpuRecord in_xml;  /* of the guest's vGPU, as its XML has it */
    VgateVgpuRecord in_nvml; /* as NVML has it */
    VgateJobKind job;        /* that holds the guest */
    VgateCancelGuest guest;  /* what it does */
    gboolean has_vgpu;

    GQueue calls;                           /* of PlayedCall *: pushed, not done */
    GQueue asks;                            /* of PlayedAsk *: not answered */
    GQueue timers;                          /* of PlayedTimer *: not run */
    gint64 now;                             /* us */
    guint n_libvirts;                       /* references that were not released yet */
    guint n_acts[VGATE_CANCEL_UNKNOWN + 1]; /* by VgateCancelAction; the first abort is a DO_ABORT, too */
    guint n_timers;                         /* that there ever were */
    gboolean is_freed;
} Played;

extern const VgateJobCalls played_calls;

/* One vGPU, the same in XML and NVML; a migration holds the guest. */
void played_init (Played *played);
/* When the watch has been freed: nothing may be left. */
void played_clear (Played *played);

/* Timers run that are due by then. */
void played_wait (Played *played, guint ms);

/* A call runs in its worker: what libvirt says is what stands in *played now. */
void played_run (Played *played, guint call);
gboolean played_has_run (const Played *played, guint call);
/* It is over, which the main loop hears; it must have run. */
void played_finish (Played *played, guint call);
/* NVML answers with what stands in *played now, or with an error. */
void played_answer (Played *played, guint ask);
void played_fail (Played *played, guint ask);
