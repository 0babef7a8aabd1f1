/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state machine for an aborted migration, step by step, and in any order. */
#include "plugin/jobs/cancel.h"

#define MS 1000

/* A line of a scene: an input, its time in ms after the beginning, and the expected action. */
typedef struct {
    gint64 at_ms;
    VgateCancelInputKind kind;
    VgateJobKind job;      /* of a look */
    int age;               /* of the job relative to the abort: 0 older, 1 younger, 2 not known */
    VgateGuestState guest; /* of a look */
    VgateCancelResult result;
    VgateCancelAction action;
    gint64 wake_ms; /* of a wait; 0: any */
} Line;

#define HEAR(at, what, action, wake)                                           \
    {                                                                          \
        at, VGATE_CANCEL_INPUT_##what, 0, 0, 0, 0, VGATE_CANCEL_##action, wake \
    }
#define LOOK(at, job, guest, action, wake)                                                                \
    {                                                                                                     \
        at, VGATE_CANCEL_INPUT_LOOKED, VGATE_JOB_##job, 0, VGATE_GUEST_##guest, 0, VGATE_CANCEL_##action, \
            wake                                                                                          \
    }
#define ACT(at, result, action, wake)                                                                    \
    {                                                                                                    \
        at, VGATE_CANCEL_INPUT_ACTED, 0, 0, 0, VGATE_CANCEL_RESULT_##result, VGATE_CANCEL_##action, wake \
    }

#define AGED(at, how, guest, action, wake)                                               \
    {                                                                                    \
        at, VGATE_CANCEL_INPUT_LOOKED, VGATE_JOB_MIGRATION, how, VGATE_GUEST_##guest, 0, \
            VGATE_CANCEL_##action, wake                                                  \
    }
#define AGED_SAVE(at, how, guest, action, wake)                                                            \
    {                                                                                                      \
        at, VGATE_CANCEL_INPUT_LOOKED, VGATE_JOB_SAVE, how, VGATE_GUEST_##guest, 0, VGATE_CANCEL_##action, \
            wake                                                                                           \
    }
#define YOUNGER   1
#define NOT_KNOWN 2

/* The job's age as libvirt gives it. */
static VgateJob
job_aged (VgateJobKind kind, int age, gint64 began)
{
    switch (age) {
    case YOUNGER: return (VgateJob){kind, began + 1, began + 2 * MS};
    case NOT_KNOWN: return (VgateJob){kind, began - MS, began + 1};
    default: return (VgateJob){kind, began - 2 * MS, began};
    }
}

static void
play (const Line *lines, gsize n_lines)
{
    const gint64 began = 7000 * MS;
    VgateCancel cancel;

    vgate_cancel_init (&cancel, began);
    for (gsize i = 0; i < n_lines; i++) {
        const VgateCancelInput input = {
            .kind = lines[i].kind,
            .now = began + lines[i].at_ms * MS,
            .is_answered = TRUE,
            .job = job_aged (lines[i].job, lines[i].age, began),
            .guest = lines[i].guest,
            .result = lines[i].result,
        };
        const VgateCancelAction action = vgate_cancel_step (&cancel, &input);

        if (action != lines[i].action ||
            (lines[i].wake_ms != 0 && cancel.wake != began + lines[i].wake_ms * MS))
            g_error ("line %zu: action %d, until %" G_GINT64_FORMAT " ms", i, action,
                     (cancel.wake - began) / MS);
    }
}

#define PLAY(lines) play (lines, G_N_ELEMENTS (lines))

static void
test_no_hang (void)
{
    static const Line lines[] = {
        HEAR (0, ABORTED, DO_WAIT, 10),
        HEAR (1, CANCELLING, DO_WAIT, 11),
        HEAR (3, CANCELLED, DO_WAIT, 13),
        HEAR (13, TIME, DO_LOOK, 0),
        LOOK (14, MIGRATION, PAUSED_BY_MIGRATION, DO_WAIT, 34),
        HEAR (34, TIME, DO_LOOK, 0),
        LOOK (35, NONE, RUNS, END_STAYED, 0),
    };

    PLAY (lines);
}

static void
test_too_late (void)
{
    static const Line lines[] = {
        HEAR (0, ABORTED, DO_WAIT, 10),
        HEAR (2, COMPLETED, DO_LOOK, 0),
        LOOK (3, MIGRATION, PAUSED_BY_MIGRATION, DO_WAIT, 23),
        HEAR (23, TIME, DO_LOOK, 0),
        LOOK (24, NONE, GONE, END_DEPARTED, 0),
    };

    PLAY (lines);
}

