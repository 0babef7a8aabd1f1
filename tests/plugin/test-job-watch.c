/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The job watch with a simulated libvirt and NVML (played.h). */
#include "plugin/jobs/job-watch.h"

#include "answers.h"
#include "played.h"

typedef struct {
    Played played;
    VgatePolicy *policy;
    VgateTally *tally;
    VgateJobWatch *watch;
    VgateSnapshot *last; /* NVML's answer before */
    guint n_done;
    VgateWatchOutcome outcome;
    VgateCode hang; /* code of the last message; 0: none */
    gboolean is_hang_over;
    char *stop; /* the last job that was stopped: "JOB CODE: WAY-OUT"; NULL: none */
} Scene;

static void
on_checked (const char *uuid, VgateWatchOutcome outcome, gpointer user_data)
{
    Scene *scene = user_data;

    g_assert_cmpstr (uuid, ==, SAMPLE_DOMAIN_UUID);
    scene->n_done++;
    scene->outcome = outcome;
}

static void
on_hangs (const char *uuid, VgateCode code, gboolean is_over, gpointer user_data)
{
    Scene *scene = user_data;

    g_assert_cmpstr (uuid, ==, SAMPLE_DOMAIN_UUID);
    scene->hang = code;
    scene->is_hang_over = is_over;
}

static void
on_stopped (const char *uuid, const char *job, const GError *reason, const char *way_out, gpointer user_data)
{
    Scene *scene = user_data;

    g_assert_cmpstr (uuid, ==, SAMPLE_DOMAIN_UUID);
    g_free (scene->stop);
    scene->stop = g_strdup_printf ("%s %d: %s", job, reason->code, way_out);
}

static const VgateJobWatchMethods methods = {.checked = on_checked, .stopped = on_stopped, .hangs = on_hangs};

static void
set_up (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    played_init (&scene->played);
    scene->policy = vgate_policy_new_default ();
    scene->tally = vgate_tally_new ();
    scene->watch =
        vgate_job_watch_new (&played_calls, &scene->played, scene->policy, scene->tally, &methods, scene);
}

static void
tear_down (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    vgate_job_watch_free (scene->watch);
    played_clear (&scene->played);
    vgate_snapshot_unref (scene->last);
    g_free (scene->stop);
    vgate_tally_free (scene->tally);
    vgate_policy_free (scene->policy);
}

static void
check (Scene *scene)
{
    vgate_job_watch_check (scene->watch, SAMPLE_DOMAIN_UUID, FALSE, scene->last);
}

/* The driver in the guest was updated, so the XML is out of date. */
static void
update (Scene *scene)
{
    scene->played.in_nvml.guest_version = vgate_version (18, 1);
}

/* The same, known before the job began. */
static void
update_before (Scene *scene)
{
    update (scene);
    scene->last = answers_snapshot (&scene->played.in_nvml, 1);
}

/* Runs the call in progress, and ends it. */
static void
call (Scene *scene)
{
    g_assert_cmpuint (g_queue_get_length (&scene->played.calls), ==, 1);
    played_run (&scene->played, 0);
    played_finish (&scene->played, 0);
}

/* Time passes, and libvirt is asked for the state. */
static void
wait_and_look (Scene *scene, guint ms)
{
    played_wait (&scene->played, ms);
    call (scene);
}

/* The abort takes effect. */
static void
end_job (Scene *scene)
{
    scene->played.job = VGATE_JOB_NONE;
    wait_and_look (scene, 10);
}

static void
test_unchanged (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    check (scene);
    played_run (&scene->played, 0);
    played_finish (&scene->played, 0);
    g_assert_cmpuint (scene->n_done, ==, 0);
    played_answer (&scene->played, 0);
    g_assert_cmpuint (scene->n_done, ==, 1);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_GOES_ON);
    g_assert_cmpuint (scene->played.n_aborts, ==, 0);
}

/* NVML answers first, or last. */
static void
test_changed (Scene *scene, gconstpointer data)
{
    const gboolean is_nvml_first = data != NULL;

    update (scene);
    check (scene);
    if (is_nvml_first)
        played_answer (&scene->played, 0);
    played_run (&scene->played, 0);
    played_finish (&scene->played, 0);
    if (!is_nvml_first)
        played_answer (&scene->played, 0);
    g_assert_cmpuint (scene->n_done, ==, 0);
    call (scene);
    g_assert_cmpuint (scene->n_done, ==, 0);
    end_job (scene);
    g_assert_cmpuint (scene->n_done, ==, 1);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_STOPPED);
    g_assert_cmpuint (scene->played.n_aborts, ==, 1);
    g_assert_cmpint (scene->hang, ==, 0);
}

/* If what was known before the job began is enough, NVML's answer is not needed. */
static void
test_changed_before (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    update_before (scene);
    check (scene);
    played_run (&scene->played, 0);
    played_finish (&scene->played, 0);
    played_run (&scene->played, 0);
    g_assert_cmpuint (scene->played.n_aborts, ==, 1);
    played_finish (&scene->played, 0);
    played_answer (&scene->played, 0);
    end_job (scene);
    g_assert_cmpuint (scene->n_done, ==, 1);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_STOPPED);
}

static guint64
count (const Scene *scene, VgateCounterKind kind, const char *label)
{
    g_autoptr (VgateStatus) status = vgate_tally_describe (scene->tally);

    for (guint i = 0; i < status->counters->len; i++) {
        const VgateCounter *counter = g_ptr_array_index (status->counters, i);

        if (counter->kind == (int)kind && g_strcmp0 (counter->label, label) == 0)
            return counter->value;
    }
    return 0;
}

/* A host that only reports, all domains or this one by its UUID. Several checks of one job meet the same
 * reason, which is logged and counted once, and again in the next job; so is the reason of a save. */
