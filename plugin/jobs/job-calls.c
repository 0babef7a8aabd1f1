/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/jobs/job-calls.h"

#include "gate/gate.h"
#include "plugin/base/shutdown.h"

#include <libvirt/virterror.h>
#include <stdlib.h>

/* With the updates (agent.c) these are five calls, the number that libvirt serves at a time for one
 * client. */
#define CALLS_AT_ONCE    2
#define CALL_DEADLINE_MS 2000
/* For a guest that was suspended; below the deadline. */
#define SUSPENDED_MAX_MS   1500
#define SUSPENDED_PAUSE_MS 10
/* As in cancel.c: libvirt resumes the guest before it ends the job. */
#define RESUME_AFTER_MS 250

typedef struct {
    VgateConnection *connection;
    VgateProber *prober; /* a prober of its own, which does not wait for a regular question */
    VgateWorkers *workers;
} World;

gpointer
vgate_job_calls_new (VgateConnection *connection, const VgateBackend *backend, const VgateIdentity *identity,
                     VgateTally *tally)
{
    World *world = g_new0 (World, 1);

    world->connection = connection;
    world->prober = vgate_prober_new (backend, identity, tally);
    world->workers = vgate_workers_new (CALLS_AT_ONCE, CALL_DEADLINE_MS, NULL, NULL);
    return world;
}

static void
world_free (gpointer data)
{
    World *world = data;

    vgate_prober_free (world->prober);
    vgate_workers_free (world->workers);
    g_free (world);
}

static gpointer
get_libvirt (gpointer world)
{
    virConnectPtr libvirt = vgate_connection_get (((World *)world)->connection);

    if (libvirt)
        virConnectRef (libvirt);
    return libvirt;
}

static void
push (gpointer world, const VgateWorkKind *kind, gpointer data, gpointer user_data)
{
    vgate_workers_push (((World *)world)->workers, kind, data, user_data);
}

static void
ask (gpointer world, const GPtrArray *vgpus, const VgateProberMethods *methods, gpointer user_data)
{
    vgate_prober_ask (((World *)world)->prober, vgpus, methods, user_data);
}

static void
release (gpointer libvirt)
{
    virConnectClose (libvirt);
}

static void
read_job (gpointer libvirt, const char *uuid, gboolean is_leaving, VgateJobFacts *facts)
{
    vgate_job_read (libvirt, uuid, is_leaving, facts);
}

static void
read_snapshot (gpointer libvirt, const char *uuid, gint64 since, VgateJobFacts *facts)
{
    vgate_job_read_snapshot (libvirt, uuid, since, facts);
}

static gint64
now (G_GNUC_UNUSED gpointer world)
{
    return g_get_monotonic_time ();
}

static guint
add_timer (G_GNUC_UNUSED gpointer world, gint64 at, GSourceFunc function, gpointer user_data)
{
    const gint64 ms = MAX (at - g_get_monotonic_time () + 999, 0) / 1000;

    return g_timeout_add ((guint)MIN (ms, G_MAXINT), function, user_data);
}

static void
remove_timer (G_GNUC_UNUSED gpointer world, guint timer)
{
    g_source_remove (timer);
}

/* --- in a worker --- */

/* NULL with an error, also if the guest has left. */
static virDomainPtr
find_domain (gpointer libvirt, const char *uuid, GError **error)
{
    g_autoptr (GError) local = NULL;
    virDomainPtr domain = vgate_libvirt_find_domain (libvirt, uuid, &local);

    if (domain)
        return domain;
    if (!local)
        g_set_error_literal (&local, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR,
                             "the guest no longer runs on this host");
    g_propagate_error (error, g_steal_pointer (&local));
    return NULL;
}

static gboolean
is_shutting_down (G_GNUC_UNUSED gpointer libvirt)
{
    return vgate_shutdown_has_begun (VGATE_SYSTEMD_SOCKET);
}

static gboolean
abort_job (gpointer libvirt, const char *uuid, GError **error)
{
    g_autoptr (virDomain) domain = find_domain (libvirt, uuid, error);

    return domain && vgate_libvirt_abort_job (domain, error);
}

/* A guest without a vGPU is not ours, even if its element cannot be read. */
static gboolean
has_vgpu (virDomainPtr domain)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateDomain) read = vgate_libvirt_read_domain (domain, &error);

    return read ? read->element || vgate_gate_has_vgpu (read, "") : vgate_libvirt_is_element_error (error);
}

/* Asks for the job first: whatever libvirt still does with the guest, it does before the job has ended. */
static gboolean
look_at (virDomainPtr domain, VgateJob *job, VgateGuestState *guest, GError **error)
{
    return vgate_libvirt_job (domain, TRUE, job, error) && vgate_libvirt_guest (domain, guest, error);
}

static gboolean
look (gpointer libvirt, const char *uuid, gboolean is_known, VgateCancelLook *found, GError **error)
{
    g_autoptr (GError) local = NULL;
    g_autoptr (virDomain) domain = vgate_libvirt_find_domain (libvirt, uuid, &local);

    *found = (VgateCancelLook){.guest = VGATE_GUEST_GONE, .run = -1};
    if (!domain) {
        if (local)
            g_propagate_error (error, g_steal_pointer (&local));
        return local == NULL;
    }
    found->name = g_strdup (virDomainGetName (domain));
    found->run = vgate_libvirt_id (domain);
    found->has_no_vgpu = !is_known && !has_vgpu (domain);
    return look_at (domain, &found->job, &found->guest, error);
}