/* libvirt ends the job only when the destination is ready, and QEMU never begins. */
static void
test_before_qemu_begins (void)
{
    static const Line lines[] = {
        HEAR (0, ABORTED, DO_WAIT, 10),
        HEAR (10, TIME, DO_LOOK, 0),
        LOOK (11, MIGRATION, RUNS, DO_WAIT, 31),
        HEAR (1000, TIME, DO_LOOK, 0),
        LOOK (1001, MIGRATION, RUNS, DO_WAIT, 1041),
        HEAR (9000, TIME, DO_LOOK, 0),
        LOOK (9001, MIGRATION, RUNS, DO_WAIT, 9081),
        HEAR (9081, TIME, DO_LOOK, 0),
        LOOK (9082, NONE, RUNS, END_STAYED, 0),
    };

    PLAY (lines);
}

/* QEMU begins after our abort: that job, or the next, is judged by another check. */
static void
test_begun (void)
{
    static const Line lines[] = {
        HEAR (0, ABORTED, DO_WAIT, 10),
        HEAR (10, TIME, DO_LOOK, 0),
        HEAR (11, SETUP, END_BEGUN, 0),
    };
    static const Line retried[] = {
        HEAR (0, ABORTED, DO_WAIT, 10),
        HEAR (1, CANCELLING, DO_WAIT, 11),
        HEAR (2, SETUP, END_STAYED, 0),
    };

    static const Line saved[] = {
        HEAR (0, ABORTED, DO_WAIT, 10),
        HEAR (10, TIME, DO_LOOK, 0),
        AGED_SAVE (11, YOUNGER, PAUSED, END_JUDGE_AGAIN, 0),
    };
    static const Line saved_without_a_job[] = {
        HEAR (0, ABORTED, DO_WAIT, 10),
        HEAR (10, TIME, DO_LOOK, 0),
        LOOK (11, NONE, PAUSED_BY_SAVE, DO_WAIT, 21),
        HEAR (21, TIME, DO_LOOK, 0),
        AGED_SAVE (22, YOUNGER, PAUSED_BY_SAVE, END_JUDGE_AGAIN, 0),
    };
    static const Line save_stopped[] = {
        HEAR (0, ABORTED, DO_WAIT, 10),
        HEAR (10, TIME, DO_LOOK, 0),
        LOOK (11, NONE, PAUSED_BY_SAVE, DO_WAIT, 21),
        HEAR (21, TIME, DO_LOOK, 0),
        LOOK (22, NONE, RUNS, END_STAYED, 0),
    };
    static const Line save_went_on[] = {
        HEAR (0, ABORTED, DO_WAIT, 10),
        HEAR (10, TIME, DO_LOOK, 0),
        LOOK (11, NONE, PAUSED_BY_SAVE, DO_WAIT, 21),
        HEAR (21, TIME, DO_LOOK, 0),
        LOOK (22, NONE, GONE, END_DEPARTED, 0),
    };
    static const Line save_left_paused[] = {
        HEAR (0, ABORTED, DO_WAIT, 10),
        HEAR (5000, TIME, DO_LOOK, 0),
        LOOK (5001, NONE, PAUSED_BY_SAVE, END_STAYED, 0),
    };
    static const Line saved_again[] = {
        HEAR (0, ABORTED, DO_WAIT, 10),
        HEAR (1, CANCELLED, DO_WAIT, 11),
        HEAR (11, TIME, DO_LOOK, 0),
        AGED_SAVE (12, YOUNGER, PAUSED, END_STAYED, 0),
    };

    PLAY (lines);
    PLAY (retried);
    PLAY (saved);
    PLAY (saved_again);
    PLAY (saved_without_a_job);
    PLAY (save_stopped);
    PLAY (save_went_on);
    PLAY (save_left_paused);
}

/* Another job of the same guest must not be suspended, whatever the events of the one before were. */
static void
test_another_job (void)
{
    static const Line younger[] = {
        HEAR (0, CANCELLED, DO_WAIT, 250),
        HEAR (250, TIME, DO_LOOK, 0),
        AGED (251, YOUNGER, RUNS, END_STAYED, 0),
    };
    static const Line not_known[] = {
        HEAR (0, CANCELLED, DO_WAIT, 250),
        HEAR (250, TIME, DO_LOOK, 0),
        AGED (251, NOT_KNOWN, RUNS, DO_WAIT, 501),
        HEAR (501, TIME, DO_LOOK, 0),
        AGED (502, YOUNGER, PAUSED_BY_MIGRATION, END_STAYED, 0),
    };
    static const Line not_known_in_qemu[] = {
        HEAR (0, CANCELLING, DO_WAIT, 500),
        HEAR (500, TIME, DO_LOOK, 0),
        AGED (501, NOT_KNOWN, PAUSED_BY_MIGRATION, DO_WAIT, 751),
    };

    PLAY (younger);
    PLAY (not_known);
    PLAY (not_known_in_qemu);
}