static void
test_only_reported (Scene *scene, gconstpointer data)
{
    const char *domains[] = {"another", SAMPLE_DOMAIN_UUID, NULL};

    if (data)
        scene->policy->report_domains = g_strdupv ((char **)domains);
    else
        scene->policy->is_report_only = TRUE;
    if (!g_test_subprocess ()) {
        g_test_trap_subprocess (NULL, 0, 0);
        g_test_trap_assert_passed ();
        g_test_trap_assert_stderr (
            "*VGATE-706*the migration would have been stopped, but this host only reports: *VGATE-706*"
            "VGATE-403*the save would have been stopped, but this host only reports: *");
        g_test_trap_assert_stderr_unmatched ("*VGATE-706*VGATE-706*VGATE-706*");
        return;
    }
    update (scene);
    for (guint i = 0; i < 6; i++) {
        check (scene);
        call (scene);
        played_answer (&scene->played, 0);
        g_assert_cmpuint (scene->n_done, ==, i + 1);
        g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_GOES_ON);
        if (i == 2)
            vgate_job_watch_note (scene->watch, SAMPLE_DOMAIN_UUID, VGATE_DOMAIN_JOB_FAILED);
    }
    scene->played.in_xml.guest_version = scene->played.in_nvml.guest_version = 0;
    played_begin_job (&scene->played, VGATE_JOB_SAVE);
    check (scene);
    call (scene);
    played_answer (&scene->played, 0);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_GOES_ON);
    g_assert_cmpuint (scene->played.n_aborts, ==, 0);
    g_assert_null (scene->stop);
    g_assert_cmpuint (count (scene, VGATE_COUNTER_JOBS_REPORTED, "VGATE-706"), ==, 2);
    g_assert_cmpuint (count (scene, VGATE_COUNTER_JOBS_REPORTED, "VGATE-403"), ==, 1);
    g_assert_cmpuint (count (scene, VGATE_COUNTER_JOBS_STOPPED, "VGATE-706"), ==, 0);
}

/* Also by what was known before the job began; another domain's job is stopped. */
static void
test_only_reported_before (Scene *scene, gconstpointer data)
{
    const char *domains[] = {data, NULL};
    const gboolean is_other = g_strcmp0 (data, "another") == 0;

    scene->policy->report_domains = g_strdupv ((char **)domains);
    update_before (scene);
    check (scene);
    played_run (&scene->played, 0);
    played_finish (&scene->played, 0);
    if (is_other)
        call (scene);
    g_assert_cmpuint (scene->played.n_aborts, ==, is_other ? 1 : 0);
    g_assert_cmpuint (scene->n_done, ==, is_other ? 0 : 1);
    played_answer (&scene->played, 0);
    g_assert_cmpuint (count (scene, VGATE_COUNTER_JOBS_REPORTED, "VGATE-706"), ==, is_other ? 0 : 1);
}

static void
test_another_job (Scene *scene, gconstpointer data)
{
    update_before (scene);
    scene->played.job = (VgateJobKind)GPOINTER_TO_INT (data);
    check (scene);
    played_run (&scene->played, 0);
    played_finish (&scene->played, 0);
    played_answer (&scene->played, 0);
    g_assert_cmpuint (scene->n_done, ==, 1);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_NO_JOB);
    g_assert_cmpuint (scene->played.n_aborts, ==, 0);
}

static void
test_nvml_fails (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    update (scene);
    check (scene);
    played_run (&scene->played, 0);
    played_finish (&scene->played, 0);
    played_fail (&scene->played, 0);
    g_assert_cmpuint (scene->n_done, ==, 1);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_GOES_ON);
}

/* Several checks of one job meet the same failure, which is logged once, and again in the next job. */
static void
test_nvml_fails_once (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    if (g_test_subprocess ()) {
        for (guint i = 0; i < 6; i++) {
            check (scene);
            call (scene);
            played_fail (&scene->played, 0);
            if (i == 2)
                vgate_job_watch_note (scene->watch, SAMPLE_DOMAIN_UUID, VGATE_DOMAIN_JOB_FAILED);
        }
        g_assert_cmpuint (scene->n_done, ==, 6);
        return;
    }
    g_test_trap_subprocess (NULL, 0, 0);
    g_test_trap_assert_passed ();
    g_test_trap_assert_stderr ("*VGATE-708*VGATE-708*");
    g_test_trap_assert_stderr_unmatched ("*VGATE-708*VGATE-708*VGATE-708*");
}

/* NVML has answered, and by what was known before the job must stop; but libvirt was restarted while a worker
 * read the job, so there is no connection to abort it. */
static void
test_must_stop_and_libvirt_is_gone (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    update_before (scene);
    check (scene);
    played_answer (&scene->played, 0);
    played_run (&scene->played, 0);
    scene->played.is_connected = FALSE;
    played_finish (&scene->played, 0);
    g_assert_cmpuint (scene->n_done, ==, 1);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_GOES_ON);
}

/* --- saves that could not be restored here --- */

/* The guest driver is not up, which the host would refuse at the restore; XML and NVML agree. */
static void
begin_bad_save (Scene *scene)
{
    scene->played.in_xml.guest_version = scene->played.in_nvml.guest_version = 0;
    played_begin_job (&scene->played, VGATE_JOB_SAVE);
    check (scene);
    call (scene);
    played_answer (&scene->played, 0);
}

static void
test_save_is_stopped (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    begin_bad_save (scene);
    call (scene);
    g_assert_null (scene->stop);
    end_job (scene);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_STOPPED);
    g_assert_nonnull (scene->stop);
    if (!g_pattern_match_simple ("save 403: Wait until the guest driver is loaded*guest-driver-down=warn*",
                                 scene->stop))
        g_error ("the status says '%s'", scene->stop);
}

/* A guest whose save fails at shutdown is lost. A migration is stopped all the same: the guest can still be
 * saved. */
static void
test_shutdown (Scene *scene, gconstpointer data)
{
    const gboolean is_save = data != NULL;

    scene->played.is_shutting_down = TRUE;
    if (is_save) {
        begin_bad_save (scene);
        call (scene);
    } else {
        update_before (scene);
        check (scene);
        call (scene);
        call (scene);
        played_answer (&scene->played, 0);
        end_job (scene);
    }
    g_assert_cmpuint (scene->played.n_aborts, ==, is_save ? 0 : 1);
    g_assert_cmpuint (scene->n_done, ==, 1);
    g_assert_cmpint (scene->outcome, ==, is_save ? VGATE_WATCH_GOES_ON : VGATE_WATCH_STOPPED);
    g_assert_cmpint (scene->stop == NULL, ==, is_save);
}

