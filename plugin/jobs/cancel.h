/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A migration that somebody aborts, until libvirt's job has ended, as a state machine: it hears what QEMU and
 * libvirt say, and says what is to be done next. It calls nothing, and knows the time only from its inputs.
 *
 * An abort that meets the switch-over can meet one of two faults. Both were measured with libvirt 9.0.0 and
 * QEMU 7.2.22; the job then ends by itself in neither, and a second abort has no effect:
 *
 *   in libvirt: QEMU has cancelled the migration, but libvirt waits for a STOP event that does not come. The
 *     guest runs at the source. Sign: the job is there 250 ms after QEMU's "cancelled", and the state is
 *     "running". To suspend the guest gives libvirt its event, and it resumes the guest by itself.
 *   in QEMU: it waits in "cancelling" for a semaphore that only a cancel in "pre-switchover" posts. The guest
 *     is paused. Sign: the job is there 500 ms after "cancelling" without "cancelled", and the state is
 *     "paused". QMP's migrate-continue with the state "cancelling" posts the semaphore. QEMU refuses it in
 *     any other state, so it can let no migration go on.
 *
 * Only the job that was aborted is acted upon. Another job of the same guest ends the machine: QEMU's "setup"
 * announces it, and libvirt's age of the job shows it where the event was missed. A job whose age does not
 * prove that it began before the abort is left alone.
 *
 * A guest that is paused when the aborted job has ended is resumed only where this migration is known to have
 * been cancelled. "completed" forbids everything but looking, as the guest may run at the destination.
 */
#pragma once

#include "plugin/libvirt/states.h"

typedef enum {
    VGATE_CANCEL_ABORTED,     /* virDomainAbortJob () has returned to us */
    VGATE_CANCEL_FOUND,       /* paused by a migration when we connected: nothing was heard before */
    VGATE_CANCEL_SETUP,       /* QEMU: "setup". A migration begins */
    VGATE_CANCEL_CANCELLING,  /* QEMU: "cancelling" */
    VGATE_CANCEL_CANCELLED,   /* QEMU: "cancelled" */
    VGATE_CANCEL_JOB_FAILED,  /* QEMU: "failed" */
    VGATE_CANCEL_COMPLETED,   /* QEMU: "completed". The guest may run at the destination */
    VGATE_CANCEL_DOMAIN_ENDS, /* this run of the domain has ended */
    VGATE_CANCEL_CONNECTED,   /* to libvirt, again: events may have been missed */
    VGATE_CANCEL_LOOKED,      /* the look that was asked for */
    VGATE_CANCEL_ACTED,       /* the suspend, resume or migrate-continue that was asked for has returned */
    VGATE_CANCEL_UNCONNECTED, /* what was asked for was not done, as there is no connection */
    VGATE_CANCEL_TIME,        /* it is the time that a wait was until */
} VgateCancelInputKind;

typedef enum {
    VGATE_CANCEL_DONE,
    VGATE_CANCEL_REFUSED,     /* it was not for this state or this job: nothing was changed */
    VGATE_CANCEL_FAILED,      /* libvirt could not, or it did not help; the guest is as it was */
    VGATE_CANCEL_LEFT_PAUSED, /* of a suspend: the guest is paused by it, and could not be resumed yet */
    VGATE_CANCEL_NOT_OURS,    /* the guest has no vGPU: nothing was changed */
} VgateCancelResult;

typedef struct {
    VgateCancelInputKind kind;
    gint64 now; /* monotonic, us */
    /* LOOKED */
    gboolean is_answered; /* FALSE: libvirt could not say */
    VgateJob job;
    VgateGuestState guest;
    int run;              /* libvirt's ID of this run of the domain; -1: it does not run */
    gboolean has_no_vgpu; /* nor an element */
    /* ACTED */
    VgateCancelResult result;
} VgateCancelInput;

/* What is to be done. From LOOK to RESUME it is a call, whose return is an input; meanwhile there is no
 * other. */
