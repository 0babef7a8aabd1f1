/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A simulated libvirt and NVML for the job watch: each call and each question waits until the test runs or
 * answers it, in any order. There is one thread; everything that is handed out is counted. */
#pragma once

#include "plugin/jobs/job-calls.h"

typedef struct {
    gboolean is_connected;
    VgateVgpuRecord in_xml;  /* of the guest's vGPU, as its XML has it */
    VgateVgpuRecord in_nvml; /* as NVML has it */
    VgateJobKind job;        /* the job that holds the guest */
    guint job_number;        /* of the last job */
    gint64 job_began;        /* us */
    guint aborted;           /* the job that was aborted last; 0: none */
    gboolean is_cancelling;  /* QEMU is in "cancelling", and hangs */
    gboolean has_completed;  /* QEMU: the last migration was not cancelled, and the guest may run elsewhere */
    VgateGuestState guest;   /* the guest's state */
    int run;                 /* of the domain */
    gboolean is_mute;        /* libvirt cannot answer whether there is a job */
    gboolean is_useless;     /* a suspend does not end the job */
    gboolean cannot_resume;  /* libvirt cannot resume the guest */
    gboolean has_vgpu;
    gboolean has_snapshot;     /* a snapshot with memory was just made */
    gboolean is_shutting_down; /* the host */

    GQueue calls;                               /* of PlayedCall *: pushed, not done */
    GQueue asks;                                /* of PlayedAsk *: without an answer yet */
    GQueue timers;                              /* of PlayedTimer *: not run */
    gint64 now;                                 /* us */
    guint n_libvirts;                           /* references that were not released yet */
    guint n_acts[VGATE_CANCEL_END_UNKNOWN + 1]; /* by VgateCancelAction: the acts that were performed */
    guint n_aborts;
    guint n_snapshots_read;
    guint n_timers; /* timers that were ever set */
    gboolean is_freed;
} Played;

extern const VgateJobCalls played_calls;

/* One vGPU, the same in XML and NVML; a migration holds the guest. */
void played_init (Played *played);
/* Begins a job about which QEMU has reported nothing yet. */
void played_begin_job (Played *played, VgateJobKind kind);
/* After the watch was freed: checks that nothing is left. */
void played_clear (Played *played);

/* Runs the timers that are due by then. */
void played_wait (Played *played, guint ms);

/* Runs a call in its worker: libvirt's answer is the present state of *played. */
void played_run (Played *played, guint call);
gboolean played_has_run (const Played *played, guint call);
/* Ends a call, which must have run, in the main loop. */
void played_finish (Played *played, guint call);
/* NVML answers with the present state of *played, or with an error. */
void played_answer (Played *played, guint ask);
void played_fail (Played *played, guint ask);