/* Also a save whose metadata is no longer true. */
static void
test_shutdown_stale (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    scene->played.is_shutting_down = TRUE;
    played_begin_job (&scene->played, VGATE_JOB_SAVE);
    update_before (scene);
    check (scene);
    call (scene);
    call (scene);
    played_answer (&scene->played, 0);
    g_assert_cmpuint (scene->played.n_aborts, ==, 0);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_GOES_ON);
    g_assert_true (g_queue_is_empty (&scene->played.timers));
}

/* --- aborted migrations that hang --- */

static void
note (Scene *scene, VgateDomainEvent event)
{
    if (event == VGATE_DOMAIN_JOB_CANCELLING || event == VGATE_DOMAIN_JOB_CANCELLED)
        scene->played.aborted = scene->played.job_number;
    scene->played.is_cancelling = event == VGATE_DOMAIN_JOB_CANCELLING;
    scene->played.has_completed = event == VGATE_DOMAIN_JOB_COMPLETED;
    vgate_job_watch_note (scene->watch, SAMPLE_DOMAIN_UUID, event);
}

/* We have aborted the job, and QEMU sends these events. */
static void
abort_it (Scene *scene, gboolean is_cancelled)
{
    update_before (scene);
    check (scene);
    call (scene);
    call (scene);
    played_answer (&scene->played, 0);
    note (scene, VGATE_DOMAIN_JOB_CANCELLING);
    if (is_cancelled)
        note (scene, VGATE_DOMAIN_JOB_CANCELLED);
}

/* After this time, and not sooner, libvirt gets another call than a look. */
static void
wait_for_act (Scene *scene, VgateCancelAction action, guint ms)
{
    for (const gint64 end = scene->played.now + (gint64)ms * 1000; scene->played.now < end;) {
        g_assert_cmpuint (scene->played.n_acts[action], ==, 0);
        played_wait (&scene->played, 10);
        if (!g_queue_is_empty (&scene->played.calls))
            call (scene);
        if (!g_queue_is_empty (&scene->played.calls))
            call (scene);
    }
    g_assert_cmpuint (scene->played.n_acts[action], ==, 1);
}

static void
test_hangs_in_libvirt (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    abort_it (scene, TRUE);
    wait_for_act (scene, VGATE_CANCEL_DO_SUSPEND, 250);
    g_assert_cmpint (scene->hang, ==, VGATE_CODE_CANCEL_HUNG_LIBVIRT);
    g_assert_false (scene->is_hang_over);
    g_assert_cmpuint (scene->n_done, ==, 0);
    wait_and_look (scene, 10);
    g_assert_true (scene->is_hang_over);
    g_assert_cmpuint (scene->n_done, ==, 1);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_STOPPED);
    g_assert_cmpuint (scene->played.n_acts[VGATE_CANCEL_DO_RESUME], ==, 0);
}

static void
test_hangs_in_qemu (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    abort_it (scene, FALSE);
    scene->played.guest = VGATE_GUEST_PAUSED_BY_MIGRATION;
    wait_for_act (scene, VGATE_CANCEL_DO_CONTINUE, 500);
    g_assert_cmpint (scene->hang, ==, VGATE_CODE_CANCEL_HUNG_QEMU);
    note (scene, VGATE_DOMAIN_JOB_CANCELLED);
    end_job (scene);
    g_assert_true (scene->is_hang_over);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_STOPPED);
    g_assert_cmpuint (scene->played.n_acts[VGATE_CANCEL_DO_SUSPEND], ==, 0);
}

/* An administrator's abort belongs to no check, but its hang is ended as well. */
static void
test_somebody_elses_hang (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    note (scene, VGATE_DOMAIN_JOB_CANCELLING);
    scene->played.guest = VGATE_GUEST_PAUSED_BY_MIGRATION;
    played_wait (&scene->played, 499);
    g_assert_true (g_queue_is_empty (&scene->played.calls));
    wait_and_look (scene, 1);
    call (scene);
    g_assert_cmpuint (scene->played.n_acts[VGATE_CANCEL_DO_CONTINUE], ==, 1);
    scene->played.guest = VGATE_GUEST_RUNS;
    end_job (scene);
    g_assert_cmpint (scene->hang, ==, VGATE_CODE_CANCEL_HUNG_QEMU);
    g_assert_true (scene->is_hang_over);
    g_assert_cmpuint (scene->n_done, ==, 0);
}

/* The daemon did not run at the abort, so there were no events. */
static void
test_found_hung (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    scene->played.guest = VGATE_GUEST_PAUSED_BY_MIGRATION;
    scene->played.aborted = scene->played.job_number;
    scene->played.is_cancelling = TRUE;
    vgate_job_watch_connected (scene->watch);
    call (scene);
    wait_for_act (scene, VGATE_CANCEL_DO_CONTINUE, 2000);
    scene->played.guest = VGATE_GUEST_RUNS;
    scene->played.job = VGATE_JOB_NONE;
    wait_and_look (scene, 500);
    g_assert_cmpint (scene->hang, ==, VGATE_CODE_CANCEL_HUNG_QEMU);
    g_assert_true (scene->is_hang_over);
}

/* A guest without a vGPU is left to the user who aborted its migration, without a message. */
static void
test_hangs_without_vgpu (Scene *scene, gconstpointer data)
{
    scene->played.has_vgpu = FALSE;
    scene->played.guest = VGATE_GUEST_PAUSED_BY_MIGRATION;
    scene->played.is_cancelling = TRUE;
    if (data) {
        vgate_job_watch_connected (scene->watch);
        call (scene);
        wait_and_look (scene, 2000);
    } else {
        note (scene, VGATE_DOMAIN_JOB_CANCELLING);
        /* libvirt does not answer the first look for a long time */
        played_wait (&scene->played, 10000);
        call (scene);
    }
    g_assert_cmpuint (scene->played.n_acts[VGATE_CANCEL_DO_CONTINUE], ==, 0);
    g_assert_cmpint (scene->hang, ==, 0);
    g_assert_true (g_queue_is_empty (&scene->played.timers));
}