/* The guest may run at the destination. */
static void
test_completed (void)
{
    static const Line lines[] = {
        HEAR (0, CANCELLED, DO_WAIT, 250),
        HEAR (1, COMPLETED, DO_LOOK, 0),
        LOOK (2, MIGRATION, RUNS, DO_WAIT, 252),
        HEAR (3, CANCELLED, DO_WAIT, 252),
        HEAR (252, TIME, DO_LOOK, 0),
        LOOK (253, MIGRATION, RUNS, DO_WAIT, 503),
        HEAR (503, TIME, DO_LOOK, 0),
        LOOK (504, NONE, PAUSED_BY_MIGRATION, DO_WAIT, 514),
        HEAR (514, TIME, DO_LOOK, 0),
        LOOK (1000, NONE, PAUSED_BY_MIGRATION, END_PAUSED_HERE, 0),
    };
    static const Line fails[] = {
        HEAR (0, CANCELLING, DO_WAIT, 500),
        HEAR (1, JOB_FAILED, DO_LOOK, 0),
        LOOK (2, NONE, RUNS, END_STAYED, 0),
    };

    PLAY (lines);
    PLAY (fails);
}

/* Events may have been missed. The call on the old connection is repeated. */
static void
test_connected_again (void)
{
    static const Line same_job[] = {
        HEAR (0, CANCELLED, DO_WAIT, 250),
        HEAR (250, TIME, DO_LOOK, 0),
        HEAR (251, CONNECTED, DO_NOTHING, 0),
        LOOK (252, NONE, PAUSED_BY_MIGRATION, DO_LOOK, 0),
        LOOK (253, MIGRATION, RUNS, DO_SUSPEND, 0),
        ACT (254, LEFT_PAUSED, DO_WAIT, 264),
        HEAR (264, UNCONNECTED, DO_WAIT, 0),
        HEAR (9000, CONNECTED, DO_LOOK, 0),
        LOOK (9001, NONE, PAUSED_BY_MIGRATION, DO_WAIT, 9011),
        HEAR (9011, TIME, DO_LOOK, 0),
        LOOK (9300, NONE, PAUSED_BY_MIGRATION, DO_RESUME, 0),
    };
    static const Line ended[] = {
        HEAR (0, CANCELLED, DO_WAIT, 250),
        HEAR (1, CONNECTED, DO_LOOK, 0),
        LOOK (2, NONE, PAUSED_BY_MIGRATION, DO_WAIT, 12),
        HEAR (12, TIME, DO_LOOK, 0),
        LOOK (300, NONE, PAUSED_BY_MIGRATION, END_PAUSED_HERE, 0),
    };
    static const Line domain_ended[] = {
        HEAR (0, CANCELLED, DO_WAIT, 250),
        HEAR (250, TIME, DO_LOOK, 0),
        HEAR (251, DOMAIN_ENDS, END_DEPARTED, 0),
    };

    PLAY (same_job);
    PLAY (ended);
    PLAY (domain_ended);
}

static void
test_hangs_in_libvirt (void)
{
    static const Line lines[] = {
        HEAR (0, ABORTED, DO_WAIT, 10),
        HEAR (1, CANCELLING, DO_WAIT, 11),
        HEAR (2, CANCELLED, DO_WAIT, 12),
        HEAR (12, TIME, DO_LOOK, 0),
        LOOK (13, MIGRATION, RUNS, DO_WAIT, 33),
        HEAR (200, TIME, DO_LOOK, 0),
        LOOK (201, MIGRATION, RUNS, DO_WAIT, 241),
        HEAR (241, TIME, DO_LOOK, 0),
        LOOK (242, MIGRATION, RUNS, DO_WAIT, 252), /* the time of the sign */
        HEAR (252, TIME, DO_LOOK, 0),
        LOOK (253, MIGRATION, RUNS, DO_SUSPEND, 0),
        ACT (260, DONE, DO_WAIT, 270),
        HEAR (270, TIME, DO_LOOK, 0),
        LOOK (271, MIGRATION, RUNS, DO_WAIT, 291),
        HEAR (291, TIME, DO_LOOK, 0),
        LOOK (292, NONE, RUNS, END_STAYED, 0),
    };

    PLAY (lines);
}

/* The suspend had no effect, and the guest is paused: it is resumed after the job has ended, and not given up
 * before. */
