/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The job watch, to which libvirt and NVML are played. */
#include "job-watch.h"

#include "answers.h"
#include "played.h"

typedef struct {
    Played played;
    VgatePolicy *policy;
    VgateTally *tally;
    VgateJobWatch *watch;
    VgateSnapshot *last; /* what NVML said before */
    guint n_done;
    VgateWatchOutcome outcome;
} Scene;

static void
on_done (const char *uuid, VgateWatchOutcome outcome, gpointer user_data)
{
    Scene *scene = user_data;

    g_assert_cmpstr (uuid, ==, SAMPLE_DOMAIN_UUID);
    scene->n_done++;
    scene->outcome = outcome;
}

static void
set_up (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    played_init (&scene->played);
    scene->policy = vgate_policy_new_default ();
    scene->tally = vgate_tally_new ();
    scene->watch =
        vgate_job_watch_new (&played_calls, &scene->played, scene->policy, scene->tally, on_done, scene);
}

static void
tear_down (Scene *scene, G_GNUC_UNUSED gconstpointer data)
{
    vgate_job_watch_free (scene->watch);
    played_clear (&scene->played);
    vgate_snapshot_unref (scene->last);
    vgate_tally_free (scene->tally);
    vgate_policy_free (scene->policy);
}

static void
check (Scene *scene)
{
    vgate_job_watch_check (scene->watch, SAMPLE_DOMAIN_UUID, FALSE, scene->last);
}

/* The driver in the guest was updated: what stands in the XML is not true any more. */
static void
update (Scene *scene)
{
    scene->played.now.guest_version = vgate_version (18, 1);
}

/* The same, and it was known before the job began. */
static void
update_before (Scene *scene)
{
    update (scene);
    scene->last = answers_snapshot (&scene->played.now, 1);
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
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_LEFT);
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
    played_run (&scene->played, 0);
    played_finish (&scene->played, 0);
    g_assert_cmpuint (scene->n_done, ==, 1);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_STOPPED);
    g_assert_cmpuint (scene->played.n_aborts, ==, 1);
}

/* What was known before the job began needs no answer of NVML's. */
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
    g_assert_cmpuint (scene->n_done, ==, 1);
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_STOPPED);
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
    g_assert_cmpint (scene->outcome, ==, VGATE_WATCH_LEFT);
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
    return g_test_run ();
}
