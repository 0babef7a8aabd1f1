/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is done about a migration that was aborted, step by step, and in any order. */
#include "cancel.h"

#define MS 1000

/* A line of a scene: what is heard so many ms after its begin, and what is to be done. */
typedef struct {
    gint64 at_ms;
    VgateCancelInputKind kind;
    VgateJobKind job;       /* of a look */
    VgateCancelGuest guest; /* of a look */
    VgateCancelResult result;
    VgateCancelAction action;
    gint64 wake_ms; /* of a wait; 0: whenever */
} Line;

#define HEAR(at, what, action, wake)                                  \
    {                                                                 \
        at, VGATE_CANCEL_##what, 0, 0, 0, VGATE_CANCEL_##action, wake \
    }
#define LOOK(at, job, guest, action, wake)                                                             \
    {                                                                                                  \
        at, VGATE_CANCEL_LOOKED, VGATE_JOB_##job, VGATE_CANCEL_##guest, 0, VGATE_CANCEL_##action, wake \
    }
#define ACT(at, result, action, wake)                                                    \
    {                                                                                    \
        at, VGATE_CANCEL_ACTED, 0, 0, VGATE_CANCEL_##result, VGATE_CANCEL_##action, wake \
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
            .job = lines[i].job,
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
        LOOK (35, NONE, RUNS, STAYED, 0),
    };

    PLAY (lines);
}

static void
test_too_late (void)
{
    static const Line lines[] = {
        HEAR (0, ABORTED, DO_WAIT, 10),
        HEAR (2, ENDS, DO_LOOK, 0),
        LOOK (3, MIGRATION, PAUSED_BY_MIGRATION, DO_WAIT, 23),
        HEAR (23, TIME, DO_LOOK, 0),
        LOOK (24, NONE, GONE, LEFT, 0),
    };

    PLAY (lines);
}

/* libvirt ends it only when the destination is ready; QEMU never hears of it. */
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
        LOOK (9082, NONE, RUNS, STAYED, 0),
    };

    PLAY (lines);
}

/* A libvirt that forgets the abort, as it came too soon, is told again. */
static void
test_aborted_too_soon (void)
{
    static const Line lines[] = {
        HEAR (0, ABORTED, DO_WAIT, 10),
        HEAR (10, TIME, DO_LOOK, 0),
        HEAR (11, BEGINS, DO_NOTHING, 0),
        LOOK (12, SAVE, PAUSED, DO_WAIT, 32),
        HEAR (32, TIME, DO_ABORT, 0),
        ACT (33, DONE, DO_WAIT, 43),
        HEAR (34, CANCELLING, DO_WAIT, 44),
        HEAR (35, BEGINS, DO_WAIT, 44), /* not once it is being cancelled */
        HEAR (44, TIME, DO_LOOK, 0),
        LOOK (45, NONE, RUNS, STAYED, 0),
    };

    PLAY (lines);
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
        LOOK (242, MIGRATION, RUNS, DO_WAIT, 252), /* the sign is due */
        HEAR (252, TIME, DO_LOOK, 0),
        LOOK (253, MIGRATION, RUNS, DO_SUSPEND, 0),
        ACT (260, DONE, DO_WAIT, 270),
        HEAR (270, TIME, DO_LOOK, 0),
        LOOK (271, MIGRATION, PAUSED_BY_USER, DO_WAIT, 291),
        HEAR (291, TIME, DO_LOOK, 0),
        LOOK (292, NONE, RUNS, STAYED, 0),
    };

    PLAY (lines);
}

/* Where libvirt does not resume the guest that was suspended, we do. */
static void
test_stays_suspended (void)
{
    static const Line lines[] = {
        HEAR (0, CANCELLED, DO_WAIT, 250),
        HEAR (250, TIME, DO_LOOK, 0),
        LOOK (251, MIGRATION, RUNS, DO_SUSPEND, 0),
        ACT (252, DONE, DO_WAIT, 262),
        HEAR (262, TIME, DO_LOOK, 0),
        LOOK (263, NONE, PAUSED_BY_USER, DO_WAIT, 273),
        HEAR (273, TIME, DO_LOOK, 0),
        LOOK (520, NONE, PAUSED_BY_USER, DO_RESUME, 0),
        ACT (521, DONE, DO_WAIT, 531),
        HEAR (531, TIME, DO_LOOK, 0),
        LOOK (532, NONE, RUNS, STAYED, 0),
    };

    PLAY (lines);
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
        HEAR (514, TIME, DO_LOOK, 0),         LOOK (515, NONE, RUNS, STAYED, 0),
    };

    PLAY (lines);
}

/* An administrator's abort, of a guest that he had paused before: it is not resumed. */
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
        LOOK (754, NONE, PAUSED_BY_USER, STAYED, 0),
    };

    PLAY (lines);
}