static void
test_stays_suspended (void)
{
    static const Line lines[] = {
        HEAR (0, CANCELLED, DO_WAIT, 250),
        HEAR (250, TIME, DO_LOOK, 0),
        LOOK (251, MIGRATION, RUNS, DO_SUSPEND, 0),
        ACT (1752, LEFT_PAUSED, DO_WAIT, 1762),
        HEAR (1762, TIME, DO_LOOK, 0),
        LOOK (1763, MIGRATION, PAUSED_BY_MIGRATION, DO_REPEAT, 0),
        ACT (1764, REFUSED, DO_WAIT, 1774),
        HEAR (2262, TIME, DO_LOOK, 0),
        LOOK (2263, NONE, PAUSED_BY_USER, DO_WAIT, 2273),
        HEAR (2273, TIME, DO_LOOK, 0),
        LOOK (2520, NONE, PAUSED_BY_USER, DO_RESUME, 0),
        ACT (2521, FAILED, DO_WAIT, 2531),
        HEAR (2531, TIME, DO_LOOK, 0),
        LOOK (2532, NONE, PAUSED_BY_USER, DO_WAIT, 3520),
        HEAR (3520, TIME, DO_LOOK, 0),
        LOOK (3521, NONE, PAUSED_BY_USER, DO_RESUME, 0),
        ACT (3522, DONE, DO_WAIT, 3532),
        HEAR (3532, TIME, DO_LOOK, 0),
        LOOK (3533, NONE, RUNS, END_STAYED, 0),
    };

    PLAY (lines);
}

/* libvirt has lost QEMU's "cancelled", with the guest paused, either at once or after it was suspended. What
 * QEMU reports because of the act is not another job. */
static void
test_lost_by_libvirt (void)
{
    static const Line at_once[] = {
        HEAR (0, CANCELLED, DO_WAIT, 250),
        HEAR (250, TIME, DO_LOOK, 0),
        LOOK (251, MIGRATION, PAUSED_BY_MIGRATION, DO_WAIT, 501),
        HEAR (999, TIME, DO_LOOK, 0),
        LOOK (999, MIGRATION, PAUSED_BY_MIGRATION, DO_WAIT, 1249),
        HEAR (1249, TIME, DO_LOOK, 0),
        LOOK (1250, MIGRATION, PAUSED_BY_MIGRATION, DO_REPEAT, 0),
        HEAR (1251, SETUP, DO_NOTHING, 0),
        HEAR (1252, JOB_FAILED, DO_NOTHING, 0),
        ACT (1253, DONE, DO_WAIT, 1263),
        HEAR (1263, TIME, DO_LOOK, 0),
        LOOK (1264, NONE, RUNS, END_STAYED, 0),
    };
    static const Line suspended[] = {
        HEAR (0, ABORTED, DO_WAIT, 10),
        HEAR (1, CANCELLED, DO_WAIT, 11),
        HEAR (252, TIME, DO_LOOK, 0),
        LOOK (253, MIGRATION, RUNS, DO_SUSPEND, 0),
        ACT (1754, LEFT_PAUSED, DO_WAIT, 1764),
        HEAR (1764, TIME, DO_LOOK, 0),
        LOOK (1765, MIGRATION, PAUSED_BY_MIGRATION, DO_REPEAT, 0),
        ACT (1766, DONE, DO_WAIT, 1776),
        HEAR (1767, SETUP, DO_LOOK, 0),
        LOOK (1768, MIGRATION, PAUSED_BY_MIGRATION, DO_WAIT, 0),
        HEAR (1768, JOB_FAILED, DO_LOOK, 0),
        LOOK (1769, NONE, RUNS, END_STAYED, 0),
    };

    PLAY (at_once);
    PLAY (suspended);
}

static void
test_hangs_in_qemu (void)
{
    static const Line lines[] = {
        HEAR (0, ABORTED, DO_WAIT, 10),       HEAR (1, CANCELLING, DO_WAIT, 11),
        HEAR (400, TIME, DO_LOOK, 0),         LOOK (401, MIGRATION, PAUSED_BY_MIGRATION, DO_WAIT, 421),
        HEAR (499, TIME, DO_LOOK, 0),         LOOK (500, MIGRATION, PAUSED_BY_MIGRATION, DO_WAIT, 501),
        HEAR (501, TIME, DO_LOOK, 0),         LOOK (502, MIGRATION, PAUSED_BY_MIGRATION, DO_CONTINUE, 0),
        HEAR (503, CANCELLED, DO_NOTHING, 0), ACT (504, DONE, DO_WAIT, 514),
        HEAR (514, TIME, DO_LOOK, 0),         LOOK (515, NONE, RUNS, END_STAYED, 0),
    };

    PLAY (lines);
}

