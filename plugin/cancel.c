/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cancel.h"

#define MS ((gint64)1000)

/*
 * The signs of a hang. A job that does not hang ends 15 ms after its abort in the median, and 449 ms at the
 * longest on a loaded machine (1,500 aborts, measured).
 */
#define IN_LIBVIRT (250 * MS)
#define IN_QEMU    (500 * MS)
/* Without a word of QEMU's, as long as a switch-over may well take. */
#define FOUND (2000 * MS)

/* From look to look, twice as long each time. */
#define PAUSE_MIN (10 * MS)
#define PAUSE_MAX (250 * MS)
/* When there is nothing more that we could do; and after an error of libvirt's. */
#define PAUSE_LONG   (5000 * MS)
#define PAUSE_ERROR  (1000 * MS)
#define FAILURES_MAX 30u

/* One cure is enough (89 of 89 hangs, measured), and works within 300 ms; but the call itself can fail. */
#define ACTS_MAX  3u
#define ACT_PAUSE (1000 * MS)
/* libvirt resumes the guest before it ends the job: one that is paused still then stays so. */
#define RESUME_AFTER (250 * MS)

#define ABORTS_MAX 3u

/* So long after QEMU's word nobody waits any more for an end without a cause. What was aborted before QEMU
 * has begun ends when the destination is ready, which starts a QEMU of its own meanwhile. */
#define REPORT_AFTER       (5000 * MS)
#define REPORT_QUIET_AFTER (60000 * MS)

void
vgate_cancel_init (VgateCancel *cancel, gint64 now)
{
    *cancel = (VgateCancel){.began = now, .since = now, .wake = G_MAXINT64, .pause = PAUSE_MAX};
}

gboolean
vgate_cancel_is_end (VgateCancelAction action)
{
    return action == VGATE_CANCEL_STAYED || action == VGATE_CANCEL_LEFT || action == VGATE_CANCEL_UNKNOWN;
}

static gint64
sign_after (const VgateCancel *cancel)
{
    switch (cancel->phase) {
    case VGATE_CANCEL_WAS_FOUND: return FOUND;
    case VGATE_CANCEL_IS_CANCELLING: return IN_QEMU;
    case VGATE_CANCEL_IS_CANCELLED: return IN_LIBVIRT;
    default: return G_MAXINT64;
    }
}

static void
enter (VgateCancel *cancel, VgateCancelPhase phase, gint64 now)
{
    cancel->phase = phase;
    cancel->since = now;
    if (cancel->is_ours) {
        cancel->pause = PAUSE_MIN;
        cancel->wake = now + PAUSE_MIN;
    } else {
        /* somebody else's, which concerns us only if it hangs */
        cancel->wake = now + sign_after (cancel);
    }
}

static void
hear (VgateCancel *cancel, VgateCancelInputKind kind, gint64 now)
{
    switch (kind) {
    case VGATE_CANCEL_ABORTED:
        cancel->is_ours = TRUE;
        cancel->pause = PAUSE_MIN;
        cancel->wake = now + PAUSE_MIN;
        break;
    case VGATE_CANCEL_FOUND:
        if (cancel->phase == VGATE_CANCEL_QUIET && !cancel->is_ours)
            enter (cancel, VGATE_CANCEL_WAS_FOUND, now);
        break;
    case VGATE_CANCEL_BEGINS:
        if (cancel->is_ours && cancel->phase == VGATE_CANCEL_QUIET && cancel->n_aborts < ABORTS_MAX)
            cancel->is_abort_due = TRUE;
        break;
    case VGATE_CANCEL_CANCELLING:
        if (cancel->phase == VGATE_CANCEL_QUIET || cancel->phase == VGATE_CANCEL_WAS_FOUND)
            enter (cancel, VGATE_CANCEL_IS_CANCELLING, now);
        break;
    case VGATE_CANCEL_CANCELLED:
        if (cancel->phase != VGATE_CANCEL_IS_CANCELLED)
            enter (cancel, VGATE_CANCEL_IS_CANCELLED, now);
        break;
    case VGATE_CANCEL_ENDS: cancel->wake = now; break;
    default: break;
    }
}

