/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "played.h"

#include "answers.h"

#include <string.h>

typedef struct {
    const VgateWorkKind *kind;
    gpointer data, user_data;
    gboolean has_run;
} PlayedCall;

typedef struct {
    const VgateProberMethods *methods;
    gpointer user_data;
} PlayedAsk;

typedef struct {
    guint number;
    gint64 at;
    GSourceFunc function;
    gpointer user_data;
} PlayedTimer;

static gpointer
get_libvirt (gpointer world)
{
    Played *played = world;

    if (!played->is_connected)
        return NULL;
    played->n_libvirts++;
    return played;
}

static void
release (gpointer libvirt)
{
    Played *played = libvirt;

    g_assert_cmpuint (played->n_libvirts, >, 0);
    played->n_libvirts--;
}

static void
push (gpointer world, const VgateWorkKind *kind, gpointer data, gpointer user_data)
{
    Played *played = world;
    PlayedCall *call = g_new0 (PlayedCall, 1);

    call->kind = kind;
    call->data = data;
    call->user_data = user_data;
    g_queue_push_tail (&played->calls, call);
}

static void
ask (gpointer world, G_GNUC_UNUSED const GPtrArray *vgpus, const VgateProberMethods *methods,
     gpointer user_data)
{
    Played *played = world;
    PlayedAsk *asked = g_new0 (PlayedAsk, 1);

    asked->methods = methods;
    asked->user_data = user_data;
    g_queue_push_tail (&played->asks, asked);
}

static gint64
now (gpointer world)
{
    return ((Played *)world)->now;
}

static guint
add_timer (gpointer world, gint64 at, GSourceFunc function, gpointer user_data)
{
    Played *played = world;
    PlayedTimer *timer = g_new0 (PlayedTimer, 1);

    timer->number = ++played->n_timers;
    timer->at = at;
    timer->function = function;
    timer->user_data = user_data;
    g_queue_push_tail (&played->timers, timer);
    return timer->number;
}

static void
remove_timer (gpointer world, guint number)
{
    Played *played = world;

    for (GList *link = played->timers.head; link; link = link->next) {
        PlayedTimer *timer = link->data;

        if (timer->number == number) {
            g_queue_delete_link (&played->timers, link);
            g_free (timer);
            return;
        }
    }
    g_assert_not_reached ();
}

/* Waits for the calls that run, and drops those that wait. */
static void
world_free (gpointer world)
{
    Played *played = world;
    PlayedCall *call;

    while ((call = g_queue_pop_head (&played->calls))) {
        call->kind->free_data (call->data);
        g_free (call);
    }
    g_queue_clear_full (&played->asks, g_free);
    played->is_freed = TRUE;
}

static void
read_job (gpointer libvirt, const char *uuid, G_GNUC_UNUSED gboolean is_leaving, VgateJobFacts *facts)
{
    Played *played = libvirt;

    g_assert_cmpstr (uuid, ==, SAMPLE_DOMAIN_UUID);
    /* each call fails on a lost connection */
    *facts = (VgateJobFacts){0};
    if (played->is_connected && !played->is_mute)
        *facts = answers_facts (played->job, &played->in_xml);
    else
        g_set_error_literal (&facts->failure, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR, "cannot acquire lock");
}

static void
read_snapshot (gpointer libvirt, const char *uuid, gint64 since, VgateJobFacts *facts)
{
    Played *played = libvirt;

    g_assert_cmpstr (uuid, ==, SAMPLE_DOMAIN_UUID);
    g_assert_cmpint (since, >, 0);
    played->n_snapshots_read++;
    *facts = (VgateJobFacts){0};
    if (!played->is_connected || !played->has_snapshot)
        return;
    *facts = answers_facts (VGATE_JOB_SNAPSHOT, &played->in_xml);
    facts->snapshot = g_strdup ("before");
}

static gboolean
is_shutting_down (gpointer libvirt)
{
    return ((Played *)libvirt)->is_shutting_down;
}