/* An administrator has paused the guest before the abort: it is not resumed. */
static void
test_somebody_elses (void)
{
    static const Line lines[] = {
        HEAR (0, CANCELLING, DO_WAIT, 500),
        HEAR (500, TIME, DO_LOOK, 0),
        LOOK (501, MIGRATION, PAUSED_BY_USER, DO_CONTINUE, 0),
        ACT (502, DONE, DO_WAIT, 512),
        HEAR (503, CANCELLED, DO_WAIT, 753),
        HEAR (753, TIME, DO_LOOK, 0),
        LOOK (754, NONE, PAUSED_BY_USER, END_STAYED, 0),
    };

    PLAY (lines);
}

/* Paused by the migration when we connected: QEMU is sent a command that it refuses unless it hangs. */
static void
test_found (void)
{
    static const Line hangs[] = {
        HEAR (0, FOUND, DO_WAIT, 2000),
        HEAR (2000, TIME, DO_LOOK, 0),
        LOOK (2001, MIGRATION, PAUSED_BY_MIGRATION, DO_CONTINUE, 0),
        ACT (2002, DONE, DO_WAIT, 2502),
        HEAR (2502, TIME, DO_LOOK, 0),
        LOOK (2503, NONE, PAUSED_BY_MIGRATION, DO_WAIT, 2513),
        HEAR (2513, TIME, DO_LOOK, 0),
        LOOK (2760, NONE, PAUSED_BY_MIGRATION, DO_RESUME, 0),
        ACT (2761, DONE, DO_WAIT, 2771),
        HEAR (2771, TIME, DO_LOOK, 0),
        LOOK (2772, NONE, RUNS, END_STAYED, 0),
    };
    static const Line switches_over[] = {
        HEAR (0, FOUND, DO_WAIT, 2000),
        HEAR (2000, TIME, DO_LOOK, 0),
        LOOK (2001, MIGRATION, PAUSED_BY_MIGRATION, DO_CONTINUE, 0),
        ACT (2002, REFUSED, END_IGNORED, 0),
    };
    /* libvirt cannot answer how it ended, so the guest may run elsewhere */
    static const Line left_paused[] = {
        HEAR (0, FOUND, DO_WAIT, 2000),
        HEAR (2000, TIME, DO_LOOK, 0),
        LOOK (2001, NONE, PAUSED_BY_MIGRATION, DO_WAIT, 2011),
        HEAR (2011, TIME, DO_LOOK, 0),
        LOOK (2300, NONE, PAUSED_BY_MIGRATION, END_PAUSED_HERE, 0),
    };

    PLAY (hangs);
    PLAY (switches_over);
    PLAY (left_paused);
}

/* There is no sign, or no act helps: that is reported once. */
static void
test_reported (void)
{
    static const Line no_sign[] = {
        HEAR (0, CANCELLING, DO_WAIT, 500),
        HEAR (500, TIME, DO_LOOK, 0),
        LOOK (501, MIGRATION, RUNS, DO_WAIT, 751),
        HEAR (5000, TIME, DO_LOOK, 0),
        LOOK (5001, MIGRATION, RUNS, DO_REPORT, 10001),
        HEAR (10001, TIME, DO_LOOK, 0),
        LOOK (10002, MIGRATION, RUNS, DO_WAIT, 15002),
        HEAR (15002, TIME, DO_LOOK, 0),
        LOOK (15003, NONE, GONE, END_DEPARTED, 0),
    };
    static const Line no_help[] = {
        HEAR (0, CANCELLED, DO_WAIT, 250),
        HEAR (250, TIME, DO_LOOK, 0),
        LOOK (251, MIGRATION, RUNS, DO_SUSPEND, 0),
        ACT (252, FAILED, DO_WAIT, 262),
        HEAR (262, TIME, DO_LOOK, 0),
        LOOK (263, MIGRATION, RUNS, DO_WAIT, 0),
        HEAR (1300, TIME, DO_LOOK, 0),
        LOOK (1301, MIGRATION, RUNS, DO_SUSPEND, 0),
        ACT (1302, FAILED, DO_WAIT, 1312),
        HEAR (2400, TIME, DO_LOOK, 0),
        LOOK (2401, MIGRATION, RUNS, DO_SUSPEND, 0),
        ACT (2402, FAILED, DO_WAIT, 2412),
        HEAR (3500, TIME, DO_LOOK, 0),
        LOOK (3501, MIGRATION, RUNS, DO_WAIT, 0),
        HEAR (5000, TIME, DO_LOOK, 0),
        LOOK (5001, MIGRATION, RUNS, DO_REPORT, 0),
    };
    static const Line no_answer[] = {
        HEAR (0, CANCELLED, DO_WAIT, 250),       HEAR (250, TIME, DO_LOOK, 5250),
        HEAR (5250, TIME, DO_REPORT, 0),         HEAR (60000, TIME, DO_NOTHING, 0),
        LOOK (60001, NONE, RUNS, END_STAYED, 0),
    };

    PLAY (no_sign);
    PLAY (no_help);
    PLAY (no_answer);
}

