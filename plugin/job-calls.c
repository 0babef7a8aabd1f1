/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "job-calls.h"

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

static gboolean
abort_job (gpointer libvirt, const char *uuid, GError **error)
{
    g_autoptr (virDomain) domain = NULL;
    g_autoptr (GError) local = NULL;

    domain = vgate_libvirt_find_domain (libvirt, uuid, &local);
    if (domain)
        return vgate_libvirt_abort_job (domain, error);
    if (!local)
        g_set_error_literal (&local, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR, "the guest has left");
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
}

const VgateJobCalls vgate_job_calls = {
    .libvirt = get_libvirt,
    .push = push,
    .ask = ask,
    .free = world_free,
    .release = release,
    .read = read_job,
    .abort = abort_job,
};
