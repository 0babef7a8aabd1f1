/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/libvirt/connection.h"

#include "plugin/base/back-off.h"
#include "plugin/base/log.h"
#include "plugin/base/workers.h"

#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>
#include <string.h>

/* The connection counts as lost if libvirtd does not answer for 15 s. */
#define KEEP_ALIVE_INTERVAL_SEC 5
#define KEEP_ALIVE_COUNT        3
#define CALL_DEADLINE_MS        2000
#define BACK_OFF_MAX_MS         30000u

typedef struct Channel Channel;

struct VgateConnection {
    char *uri;
    const VgateConnectionMethods *methods; /* or NULL */
    gpointer user_data;
    VgateWorkers *workers;
    Channel *channel; /* NULL: no connection */
    gboolean is_opening;
    VgateBackOff back_off;
    gboolean is_failure_logged;
};

#define N_EVENTS_MAX 8

/* The life of one connection. libvirt's callbacks hold references to it, and may come until they are
 * deregistered, which a worker does. Events of any channel but the present one are ignored. */
struct Channel {
    VgateConnection *connection; /* borrowed: read in the main loop only; NULL after it was given up */
    virConnectPtr libvirt;
    int events[N_EVENTS_MAX];
    guint n_events;
    int monitor_event; /* -1: not registered */
};

static Channel *
channel_new (VgateConnection *connection)
{
    Channel *channel = g_atomic_rc_box_new0 (Channel);

    channel->connection = connection;
    channel->monitor_event = -1;
    return channel;
}

static void
channel_release (gpointer channel)
{
    g_atomic_rc_box_release (channel);
}

static void
emit (Channel *channel, virDomainPtr domain, VgateDomainEvent event)
{
    const VgateConnection *connection = channel->connection;
    char uuid[VIR_UUID_STRING_BUFLEN];

    if (connection && connection->channel == channel && connection->methods &&
        virDomainGetUUIDString (domain, uuid) == 0)
        connection->methods->happened (uuid, event, connection->user_data);
}

/* --- libvirt's callbacks --- */

static int
on_lifecycle (G_GNUC_UNUSED virConnectPtr libvirt, virDomainPtr domain, int event, int detail,
              void *user_data)
{
    switch (event) {
    case VIR_DOMAIN_EVENT_STARTED:
        emit (user_data, domain,
              detail == VIR_DOMAIN_EVENT_STARTED_MIGRATED || detail == VIR_DOMAIN_EVENT_STARTED_RESTORED
                  ? VGATE_DOMAIN_ARRIVED
                  : VGATE_DOMAIN_STARTED);
        break;
    case VIR_DOMAIN_EVENT_RESUMED:
        emit (user_data, domain,
              detail == VIR_DOMAIN_EVENT_RESUMED_MIGRATED ? VGATE_DOMAIN_ARRIVED : VGATE_DOMAIN_RESUMED);
        break;
    /* a save pauses the guest, and QEMU's own event comes some milliseconds later (measured) */
    case VIR_DOMAIN_EVENT_SUSPENDED: emit (user_data, domain, VGATE_DOMAIN_JOB_BEGINS); break;
    case VIR_DOMAIN_EVENT_PMSUSPENDED: emit (user_data, domain, VGATE_DOMAIN_CHANGED); break;
    case VIR_DOMAIN_EVENT_STOPPED: emit (user_data, domain, VGATE_DOMAIN_ENDED); break;
    case VIR_DOMAIN_EVENT_DEFINED: emit (user_data, domain, VGATE_DOMAIN_DEFINED); break;
    default: break;
    }
    return 0;
}

/* Both device events have this signature. */
static void
on_device (G_GNUC_UNUSED virConnectPtr libvirt, virDomainPtr domain, G_GNUC_UNUSED const char *alias,
           void *user_data)
{
    emit (user_data, domain, VGATE_DOMAIN_CHANGED);
}

static void
on_metadata (G_GNUC_UNUSED virConnectPtr libvirt, virDomainPtr domain, int type, const char *namespace_uri,
             void *user_data)
{
    if (type == VIR_DOMAIN_METADATA_ELEMENT && g_strcmp0 (namespace_uri, VGATE_ELEMENT_NAMESPACE) == 0)
        emit (user_data, domain, VGATE_DOMAIN_METADATA);
}

