/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/jobs/cancel.h"

#define MS ((gint64)1000)

/* The signs of a hang. A job that does not hang ends 15 ms after its abort in the median, and after at most
 * 449 ms on a loaded machine (1,500 aborts, measured). */
#define HUNG_IN_LIBVIRT_AFTER (250 * MS)
#define HUNG_IN_QEMU_AFTER    (500 * MS)
#define LOST_BY_LIBVIRT_AFTER (1000 * MS)
/* For a guest that was found, without events: longer than a switch-over normally takes. */
#define HUNG_IF_FOUND_AFTER (2000 * MS)

/* Between looks; the pause doubles each time. */
#define PAUSE_MIN (10 * MS)
#define PAUSE_MAX (250 * MS)
/* When nothing more can be done; and after an error of libvirt's. */
#define PAUSE_LONG   (5000 * MS)
#define PAUSE_ERROR  (1000 * MS)
#define FAILURES_MAX 30u

/* One act is enough (89 of 89 hangs, measured) and works within 300 ms, but the call itself can fail. */
#define ACTS_MAX  3u
#define ACT_PAUSE (1000 * MS)
/* libvirt resumes the guest before it ends the job, so a guest that is still paused after the job remains
 * paused. */
#define RESUME_AFTER (250 * MS)

/* A job that has not ended this long after QEMU's event is reported. A job that was aborted before QEMU began
 * ends only when the destination, which has to start a QEMU first, is ready. */
#define REPORT_AFTER       (5000 * MS)
#define REPORT_QUIET_AFTER (60000 * MS)

void
vgate_cancel_init (VgateCancel *cancel, gint64 now)
{
    *cancel = (VgateCancel){.began = now, .since = now, .wake = G_MAXINT64, .pause = PAUSE_MAX, .run = -1};
}

gboolean
vgate_cancel_is_end (VgateCancelAction action)
{
    return action >= VGATE_CANCEL_END_STAYED;
}

gboolean
vgate_cancel_is_call (VgateCancelAction action)
{
    return action >= VGATE_CANCEL_DO_LOOK && action <= VGATE_CANCEL_DO_RESUME;
}

gboolean
vgate_cancel_is_paused (VgateGuestState guest)
{
    return guest == VGATE_GUEST_PAUSED_BY_USER || guest == VGATE_GUEST_PAUSED_BY_MIGRATION ||
           guest == VGATE_GUEST_PAUSED_BY_SAVE || guest == VGATE_GUEST_PAUSED;
}

static gint64
sign_after (const VgateCancel *cancel)
{
    switch (cancel->phase) {
    case VGATE_CANCEL_PHASE_FOUND: return HUNG_IF_FOUND_AFTER;
    case VGATE_CANCEL_PHASE_CANCELLING: return HUNG_IN_QEMU_AFTER;
    case VGATE_CANCEL_PHASE_CANCELLED: return HUNG_IN_LIBVIRT_AFTER;
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
        /* another user's abort, which matters only if it hangs */
        cancel->wake = now + sign_after (cancel);
    }
}

/* Another job has begun or holds the guest. So the aborted one has ended, and the guest did not leave with
 * it. */
static VgateCancelAction
end_by_another (const VgateCancel *cancel)
{
    return cancel->has_suspended && vgate_cancel_is_paused (cancel->guest) ? VGATE_CANCEL_END_PAUSED_HERE
                                                                           : VGATE_CANCEL_END_STAYED;
}