/* Paused by the migration when we connected: QEMU is asked by what it refuses unless it hangs. */
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
        LOOK (2772, NONE, RUNS, STAYED, 0),
    };
    static const Line switches_over[] = {
        HEAR (0, FOUND, DO_WAIT, 2000),
        HEAR (2000, TIME, DO_LOOK, 0),
        LOOK (2001, MIGRATION, PAUSED_BY_MIGRATION, DO_CONTINUE, 0),
        ACT (2002, REFUSED, UNKNOWN, 0),
    };
    /* libvirt does not know how it ended: nor do we, and it may run elsewhere */
    static const Line left_paused[] = {
        HEAR (0, FOUND, DO_WAIT, 2000),
        HEAR (2000, TIME, DO_LOOK, 0),
        LOOK (2001, NONE, PAUSED_BY_MIGRATION, STAYED, 0),
    };

    PLAY (hangs);
    PLAY (switches_over);
    PLAY (left_paused);
}

/* Neither sign is there, or nothing helps: it is said once. */
static void
test_reported (void)
{
    static const Line no_sign[] = {
        HEAR (0, CANCELLED, DO_WAIT, 250),
        HEAR (250, TIME, DO_LOOK, 0),
        LOOK (251, MIGRATION, PAUSED_BY_MIGRATION, DO_WAIT, 501),
        HEAR (5000, TIME, DO_LOOK, 0),
        LOOK (5001, MIGRATION, PAUSED_BY_MIGRATION, DO_REPORT, 10001),
        HEAR (10001, TIME, DO_LOOK, 0),
        LOOK (10002, MIGRATION, PAUSED_BY_MIGRATION, DO_WAIT, 15002),
        HEAR (15002, TIME, DO_LOOK, 0),
        LOOK (15003, NONE, GONE, LEFT, 0),
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
        HEAR (0, CANCELLED, DO_WAIT, 250),   HEAR (250, TIME, DO_LOOK, 5250),
        HEAR (5250, TIME, DO_REPORT, 0),     HEAR (60000, TIME, DO_NOTHING, 0),
        LOOK (60001, NONE, RUNS, STAYED, 0),
    };

    PLAY (no_sign);
    PLAY (no_help);
    PLAY (no_answer);
}

/* A save, a dump: nothing of theirs hangs, and nobody suspends anything. */
static void
test_other_jobs (void)
{
    static const Line ours[] = {
        HEAR (0, ABORTED, DO_WAIT, 10), HEAR (1, CANCELLED, DO_WAIT, 11),
        HEAR (300, TIME, DO_LOOK, 0),   LOOK (301, SAVE, RUNS, DO_WAIT, 0),
        HEAR (600, TIME, DO_LOOK, 0),   LOOK (601, NONE, RUNS, STAYED, 0),
    };
    static const Line others[] = {
        HEAR (0, CANCELLED, DO_WAIT, 250),
        HEAR (250, TIME, DO_LOOK, 0),
        LOOK (251, OTHER, RUNS, UNKNOWN, 0),
    };

    PLAY (ours);
    PLAY (others);
}

/* --- any order --- */

/* What the rules of the header need to be checked. */
typedef struct {
    gint64 cancelling, cancelled, found; /* when it was heard; 0: not */
    VgateCancelInput look;               /* the last */
    gboolean is_called;
    gboolean has_suspended, has_continued;
    guint n_reports;
} Seen;

static void
hear (Seen *seen, const VgateCancelInput *input, VgateCancelAction called)
{
    switch (input->kind) {
    case VGATE_CANCEL_FOUND: seen->found = seen->found ? seen->found : input->now; break;
    case VGATE_CANCEL_CANCELLING: seen->cancelling = seen->cancelling ? seen->cancelling : input->now; break;
    case VGATE_CANCEL_CANCELLED: seen->cancelled = seen->cancelled ? seen->cancelled : input->now; break;
    case VGATE_CANCEL_LOOKED: seen->look = *input; break;
    case VGATE_CANCEL_ACTED:
        seen->has_suspended |= called == VGATE_CANCEL_DO_SUSPEND && input->result == VGATE_CANCEL_DONE;
        seen->has_continued |= called == VGATE_CANCEL_DO_CONTINUE && input->result == VGATE_CANCEL_DONE;
        break;
    default: break;
    }
    if (input->kind == VGATE_CANCEL_LOOKED || input->kind == VGATE_CANCEL_ACTED)
        seen->is_called = FALSE;
}