/* A save or a dump does not hang, and nothing is suspended. */
static void
test_other_jobs (void)
{
    static const Line ours[] = {
        HEAR (0, ABORTED, DO_WAIT, 10), HEAR (1, CANCELLED, DO_WAIT, 11),
        HEAR (300, TIME, DO_LOOK, 0),   LOOK (301, SAVE, RUNS, DO_WAIT, 0),
        HEAR (600, TIME, DO_LOOK, 0),   LOOK (601, NONE, RUNS, END_STAYED, 0),
    };
    static const Line others[] = {
        HEAR (0, CANCELLED, DO_WAIT, 250),
        HEAR (250, TIME, DO_LOOK, 0),
        LOOK (251, OTHER, RUNS, END_IGNORED, 0),
    };

    PLAY (ours);
    PLAY (others);
}

/* --- any order --- */

/*
 * A host with one guest, whose migrations have numbers: they begin, are aborted, hang, complete and end. The
 * events come in their order, but can be missed while the connection is lost. No act of the machine may
 * affect another job than the aborted one, nor a guest that has left.
 */
typedef struct {
    gint64 now;
    gboolean is_connected;
    guint number; /* of the last job */
    gint64 job_began;
    gboolean has_job;
    guint aborted;         /* the number of the machine's job */
    VgateCancelPhase qemu; /* of the last job; QUIET: not aborted */
    gboolean has_completed, is_completion_missed;
    VgateGuestState guest;
    gint64 cancelling, cancelled; /* event times of the present job; 0: no event */
    VgateCancelAction called;     /* DO_NOTHING: no call is in progress */
    guint n_reports;
    guint n_acts[VGATE_CANCEL_END_UNKNOWN + 1];
} World;

static VgateCancelAction
tell (World *world, VgateCancel *cancel, VgateCancelInput input)
{
    VgateCancelAction action;

    input.now = world->now;
    if (input.kind == VGATE_CANCEL_INPUT_LOOKED || input.kind == VGATE_CANCEL_INPUT_ACTED)
        world->called = VGATE_CANCEL_DO_NOTHING;
    action = vgate_cancel_step (cancel, &input);
    world->n_acts[action]++;
    if (action == VGATE_CANCEL_DO_WAIT && input.kind != VGATE_CANCEL_INPUT_UNCONNECTED)
        g_assert_cmpint (cancel->wake, >, world->now);
    if (action == VGATE_CANCEL_DO_REPORT)
        g_assert_cmpuint (++world->n_reports, ==, 1);
    if (vgate_cancel_is_call (action)) {
        g_assert_cmpint (world->called, ==, VGATE_CANCEL_DO_NOTHING);
        world->called = action;
    }
    return action;
}

static VgateCancelAction
tell_event (World *world, VgateCancel *cancel, VgateCancelInputKind kind)
{
    if (!world->is_connected)
        return VGATE_CANCEL_DO_NOTHING;
    if (kind == VGATE_CANCEL_INPUT_CANCELLING)
        world->cancelling = world->now;
    if (kind == VGATE_CANCEL_INPUT_CANCELLED)
        world->cancelled = world->now;
    return tell (world, cancel, (VgateCancelInput){.kind = kind});
}

static VgateJob
job_now (const World *world)
{
    /* libvirtd can be slow to answer */
    const gint64 slow = g_test_rand_int_range (0, 8) ? 300 : 400 * MS;

    return world->has_job
               ? (VgateJob){VGATE_JOB_MIGRATION, world->job_began - MS - slow, world->job_began + slow}
               : (VgateJob){VGATE_JOB_NONE, G_MININT64, G_MAXINT64};
}

/* Performs an act as a worker does: it looks again before, and the answer of libvirt and QEMU changes the
 * world. */
