/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/switchover/bus-watch.h"

#include "host/qemu-process.h"
#include "host/provider-lock.h"
#include "plugin/base/back-off.h"
#include "plugin/base/log.h"
#include "plugin/base/workers.h"

#include <gio/gio.h>
#include <unistd.h>

#define BUS              "org.freedesktop.DBus"
#define BUS_PATH         "/org/freedesktop/DBus"
#define CALL_MS          5000
#define READ_DEADLINE_MS 2000
/* shorter than that of libvirt: guests with the object at switch-over cannot move until the bus is served */
#define BACK_OFF_MAX_MS 5000u

struct VgateBusWatch {
    char *bus;
    const VgateBusWatchMethods *methods;
    gpointer user_data;
    VgateWorkers *workers;
    GCancellable *cancellable; /* of this connection */
    GDBusConnection *connection;
    gulong closed_handler;
    guint subscription;
    int lock;           /* descriptor; -1: not held */
    GHashTable *names;  /* set of char *: unique names on the bus except our own */
    gboolean is_listed; /* the names that were on the bus when the watch connected are known */
    guint n_newcomers;  /* names on this connection whose processes are not known yet */
    guint n_connection;
    VgateBackOff back_off;
    gboolean is_failure_logged;
};

/* --- new names on the bus --- */

typedef struct {
    VgateBusWatch *watch;
    char *unique_name;
    guint n_connection; /* the connection on which it appeared: another bus uses the same names again */
    guint32 pid;
    VgateQemu *qemu;
    GError *error;
} Newcomer;

static void
newcomer_free (gpointer data)
{
    Newcomer *newcomer = data;

    g_free (newcomer->unique_name);
    vgate_qemu_free (newcomer->qemu);
    g_clear_error (&newcomer->error);
    g_free (newcomer);
}

/* The newcomer has been identified, or has left. */
static void
count_down (VgateBusWatch *watch, const Newcomer *newcomer)
{
    if (watch->connection && newcomer->n_connection == watch->n_connection && --watch->n_newcomers == 0 &&
        watch->is_listed)
        watch->methods->settled (watch->user_data);
}

static void
newcomer_run (gpointer data)
{
    Newcomer *newcomer = data;

    newcomer->qemu = vgate_qemu_identify ("", newcomer->pid, &newcomer->error);
}

static void
newcomer_done (gpointer data, gpointer user_data)
{
    const Newcomer *newcomer = data;
    VgateBusWatch *watch = user_data;

    /* it may have left in the meantime */
    if (newcomer->n_connection == watch->n_connection &&
        g_hash_table_contains (watch->names, newcomer->unique_name)) {
        if (newcomer->qemu)
            watch->methods->appeared (newcomer->unique_name, newcomer->qemu->uuid, newcomer->qemu->name,
                                      watch->user_data);
        else if (newcomer->error)
            vgate_log ((VgateCode)newcomer->error->code, NULL, "%s", newcomer->error->message);
    }
    count_down (watch, newcomer);
}

static const VgateWorkKind newcomer_kind = {newcomer_run, newcomer_done, newcomer_free};

static void
on_pid (GObject *source, GAsyncResult *result, gpointer user_data)
{
    Newcomer *newcomer = user_data;
    g_autoptr (GError) error = NULL;
    g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

    if (reply)
        g_variant_get (reply, "(u)", &newcomer->pid);
    if (reply && newcomer->pid != (guint32)getpid ()) {
        vgate_workers_push (newcomer->watch->workers, &newcomer_kind, newcomer, newcomer->watch);
        return;
    }
    /* it is our own, or has left; if the call was cancelled, the watch may no longer exist */
    if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        count_down (newcomer->watch, newcomer);
    newcomer_free (newcomer);
}

static void
call_bus (VgateBusWatch *watch, const char *method, GVariant *arguments, const char *type,
          GAsyncReadyCallback callback, gpointer user_data)
{
    g_dbus_connection_call (watch->connection, BUS, BUS_PATH, BUS, method, arguments, G_VARIANT_TYPE (type),
                            G_DBUS_CALL_FLAGS_NONE, CALL_MS, watch->cancellable, callback, user_data);
}

static void
meet (VgateBusWatch *watch, const char *name)
{
    Newcomer *newcomer;

    if (*name != ':' || !g_hash_table_add (watch->names, g_strdup (name)))
        return;
    newcomer = g_new0 (Newcomer, 1);
    newcomer->watch = watch;
    newcomer->unique_name = g_strdup (name);
    newcomer->n_connection = watch->n_connection;
    watch->n_newcomers++;
    call_bus (watch, "GetConnectionUnixProcessID", g_variant_new ("(s)", name), "(u)", on_pid, newcomer);
}

static void
part (VgateBusWatch *watch, const char *name)
{
    if (g_hash_table_remove (watch->names, name))
        watch->methods->vanished (name, watch->user_data);
}

