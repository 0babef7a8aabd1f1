/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job-calls.h"

#include "gate/gate.h"

#include <libvirt/virterror.h>
#include <stdlib.h>

/* With those that look (agent.c) five, as many calls as libvirt serves for one client at a time. */
#define CALLS_AT_ONCE    2
#define CALL_DEADLINE_MS 2000

typedef struct {
    VgateConnection *connection;
    VgateProber *prober; /* of its own: it does not wait for the question of an interval */
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
push (gpointer world, const VgateWorkKind *kind, gpointer data)
{
    vgate_workers_push (((World *)world)->workers, kind, data);
}

static void
ask (gpointer world, const GPtrArray *vgpus, VgateProberDone done, gpointer user_data)
{
    vgate_prober_ask (((World *)world)->prober, vgpus, done, user_data);
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

/* NULL with an error, also where it has left. */
static virDomainPtr
find_domain (gpointer libvirt, const char *uuid, GError **error)
{
    g_autoptr (GError) local = NULL;
    virDomainPtr domain = vgate_libvirt_find_domain (libvirt, uuid, &local);

    if (domain)
        return domain;
    if (!local)
        g_set_error_literal (&local, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR, "the guest has left");
    g_propagate_error (error, g_steal_pointer (&local));
    return NULL;
}

static gboolean
abort_job (gpointer libvirt, const char *uuid, GError **error)
{
    g_autoptr (virDomain) domain = find_domain (libvirt, uuid, error);

    return domain && vgate_libvirt_abort_job (domain, error);
}

/* The job first: what libvirt still does with the guest it does before the job has ended. */
static gboolean
look_at (virDomainPtr domain, VgateJobKind *job, VgateCancelGuest *guest, GError **error)
{
    *job = vgate_libvirt_job (domain, TRUE);
    return vgate_libvirt_guest (domain, guest, error);
}

static gboolean
look (gpointer libvirt, const char *uuid, VgateCancelLook *found, GError **error)
{
    g_autoptr (GError) local = NULL;
    g_autoptr (virDomain) domain = vgate_libvirt_find_domain (libvirt, uuid, &local);

    *found = (VgateCancelLook){.guest = VGATE_CANCEL_GONE};
    if (!domain) {
        if (local)
            g_propagate_error (error, g_steal_pointer (&local));
        return local == NULL;
    }
    found->name = g_strdup (virDomainGetName (domain));
    return look_at (domain, &found->job, &found->guest, error);
}

/* Whatever is wrong with it, a guest without a vGPU is none of ours. */
static gboolean
has_vgpu (virDomainPtr domain)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateDomain) read = vgate_libvirt_read_domain (domain, &error);

    return read ? read->element || vgate_gate_has_vgpu (read, "") : vgate_libvirt_is_element_error (error);
}

static gboolean
is_right_moment (VgateCancelAction action, VgateJobKind job, VgateCancelGuest guest)
{
    const gboolean is_paused = guest == VGATE_CANCEL_PAUSED_BY_USER ||
                               guest == VGATE_CANCEL_PAUSED_BY_MIGRATION || guest == VGATE_CANCEL_PAUSED;

    switch (action) {
    case VGATE_CANCEL_DO_ABORT: return job == VGATE_JOB_MIGRATION || job == VGATE_JOB_SAVE;
    case VGATE_CANCEL_DO_SUSPEND: return job == VGATE_JOB_MIGRATION && guest == VGATE_CANCEL_RUNS;
    case VGATE_CANCEL_DO_CONTINUE: return job == VGATE_JOB_MIGRATION && is_paused;
    case VGATE_CANCEL_DO_RESUME: return job == VGATE_JOB_NONE && is_paused;
    default: return FALSE;
    }
}

static VgateCancelResult
act (gpointer libvirt, const char *uuid, VgateCancelAction action, GError **error)
{
    g_autoptr (virDomain) domain = find_domain (libvirt, uuid, error);
    VgateJobKind job;
    VgateCancelGuest guest;
    gboolean is_done;

    if (!domain)
        return VGATE_CANCEL_FAILED;
    if (!has_vgpu (domain))
        return VGATE_CANCEL_REFUSED;
    if (!look_at (domain, &job, &guest, error))
        return VGATE_CANCEL_FAILED;
    if (!is_right_moment (action, job, guest))
        return VGATE_CANCEL_REFUSED;
    switch (action) {
    case VGATE_CANCEL_DO_ABORT: is_done = vgate_libvirt_abort_job (domain, error); break;
    case VGATE_CANCEL_DO_SUSPEND: is_done = vgate_libvirt_suspend (domain, error); break;
    case VGATE_CANCEL_DO_RESUME: is_done = vgate_libvirt_resume (domain, error); break;
    default: return vgate_libvirt_end_cancelling (domain, error);
    }
    return is_done ? VGATE_CANCEL_DONE : VGATE_CANCEL_FAILED;
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
        VgateCancelGuest guest;
        char uuid[VIR_UUID_STRING_BUFLEN];

        /* a guest that arrives is paused in the same way, but has no job that libvirt would tell of */
        if (vgate_libvirt_guest (domain, &guest, NULL) && guest == VGATE_CANCEL_PAUSED_BY_MIGRATION &&
            vgate_libvirt_job (domain, TRUE) == VGATE_JOB_MIGRATION &&
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
    .abort = abort_job,
    .look = look,
    .act = act,
    .find_paused = find_paused,
};