static gboolean
abort_job (gpointer libvirt, G_GNUC_UNUSED const char *uuid, GError **error)
{
    Played *played = libvirt;

    if (!played->is_connected || played->job == VGATE_JOB_NONE) {
        g_set_error_literal (error, VGATE_ERROR,
                             played->is_connected ? VGATE_CODE_JOB_NOT_STOPPED : VGATE_CODE_LIBVIRT_ERROR,
                             "no job is active");
        return FALSE;
    }
    played->n_aborts++;
    played->aborted = played->job_number;
    return TRUE;
}

/* libvirt gives the age in ms, from some time during the call. */
static VgateJob
job_of (const Played *played)
{
    VgateJob job = {.kind = played->job, .began_min = G_MININT64, .began_max = G_MAXINT64};

    if (played->job != VGATE_JOB_NONE) {
        job.began_min = played->job_began - 1200;
        job.began_max = played->job_began + 300;
    }
    return job;
}

static gboolean
look (gpointer libvirt, G_GNUC_UNUSED const char *uuid, gboolean is_known, VgateCancelLook *found,
      GError **error)
{
    const Played *played = libvirt;

    *found = (VgateCancelLook){.name = g_strdup ("demo"),
                               .job = job_of (played),
                               .guest = played->guest,
                               .run = played->run,
                               .has_no_vgpu = !is_known && !played->has_vgpu};
    if (played->is_connected && !played->is_mute)
        return TRUE;
    g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR, "client socket is closed");
    return FALSE;
}

/* Performs an act as libvirt and QEMU do. Only the aborted job may be affected, whatever the machine knew
 * before. */
static VgateCancelResult
act (gpointer libvirt, G_GNUC_UNUSED const char *uuid, const VgateCancelAct *wanted, GError **error)
{
    Played *played = libvirt;
    const VgateJob job = job_of (played);

    if (!played->is_connected) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR, "client socket is closed");
        return VGATE_CANCEL_RESULT_FAILED;
    }
    if (!played->has_vgpu)
        return VGATE_CANCEL_RESULT_NOT_OURS;
    if (!vgate_cancel_may_act (wanted, played->run, &job, played->guest))
        return VGATE_CANCEL_RESULT_REFUSED;
    if (wanted->action == VGATE_CANCEL_DO_CONTINUE && !played->is_cancelling)
        return VGATE_CANCEL_RESULT_REFUSED;
    if (wanted->action == VGATE_CANCEL_DO_RESUME && played->has_completed)
        return VGATE_CANCEL_RESULT_REFUSED;
    played->n_acts[wanted->action]++;
    if (wanted->action != VGATE_CANCEL_DO_RESUME)
        g_assert_cmpuint (played->aborted, ==, played->job_number);
    switch (wanted->action) {
    case VGATE_CANCEL_DO_SUSPEND:
        if (played->is_useless) {
            /* the reason for every suspend during a migration */
            played->guest = VGATE_GUEST_PAUSED_BY_MIGRATION;
            return VGATE_CANCEL_RESULT_LEFT_PAUSED;
        }
        break;
    case VGATE_CANCEL_DO_REPEAT:
        if (played->is_useless)
            return VGATE_CANCEL_RESULT_DONE;
        break;
    case VGATE_CANCEL_DO_RESUME:
        if (played->cannot_resume) {
            g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR, "no lease");
            return VGATE_CANCEL_RESULT_FAILED;
        }
        break;
    default: played->is_cancelling = FALSE;
    }
    played->job = VGATE_JOB_NONE;
    played->guest = VGATE_GUEST_RUNS;
    return VGATE_CANCEL_RESULT_DONE;
}

static GPtrArray *
find_paused (gpointer libvirt)
{
    const Played *played = libvirt;
    GPtrArray *uuids = g_ptr_array_new_with_free_func (g_free);

    if (played->is_connected && played->job == VGATE_JOB_MIGRATION &&
        played->guest == VGATE_GUEST_PAUSED_BY_MIGRATION)
        g_ptr_array_add (uuids, g_strdup (SAMPLE_DOMAIN_UUID));
    return uuids;
}