typedef enum {
    VGATE_CANCEL_DO_NOTHING, /* a call is under way; it is waited for until cancel->wake, then reported */
    VGATE_CANCEL_DO_WAIT,    /* until cancel->wake */
    VGATE_CANCEL_DO_LOOK,
    VGATE_CANCEL_DO_SUSPEND,  /* it hangs in libvirt: suspend, wait for the end, resume if need be */
    VGATE_CANCEL_DO_CONTINUE, /* it hangs in QEMU: migrate-continue with the state "cancelling" */
    VGATE_CANCEL_DO_RESUME,   /* the job has ended, and the guest is still paused */
    VGATE_CANCEL_DO_REPORT, /* it hangs, and nothing has helped, or nothing fits; go on until cancel->wake */
    /* it is over */
    VGATE_CANCEL_STAYED,      /* the aborted job has ended, and the guest is here */
    VGATE_CANCEL_LEFT,        /* the guest is not here any more: the abort was too late */
    VGATE_CANCEL_PAUSED_HERE, /* the job has ended, but the guest is paused: see may_resume () */
    VGATE_CANCEL_BEGUN, /* QEMU began a migration after our abort, the same or another: it is to be judged */
    VGATE_CANCEL_IGNORED, /* the guest has no vGPU, or the job is of a kind that does not hang */
    VGATE_CANCEL_UNKNOWN, /* libvirt does not say any more */
    /* QEMU has said nothing, and the save that holds the guest is younger than our abort. libvirt counts from
     * when QEMU begins, so it may be the same save, for which the abort came too early: it is to be judged
     * again. */
    VGATE_CANCEL_NOT_MET,
} VgateCancelAction;

typedef enum {
    VGATE_CANCEL_QUIET,     /* QEMU has said nothing of it */
    VGATE_CANCEL_WAS_FOUND, /* nor will it say "cancelling": see FOUND */
    VGATE_CANCEL_IS_CANCELLING,
    VGATE_CANCEL_IS_CANCELLED,
} VgateCancelPhase;

/* Private, but for began, run, wake, and what is said of each. Begins with vgate_cancel_init (). */
typedef struct {
    VgateCancelPhase phase;
    gint64 began; /* it was heard of first: a job that began later is another */
    gint64 since; /* of the phase: the first sign of a hang counts from there */
    gint64 wake;
    gint64 pause;           /* to the next look */
    int run;                /* of the domain, by the first look; -1: not looked at */
    VgateGuestState guest;  /* by the last look */
    gboolean is_ours;       /* we have aborted it, and want to know when it ends */
    gboolean is_calling;    /* the call that was asked for has not returned */
    gboolean is_call_old;   /* it was asked of a connection that was lost */
    gboolean is_completed;  /* see COMPLETED */
    gboolean is_unsure;     /* events were missed, and the job was not seen again since */
    gboolean has_suspended; /* and the guest was left paused */
    gboolean has_continued;
    gboolean is_reported;
    guint n_acts, n_resumes, n_failures;
    gint64 called;       /* when the call began */
    gint64 act_after;    /* not sooner than that */
    gint64 paused_since; /* without a job; 0: it is not */
    VgateCancelAction act;
} VgateCancel;

void vgate_cancel_init (VgateCancel *cancel, gint64 now);

VgateCancelAction vgate_cancel_step (VgateCancel *cancel, const VgateCancelInput *input);

/* TRUE when the action ends it. */
gboolean vgate_cancel_is_end (VgateCancelAction action);

/* TRUE when the action is a call. */
gboolean vgate_cancel_is_call (VgateCancelAction action);

gboolean vgate_cancel_is_paused (VgateGuestState guest);

/* What an act is for: one of DO_SUSPEND to DO_RESUME. */
typedef struct {
    VgateCancelAction action;
    gint64 began; /* the job that was aborted began before that (monotonic, us) */
    int run;      /* of the domain */
} VgateCancelAct;

/* The last look before the act: TRUE when this is still the run, the job and the state that it is for. */
gboolean vgate_cancel_may_act (const VgateCancelAct *act, int run, const VgateJob *job,
                               VgateGuestState guest);
