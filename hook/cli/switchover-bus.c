/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "switchover-bus.h"

#include "base/codes.h"
#include "host/qemu-process.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

#define BUS       "org.freedesktop.DBus"
#define BUS_PATH  "/org/freedesktop/DBus"
#define ANSWER_MS 5000

/* --- the bus --- */

typedef struct {
    GMainLoop *loop;
    GDBusConnection *connection;
    GError *error;
} Connecting;

static void
on_connected (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
    Connecting *connecting = user_data;

    connecting->connection = g_dbus_connection_new_for_address_finish (result, &connecting->error);
    g_main_loop_quit (connecting->loop);
}

static gboolean
on_timeout (gpointer cancellable)
{
    g_cancellable_cancel (cancellable);
    return G_SOURCE_CONTINUE;
}

/* A bus that accepts the connection and never answers must not block the command. */
static GDBusConnection *
connect_to (const char *bus, GError **error)
{
    g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
    g_autoptr (GCancellable) cancellable = g_cancellable_new ();
    Connecting connecting = {.loop = loop};
    const guint timer = g_timeout_add (ANSWER_MS, on_timeout, cancellable);

    g_dbus_connection_new_for_address (
        bus, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
        NULL, cancellable, on_connected, &connecting);
    g_main_loop_run (loop);
    g_source_remove (timer);
    if (connecting.error && g_cancellable_is_cancelled (cancellable)) {
        g_clear_error (&connecting.error);
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_BUS,
                     "the bus %s does not answer within %d ms", bus, ANSWER_MS);
    } else if (connecting.error) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_BUS, "cannot connect to the bus %s: %s", bus,
                     connecting.error->message);
        g_clear_error (&connecting.error);
    }
    return connecting.connection;
}

static GVariant *
call_bus (GDBusConnection *connection, const char *method, GVariant *arguments, const char *type,
          GError **error)
{
    return g_dbus_connection_call_sync (connection, BUS, BUS_PATH, BUS, method, arguments,
                                        G_VARIANT_TYPE (type), G_DBUS_CALL_FLAGS_NONE, ANSWER_MS, NULL,
                                        error);
}

GHashTable *
vgate_switchover_bus_read (const char *bus, GError **error)
{
    g_autoptr (GDBusConnection) connection = connect_to (bus, error);
    g_autoptr (GHashTable) uuids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr (GError) local = NULL;
    g_autoptr (GVariant) reply = NULL;
    g_autofree const char **names = NULL;

    if (!connection)
        return NULL;
    reply = call_bus (connection, "ListNames", NULL, "(as)", &local);
    if (!reply) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_BUS, "the bus %s does not list its names: %s",
                     bus, local->message);
        return NULL;
    }
    g_variant_get (reply, "(^a&s)", &names);
    for (guint i = 0; names[i]; i++) {
        g_autoptr (GVariant) answer = NULL;
        g_autoptr (VgateQemu) qemu = NULL;
        guint32 pid;

        if (names[i][0] != ':')
            continue;
        answer =
            call_bus (connection, "GetConnectionUnixProcessID", g_variant_new ("(s)", names[i]), "(u)", NULL);
        /* without an answer it has left in the meantime */
        if (!answer)
            continue;
        g_variant_get (answer, "(u)", &pid);
        qemu = vgate_qemu_identify ("", pid, NULL);
        if (qemu)
            g_hash_table_add (uuids, g_strdup (qemu->uuid));
    }
    return g_steal_pointer (&uuids);
}

/* --- QEMU --- */

/* Executes a command of QMP. FALSE with an error; libvirt passes QEMU's errors on like any other reply.
 * *class then gets QEMU's class of the error, or NULL; the caller frees it. */
static gboolean
execute (virDomainPtr domain, const char *command, JsonObject *arguments, char **description, GError **error)
{
    g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
    g_autoptr (JsonObject) request = json_object_new ();
    g_autoptr (JsonParser) parser = json_parser_new ();
    g_autofree char *text = NULL;
    char *reply = NULL;
    gboolean is_json;
    JsonObject *object;

    *description = NULL;
    json_object_set_string_member (request, "execute", command);
    json_object_set_object_member (request, "arguments", arguments);
    json_node_set_object (root, request);
    text = json_to_string (root, FALSE);
    if (virDomainQemuMonitorCommand (domain, text, &reply, 0) != 0) {
        const char *message = virGetLastErrorMessage ();

        g_set_error (error, VGATE_ERROR, VGATE_CODE_LIBVIRT_ERROR, "virDomainQemuMonitorCommand: %s",
                     message ? message : "unknown error");
        return FALSE;
    }
    is_json = reply && json_parser_load_from_data (parser, reply, -1, NULL) &&
              JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser));
    free (reply); /* libvirt allocates with malloc () */
    object = is_json ? json_node_get_object (json_parser_get_root (parser)) : NULL;
    if (object && json_object_has_member (object, "return"))
        return TRUE;
    object = object && json_object_has_member (object, "error")
                 ? json_object_get_object_member (object, "error")
                 : NULL;
    *description =
        vgate_printable (object ? json_object_get_string_member_with_default (object, "desc", "no reason")
                                : "an invalid reply",
                         255);
    return FALSE;
}

gboolean
vgate_switchover_bus_connect (virDomainPtr domain, const VgateVmstate *vmstate, GError **error)
{
    g_autofree char *id = vgate_vmstate_id (vmstate->uuid), *description = NULL;
    JsonObject *arguments = json_object_new ();
    g_autoptr (GError) local = NULL;

    /* QEMU's refusal means that there is no such object, for example after an attempt that failed half-way */
    json_object_set_string_member (arguments, "id", VGATE_VMSTATE_OBJECT_ID);
    if (!execute (domain, "object-del", arguments, &description, &local) && local) {
        g_propagate_error (error, g_steal_pointer (&local));
        return FALSE;
    }
    g_clear_pointer (&description, g_free);
    arguments = json_object_new ();
    json_object_set_string_member (arguments, "qom-type", VGATE_VMSTATE_KIND);
    json_object_set_string_member (arguments, "id", VGATE_VMSTATE_OBJECT_ID);
    json_object_set_string_member (arguments, "addr", vmstate->bus);
    json_object_set_string_member (arguments, "id-list", id);
    if (execute (domain, "object-add", arguments, &description, &local))
        return TRUE;
    if (local)
        g_propagate_error (error, g_steal_pointer (&local));
    else
        g_set_error (
            error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_NOT_REPAIRED,
            "QEMU cannot connect to the bus %s: %s; its object was removed, so the guest would be migrated "
            "without the gate at switch-over until the repair succeeds",
            vmstate->bus, description);
    return FALSE;
}