static VgateCancelAction
call (VgateCancel *cancel, VgateCancelAction action, gint64 now)
{
    cancel->is_calling = TRUE;
    cancel->called = now;
    cancel->act = action;
    cancel->wake = now + REPORT_AFTER;
    return action;
}

/* libvirtd may never answer. */
static VgateCancelAction
while_it_is_called (VgateCancel *cancel, gint64 now)
{
    const gboolean is_late = now - cancel->called >= REPORT_AFTER;

    cancel->wake = is_late || cancel->is_reported ? G_MAXINT64 : cancel->called + REPORT_AFTER;
    if (!is_late || cancel->is_reported)
        return VGATE_CANCEL_DO_NOTHING;
    cancel->is_reported = TRUE;
    return VGATE_CANCEL_DO_REPORT;
}

static VgateCancelAction
wait_for (VgateCancel *cancel, gint64 pause, gint64 now)
{
    const gint64 sign =
        cancel->phase == VGATE_CANCEL_QUIET ? G_MAXINT64 : cancel->since + sign_after (cancel);

    cancel->wake = now + pause;
    if (sign > now)
        cancel->wake = MIN (cancel->wake, sign);
    return VGATE_CANCEL_DO_WAIT;
}

static gboolean
is_paused (VgateCancelGuest guest)
{
    return guest == VGATE_CANCEL_PAUSED_BY_USER || guest == VGATE_CANCEL_PAUSED_BY_MIGRATION ||
           guest == VGATE_CANCEL_PAUSED;
}

/* What the signs say; DO_WAIT: there are none. */
static VgateCancelAction
cure_for (const VgateCancel *cancel, VgateCancelGuest guest, gint64 now)
{
    if (cancel->phase == VGATE_CANCEL_QUIET || now - cancel->since < sign_after (cancel))
        return VGATE_CANCEL_DO_WAIT;
    switch (cancel->phase) {
    case VGATE_CANCEL_IS_CANCELLED:
        return guest == VGATE_CANCEL_RUNS ? VGATE_CANCEL_DO_SUSPEND : VGATE_CANCEL_DO_WAIT;
    case VGATE_CANCEL_IS_CANCELLING:
        return is_paused (guest) ? VGATE_CANCEL_DO_CONTINUE : VGATE_CANCEL_DO_WAIT;
    default:
        return guest == VGATE_CANCEL_PAUSED_BY_MIGRATION ? VGATE_CANCEL_DO_CONTINUE : VGATE_CANCEL_DO_WAIT;
    }
}

static VgateCancelAction
while_it_migrates (VgateCancel *cancel, VgateCancelGuest guest, gint64 now)
{
    const VgateCancelAction cure = cure_for (cancel, guest, now);
    const gboolean is_late = cancel->phase == VGATE_CANCEL_QUIET ? now - cancel->began >= REPORT_QUIET_AFTER
                                                                 : now - cancel->since >= REPORT_AFTER;

    if (cure != VGATE_CANCEL_DO_WAIT && cancel->n_acts < ACTS_MAX && now >= cancel->act_after) {
        cancel->n_acts++;
        cancel->act_after = now + ACT_PAUSE;
        return call (cancel, cure, now);
    }
    /* one that was found may be a migration like any other, as long as QEMU could not be asked */
    if (is_late && !cancel->is_reported &&
        (cancel->phase != VGATE_CANCEL_WAS_FOUND || cancel->n_acts == ACTS_MAX)) {
        cancel->is_reported = TRUE;
        cancel->wake = now + PAUSE_LONG;
        return VGATE_CANCEL_DO_REPORT;
    }
    cancel->pause = MIN (cancel->pause * 2, PAUSE_MAX);
    return wait_for (cancel, cancel->is_reported ? PAUSE_LONG : cancel->pause, now);
}

/* The migration was cancelled, by what QEMU has said or has just been brought to: so it never ran anywhere
 * else. What somebody else has paused stays so. */
