/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "connection.h"

#include "log.h"

#include <libvirt/virterror.h>

#define BACK_OFF_MIN_SEC 1u
#define BACK_OFF_MAX_SEC 30u
/* A libvirtd that answers nothing for 15 s is taken for gone. */
#define KEEP_ALIVE_INTERVAL_SEC 5
#define KEEP_ALIVE_COUNT        3

struct VgateConnection {
    char *uri;
    VgateConnectionCallbacks callbacks;
    gpointer user_data;
    virConnectPtr libvirt;
    int lifecycle_id;
    guint retry_source;
    guint back_off_sec;
    gboolean is_failure_logged;
};

void
vgate_set_libvirt_error (GError **error, const char *call)
{
    const char *message = virGetLastErrorMessage ();

    g_set_error (error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR, "%s: %s", call,
                 message ? message : "unknown error");
}

VgateConnection *
vgate_connection_new (const char *uri, VgateConnectionCallbacks callbacks, gpointer user_data)
{
    VgateConnection *connection = g_new0 (VgateConnection, 1);

    connection->uri = g_strdup (uri);
    connection->callbacks = callbacks;
    connection->user_data = user_data;
    connection->lifecycle_id = -1;
    connection->back_off_sec = BACK_OFF_MIN_SEC;
    return connection;
}

static gboolean
trigger_of (int event, int detail, VgateTrigger *trigger)
{
    switch (event) {
    case VIR_DOMAIN_EVENT_STARTED:
        *trigger = detail == VIR_DOMAIN_EVENT_STARTED_MIGRATED || detail == VIR_DOMAIN_EVENT_STARTED_RESTORED
                       ? VGATE_TRIGGER_ARRIVE
                       : VGATE_TRIGGER_START;
        return TRUE;
    case VIR_DOMAIN_EVENT_RESUMED:
        *trigger = detail == VIR_DOMAIN_EVENT_RESUMED_MIGRATED ? VGATE_TRIGGER_ARRIVE : VGATE_TRIGGER_RESUME;
        return TRUE;
    case VIR_DOMAIN_EVENT_PMSUSPENDED: *trigger = VGATE_TRIGGER_CHANGE; return TRUE;
    default: return FALSE;
    }
}

static int
on_lifecycle (G_GNUC_UNUSED virConnectPtr libvirt, virDomainPtr domain, int event, int detail,
              void *user_data)
{
    VgateConnection *connection = user_data;
    char uuid[VIR_UUID_STRING_BUFLEN];
    VgateTrigger trigger;

    if (trigger_of (event, detail, &trigger) && virDomainGetUUIDString (domain, uuid) == 0)
        connection->callbacks.domain_event (uuid, trigger, connection->user_data);
    return 0;
}

static void
drop (VgateConnection *connection)
{
    if (!connection->libvirt)
        return;
    virConnectUnregisterCloseCallback (connection->libvirt, NULL);
    if (connection->lifecycle_id >= 0)
        virConnectDomainEventDeregisterAny (connection->libvirt, connection->lifecycle_id);
    connection->lifecycle_id = -1;
    virConnectClose (g_steal_pointer (&connection->libvirt));
}

/* Not from within the callback: libvirt still holds the connection that would be closed. */
static gboolean
on_lost (gpointer user_data)
{
    VgateConnection *connection = user_data;

    connection->retry_source = 0;
    drop (connection);
    vgate_connection_keep_open (connection);
    return G_SOURCE_REMOVE;
}

static void
on_close (G_GNUC_UNUSED virConnectPtr libvirt, int reason, void *user_data)
{
    VgateConnection *connection = user_data;

    vgate_log (VGATE_CODE_LIBVIRT_LOST, NULL, "the connection to libvirt was lost (reason %d)", reason);
    if (connection->retry_source == 0)
        connection->retry_source = g_idle_add (on_lost, connection);
}

gboolean
vgate_connection_open (VgateConnection *connection, GError **error)
{
    connection->libvirt = virConnectOpen (connection->uri);
    if (!connection->libvirt) {
        vgate_set_libvirt_error (error, "virConnectOpen");
        return FALSE;
    }
    /* a connection within the process, as libvirt's test driver is, has neither */
    virConnectSetKeepAlive (connection->libvirt, KEEP_ALIVE_INTERVAL_SEC, KEEP_ALIVE_COUNT);
    virConnectRegisterCloseCallback (connection->libvirt, on_close, connection, NULL);
    connection->lifecycle_id =
        virConnectDomainEventRegisterAny (connection->libvirt, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                          VIR_DOMAIN_EVENT_CALLBACK (on_lifecycle), connection, NULL);
    if (connection->lifecycle_id < 0) {
        vgate_set_libvirt_error (error, "virConnectDomainEventRegisterAny");
        drop (connection);
        return FALSE;
    }
    return TRUE;
}

static gboolean
on_retry (gpointer user_data)
{
    VgateConnection *connection = user_data;

    connection->retry_source = 0;
    vgate_connection_keep_open (connection);
    return G_SOURCE_REMOVE;
}

void
vgate_connection_keep_open (VgateConnection *connection)
{
    g_autoptr (GError) error = NULL;

    if (vgate_connection_open (connection, &error)) {
        connection->back_off_sec = BACK_OFF_MIN_SEC;
        connection->is_failure_logged = FALSE;
        connection->callbacks.connected (connection->user_data);
        return;
    }
    /* once, not at every attempt of a night without libvirtd */
    if (!connection->is_failure_logged)
        vgate_log (VGATE_CODE_LIBVIRT_ERROR, NULL, "%s; trying again", error->message);
    connection->is_failure_logged = TRUE;
    connection->retry_source = g_timeout_add_seconds (connection->back_off_sec, on_retry, connection);
    connection->back_off_sec = MIN (connection->back_off_sec * 2, BACK_OFF_MAX_SEC);
}

virConnectPtr
vgate_connection_get (VgateConnection *connection)
{
    return connection->libvirt;
}

void
vgate_connection_free (VgateConnection *connection)
{
    if (!connection)
        return;
    if (connection->retry_source != 0)
        g_source_remove (connection->retry_source);
    drop (connection);
    g_free (connection->uri);
    g_free (connection);
}