static void
connect_again (Scene *scene)
{
    scene->played.is_connected = TRUE;
    vgate_job_watch_connected (scene->watch);
}

/* Answers everything that is asked within this time. */
static void
let_pass (Scene *scene, guint ms)
{
    for (guint i = 0; i < ms; i += 10) {
        played_wait (&scene->played, 10);
        while (!g_queue_is_empty (&scene->played.calls)) {
            played_run (&scene->played, 0);
            played_finish (&scene->played, 0);
        }
    }
}

/* After the next connection the way it ended is known. */
static void
test_libvirt_goes_while_it_ends (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    abort_it (scene, TRUE);
    scene->played.is_connected = FALSE;
    let_pass (scene, 1000);
    g_assert_cmpuint (scene->n_done, ==, 0);
    scene->played.job = VGATE_JOB_NONE;
    connect_again (scene);
    let_pass (scene, 10);
    g_assert_cmpuint (scene->n_done, ==, 1);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_STOPPED);
    g_assert_true (g_queue_is_empty (&scene->played.timers));
}

/* A user's abort has ended within 20 ms, and the guest is migrated again before we have looked: after QEMU's
 * "setup", before it, or without it because the connection was lost. */
static void
test_retry_is_left_alone (Scene *scene, gconstpointer data)
{
    const gboolean is_heard = GPOINTER_TO_INT (data) == 1, is_lost = GPOINTER_TO_INT (data) == 2;

    note (scene, VGATE_DOMAIN_JOB_CANCELLING);
    note (scene, VGATE_DOMAIN_JOB_CANCELLED);
    let_pass (scene, 20);
    scene->played.job = VGATE_JOB_NONE;
    let_pass (scene, 160);
    played_begin_job (&scene->played, VGATE_JOB_MIGRATION);
    if (is_heard)
        note (scene, VGATE_DOMAIN_JOB_SETUP);
    if (is_lost) {
        scene->played.is_connected = FALSE;
        let_pass (scene, 500);
        connect_again (scene);
    }
    let_pass (scene, 6000);
    g_assert_cmpuint (scene->played.n_acts[VGATE_CANCEL_DO_SUSPEND], ==, 0);
    g_assert_cmpint (scene->hang, ==, 0);
    g_assert_true (g_queue_is_empty (&scene->played.timers));
}

/* The guest may run at the destination, so it is not touched, whatever the events before were. */
static void
test_completed_is_not_resumed (Scene *scene, gconstpointer data)
{
    note (scene, VGATE_DOMAIN_JOB_CANCELLING);
    note (scene, VGATE_DOMAIN_JOB_CANCELLED);
    if (data) {
        scene->played.job = VGATE_JOB_NONE;
        let_pass (scene, 20);
        played_begin_job (&scene->played, VGATE_JOB_MIGRATION);
        note (scene, VGATE_DOMAIN_JOB_SETUP);
    }
    note (scene, VGATE_DOMAIN_JOB_COMPLETED);
    scene->played.has_completed = FALSE; /* QEMU would not prevent it either */
    scene->played.guest = VGATE_GUEST_PAUSED_BY_MIGRATION;
    let_pass (scene, 20);
    scene->played.job = VGATE_JOB_NONE;
    let_pass (scene, 6000);
    for (VgateCancelAction action = 0; action <= VGATE_CANCEL_END_UNKNOWN; action++)
        g_assert_cmpuint (scene->played.n_acts[action], ==, 0);
    g_assert_cmpint (scene->hang, ==, data ? 0 : VGATE_CODE_CANCEL_PAUSED);
}

/* Events were missed, among them perhaps "completed". */
static void
test_not_resumed_after_a_gap (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    note (scene, VGATE_DOMAIN_JOB_CANCELLING);
    note (scene, VGATE_DOMAIN_JOB_CANCELLED);
    scene->played.is_connected = FALSE;
    let_pass (scene, 1000);
    scene->played.guest = VGATE_GUEST_PAUSED_BY_MIGRATION;
    scene->played.job = VGATE_JOB_NONE;
    connect_again (scene);
    let_pass (scene, 2000);
    g_assert_cmpuint (scene->played.n_acts[VGATE_CANCEL_DO_RESUME], ==, 0);
    g_assert_cmpint (scene->hang, ==, VGATE_CODE_CANCEL_PAUSED);
    g_assert_true (scene->is_hang_over);
}

/* The migration still hangs in libvirt after the next connection. */
static void
test_hangs_over_a_gap (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    note (scene, VGATE_DOMAIN_JOB_CANCELLED);
    scene->played.is_connected = FALSE;
    let_pass (scene, 1000);
    connect_again (scene);
    let_pass (scene, 30);
    g_assert_cmpuint (scene->played.n_acts[VGATE_CANCEL_DO_SUSPEND], ==, 1);
    g_assert_true (scene->is_hang_over);
}

/* The domain ends and is started again: the earlier events do not concern this run. */
static void
test_another_run (Scene *scene, gconstpointer data)
{
    note (scene, VGATE_DOMAIN_JOB_CANCELLED);
    if (data)
        vgate_job_watch_forget (scene->watch, SAMPLE_DOMAIN_UUID);
    else
        let_pass (scene, 260);
    scene->played.run++;
    scene->played.guest = VGATE_GUEST_PAUSED_BY_MIGRATION;
    scene->played.job = VGATE_JOB_NONE;
    scene->played.n_acts[VGATE_CANCEL_DO_SUSPEND] = 0;
    let_pass (scene, 2000);
    for (VgateCancelAction action = 0; action <= VGATE_CANCEL_END_UNKNOWN; action++)
        g_assert_cmpuint (scene->played.n_acts[action], ==, 0);
    g_assert_true (g_queue_is_empty (&scene->played.timers));
}