static VgateCancelResult
act_on (World *world, const VgateCancel *cancel, VgateCancelAction action)
{
    const VgateCancelAct wanted = {action, cancel->began, cancel->run};
    const VgateJob job = job_now (world);

    if (!world->is_connected)
        return VGATE_CANCEL_RESULT_FAILED;
    if (!vgate_cancel_may_act (&wanted, 7, &job, world->guest))
        return VGATE_CANCEL_RESULT_REFUSED;
    switch (action) {
    case VGATE_CANCEL_DO_SUSPEND:
        g_assert_cmpuint (world->number, ==, world->aborted);
        g_assert_cmpint (world->qemu, ==, VGATE_CANCEL_PHASE_CANCELLED);
        g_assert_true (world->cancelled != 0 && world->now - world->cancelled >= 250 * MS);
        if (g_test_rand_bit ()) {
            world->guest = VGATE_GUEST_PAUSED_BY_MIGRATION;
            return VGATE_CANCEL_RESULT_LEFT_PAUSED;
        }
        world->has_job = FALSE;
        return VGATE_CANCEL_RESULT_DONE;
    case VGATE_CANCEL_DO_CONTINUE:
        if (world->qemu != VGATE_CANCEL_PHASE_CANCELLING)
            return VGATE_CANCEL_RESULT_REFUSED;
        world->qemu = VGATE_CANCEL_PHASE_CANCELLED;
        return VGATE_CANCEL_RESULT_DONE;
    case VGATE_CANCEL_DO_REPEAT:
        g_assert_cmpuint (world->number, ==, world->aborted);
        g_assert_true (world->cancelled != 0 && world->now - world->cancelled >= 1000 * MS);
        if (world->qemu != VGATE_CANCEL_PHASE_CANCELLED)
            return VGATE_CANCEL_RESULT_REFUSED;
        world->has_job = FALSE;
        world->guest = VGATE_GUEST_RUNS;
        return VGATE_CANCEL_RESULT_DONE;
    default:
        /* the worker asks QEMU; the machine depends on that only if a guest that it left paused was migrated
         * again without an event */
        if (world->has_completed) {
            g_assert_true (cancel->has_suspended && world->is_completion_missed);
            return VGATE_CANCEL_RESULT_REFUSED;
        }
        if (g_test_rand_bit ())
            return VGATE_CANCEL_RESULT_FAILED;
        world->guest = VGATE_GUEST_RUNS;
        return VGATE_CANCEL_RESULT_DONE;
    }
}

/* The call returns. */
static VgateCancelAction
come_back (World *world, VgateCancel *cancel)
{
    if (world->called == VGATE_CANCEL_DO_LOOK)
        return tell (world, cancel,
                     (VgateCancelInput){
                         .kind = VGATE_CANCEL_INPUT_LOOKED,
                         .is_answered = world->is_connected && g_test_rand_int_range (0, 8) > 0,
                         .job = job_now (world),
                         .guest = world->guest,
                         .run = 7,
                     });
    return tell (world, cancel,
                 (VgateCancelInput){.kind = VGATE_CANCEL_INPUT_ACTED,
                                    .result = act_on (world, cancel, world->called)});
}

/* Something happens to the present job. */
static VgateCancelAction
change_job (World *world, VgateCancel *cancel)
{
    switch (g_test_rand_int_range (0, 6)) {
    case 0: /* another job begins */
        if (world->has_job || !world->is_connected || world->guest != VGATE_GUEST_RUNS)
            break;
        world->has_job = TRUE;
        world->number++;
        world->job_began = world->now;
        world->qemu = VGATE_CANCEL_PHASE_QUIET;
        return g_test_rand_bit () ? tell_event (world, cancel, VGATE_CANCEL_INPUT_SETUP)
                                  : VGATE_CANCEL_DO_NOTHING;
    case 1: /* the job switches over and completes */
        if (!world->has_job || world->qemu != VGATE_CANCEL_PHASE_QUIET)
            break;
        world->guest = VGATE_GUEST_PAUSED_BY_MIGRATION;
        world->has_completed = TRUE;
        world->is_completion_missed |= !world->is_connected;
        return tell_event (world, cancel, VGATE_CANCEL_INPUT_COMPLETED);
    case 2:
        if (world->qemu != VGATE_CANCEL_PHASE_CANCELLING || world->number != world->aborted)
            break;
        world->qemu = VGATE_CANCEL_PHASE_CANCELLED;
        return tell_event (world, cancel, VGATE_CANCEL_INPUT_CANCELLED);
    case 3:
        if (world->has_job && world->qemu == VGATE_CANCEL_PHASE_CANCELLING)
            world->guest = VGATE_GUEST_PAUSED_BY_MIGRATION;
        break;
    case 4:
        if (world->has_job && world->qemu == VGATE_CANCEL_PHASE_CANCELLED &&
            world->guest != VGATE_GUEST_RUNS && g_test_rand_bit ())
            world->guest = VGATE_GUEST_RUNS;
        break;
    default:
        if (world->is_connected && g_test_rand_int_range (0, 64) == 0) {
            world->guest = VGATE_GUEST_GONE;
            return tell_event (world, cancel, VGATE_CANCEL_INPUT_DOMAIN_ENDS);
        }
        if (g_test_rand_int_range (0, 4) || !world->has_job ||
            (world->qemu == VGATE_CANCEL_PHASE_QUIET && !world->has_completed))
            break;
        world->has_job = FALSE;
        if (world->has_completed && g_test_rand_bit ())
            world->guest = VGATE_GUEST_GONE;
    }
    return VGATE_CANCEL_DO_NOTHING;
}