/* Returns an end, or DO_NOTHING if it is not over. */
static VgateCancelAction
take_event (VgateCancel *cancel, VgateCancelInputKind kind, gint64 now)
{
    VgateCancelAction end = VGATE_CANCEL_DO_NOTHING;

    switch (kind) {
    case VGATE_CANCEL_INPUT_ABORTED:
        cancel->is_ours = TRUE;
        cancel->pause = PAUSE_MIN;
        cancel->wake = now + PAUSE_MIN;
        break;
    case VGATE_CANCEL_INPUT_FOUND:
        if (cancel->phase == VGATE_CANCEL_PHASE_QUIET && !cancel->is_ours && !cancel->is_completed)
            enter (cancel, VGATE_CANCEL_PHASE_FOUND, now);
        break;
    case VGATE_CANCEL_INPUT_SETUP:
        /* it can be the event that vgate_libvirt_repeat_end () causes: the next look decides, by the age
         * of libvirt's job */
        if (cancel->phase == VGATE_CANCEL_PHASE_CANCELLED && cancel->n_acts > 0) {
            cancel->wake = now;
            break;
        }
        if (cancel->is_ours && cancel->phase == VGATE_CANCEL_PHASE_QUIET && !cancel->is_completed)
            end = VGATE_CANCEL_END_BEGUN;
        else
            end = end_by_another (cancel);
        /* the last look was before this event */
        if (end != VGATE_CANCEL_END_PAUSED_HERE)
            cancel->guest = VGATE_GUEST_NOT_KNOWN;
        break;
    case VGATE_CANCEL_INPUT_CANCELLING:
        if (!cancel->is_completed && cancel->phase < VGATE_CANCEL_PHASE_CANCELLING)
            enter (cancel, VGATE_CANCEL_PHASE_CANCELLING, now);
        break;
    case VGATE_CANCEL_INPUT_CANCELLED:
        if (!cancel->is_completed && cancel->phase != VGATE_CANCEL_PHASE_CANCELLED)
            enter (cancel, VGATE_CANCEL_PHASE_CANCELLED, now);
        break;
    case VGATE_CANCEL_INPUT_COMPLETED:
        cancel->is_completed = TRUE;
        cancel->phase = VGATE_CANCEL_PHASE_QUIET;
        cancel->has_suspended = FALSE;
        cancel->has_continued = FALSE;
        cancel->wake = now;
        break;
    case VGATE_CANCEL_INPUT_JOB_FAILED: cancel->wake = now; break;
    case VGATE_CANCEL_INPUT_DOMAIN_ENDS:
        cancel->guest = VGATE_GUEST_GONE;
        end = VGATE_CANCEL_END_DEPARTED;
        break;
    case VGATE_CANCEL_INPUT_CONNECTED:
        cancel->is_unsure = TRUE;
        cancel->is_call_old = cancel->is_calling;
        cancel->n_failures = 0;
        if (!cancel->is_calling)
            cancel->wake = now;
        break;
    default: break;
    }
    return end;
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

/* Waits for a call to return, and reports once if it takes too long: libvirtd may never answer. */
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
        cancel->phase == VGATE_CANCEL_PHASE_QUIET ? G_MAXINT64 : cancel->since + sign_after (cancel);

    cancel->wake = now + pause;
    if (sign > now)
        cancel->wake = MIN (cancel->wake, sign);
    return VGATE_CANCEL_DO_WAIT;
}

/* Returns the act for the signs of a hang, or DO_WAIT if there are none. */
static VgateCancelAction
cure_for (const VgateCancel *cancel, VgateGuestState guest, gint64 now)
{
    if (cancel->phase == VGATE_CANCEL_PHASE_QUIET || now - cancel->since < sign_after (cancel))
        return VGATE_CANCEL_DO_WAIT;
    switch (cancel->phase) {
    case VGATE_CANCEL_PHASE_CANCELLED:
        if (guest == VGATE_GUEST_RUNS)
            return VGATE_CANCEL_DO_SUSPEND;
        return vgate_cancel_is_paused (guest) && now - cancel->since >= LOST_BY_LIBVIRT_AFTER
                   ? VGATE_CANCEL_DO_REPEAT
                   : VGATE_CANCEL_DO_WAIT;
    case VGATE_CANCEL_PHASE_CANCELLING:
        return vgate_cancel_is_paused (guest) ? VGATE_CANCEL_DO_CONTINUE : VGATE_CANCEL_DO_WAIT;
    default:
        return guest == VGATE_GUEST_PAUSED_BY_MIGRATION ? VGATE_CANCEL_DO_CONTINUE : VGATE_CANCEL_DO_WAIT;
    }
}