/* QEMU's MIGRATION event is {"status":"setup"}, as QEMU writes it and libvirt passes it on. It could have
 * further members in any order, but only a status has these values. */
static gboolean
job_event_of (const char *details, VgateDomainEvent *event)
{
    static const struct {
        const char *status;
        VgateDomainEvent event;
    } statuses[] = {
        {"\"setup\"", VGATE_DOMAIN_JOB_SETUP},           {"\"pre-switchover\"", VGATE_DOMAIN_JOB_SWITCHES},
        {"\"cancelling\"", VGATE_DOMAIN_JOB_CANCELLING}, {"\"cancelled\"", VGATE_DOMAIN_JOB_CANCELLED},
        {"\"completed\"", VGATE_DOMAIN_JOB_COMPLETED},   {"\"failed\"", VGATE_DOMAIN_JOB_FAILED},
    };

    for (gsize i = 0; details && i < G_N_ELEMENTS (statuses); i++)
        if (strstr (details, statuses[i].status)) {
            *event = statuses[i].event;
            return TRUE;
        }
    return FALSE;
}

static void
on_migration (G_GNUC_UNUSED virConnectPtr libvirt, virDomainPtr domain, G_GNUC_UNUSED const char *name,
              G_GNUC_UNUSED long long seconds, G_GNUC_UNUSED unsigned int micros, const char *details,
              void *user_data)
{
    VgateDomainEvent event;

    if (job_event_of (details, &event))
        emit (user_data, domain, event);
}

static void drop (VgateConnection *connection);
static void
on_close (G_GNUC_UNUSED virConnectPtr libvirt, int reason, void *user_data)
{
    Channel *channel = user_data;
    VgateConnection *connection = channel->connection;

    if (!connection || connection->channel != channel)
        return;
    vgate_log (VGATE_CODE_LIBVIRT_LOST, NULL, "lost the connection to libvirt (reason %d)", reason);
    drop (connection);
    vgate_back_off_schedule (&connection->back_off);
}

/* --- in a worker --- */

static gboolean
listen_to (Channel *channel, int event, virConnectDomainEventGenericCallback callback, GError **error)
{
    const int id = virConnectDomainEventRegisterAny (channel->libvirt, NULL, event, callback,
                                                     g_atomic_rc_box_acquire (channel), channel_release);

    if (id < 0) {
        channel_release (channel);
        vgate_set_libvirt_error (error, "virConnectDomainEventRegisterAny");
        return FALSE;
    }
    channel->events[channel->n_events++] = id;
    return TRUE;
}

/* Other drivers than QEMU's have no such events, nor migrations or saves of a vGPU. */
static gboolean
listen_to_monitor (Channel *channel, GError **error)
{
    channel->monitor_event =
        virConnectDomainQemuMonitorEventRegister (channel->libvirt, NULL, "MIGRATION", on_migration,
                                                  g_atomic_rc_box_acquire (channel), channel_release, 0);
    if (channel->monitor_event >= 0)
        return TRUE;
    channel_release (channel);
    if (virGetLastErrorCode () == VIR_ERR_NO_SUPPORT)
        return TRUE;
    vgate_set_libvirt_error (error, "virConnectDomainQemuMonitorEventRegister");
    return FALSE;
}

static gboolean
channel_open (Channel *channel, const char *uri, GError **error)
{
    channel->libvirt = virConnectOpen (uri);
    if (!channel->libvirt) {
        vgate_set_libvirt_error (error, "virConnectOpen");
        return FALSE;
    }
    /* a connection within the process, as of libvirt's test driver, has neither */
    virConnectSetKeepAlive (channel->libvirt, KEEP_ALIVE_INTERVAL_SEC, KEEP_ALIVE_COUNT);
    /* without a reference, which a driver that has no such callback would not give back: channel_close ()
     * takes the callback away before the channel goes */
    virConnectRegisterCloseCallback (channel->libvirt, on_close, channel, NULL);
    return listen_to (channel, VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK (on_lifecycle),
                      error) &&
           listen_to (channel, VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, VIR_DOMAIN_EVENT_CALLBACK (on_device),
                      error) &&
           listen_to (channel, VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, VIR_DOMAIN_EVENT_CALLBACK (on_device),
                      error) &&
           listen_to (channel, VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, VIR_DOMAIN_EVENT_CALLBACK (on_metadata),
                      error) &&
           listen_to_monitor (channel, error);
}