static void
on_owner_changed (G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED const char *sender,
                  G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
                  G_GNUC_UNUSED const char *signal, GVariant *arguments, gpointer user_data)
{
    VgateBusWatch *watch = user_data;
    const char *name, *before, *after;

    if (!g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(sss)")))
        return;
    g_variant_get (arguments, "(&s&s&s)", &name, &before, &after);
    if (*after != '\0')
        meet (watch, name);
    else
        part (watch, name);
}

/* --- the connection --- */

static void
drop (VgateBusWatch *watch)
{
    g_cancellable_cancel (watch->cancellable);
    g_clear_object (&watch->cancellable);
    if (watch->lock >= 0)
        close (watch->lock);
    watch->lock = -1;
    if (watch->connection) {
        g_signal_handler_disconnect (watch->connection, watch->closed_handler);
        g_dbus_connection_signal_unsubscribe (watch->connection, watch->subscription);
        g_dbus_connection_close (watch->connection, NULL, NULL, NULL);
    }
    g_clear_object (&watch->connection);
    g_hash_table_remove_all (watch->names);
    watch->is_listed = FALSE;
    watch->n_newcomers = 0;
}

/* Logs a failure once, not at every attempt. */
static void
fail (VgateBusWatch *watch, const char *what)
{
    if (!watch->is_failure_logged)
        vgate_log (VGATE_CODE_SWITCH_OVER_BUS, NULL, "the gate at switch-over is not served: %s; retrying",
                   what);
    watch->is_failure_logged = TRUE;
    drop (watch);
    vgate_back_off_schedule (&watch->back_off);
    watch->methods->lost (watch->user_data);
}

static void
on_closed (G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED gboolean vanished,
           G_GNUC_UNUSED GError *error, gpointer user_data)
{
    VgateBusWatch *watch = user_data;

    fail (watch, "lost the connection to the bus");
}

static void
on_names (GObject *source, GAsyncResult *result, gpointer user_data)
{
    VgateBusWatch *watch = user_data;
    g_autoptr (GError) error = NULL;
    g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
    g_autofree const char **names = NULL;

    if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    if (!reply) {
        fail (watch, error->message);
        return;
    }
    watch->lock = vgate_provider_lock_take ("", &error);
    if (watch->lock < 0) {
        fail (watch, error->message);
        return;
    }
    vgate_log (VGATE_CODE_SWITCH_OVER_SERVED, NULL, "the gate at switch-over is served on %s", watch->bus);
    vgate_back_off_reset (&watch->back_off);
    watch->is_failure_logged = FALSE;
    g_variant_get (reply, "(^a&s)", &names);
    for (guint i = 0; names[i]; i++)
        meet (watch, names[i]);
    watch->is_listed = TRUE;
    if (watch->n_newcomers == 0)
        watch->methods->settled (watch->user_data);
}

/* Subscribes before it lists the names, so that none is missed. */
static void
on_connected (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
    VgateBusWatch *watch = user_data;
    g_autoptr (GError) error = NULL;
    GDBusConnection *connection = g_dbus_connection_new_for_address_finish (result, &error);

    if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    if (!connection) {
        fail (watch, error->message);
        return;
    }
    watch->connection = connection;
    watch->closed_handler = g_signal_connect (connection, "closed", G_CALLBACK (on_closed), watch);
    watch->subscription =
        g_dbus_connection_signal_subscribe (connection, BUS, BUS, "NameOwnerChanged", BUS_PATH, NULL,
                                            G_DBUS_SIGNAL_FLAGS_NONE, on_owner_changed, watch, NULL);
    call_bus (watch, "ListNames", NULL, "(as)", on_names, watch);
}

static void
begin_open (VgateBusWatch *watch)
{
    watch->cancellable = g_cancellable_new ();
    watch->n_connection++;
    g_dbus_connection_new_for_address (watch->bus,
                                       G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                           G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                       NULL, watch->cancellable, on_connected, watch);
}

static void
on_again (gpointer user_data)
{
    begin_open (user_data);
}

VgateBusWatch *
vgate_bus_watch_new (const char *bus, const VgateBusWatchMethods *methods, gpointer user_data)
{
    VgateBusWatch *watch = g_new0 (VgateBusWatch, 1);

    watch->bus = g_strdup (bus);
    watch->methods = methods;
    watch->user_data = user_data;
    watch->workers = vgate_workers_new (2, READ_DEADLINE_MS, NULL, NULL);
    watch->lock = -1;
    watch->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    vgate_back_off_init (&watch->back_off, BACK_OFF_MAX_MS, on_again, watch);
    return watch;
}

void
vgate_bus_watch_free (VgateBusWatch *watch)
{
    if (!watch)
        return;
    vgate_back_off_clear (&watch->back_off);
    drop (watch);
    vgate_workers_free (watch->workers);
    g_hash_table_unref (watch->names);
    g_free (watch->bus);
    g_free (watch);
}

void
vgate_bus_watch_start (VgateBusWatch *watch)
{
    begin_open (watch);
}

gboolean
vgate_bus_watch_is_connected (const VgateBusWatch *watch)
{
    return watch->lock >= 0;
}

gboolean
vgate_bus_watch_is_settled (const VgateBusWatch *watch)
{
    return vgate_bus_watch_is_connected (watch) && watch->is_listed && watch->n_newcomers == 0;
}