/*
 * libvirt ends the job within 20 ms of the suspend (66 of 66, measured), and resumes the guest before that.
 * Until then nobody else can resume the guest, because such a call would wait 30 s for the job. The guest is
 * therefore resumed in the same call that suspended it, so that the end of vgpu-gated or of its connection
 * cannot come between the two.
 */
static VgateCancelResult
suspend_and_resume (virDomainPtr domain, const VgateCancelAct *wanted, GError **error)
{
    /* continue after an error as well, because the guest may be paused nevertheless */
    const gboolean is_suspended = vgate_libvirt_suspend (domain, error);
    const VgateCancelResult over = is_suspended ? VGATE_CANCEL_RESULT_DONE : VGATE_CANCEL_RESULT_FAILED;
    const gint64 limit = g_get_monotonic_time () + SUSPENDED_MAX_MS * 1000;
    gint64 now, ended = 0;
    VgateGuestState guest;
    gboolean is_known;

    do {
        VgateJob job;

        g_usleep (SUSPENDED_PAUSE_MS * 1000);
        now = g_get_monotonic_time ();
        is_known = look_at (domain, &job, &guest, NULL);
        if (!is_known)
            continue;
        /* do not interfere with what another job does with the guest */
        if (job.kind != VGATE_JOB_NONE && job.began_min > wanted->began)
            return over;
        if (!vgate_cancel_is_paused (guest) && (job.kind == VGATE_JOB_NONE || !is_suspended))
            return over;
        if (job.kind != VGATE_JOB_NONE || !vgate_cancel_is_paused (guest))
            ended = 0;
        else if (ended == 0)
            ended = now;
        else if (now - ended >= RESUME_AFTER_MS * 1000 && vgate_libvirt_was_cancelled (domain) &&
                 vgate_libvirt_resume (domain, NULL))
            return over;
    } while (now < limit);
    if (is_suspended)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR,
                     "libvirt did not end the job within %d ms after the guest was suspended",
                     SUSPENDED_MAX_MS);
    return is_known && !vgate_cancel_is_paused (guest) ? VGATE_CANCEL_RESULT_FAILED
                                                       : VGATE_CANCEL_RESULT_LEFT_PAUSED;
}

static VgateCancelResult
resume (virDomainPtr domain, GError **error)
{
    if (!vgate_libvirt_was_cancelled (domain)) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR,
                             "QEMU does not report that its last migration was cancelled");
        return VGATE_CANCEL_RESULT_REFUSED;
    }
    return vgate_libvirt_resume (domain, error) ? VGATE_CANCEL_RESULT_DONE : VGATE_CANCEL_RESULT_FAILED;
}

static VgateCancelResult
end_cancelling (virDomainPtr domain, GError **error)
{
    gboolean is_refused;

    if (vgate_libvirt_end_cancelling (domain, &is_refused, error))
        return VGATE_CANCEL_RESULT_DONE;
    return is_refused ? VGATE_CANCEL_RESULT_REFUSED : VGATE_CANCEL_RESULT_FAILED;
}

static VgateCancelResult
repeat_end (virDomainPtr domain, GError **error)
{
    gboolean is_refused;

    if (vgate_libvirt_repeat_end (domain, &is_refused, error))
        return VGATE_CANCEL_RESULT_DONE;
    return is_refused ? VGATE_CANCEL_RESULT_REFUSED : VGATE_CANCEL_RESULT_FAILED;
}

static VgateCancelResult
act (gpointer libvirt, const char *uuid, const VgateCancelAct *wanted, GError **error)
{
    g_autoptr (virDomain) domain = find_domain (libvirt, uuid, error);
    VgateJob job;
    VgateGuestState guest;

    if (!domain)
        return VGATE_CANCEL_RESULT_FAILED;
    if (!has_vgpu (domain))
        return VGATE_CANCEL_RESULT_NOT_OURS;
    /* the last calls before the act, so that the answers are as recent as possible */
    if (!look_at (domain, &job, &guest, error))
        return VGATE_CANCEL_RESULT_FAILED;
    if (!vgate_cancel_may_act (wanted, vgate_libvirt_id (domain), &job, guest))
        return VGATE_CANCEL_RESULT_REFUSED;
    switch (wanted->action) {
    case VGATE_CANCEL_DO_SUSPEND: return suspend_and_resume (domain, wanted, error);
    case VGATE_CANCEL_DO_REPEAT: return repeat_end (domain, error);
    case VGATE_CANCEL_DO_RESUME: return resume (domain, error);
    default: return end_cancelling (domain, error);
    }
}

static GPtrArray *
find_paused (gpointer libvirt)
{
    GPtrArray *uuids = g_ptr_array_new_with_free_func (g_free);
    virDomainPtr *domains = NULL;
    const int n = virConnectListAllDomains (
        libvirt, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE | VIR_CONNECT_LIST_DOMAINS_PAUSED);

    for (int i = 0; i < n; i++) {
        g_autoptr (virDomain) domain = domains[i];
        VgateGuestState guest;
        VgateJob job;
        char uuid[VIR_UUID_STRING_BUFLEN];

        /* a guest that arrives is paused in the same way, but libvirt reports no job for it */
        if (vgate_libvirt_guest (domain, &guest, NULL) && guest == VGATE_GUEST_PAUSED_BY_MIGRATION &&
            vgate_libvirt_job (domain, TRUE, &job, NULL) && job.kind == VGATE_JOB_MIGRATION &&
            virDomainGetUUIDString (domain, uuid) == 0)
            g_ptr_array_add (uuids, g_strdup (uuid));
    }
    free (domains);
    return uuids;
}

const VgateJobCalls vgate_job_calls = {
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