/* The suspend had no effect, and paused the guest. The guest is not given up until it runs again. */
static void
test_left_paused (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    scene->played.is_useless = TRUE;
    note (scene, VGATE_DOMAIN_JOB_CANCELLED);
    let_pass (scene, 270);
    g_assert_cmpuint (scene->played.n_acts[VGATE_CANCEL_DO_SUSPEND], ==, 1);
    scene->played.is_connected = FALSE;
    let_pass (scene, 60000);
    connect_again (scene);
    let_pass (scene, 6000);
    scene->played.job = VGATE_JOB_NONE;
    let_pass (scene, 6000);
    g_assert_cmpuint (scene->played.n_acts[VGATE_CANCEL_DO_RESUME], ==, 1);
    g_assert_cmpint (scene->played.guest, ==, VGATE_GUEST_RUNS);
    g_assert_cmpint (scene->hang, ==, VGATE_CODE_CANCEL_RESUMED);
    g_assert_true (scene->is_hang_over);
}

/* libvirt cannot resume the guest: that is tried several times, and then reported. */
static void
test_cannot_resume (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    scene->played.cannot_resume = TRUE;
    scene->played.guest = VGATE_GUEST_PAUSED_BY_MIGRATION;
    note (scene, VGATE_DOMAIN_JOB_CANCELLED);
    scene->played.job = VGATE_JOB_NONE;
    let_pass (scene, 10000);
    g_assert_cmpuint (scene->played.n_acts[VGATE_CANCEL_DO_RESUME], ==, 3);
    g_assert_cmpint (scene->hang, ==, VGATE_CODE_CANCEL_PAUSED);
    g_assert_true (scene->is_hang_over);
}

/* The same guest hangs a second time before the first machine has looked. */
static void
test_hangs_twice (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    note (scene, VGATE_DOMAIN_JOB_CANCELLED);
    let_pass (scene, 20);
    played_begin_job (&scene->played, VGATE_JOB_MIGRATION);
    let_pass (scene, 20);
    note (scene, VGATE_DOMAIN_JOB_SETUP);
    note (scene, VGATE_DOMAIN_JOB_CANCELLING);
    scene->played.guest = VGATE_GUEST_PAUSED_BY_MIGRATION;
    let_pass (scene, 520);
    g_assert_cmpuint (scene->played.n_acts[VGATE_CANCEL_DO_CONTINUE], ==, 1);
    g_assert_cmpint (scene->hang, ==, VGATE_CODE_CANCEL_HUNG_QEMU);
    let_pass (scene, 20);
    g_assert_true (scene->is_hang_over);
}

/* libvirt cannot answer whether there is a job, which differs from "no job". */
static void
test_not_told (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    scene->played.is_mute = TRUE;
    check (scene);
    played_answer (&scene->played, 0);
    call (scene);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_NOT_TOLD);
    scene->played.is_mute = FALSE;
    abort_it (scene, TRUE);
    scene->played.is_mute = TRUE;
    let_pass (scene, 5000);
    g_assert_cmpuint (scene->n_done, ==, 1);
    scene->played.is_mute = FALSE;
    let_pass (scene, 1000);
    g_assert_cmpuint (scene->played.n_acts[VGATE_CANCEL_DO_SUSPEND], ==, 1);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_STOPPED);
}

/* QEMU begins a migration after our abort, the same or another: it is judged, and not simply aborted. */
static void
test_begun_after_the_abort (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    update_before (scene);
    check (scene);
    call (scene);
    call (scene);
    played_answer (&scene->played, 0);
    note (scene, VGATE_DOMAIN_JOB_SETUP);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_GOES_ON);
    /* in the meantime the metadata was written again, so this migration may go on */
    scene->played.in_xml = scene->played.in_nvml;
    check (scene);
    played_answer (&scene->played, 0);
    let_pass (scene, 1000);
    g_assert_cmpuint (scene->n_done, ==, 2);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_GOES_ON);
    g_assert_cmpuint (scene->played.n_aborts, ==, 1);
}

/* The guest is migrated again before we have noticed the end of the aborted migration. */
static void
test_retry_is_judged (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    abort_it (scene, TRUE);
    played_wait (&scene->played, 5);
    played_begin_job (&scene->played, VGATE_JOB_MIGRATION);
    check (scene);
    played_wait (&scene->played, 12);
    call (scene);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_STOPPED);
    g_assert_true (vgate_job_watch_is_checking (scene->watch, SAMPLE_DOMAIN_UUID));
    call (scene);
    call (scene);
    g_assert_cmpuint (scene->played.n_aborts, ==, 2);
    played_answer (&scene->played, 0);
    end_job (scene);
    g_assert_cmpuint (scene->n_done, ==, 2);
    g_assert_false (vgate_job_watch_is_checking (scene->watch, SAMPLE_DOMAIN_UUID));
}

/* libvirt counts a save, and a snapshot, from when QEMU begins: one that is younger than our abort is judged
 * again, and aborted. */
static void
test_aborted_too_early (Scene *scene, gconstpointer data)
{
    const VgateJobKind kind = (VgateJobKind)GPOINTER_TO_INT (data);

    update_before (scene);
    scene->played.job = kind;
    check (scene);
    call (scene);
    call (scene);
    played_answer (&scene->played, 0);
    played_wait (&scene->played, 5);
    played_begin_job (&scene->played, kind);
    played_wait (&scene->played, 12);
    call (scene);
    g_assert_cmpuint (scene->n_done, ==, 0);
    g_assert_true (vgate_job_watch_is_checking (scene->watch, SAMPLE_DOMAIN_UUID));
    call (scene);
    call (scene);
    g_assert_cmpuint (scene->played.n_aborts, ==, 2);
    played_answer (&scene->played, 0);
    end_job (scene);
    g_assert_cmpuint (scene->n_done, ==, 1);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_STOPPED);
}

/* The job ended after it was read: if the guest is still here, the end was reported by the one who aborted
 * it. */