static VgateCancelAction
while_it_migrates (VgateCancel *cancel, const VgateCancelInput *input)
{
    const gint64 now = input->now;
    /* act only if this is surely the job that was aborted */
    const VgateCancelAction cure =
        input->job.began_max <= cancel->began ? cure_for (cancel, input->guest, now) : VGATE_CANCEL_DO_WAIT;
    const gboolean is_late = cancel->phase == VGATE_CANCEL_PHASE_QUIET
                                 ? now - cancel->began >= REPORT_QUIET_AFTER
                                 : now - cancel->since >= REPORT_AFTER;

    if (cure != VGATE_CANCEL_DO_WAIT && cancel->n_acts < ACTS_MAX && now >= cancel->act_after) {
        cancel->n_acts++;
        cancel->act_after = now + ACT_PAUSE;
        return call (cancel, cure, now);
    }
    /* a guest that was found may be in an ordinary migration, until QEMU has accepted or refused an act */
    if (is_late && !cancel->is_reported &&
        (cancel->phase != VGATE_CANCEL_PHASE_FOUND || cancel->n_acts == ACTS_MAX)) {
        cancel->is_reported = TRUE;
        cancel->wake = now + PAUSE_LONG;
        return VGATE_CANCEL_DO_REPORT;
    }
    cancel->pause = MIN (cancel->pause * 2, PAUSE_MAX);
    return wait_for (cancel, cancel->is_reported ? PAUSE_LONG : cancel->pause, now);
}

/* TRUE if the guest surely never ran anywhere else: QEMU has reported that the migration was cancelled, or
 * was made to cancel it. */
static gboolean
may_resume (const VgateCancel *cancel)
{
    if (cancel->is_completed || cancel->n_resumes >= ACTS_MAX)
        return FALSE;
    return cancel->has_suspended ||
           (!cancel->is_unsure && (cancel->phase == VGATE_CANCEL_PHASE_CANCELLED || cancel->has_continued));
}

static VgateCancelAction
without_a_job (VgateCancel *cancel, VgateGuestState guest, gint64 now)
{
    /* a guest that was paused by another user must stay paused */
    const gboolean is_ours_to_end = guest == VGATE_GUEST_PAUSED_BY_MIGRATION ||
                                    (guest == VGATE_GUEST_PAUSED_BY_USER && cancel->has_suspended);

    if (guest == VGATE_GUEST_GONE)
        return VGATE_CANCEL_END_DEPARTED;
    /* this is a save that QEMU has not begun yet, or that has just ended: libvirt reports no job */
    if (guest == VGATE_GUEST_PAUSED_BY_SAVE && now - cancel->began < REPORT_AFTER)
        return wait_for (cancel, PAUSE_MIN, now);
    if (!is_ours_to_end)
        return VGATE_CANCEL_END_STAYED;
    if (cancel->paused_since == 0)
        cancel->paused_since = now;
    if (now - cancel->paused_since < RESUME_AFTER)
        return wait_for (cancel, PAUSE_MIN, now);
    if (!may_resume (cancel))
        return VGATE_CANCEL_END_PAUSED_HERE;
    if (cancel->n_resumes > 0 && now < cancel->act_after)
        return wait_for (cancel, cancel->act_after - now, now);
    cancel->n_resumes++;
    cancel->act_after = now + ACT_PAUSE;
    return call (cancel, VGATE_CANCEL_DO_RESUME, now);
}

static VgateCancelAction
after_failed_look (VgateCancel *cancel, gint64 now)
{
    const gboolean is_enough = ++cancel->n_failures > FAILURES_MAX;

    /* a guest that we have suspended is never given up */
    if (is_enough && !cancel->has_suspended)
        return VGATE_CANCEL_END_UNKNOWN;
    return wait_for (cancel, is_enough ? PAUSE_LONG : PAUSE_ERROR, now);
}

static VgateCancelAction
after_look (VgateCancel *cancel, const VgateCancelInput *input)
{
    const gboolean is_old = cancel->is_call_old;

    cancel->is_call_old = FALSE;
    if (is_old)
        return call (cancel, VGATE_CANCEL_DO_LOOK, input->now);
    if (!input->is_answered)
        return after_failed_look (cancel, input->now);
    cancel->n_failures = 0;
    cancel->guest = input->guest;
    if (input->has_no_vgpu && !cancel->is_ours)
        return VGATE_CANCEL_END_IGNORED;
    if (cancel->run == -1)
        cancel->run = input->run;
    /* another run of the domain is another guest */
    if (input->guest == VGATE_GUEST_GONE || input->run != cancel->run)
        return VGATE_CANCEL_END_DEPARTED;
    if (input->job.kind == VGATE_JOB_NONE)
        return without_a_job (cancel, input->guest, input->now);
    cancel->paused_since = 0;
    if (input->job.began_min > cancel->began)
        return (input->job.kind == VGATE_JOB_SAVE || input->job.kind == VGATE_JOB_SNAPSHOT) &&
                       cancel->is_ours && cancel->phase == VGATE_CANCEL_PHASE_QUIET && !cancel->is_completed
                   ? VGATE_CANCEL_END_JUDGE_AGAIN
                   : end_by_another (cancel);
    if (input->job.kind == VGATE_JOB_MIGRATION) {
        if (input->job.began_max <= cancel->began)
            cancel->is_unsure = FALSE;
        return while_it_migrates (cancel, input);
    }
    if (!cancel->is_ours && !cancel->has_suspended)
        return VGATE_CANCEL_END_IGNORED;
    /* aborted saves do not hang (0 of 200) */
    cancel->pause = MIN (cancel->pause * 2, PAUSE_MAX);
    return wait_for (cancel, cancel->pause, input->now);
}