static void
channel_close (gpointer data)
{
    Channel *channel = data;

    if (!channel->libvirt)
        return;
    virConnectUnregisterCloseCallback (channel->libvirt, on_close);
    for (guint i = 0; i < channel->n_events; i++)
        virConnectDomainEventDeregisterAny (channel->libvirt, channel->events[i]);
    channel->n_events = 0;
    if (channel->monitor_event >= 0)
        virConnectDomainQemuMonitorEventDeregister (channel->libvirt, channel->monitor_event);
    channel->monitor_event = -1;
    g_clear_pointer (&channel->libvirt, virConnectClose);
}

typedef struct {
    Channel *channel; /* until the main loop takes it */
    char *uri;
    GError *error;
} Opening;

static void
opening_free (gpointer data)
{
    Opening *opening = data;

    if (opening->channel) {
        channel_close (opening->channel);
        channel_release (opening->channel);
    }
    g_free (opening->uri);
    g_clear_error (&opening->error);
    g_free (opening);
}

static void
opening_run (gpointer data)
{
    Opening *opening = data;

    if (!channel_open (opening->channel, opening->uri, &opening->error))
        channel_close (opening->channel);
}

static void
opening_done (gpointer data, gpointer user_data)
{
    Opening *opening = data;
    VgateConnection *connection = user_data;

    connection->is_opening = FALSE;
    if (!opening->error) {
        connection->channel = g_steal_pointer (&opening->channel);
        vgate_back_off_reset (&connection->back_off);
        connection->is_failure_logged = FALSE;
        if (connection->methods)
            connection->methods->connected (connection->user_data);
        return;
    }
    /* once, not at every attempt while libvirtd does not run */
    if (!connection->is_failure_logged)
        vgate_log (VGATE_CODE_LIBVIRT_ERROR, NULL, "%s; retrying", opening->error->message);
    connection->is_failure_logged = TRUE;
    vgate_back_off_schedule (&connection->back_off);
}

static const VgateWorkKind opening_kind = {opening_run, opening_done, opening_free};

static const VgateWorkKind closing_kind = {channel_close, NULL, channel_release};

/* --- in the main loop --- */

static void
drop (VgateConnection *connection)
{
    Channel *channel = g_steal_pointer (&connection->channel);

    if (!channel)
        return;
    channel->connection = NULL;
    vgate_workers_push (connection->workers, &closing_kind, channel, NULL);
}

static void
begin_open (VgateConnection *connection)
{
    Opening *opening;

    if (connection->is_opening || connection->channel)
        return;
    opening = g_new0 (Opening, 1);
    opening->channel = channel_new (connection);
    opening->uri = g_strdup (connection->uri);
    connection->is_opening = TRUE;
    vgate_workers_push (connection->workers, &opening_kind, opening, connection);
}

static void
on_again (gpointer user_data)
{
    begin_open (user_data);
}

VgateConnection *
vgate_connection_new (const char *uri, const VgateConnectionMethods *methods, gpointer user_data)
{
    VgateConnection *connection = g_new0 (VgateConnection, 1);

    connection->uri = g_strdup (uri);
    connection->methods = methods;
    connection->user_data = user_data;
    vgate_back_off_init (&connection->back_off, BACK_OFF_MAX_MS, on_again, connection);
    /* two threads: a new connection need not wait until the old one is closed */
    connection->workers = vgate_workers_new (2, CALL_DEADLINE_MS, NULL, NULL);
    return connection;
}

void
vgate_connection_free (VgateConnection *connection)
{
    if (!connection)
        return;
    vgate_back_off_clear (&connection->back_off);
    vgate_workers_free (connection->workers);
    if (connection->channel) {
        connection->channel->connection = NULL;
        channel_close (connection->channel);
        channel_release (connection->channel);
    }
    g_free (connection->uri);
    g_free (connection);
}

void
vgate_connection_start (VgateConnection *connection)
{
    begin_open (connection);
}

void
vgate_connection_renew (VgateConnection *connection)
{
    if (!connection->channel)
        return;
    drop (connection);
    vgate_back_off_schedule (&connection->back_off);
}

virConnectPtr
vgate_connection_get (VgateConnection *connection)
{
    return connection->channel ? connection->channel->libvirt : NULL;
}