static VgateCancelAction
step_world (World *world, VgateCancel *cancel)
{
    switch (g_test_rand_int_range (0, 8)) {
    case 0:
    case 1: return change_job (world, cancel);
    case 2:
        if (g_test_rand_int_range (0, 4))
            return VGATE_CANCEL_DO_NOTHING;
        world->is_connected = !world->is_connected;
        return world->is_connected
                   ? tell (world, cancel, (VgateCancelInput){.kind = VGATE_CANCEL_INPUT_CONNECTED})
                   : VGATE_CANCEL_DO_NOTHING;
    case 3:
    case 4:
    case 5:
        if (world->called != VGATE_CANCEL_DO_NOTHING)
            return come_back (world, cancel);
        return VGATE_CANCEL_DO_NOTHING;
    default:
        if (cancel->wake == G_MAXINT64)
            return VGATE_CANCEL_DO_NOTHING;
        world->now = MAX (world->now, cancel->wake);
        return tell (world, cancel, (VgateCancelInput){.kind = VGATE_CANCEL_INPUT_TIME});
    }
}

static void
test_any_order (void)
{
    guint n_acts[VGATE_CANCEL_END_UNKNOWN + 1] = {0};

    for (guint round = 0; round < 20000; round++) {
        World world = {.now = 7000 * MS,
                       .is_connected = TRUE,
                       .number = 1,
                       .aborted = 1,
                       .job_began = 6990 * MS,
                       .has_job = TRUE,
                       .qemu = VGATE_CANCEL_PHASE_CANCELLING,
                       .guest = VGATE_GUEST_RUNS};
        VgateCancelAction action;
        VgateCancel cancel;

        vgate_cancel_init (&cancel, world.now);
        action = g_test_rand_bit ()
                     ? tell (&world, &cancel, (VgateCancelInput){.kind = VGATE_CANCEL_INPUT_ABORTED})
                     : VGATE_CANCEL_DO_NOTHING;
        if (round % 4 != 0)
            action = tell_event (&world, &cancel, VGATE_CANCEL_INPUT_CANCELLING);
        else if (action == VGATE_CANCEL_DO_NOTHING)
            action = tell (&world, &cancel, (VgateCancelInput){.kind = VGATE_CANCEL_INPUT_FOUND});
        for (guint i = 0; i < 200 && !vgate_cancel_is_end (action); i++) {
            action = step_world (&world, &cancel);
            world.now += g_test_rand_int_range (0, 100 * MS);
        }
        if (action == VGATE_CANCEL_END_DEPARTED)
            g_assert_cmpint (world.guest, ==, VGATE_GUEST_GONE);
        for (guint i = 0; i <= VGATE_CANCEL_END_UNKNOWN; i++)
            n_acts[i] += world.n_acts[i];
    }
    /* every possible action occurred many times */
    for (VgateCancelAction action = 0; action <= VGATE_CANCEL_END_UNKNOWN; action++) {
        g_test_message ("action %d: %u times", (int)action, n_acts[action]);
        if (action != VGATE_CANCEL_END_UNKNOWN)
            g_assert_cmpuint (n_acts[action], >, 20);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/cancel/no-hang", test_no_hang);
    g_test_add_func ("/cancel/too-late", test_too_late);
    g_test_add_func ("/cancel/before-qemu-begins", test_before_qemu_begins);
    g_test_add_func ("/cancel/begun", test_begun);
    g_test_add_func ("/cancel/another-job", test_another_job);
    g_test_add_func ("/cancel/completed", test_completed);
    g_test_add_func ("/cancel/connected-again", test_connected_again);
    g_test_add_func ("/cancel/hangs-in-libvirt", test_hangs_in_libvirt);
    g_test_add_func ("/cancel/stays-suspended", test_stays_suspended);
    g_test_add_func ("/cancel/lost-by-libvirt", test_lost_by_libvirt);
    g_test_add_func ("/cancel/hangs-in-qemu", test_hangs_in_qemu);
    g_test_add_func ("/cancel/somebody-elses", test_somebody_elses);
    g_test_add_func ("/cancel/found", test_found);
    g_test_add_func ("/cancel/reported", test_reported);
    g_test_add_func ("/cancel/other-jobs", test_other_jobs);
    g_test_add_func ("/cancel/any-order", test_any_order);
    return g_test_run ();
}