/* Returns an end, or DO_NOTHING if it is not over. */
static VgateCancelAction
after_act (VgateCancel *cancel, VgateCancelResult result, gint64 now)
{
    const gboolean is_done = result == VGATE_CANCEL_RESULT_DONE,
                   is_found = cancel->phase == VGATE_CANCEL_PHASE_FOUND;

    cancel->is_call_old = FALSE;
    cancel->pause = PAUSE_MIN;
    cancel->wake = now + PAUSE_MIN;
    if (result == VGATE_CANCEL_RESULT_NOT_OURS)
        return VGATE_CANCEL_END_IGNORED;
    if (result == VGATE_CANCEL_RESULT_LEFT_PAUSED) {
        cancel->has_suspended = TRUE;
        cancel->guest = VGATE_GUEST_PAUSED_BY_MIGRATION;
    }
    if (cancel->act != VGATE_CANCEL_DO_CONTINUE || cancel->is_completed)
        return VGATE_CANCEL_DO_NOTHING;
    cancel->has_continued |= is_done;
    /* QEMU was in "cancelling", and will report "cancelled" next */
    if (is_done && is_found)
        enter (cancel, VGATE_CANCEL_PHASE_CANCELLING, now);
    return result == VGATE_CANCEL_RESULT_REFUSED && is_found ? VGATE_CANCEL_END_IGNORED
                                                             : VGATE_CANCEL_DO_NOTHING;
}

VgateCancelAction
vgate_cancel_step (VgateCancel *cancel, const VgateCancelInput *input)
{
    VgateCancelAction end = VGATE_CANCEL_DO_NOTHING;

    switch (input->kind) {
    case VGATE_CANCEL_INPUT_LOOKED: cancel->is_calling = FALSE; return after_look (cancel, input);
    case VGATE_CANCEL_INPUT_ACTED:
        cancel->is_calling = FALSE;
        end = after_act (cancel, input->result, input->now);
        break;
    case VGATE_CANCEL_INPUT_UNCONNECTED:
        /* the next connection looks at it again */
        cancel->is_calling = FALSE;
        cancel->is_call_old = FALSE;
        cancel->wake = G_MAXINT64;
        return VGATE_CANCEL_DO_WAIT;
    default: end = take_event (cancel, input->kind, input->now);
    }
    if (vgate_cancel_is_end (end))
        return end;
    if (cancel->is_calling)
        return while_it_is_called (cancel, input->now);
    return input->now < cancel->wake ? VGATE_CANCEL_DO_WAIT : call (cancel, VGATE_CANCEL_DO_LOOK, input->now);
}

gboolean
vgate_cancel_may_act (const VgateCancelAct *act, int run, const VgateJob *job, VgateGuestState guest)
{
    const gboolean is_same = job->kind == VGATE_JOB_MIGRATION && job->began_max <= act->began;

    if (run != act->run)
        return FALSE;
    switch (act->action) {
    case VGATE_CANCEL_DO_SUSPEND: return is_same && guest == VGATE_GUEST_RUNS;
    case VGATE_CANCEL_DO_CONTINUE:
    case VGATE_CANCEL_DO_REPEAT: return is_same && vgate_cancel_is_paused (guest);
    case VGATE_CANCEL_DO_RESUME:
        return job->kind == VGATE_JOB_NONE &&
               (guest == VGATE_GUEST_PAUSED_BY_USER || guest == VGATE_GUEST_PAUSED_BY_MIGRATION);
    default: return FALSE;
    }
}