static void
test_no_job_to_abort (Scene *scene, gconstpointer data)
{
    const gboolean has_left = data != NULL;

    update_before (scene);
    check (scene);
    call (scene);
    scene->played.job = VGATE_JOB_NONE;
    if (has_left)
        scene->played.guest = VGATE_GUEST_GONE;
    call (scene);
    played_answer (&scene->played, 0);
    wait_and_look (scene, 10);
    g_assert_cmpuint (scene->played.n_aborts, ==, 0);
    g_assert_cmpuint (scene->n_done, ==, 1);
    g_assert_cmpint (scene->outcome, ==, has_left ? VGATE_WATCH_TOO_LATE : VGATE_WATCH_NO_JOB);
}

/* The guest stays here after a snapshot in any case; QEMU's event tells whether the abort came too late. */
static void
test_snapshot (Scene *scene, gconstpointer data)
{
    const gboolean is_complete = data != NULL;

    update_before (scene);
    scene->played.job = VGATE_JOB_SNAPSHOT;
    check (scene);
    call (scene);
    call (scene);
    played_answer (&scene->played, 0);
    g_assert_cmpuint (scene->played.n_aborts, ==, 1);
    if (is_complete) {
        scene->played.job = VGATE_JOB_NONE;
        note (scene, VGATE_DOMAIN_JOB_COMPLETED);
        call (scene);
    } else {
        note (scene, VGATE_DOMAIN_JOB_CANCELLED);
        end_job (scene);
    }
    g_assert_cmpuint (scene->n_done, ==, 1);
    g_assert_cmpint (scene->outcome, ==, is_complete ? VGATE_WATCH_TOO_LATE : VGATE_WATCH_STOPPED);
}

/* A check that meets the end of a snapshot: when it began, or when it aborted, QEMU had written all of it.
 * The snapshot is there, and that is reported once, although libvirt's job lasts a little longer than
 * QEMU's. */
static void
test_late_check_of_a_complete_snapshot (Scene *scene, gconstpointer data)
{
    const gboolean is_accepted = data != NULL; /* by libvirt: the abort */

    update_before (scene);
    scene->played.job = VGATE_JOB_SNAPSHOT;
    note (scene, VGATE_DOMAIN_JOB_SETUP);
    if (is_accepted)
        note (scene, VGATE_DOMAIN_JOB_COMPLETED);
    check (scene);
    call (scene);
    if (!is_accepted) {
        note (scene, VGATE_DOMAIN_JOB_COMPLETED);
        scene->played.job = VGATE_JOB_NONE;
    }
    call (scene);
    played_answer (&scene->played, 0);
    g_assert_cmpuint (scene->played.n_aborts, ==, is_accepted ? 1 : 0);
    end_job (scene);
    g_assert_null (scene->stop);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_TOO_LATE);
    scene->played.job = VGATE_JOB_SNAPSHOT;
    check (scene);
    call (scene);
    call (scene);
    played_answer (&scene->played, 0);
    end_job (scene);
    g_assert_null (scene->stop);
    g_assert_cmpuint (scene->n_done, ==, 2);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_NO_JOB);
}

/* The second check of a snapshot that the first one has stopped; the next snapshot is reported again. */
static void
test_late_check_of_a_stopped_snapshot (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    static const VgateWatchOutcome outcomes[] = {VGATE_WATCH_STOPPED, VGATE_WATCH_NO_JOB,
                                                 VGATE_WATCH_STOPPED};

    update_before (scene);
    for (guint i = 0; i < G_N_ELEMENTS (outcomes); i++) {
        if (i != 1)
            note (scene, VGATE_DOMAIN_JOB_SETUP);
        played_begin_job (&scene->played, VGATE_JOB_SNAPSHOT);
        check (scene);
        call (scene);
        call (scene);
        played_answer (&scene->played, 0);
        note (scene, VGATE_DOMAIN_JOB_CANCELLED);
        end_job (scene);
        g_assert_cmpuint (scene->n_done, ==, i + 1);
        g_assert_cmpint (scene->outcome, ==, outcomes[i]);
    }
}

/* A snapshot whose job nobody can see: it is read when it is complete, and reported if it cannot be reverted
 * to. */
static void
test_complete_snapshot (Scene *scene, gconstpointer data)
{
    const gboolean is_good = data != NULL;

    if (!is_good)
        update (scene);
    scene->played.job = VGATE_JOB_NONE;
    scene->played.has_snapshot = TRUE;
    note (scene, VGATE_DOMAIN_JOB_SETUP);
    check (scene);
    call (scene);
    played_answer (&scene->played, 0);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_NO_JOB);
    note (scene, VGATE_DOMAIN_JOB_COMPLETED);
    played_wait (&scene->played, 2900);
    g_assert_cmpuint (scene->played.n_snapshots_read, ==, 0);
    played_wait (&scene->played, 200);
    call (scene);
    g_assert_cmpuint (scene->played.n_snapshots_read, ==, 1);
    played_answer (&scene->played, 0);
    g_assert_cmpuint (count (scene, VGATE_COUNTER_SNAPSHOTS, "VGATE-706"), ==, is_good ? 0 : 1);
    g_assert_cmpuint (scene->played.n_aborts, ==, 0);
}

/* What was judged as a job, was cancelled, or has left, is not looked at again. */
static void
test_no_complete_snapshot (Scene *scene, gconstpointer data)
{
    const guint how = GPOINTER_TO_UINT (data);

    scene->played.job = how == 0 ? VGATE_JOB_SNAPSHOT : VGATE_JOB_NONE;
    scene->played.has_snapshot = TRUE;
    note (scene, VGATE_DOMAIN_JOB_SETUP);
    check (scene);
    call (scene);
    played_answer (&scene->played, 0);
    note (scene, how == 1 ? VGATE_DOMAIN_JOB_CANCELLED : VGATE_DOMAIN_JOB_COMPLETED);
    if (how == 2)
        vgate_job_watch_forget (scene->watch, SAMPLE_DOMAIN_UUID);
    for (guint i = 0; i < 40; i++) {
        played_wait (&scene->played, 100);
        if (!g_queue_is_empty (&scene->played.calls))
            call (scene);
    }
    g_assert_cmpuint (scene->played.n_snapshots_read, ==, 0);
}