const VgateJobCalls played_calls = {
    .libvirt = get_libvirt,
    .push = push,
    .ask = ask,
    .free = world_free,
    .now = now,
    .add_timer = add_timer,
    .remove_timer = remove_timer,
    .release = release,
    .read = read_job,
    .read_snapshot = read_snapshot,
    .is_shutting_down = is_shutting_down,
    .abort = abort_job,
    .look = look,
    .act = act,
    .find_paused = find_paused,
};

void
played_init (Played *played)
{
    *played = (Played){
        .is_connected = TRUE,
        .in_xml = sample_vgpu_record (),
        .in_nvml = sample_vgpu_record (),
        .job = VGATE_JOB_MIGRATION,
        .guest = VGATE_GUEST_RUNS,
        .has_vgpu = TRUE,
        .job_number = 1,
        .job_began = G_USEC_PER_SEC - 50000,
        .run = 7,
        .now = G_USEC_PER_SEC,
    };
}

void
played_begin_job (Played *played, VgateJobKind kind)
{
    played->job = kind;
    played->job_number++;
    played->job_began = played->now;
    played->is_cancelling = FALSE;
}

void
played_clear (Played *played)
{
    g_assert_true (played->is_freed);
    g_assert_cmpuint (played->n_libvirts, ==, 0);
    g_assert_true (g_queue_is_empty (&played->timers));
}

/* Returns the first timer that is due until then, or NULL. */
static PlayedTimer *
take_timer (Played *played, gint64 until)
{
    GList *first = NULL;
    PlayedTimer *timer;

    for (GList *link = played->timers.head; link; link = link->next)
        if (((PlayedTimer *)link->data)->at <= until &&
            (!first || ((PlayedTimer *)link->data)->at < ((PlayedTimer *)first->data)->at))
            first = link;
    if (!first)
        return NULL;
    timer = first->data;
    g_queue_delete_link (&played->timers, first);
    return timer;
}

void
played_wait (Played *played, guint ms)
{
    const gint64 until = played->now + (gint64)ms * 1000;
    PlayedTimer *timer;

    while ((timer = take_timer (played, until))) {
        played->now = MAX (played->now, timer->at);
        g_assert_false (timer->function (timer->user_data));
        g_free (timer);
    }
    played->now = until;
}

void
played_run (Played *played, guint number)
{
    PlayedCall *call = g_queue_peek_nth (&played->calls, number);

    g_assert_false (call->has_run);
    call->kind->run (call->data);
    call->has_run = TRUE;
}

gboolean
played_has_run (const Played *played, guint number)
{
    const PlayedCall *call = g_queue_peek_nth ((GQueue *)&played->calls, number);

    return call->has_run;
}

void
played_finish (Played *played, guint number)
{
    PlayedCall *call = g_queue_pop_nth (&played->calls, number);

    g_assert_true (call->has_run);
    call->kind->done (call->data, call->user_data);
    call->kind->free_data (call->data);
    g_free (call);
}

static void
reply (Played *played, guint number, VgateSnapshot *snapshot, const GError *error)
{
    g_autofree PlayedAsk *asked = g_queue_pop_nth (&played->asks, number);

    asked->methods->answered (snapshot, error, asked->user_data);
}

void
played_answer (Played *played, guint number)
{
    g_autoptr (VgateSnapshot) snapshot = answers_snapshot (&played->in_nvml, 1);

    reply (played, number, snapshot, NULL);
}

void
played_fail (Played *played, guint number)
{
    g_autoptr (GError) error = g_error_new_literal (VGATE_ERROR, VGATE_CODE_NVML_TIMEOUT,
                                                    "the driver did not answer within 1000 ms");

    reply (played, number, NULL, error);
}
