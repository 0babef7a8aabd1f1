/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A libvirt and an NVML that a test plays to the job watch: each call and each question waits until the test
 * lets it run or answers it, in any order. One thread; everything that is handed out is counted.
 */
#pragma once

#include "plugin/jobs/job-calls.h"

typedef struct {
    gboolean is_connected;
    VgateVgpuRecord in_xml;  /* of the guest's vGPU, as its XML has it */
    VgateVgpuRecord in_nvml; /* as NVML has it */
    VgateJobKind job;        /* that holds the guest */
    guint job_number;        /* of the last that held it */
    gint64 job_began;        /* us */
    guint aborted;           /* the job that somebody has aborted last; 0: none */
    gboolean is_cancelling;  /* QEMU: it is, and hangs */
    gboolean has_completed;  /* QEMU: the last migration was not cancelled, and the guest may run elsewhere */
    VgateGuestState guest;   /* what it does */
    int run;                 /* of the domain */
    gboolean is_mute;        /* libvirt does not say whether there is a job */
    gboolean is_useless;     /* the job does not end by a suspend */
    gboolean cannot_resume;  /* libvirt says no */
    gboolean has_vgpu;

    GQueue calls;                           /* of PlayedCall *: pushed, not done */
    GQueue asks;                            /* of PlayedAsk *: not answered */
    GQueue timers;                          /* of PlayedTimer *: not run */
    gint64 now;                             /* us */
    guint n_libvirts;                       /* references that were not released yet */
    guint n_acts[VGATE_CANCEL_UNKNOWN + 1]; /* by VgateCancelAction: those that libvirt was told */
    guint n_aborts;
    guint n_timers; /* that there ever were */
    gboolean is_freed;
} Played;

extern const VgateJobCalls played_calls;

/* One vGPU, the same in XML and NVML; a migration holds the guest. */
void played_init (Played *played);
/* A job begins, of which QEMU has said nothing yet. */
void played_begin_job (Played *played, VgateJobKind kind);
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