/* libvirt accepts an abort of a job that has nearly finished, and lets the job succeed. */
static void
test_too_late (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    update_before (scene);
    check (scene);
    call (scene);
    call (scene);
    played_answer (&scene->played, 0);
    note (scene, VGATE_DOMAIN_JOB_COMPLETED);
    scene->played.job = VGATE_JOB_NONE;
    scene->played.guest = VGATE_GUEST_GONE;
    call (scene);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_TOO_LATE);
}

/* --- any order --- */

#define MODEL_STEPS 100u

typedef struct {
    Scene *scene;
    gboolean is_open;  /* a check was begun and has not reported yet */
    gboolean is_hung;  /* a hang was reported, and not its end */
    gboolean may_stop; /* XML and NVML differed at some time */
    gboolean is_stop_reported;
} Model;

static void
on_model_checked (const char *uuid, VgateWatchOutcome outcome, gpointer user_data)
{
    Model *model = user_data;

    g_assert_cmpstr (uuid, ==, SAMPLE_DOMAIN_UUID);
    g_assert_true (model->is_open);
    model->is_open = vgate_job_watch_is_checking (model->scene->watch, uuid);
    /* each stop is reported once, before the outcome */
    g_assert_cmpint (model->is_stop_reported, ==, outcome == VGATE_WATCH_STOPPED);
    model->is_stop_reported = FALSE;
    if (outcome == VGATE_WATCH_STOPPED)
        g_assert_true (model->may_stop);
}

static void
on_model_hangs (G_GNUC_UNUSED const char *uuid, VgateCode code, gboolean is_over, gpointer user_data)
{
    Model *model = user_data;

    g_assert_cmpint (code, >=, VGATE_CODE_CANCEL_HANGS);
    model->is_hung = !is_over;
}

static void
on_model_stopped (G_GNUC_UNUSED const char *uuid, G_GNUC_UNUSED const char *job, const GError *reason,
                  const char *way_out, gpointer user_data)
{
    Model *model = user_data;

    g_assert_nonnull (reason);
    g_assert_cmpstr (way_out, !=, "");
    model->is_stop_reported = TRUE;
}

static const VgateJobWatchMethods model_methods = {
    .checked = on_model_checked, .stopped = on_model_stopped, .hangs = on_model_hangs};

/* Runs a random call that can do this, if there is one. */
static void
advance_call (Played *played)
{
    const guint n_calls = g_queue_get_length (&played->calls);
    guint call;

    if (n_calls == 0)
        return;
    call = (guint)g_test_rand_int_range (0, (gint32)n_calls);
    if (played_has_run (played, call))
        played_finish (played, call);
    else
        played_run (played, call);
}

static void
reply_at_random (Played *played)
{
    const guint n_asks = g_queue_get_length (&played->asks);

    if (n_asks == 0)
        return;
    if (g_test_rand_bit ())
        played_answer (played, (guint)g_test_rand_int_range (0, (gint32)n_asks));
    else
        played_fail (played, (guint)g_test_rand_int_range (0, (gint32)n_asks));
}

static void
change_job (Played *played)
{
    static const VgateJobKind kinds[] = {VGATE_JOB_MIGRATION, VGATE_JOB_MIGRATION, VGATE_JOB_SAVE,
                                         VGATE_JOB_SNAPSHOT, VGATE_JOB_OTHER};

    if (g_test_rand_bit ()) {
        played->job = VGATE_JOB_NONE;
        return;
    }
    played->is_useless = g_test_rand_bit ();
    played->cannot_resume = g_test_rand_int_range (0, 4) == 0;
    played_begin_job (played, kinds[g_test_rand_int_range (0, G_N_ELEMENTS (kinds))]);
}

static void
update_at_random (Model *model)
{
    Scene *scene = model->scene;

    update (scene);
    model->may_stop = TRUE;
    if (g_test_rand_bit ())
        return;
    /* and NVML was asked since */
    vgate_snapshot_unref (scene->last);
    scene->last = answers_snapshot (&scene->played.in_nvml, 1);
}

static void
step (Model *model)
{
    Scene *scene = model->scene;

    static const VgateDomainEvent events[] = {VGATE_DOMAIN_JOB_BEGINS,     VGATE_DOMAIN_JOB_SETUP,
                                              VGATE_DOMAIN_JOB_CANCELLING, VGATE_DOMAIN_JOB_CANCELLED,
                                              VGATE_DOMAIN_JOB_CANCELLED,  VGATE_DOMAIN_JOB_COMPLETED,
                                              VGATE_DOMAIN_JOB_FAILED};

    switch (g_test_rand_int_range (0, 16)) {
    case 0:
        check (scene);
        model->is_open = TRUE;
        break;
    case 1:
        scene->played.is_connected = !scene->played.is_connected;
        if (scene->played.is_connected)
            vgate_job_watch_connected (scene->watch);
        break;
    case 2: change_job (&scene->played); break;
    case 3: update_at_random (model); break;
    case 4:
    case 5: reply_at_random (&scene->played); break;
    case 6:
        scene->played.guest =
            (VgateGuestState)g_test_rand_int_range (VGATE_GUEST_GONE, VGATE_GUEST_PAUSED + 1);
        scene->played.is_mute = g_test_rand_int_range (0, 4) == 0;
        scene->played.run += g_test_rand_int_range (0, 8) == 0;
        break;
    case 7: note (scene, events[g_test_rand_int_range (0, G_N_ELEMENTS (events))]); break;
    case 8:
        if (g_test_rand_bit ())
            vgate_job_watch_forget (scene->watch, SAMPLE_DOMAIN_UUID);
        else
            vgate_job_watch_connected (scene->watch);
        break;
    case 9:
    case 10: played_wait (&scene->played, (guint)g_test_rand_int_range (0, 600)); break;
    default: advance_call (&scene->played); break;
    }
}

