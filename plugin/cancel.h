/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A migration that somebody aborts, until libvirt's job has ended, as a state machine: it hears what QEMU and
 * libvirt say, and says what is to be done next. It calls nothing, and knows the time only from what it is
 * told.
 *
 * An abort that meets the switch-over can meet one of two faults. Both were measured with libvirt 9.0.0 and
 * QEMU 7.2.22; the job then ends by itself in neither, and a second abort has no effect:
 *
 *   in libvirt: QEMU has cancelled the migration, but libvirt waits for a STOP event that does not come. The
 * guest runs at the source. Sign: the job is there 250 ms after QEMU's "cancelled", and the state is
 * "running". To suspend the guest gives libvirt its event, and it resumes the guest by itself. in QEMU: it
 * waits in "cancelling" for a semaphore that only a cancel in "pre-switchover" posts. The guest is paused.
 * Sign: the job is there 500 ms after "cancelling" without "cancelled", and the state is "paused". QMP's
 *     migrate-continue with the state "cancelling" posts the semaphore. QEMU refuses it in any other state,
 * so it can let no migration go on.
 *
 * A suspend without the sign can leave the guest paused, so there is none; and a guest that is still paused
 * when the job has ended, by our suspend or by the migration that was cancelled, is resumed.
 */
#pragma once

#include "job-kind.h"

#include <glib.h>

/* What the guest does, as libvirt says. */
typedef enum {
    VGATE_CANCEL_GONE, /* there is no such domain, or it does not run */
    VGATE_CANCEL_RUNS,
    VGATE_CANCEL_PAUSED_BY_USER,      /* reason "user": as virDomainSuspend () leaves it */
    VGATE_CANCEL_PAUSED_BY_MIGRATION, /* reason "migrating" */
    VGATE_CANCEL_PAUSED,              /* for another reason; or it sleeps */
} VgateCancelGuest;

typedef enum {
    VGATE_CANCEL_ABORTED, /* virDomainAbortJob () has returned to us */
    VGATE_CANCEL_FOUND,  /* the guest was paused by a migration when we connected: nothing was heard before */
    VGATE_CANCEL_BEGINS, /* QEMU: "setup" */
    VGATE_CANCEL_CANCELLING, /* QEMU: "cancelling" */
    VGATE_CANCEL_CANCELLED,  /* QEMU: "cancelled" */
    VGATE_CANCEL_ENDS,       /* QEMU: "completed" or "failed" */
    VGATE_CANCEL_LOOKED,     /* the look that was asked for */
    VGATE_CANCEL_ACTED, /* the abort, suspend, resume or migrate-continue that was asked for has returned */
    VGATE_CANCEL_TIME,  /* it is the time that a wait was until */
} VgateCancelInputKind;

typedef enum {
    VGATE_CANCEL_DONE,
    VGATE_CANCEL_REFUSED, /* it was not for this state: nothing was changed */
    VGATE_CANCEL_FAILED,  /* libvirt could not */
} VgateCancelResult;

typedef struct {
    VgateCancelInputKind kind;
    gint64 now; /* monotonic, us */
    /* LOOKED */
    gboolean is_answered; /* FALSE: libvirt could not say */
    VgateJobKind job;
    VgateCancelGuest guest;
    /* ACTED */
    VgateCancelResult result;
} VgateCancelInput;

/* What is to be done. From LOOK to RESUME it is a call, whose return is an input; meanwhile there is no
 * other. */
typedef enum {
    VGATE_CANCEL_DO_NOTHING, /* a call is under way; it is waited for until cancel->wake, then reported */
    VGATE_CANCEL_DO_WAIT,    /* until cancel->wake */
    VGATE_CANCEL_DO_LOOK,
    VGATE_CANCEL_DO_ABORT,    /* once more: QEMU began only after the first time */
    VGATE_CANCEL_DO_SUSPEND,  /* it hangs in libvirt */
    VGATE_CANCEL_DO_CONTINUE, /* it hangs in QEMU: migrate-continue with the state "cancelling" */
    VGATE_CANCEL_DO_RESUME,   /* the job has ended, and the guest is still paused */
    VGATE_CANCEL_DO_REPORT, /* it hangs, and nothing has helped, or nothing fits; go on until cancel->wake */
    /* it is over */
    VGATE_CANCEL_STAYED,  /* the job has ended, and the guest is here */
    VGATE_CANCEL_LEFT,    /* the guest is not here any more: the abort was too late */
    VGATE_CANCEL_UNKNOWN, /* it was nothing for us, or libvirt does not say any more */
} VgateCancelAction;

typedef enum {
    VGATE_CANCEL_QUIET,     /* QEMU has said nothing of it */
    VGATE_CANCEL_WAS_FOUND, /* nor will it say "cancelling": see FOUND */
    VGATE_CANCEL_IS_CANCELLING,
    VGATE_CANCEL_IS_CANCELLED,
} VgateCancelPhase;

/* Private, but for wake and what is said of each. Begins with vgate_cancel_init (). */
typedef struct {
    VgateCancelPhase phase;
    gint64 began;
    gint64 since; /* of the phase: the first sign of a hang counts from there */
    gint64 wake;
    gint64 pause;          /* to the next look */
    gboolean is_ours;      /* we have aborted it, and want to know when it ends */
    gboolean is_calling;   /* the call that was asked for has not returned */
    gboolean is_abort_due; /* see DO_ABORT */
    gboolean has_suspended, has_continued, has_resumed;
    gboolean is_reported;
    guint n_aborts, n_acts, n_failures;
    gint64 called;       /* when the call began */
    gint64 act_after;    /* not sooner than that */
    gint64 paused_since; /* without a job; 0: it is not */
    VgateCancelAction act;
} VgateCancel;

void vgate_cancel_init (VgateCancel *cancel, gint64 now);

VgateCancelAction vgate_cancel_step (VgateCancel *cancel, const VgateCancelInput *input);

/* TRUE when the action ends it. */
gboolean vgate_cancel_is_end (VgateCancelAction action);