static void
check_action (Seen *seen, const VgateCancelInput *input, VgateCancelAction action, const VgateCancel *cancel)
{
    const VgateCancelInput *look = &seen->look;
    const gboolean is_call = action >= VGATE_CANCEL_DO_LOOK && action <= VGATE_CANCEL_DO_RESUME;

    /* one call at a time, and nothing is done that has just been done */
    if (is_call)
        g_assert_false (seen->is_called);
    seen->is_called |= is_call;
    switch (action) {
    case VGATE_CANCEL_DO_WAIT: g_assert_cmpint (cancel->wake, >, input->now); break;
    case VGATE_CANCEL_DO_SUSPEND:
        g_assert_true (look->is_answered && look->job == VGATE_JOB_MIGRATION);
        g_assert_cmpint (look->guest, ==, VGATE_CANCEL_RUNS);
        g_assert_true (seen->cancelled != 0 && input->now - seen->cancelled >= 250 * MS);
        break;
    case VGATE_CANCEL_DO_CONTINUE:
        g_assert_true (look->is_answered && look->job == VGATE_JOB_MIGRATION);
        g_assert_cmpint (look->guest, >=, VGATE_CANCEL_PAUSED_BY_USER);
        g_assert_true ((seen->cancelling != 0 && input->now - seen->cancelling >= 500 * MS) ||
                       (seen->found != 0 && input->now - seen->found >= 2000 * MS));
        break;
    case VGATE_CANCEL_DO_RESUME:
        g_assert_true (look->is_answered && look->job == VGATE_JOB_NONE);
        g_assert_true ((look->guest == VGATE_CANCEL_PAUSED_BY_USER && seen->has_suspended) ||
                       (look->guest == VGATE_CANCEL_PAUSED_BY_MIGRATION &&
                        (seen->cancelled != 0 || seen->has_continued)));
        break;
    case VGATE_CANCEL_DO_REPORT: g_assert_cmpuint (++seen->n_reports, ==, 1); break;
    case VGATE_CANCEL_STAYED: g_assert_cmpint (look->guest, !=, VGATE_CANCEL_GONE); break;
    case VGATE_CANCEL_LEFT: g_assert_cmpint (look->guest, ==, VGATE_CANCEL_GONE); break;
    default: break;
    }
}

static VgateCancelInput
input_at_random (const Seen *seen, VgateCancelAction called, const VgateCancel *cancel, gint64 now)
{
    VgateCancelInput input = {.now = now};
    const gboolean comes_back = seen->is_called && g_test_rand_bit ();

    if (comes_back) {
        input.kind = called == VGATE_CANCEL_DO_LOOK ? VGATE_CANCEL_LOOKED : VGATE_CANCEL_ACTED;
        input.is_answered = g_test_rand_int_range (0, 8) > 0;
        /* mostly as it was; a guest that is gone ends it at once */
        input.job = seen->look.job;
        input.guest = seen->look.guest;
        if (g_test_rand_int_range (0, 4) == 0)
            input.job = g_test_rand_bit () ? VGATE_JOB_MIGRATION : (VgateJobKind)g_test_rand_int_range (0, 4);
        if (g_test_rand_int_range (0, 4) == 0)
            input.guest = (VgateCancelGuest)g_test_rand_int_range (g_test_rand_int_range (0, 8) > 0, 5);
        input.result = (VgateCancelResult)g_test_rand_int_range (0, 3);
    } else if (g_test_rand_int_range (0, 4) == 0) {
        input.kind = (VgateCancelInputKind)g_test_rand_int_range (VGATE_CANCEL_ABORTED, VGATE_CANCEL_LOOKED);
    } else {
        input.kind = VGATE_CANCEL_TIME;
        if (cancel->wake != G_MAXINT64)
            input.now = MAX (now, cancel->wake);
    }
    return input;
}

static void
test_any_order (void)
{
    guint n_acts[VGATE_CANCEL_UNKNOWN + 1] = {0};

    for (guint round = 0; round < 3000; round++) {
        gint64 now = 1;
        VgateCancelAction called = VGATE_CANCEL_DO_NOTHING;
        VgateCancel cancel;
        Seen seen = {.look = {.job = VGATE_JOB_MIGRATION, .guest = VGATE_CANCEL_RUNS}};

        vgate_cancel_init (&cancel, now);
        for (guint i = 0; i < 80; i++) {
            const VgateCancelInput input = input_at_random (&seen, called, &cancel, now);
            VgateCancelAction action;

            now = input.now;
            hear (&seen, &input, called);
            action = vgate_cancel_step (&cancel, &input);
            check_action (&seen, &input, action, &cancel);
            n_acts[action]++;
            if (vgate_cancel_is_end (action))
                break;
            if (action >= VGATE_CANCEL_DO_LOOK && action <= VGATE_CANCEL_DO_RESUME)
                called = action;
            now += g_test_rand_int_range (0, 300 * MS);
        }
    }
    /* what can be done was done, each many times */
    for (VgateCancelAction action = 0; action <= VGATE_CANCEL_UNKNOWN; action++) {
        g_test_message ("action %d: %u times", (int)action, n_acts[action]);
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
    g_test_add_func ("/cancel/aborted-too-soon", test_aborted_too_soon);
    g_test_add_func ("/cancel/hangs-in-libvirt", test_hangs_in_libvirt);
    g_test_add_func ("/cancel/stays-suspended", test_stays_suspended);
    g_test_add_func ("/cancel/hangs-in-qemu", test_hangs_in_qemu);
    g_test_add_func ("/cancel/somebody-elses", test_somebody_elses);
    g_test_add_func ("/cancel/found", test_found);
    g_test_add_func ("/cancel/reported", test_reported);
    g_test_add_func ("/cancel/other-jobs", test_other_jobs);
    g_test_add_func ("/cancel/any-order", test_any_order);
    return g_test_run ();
}