/* Ends everything that is in progress. */
static void
drain (Scene *scene)
{
    Played *played = &scene->played;

    played->is_mute = FALSE;
    played->is_connected = TRUE;
    vgate_job_watch_connected (scene->watch);
    played->job = VGATE_JOB_NONE;
    while (!g_queue_is_empty (&played->calls) || !g_queue_is_empty (&played->asks) ||
           !g_queue_is_empty (&played->timers)) {
        advance_call (played);
        reply_at_random (played);
        played_wait (played, 1000);
    }
}

/* Frees the watch after some steps with everything that is in progress, or after everything has ended. */
static void
test_any_order (void)
{
    for (guint round = 0; round < 500; round++) {
        Scene scene = {0};
        Model model = {.scene = &scene};

        set_up (&scene, NULL);
        vgate_job_watch_free (scene.watch);
        played_init (&scene.played);
        scene.played.is_shutting_down = round % 3 == 0;
        scene.watch = vgate_job_watch_new (&played_calls, &scene.played, scene.policy, scene.tally,
                                           &model_methods, &model);
        for (guint i = 0; i < MODEL_STEPS; i++)
            step (&model);
        if (round % 2 == 0) {
            drain (&scene);
            g_assert_false (model.is_open);
            g_assert_false (model.is_hung);
        }
        tear_down (&scene, NULL);
    }
}

#define ADD(path, data, function) g_test_add ("/job-watch/" path, Scene, data, set_up, function, tear_down)

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    ADD ("unchanged", NULL, test_unchanged);
    ADD ("changed", NULL, test_changed);
    ADD ("changed-and-nvml-first", "", test_changed);
    ADD ("changed-before", NULL, test_changed_before);
    ADD ("a-dump", GINT_TO_POINTER (VGATE_JOB_OTHER), test_another_job);
    ADD ("no-job", GINT_TO_POINTER (VGATE_JOB_NONE), test_another_job);
    ADD ("nvml-fails", NULL, test_nvml_fails);
    ADD ("nvml-fails-once", NULL, test_nvml_fails_once);
    ADD ("must-stop-and-libvirt-is-gone", NULL, test_must_stop_and_libvirt_is_gone);
    ADD ("only-reported", NULL, test_only_reported);
    ADD ("only-reported-of-a-domain", "", test_only_reported);
    ADD ("only-reported-before", "demo", test_only_reported_before);
    ADD ("only-reported-of-another", "another", test_only_reported_before);
    ADD ("save-is-stopped", NULL, test_save_is_stopped);
    ADD ("shutdown/save", "", test_shutdown);
    ADD ("shutdown/migration", NULL, test_shutdown);
    ADD ("shutdown/stale", NULL, test_shutdown_stale);
    ADD ("hangs-in-libvirt", NULL, test_hangs_in_libvirt);
    ADD ("hangs-in-qemu", NULL, test_hangs_in_qemu);
    ADD ("somebody-elses-hang", NULL, test_somebody_elses_hang);
    ADD ("found-hung", NULL, test_found_hung);
    ADD ("hangs-without-vgpu", NULL, test_hangs_without_vgpu);
    ADD ("found-without-vgpu", "", test_hangs_without_vgpu);
    ADD ("retry-is-left-alone", GINT_TO_POINTER (0), test_retry_is_left_alone);
    ADD ("retry-that-is-heard-is-left-alone", GINT_TO_POINTER (1), test_retry_is_left_alone);
    ADD ("retry-in-a-gap-is-left-alone", GINT_TO_POINTER (2), test_retry_is_left_alone);
    ADD ("completed-is-not-resumed", NULL, test_completed_is_not_resumed);
    ADD ("completed-retry-is-not-resumed", "", test_completed_is_not_resumed);
    ADD ("not-resumed-after-a-gap", NULL, test_not_resumed_after_a_gap);
    ADD ("hangs-over-a-gap", NULL, test_hangs_over_a_gap);
    ADD ("another-run-is-heard", "", test_another_run);
    ADD ("another-run", NULL, test_another_run);
    ADD ("left-paused", NULL, test_left_paused);
    ADD ("cannot-resume", NULL, test_cannot_resume);
    ADD ("hangs-twice", NULL, test_hangs_twice);
    ADD ("not-told", NULL, test_not_told);
    ADD ("begun-after-the-abort", NULL, test_begun_after_the_abort);
    ADD ("retry-is-judged", NULL, test_retry_is_judged);
    ADD ("libvirt-goes-while-it-ends", NULL, test_libvirt_goes_while_it_ends);
    ADD ("too-late", NULL, test_too_late);
    ADD ("save-aborted-too-early", GINT_TO_POINTER (VGATE_JOB_SAVE), test_aborted_too_early);
    ADD ("snapshot-aborted-too-early", GINT_TO_POINTER (VGATE_JOB_SNAPSHOT), test_aborted_too_early);
    ADD ("no-job-to-abort/stayed", NULL, test_no_job_to_abort);
    ADD ("no-job-to-abort/left", "left", test_no_job_to_abort);
    ADD ("complete-snapshot", NULL, test_complete_snapshot);
    ADD ("complete-good-snapshot", GUINT_TO_POINTER (1), test_complete_snapshot);
    ADD ("judged-snapshot", GUINT_TO_POINTER (0), test_no_complete_snapshot);
    ADD ("cancelled-snapshot", GUINT_TO_POINTER (1), test_no_complete_snapshot);
    ADD ("snapshot-of-the-ended", GUINT_TO_POINTER (2), test_no_complete_snapshot);
    ADD ("snapshot", NULL, test_snapshot);
    ADD ("snapshot-too-late", GUINT_TO_POINTER (1), test_snapshot);
    ADD ("complete-snapshot-and-an-accepted-abort", "", test_late_check_of_a_complete_snapshot);
    ADD ("complete-snapshot-and-a-late-abort", NULL, test_late_check_of_a_complete_snapshot);
    ADD ("stopped-snapshot-and-a-late-check", NULL, test_late_check_of_a_stopped_snapshot);
    g_test_add_func ("/job-watch/any-order", test_any_order);
    return g_test_run ();
}