static gboolean
must_run (const VgateCancel *cancel, VgateCancelGuest guest)
{
    if (guest == VGATE_CANCEL_PAUSED_BY_USER)
        return cancel->has_suspended;
    return guest == VGATE_CANCEL_PAUSED_BY_MIGRATION &&
           (cancel->phase == VGATE_CANCEL_IS_CANCELLED || cancel->has_continued);
}

static VgateCancelAction
without_a_job (VgateCancel *cancel, VgateCancelGuest guest, gint64 now)
{
    if (guest == VGATE_CANCEL_GONE)
        return VGATE_CANCEL_LEFT;
    if (!must_run (cancel, guest))
        return VGATE_CANCEL_STAYED;
    if (cancel->paused_since == 0)
        cancel->paused_since = now;
    if (now - cancel->paused_since < RESUME_AFTER)
        return wait_for (cancel, PAUSE_MIN, now);
    if (!cancel->has_resumed) {
        cancel->has_resumed = TRUE;
        cancel->paused_since = now;
        return call (cancel, VGATE_CANCEL_DO_RESUME, now);
    }
    if (cancel->is_reported)
        return VGATE_CANCEL_UNKNOWN;
    cancel->is_reported = TRUE;
    cancel->wake = now + PAUSE_LONG;
    return VGATE_CANCEL_DO_REPORT;
}

static VgateCancelAction
after_look (VgateCancel *cancel, const VgateCancelInput *input)
{
    if (!input->is_answered) {
        if (++cancel->n_failures > FAILURES_MAX)
            return VGATE_CANCEL_UNKNOWN;
        return wait_for (cancel, PAUSE_ERROR, input->now);
    }
    if (input->job == VGATE_JOB_NONE || input->guest == VGATE_CANCEL_GONE)
        return without_a_job (cancel, input->guest, input->now);
    cancel->paused_since = 0;
    if (input->job == VGATE_JOB_MIGRATION)
        return while_it_migrates (cancel, input->guest, input->now);
    if (!cancel->is_ours)
        return VGATE_CANCEL_UNKNOWN;
    /* aborted saves do not hang (0 of 200) */
    cancel->pause = MIN (cancel->pause * 2, PAUSE_MAX);
    return wait_for (cancel, cancel->pause, input->now);
}

/* TRUE: there is nothing more to do. */
static gboolean
after_act (VgateCancel *cancel, VgateCancelResult result, gint64 now)
{
    const gboolean is_done = result == VGATE_CANCEL_DONE;

    cancel->pause = PAUSE_MIN;
    cancel->wake = now + PAUSE_MIN;
    cancel->has_suspended |= is_done && cancel->act == VGATE_CANCEL_DO_SUSPEND;
    cancel->has_continued |= is_done && cancel->act == VGATE_CANCEL_DO_CONTINUE;
    if (cancel->phase != VGATE_CANCEL_WAS_FOUND || cancel->act != VGATE_CANCEL_DO_CONTINUE)
        return FALSE;
    /* QEMU was in "cancelling", and says "cancelled" next */
    if (is_done)
        enter (cancel, VGATE_CANCEL_IS_CANCELLING, now);
    return result == VGATE_CANCEL_REFUSED;
}

VgateCancelAction
vgate_cancel_step (VgateCancel *cancel, const VgateCancelInput *input)
{
    switch (input->kind) {
    case VGATE_CANCEL_LOOKED: cancel->is_calling = FALSE; return after_look (cancel, input);
    case VGATE_CANCEL_ACTED:
        cancel->is_calling = FALSE;
        if (after_act (cancel, input->result, input->now))
            return VGATE_CANCEL_UNKNOWN;
        break;
    default: hear (cancel, input->kind, input->now);
    }
    if (cancel->is_calling)
        return while_it_is_called (cancel, input->now);
    if (cancel->is_abort_due) {
        cancel->is_abort_due = FALSE;
        cancel->n_aborts++;
        return call (cancel, VGATE_CANCEL_DO_ABORT, input->now);
    }
    return input->now < cancel->wake ? VGATE_CANCEL_DO_WAIT : call (cancel, VGATE_CANCEL_DO_LOOK, input->now);
}
