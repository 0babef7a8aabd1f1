/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A state machine for an aborted migration, until libvirt's job has ended. Its inputs are the events of QEMU
 * and libvirt, its output is the next action. It makes no calls, and takes the time from its inputs.
 *
 * An abort during the switch-over can trigger one of three faults. All were seen with libvirt 9.0.0 and
 * QEMU 7.2.22. In all of them the job does not end by itself, and a second abort has no effect:
 *
 * - In libvirt: QEMU has cancelled the migration, but libvirt waits for a STOP event that does not come. The
 *   guest runs at the source. Sign: the job still exists 250 ms after QEMU's "cancelled", and the state is
 *   "running". Suspending the guest gives libvirt its event, and libvirt then resumes the guest itself.
 * - In libvirt: it has lost QEMU's "cancelled". A reply to query-migrate that QEMU wrote before this event,
 *   but that libvirt evaluates after it, overwrites the state of the event (read in libvirt's source). The
 *   guest is paused at the source. Sign: the job still exists 1 s after "cancelled", and the state is
 *   "paused". libvirt waits until QEMU reports an end of the migration again: vgate_libvirt_repeat_end ().
 * - In QEMU: it waits in "cancelling" for a semaphore that only a cancel in "pre-switchover" posts. The guest
 *   is paused. Sign: the job still exists 500 ms after "cancelling" without "cancelled", and the state is
 *   "paused". QMP's migrate-continue with the state "cancelling" posts the semaphore. QEMU refuses the
 *   command in any other state, so it cannot make a migration continue.
 *
 * Acts apply only to the job that was aborted. Another job of the same guest ends the machine: QEMU's "setup"
 * announces it, and if that event was missed, libvirt's age of the job shows it. A job whose age does not
 * prove that it began before the abort is not touched.
 *
 * A guest that is paused after the aborted job has ended is resumed only if this migration is known to have
 * been cancelled. After "completed" the guest may run at the destination, so no act is allowed any more, only
 * looks.
 */
#pragma once

#include "plugin/libvirt/states.h"

typedef enum {
    VGATE_CANCEL_INPUT_ABORTED,     /* virDomainAbortJob () has returned to us */
    VGATE_CANCEL_INPUT_FOUND,       /* paused by a migration when we connected, without earlier events */
    VGATE_CANCEL_INPUT_SETUP,       /* QEMU: "setup": a migration begins */
    VGATE_CANCEL_INPUT_CANCELLING,  /* QEMU: "cancelling" */
    VGATE_CANCEL_INPUT_CANCELLED,   /* QEMU: "cancelled" */
    VGATE_CANCEL_INPUT_JOB_FAILED,  /* QEMU: "failed" */
    VGATE_CANCEL_INPUT_COMPLETED,   /* QEMU: "completed": the guest may run at the destination */
    VGATE_CANCEL_INPUT_DOMAIN_ENDS, /* this run of the domain has ended */
    VGATE_CANCEL_INPUT_CONNECTED,   /* to libvirt again; events may have been missed */
    VGATE_CANCEL_INPUT_LOOKED,      /* the look has returned */
    VGATE_CANCEL_INPUT_ACTED,       /* the suspend, resume or migrate-continue has returned */
    VGATE_CANCEL_INPUT_UNCONNECTED, /* the call was not made, because there is no connection */
    VGATE_CANCEL_INPUT_TIME,        /* the time of cancel->wake has come */
} VgateCancelInputKind;

typedef enum {
    VGATE_CANCEL_RESULT_DONE,
    VGATE_CANCEL_RESULT_REFUSED,     /* the state or the job was another one; nothing was changed */
    VGATE_CANCEL_RESULT_FAILED,      /* libvirt failed, or the act had no effect; the guest is as before */
    VGATE_CANCEL_RESULT_LEFT_PAUSED, /* of a suspend: it paused the guest, which could not be resumed yet */
    VGATE_CANCEL_RESULT_NOT_OURS,    /* the guest has no vGPU; nothing was changed */
} VgateCancelResult;

typedef struct {
    VgateCancelInputKind kind;
    gint64 now; /* monotonic, us */
    /* of INPUT_LOOKED */
    gboolean is_answered; /* FALSE: libvirt could not answer */
    VgateJob job;
    VgateGuestState guest;
    int run;              /* libvirt's ID of this run of the domain; -1: not running */
    gboolean has_no_vgpu; /* and no element */
    /* of INPUT_ACTED */
    VgateCancelResult result;
} VgateCancelInput;

/* The next action, or the end. DO_LOOK to DO_RESUME are calls, whose return is an input; until then there is
 * no other call. */
typedef enum {
    VGATE_CANCEL_DO_NOTHING, /* a call is in progress; if it lasts until cancel->wake, report that */
    VGATE_CANCEL_DO_WAIT,    /* until cancel->wake */
    VGATE_CANCEL_DO_LOOK,
    VGATE_CANCEL_DO_SUSPEND,  /* it hangs in libvirt: suspend, wait for the end, resume if necessary */
    VGATE_CANCEL_DO_CONTINUE, /* it hangs in QEMU: migrate-continue with the state "cancelling" */
    VGATE_CANCEL_DO_REPEAT,   /* it hangs in libvirt: make QEMU report an end again */
    VGATE_CANCEL_DO_RESUME,   /* the job has ended, and the guest is still paused */
    VGATE_CANCEL_DO_REPORT,   /* it hangs, and nothing helped or fits; go on until cancel->wake */
    /* ends */
    VGATE_CANCEL_END_STAYED,      /* the aborted job has ended, and the guest is still here */
    VGATE_CANCEL_END_DEPARTED,    /* the guest is no longer here: the abort was too late */
    VGATE_CANCEL_END_PAUSED_HERE, /* the job has ended, but the guest is paused: see may_resume () */
    VGATE_CANCEL_END_BEGUN,   /* after our abort QEMU began a migration, the same or another, to be judged */
    VGATE_CANCEL_END_IGNORED, /* the guest has no vGPU, or the job is of a kind that does not hang */
    VGATE_CANCEL_END_UNKNOWN, /* libvirt does not answer any more */
    /*
     * A save or a snapshot that we aborted may go on. QEMU has reported nothing since the abort, and
     * libvirt's age of the one that holds the guest says that it began after the abort. It is either another
     * one, or the aborted one: libvirt counts the age from the moment when QEMU begins, and an abort before
     * that moment has no effect. It must be judged again.
     */
    VGATE_CANCEL_END_JUDGE_AGAIN,
} VgateCancelAction;

typedef enum {
    VGATE_CANCEL_PHASE_QUIET, /* QEMU has reported nothing yet */
    VGATE_CANCEL_PHASE_FOUND, /* QEMU will not report "cancelling" either: see INPUT_FOUND */
    VGATE_CANCEL_PHASE_CANCELLING,
    VGATE_CANCEL_PHASE_CANCELLED,
} VgateCancelPhase;

/* Private, except began, run, wake and the members' meaning for messages. Initialise it with
 * vgate_cancel_init (). */
typedef struct {
    VgateCancelPhase phase;
    gint64 began; /* when it was first reported: a job that began later is another one */
    gint64 since; /* when the phase began; the time of a hang's sign counts from here */
    gint64 wake;
    gint64 pause;           /* before the next look */
    int run;                /* of the domain, from the first look; -1: no look yet */
    VgateGuestState guest;  /* from the last look */
    gboolean is_ours;       /* we have aborted the job, and need to know when it ends */
    gboolean is_calling;    /* a call has not returned yet */
    gboolean is_call_old;   /* the call was made on a connection that was lost */
    gboolean is_completed;  /* see INPUT_COMPLETED */
    gboolean is_unsure;     /* events were missed, and no look has seen the job since */
    gboolean has_suspended; /* we suspended the guest, and it remained paused */
    gboolean has_continued;
    gboolean is_reported;
    guint n_acts, n_resumes, n_failures;
    gint64 called;       /* when the call began */
    gint64 act_after;    /* no act before this time */
    gint64 paused_since; /* without a job; 0: not paused without a job */
    VgateCancelAction act;
} VgateCancel;

void vgate_cancel_init (VgateCancel *cancel, gint64 now);

VgateCancelAction vgate_cancel_step (VgateCancel *cancel, const VgateCancelInput *input);

/* TRUE if the action is an end. */
gboolean vgate_cancel_is_end (VgateCancelAction action);

/* TRUE if the action is a call. */
gboolean vgate_cancel_is_call (VgateCancelAction action);

gboolean vgate_cancel_is_paused (VgateGuestState guest);

/* An act: one of DO_SUSPEND to DO_RESUME. */
typedef struct {
    VgateCancelAction action;
    gint64 began; /* the aborted job began before this time (monotonic, us) */
    int run;      /* of the domain */
} VgateCancelAct;

/* The check immediately before the act: TRUE if the run, the job and the state are still the ones that it is
 * for. */
gboolean vgate_cancel_may_act (const VgateCancelAct *act, int run, const VgateJob *job,
                               VgateGuestState guest);
