/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/switchover/provider.h"

#include "domain/vmstate.h"

#define INTERFACE   "org.qemu.VMState1"
#define OBJECT_PATH "/org/qemu/VMState1"
#define REFUSED     "org.vgpu_gate.Error.Refused"
#define CALL_MS     5000
/* QEMU waits 25 s for an answer. */
#define LINGER_SEC 30

struct VgateProvider {
    char *bus;
    char *uuid;
    char *id;
    const VgateProviderMethods *methods;
    gpointer user_data;
    char *caller;
    GCancellable *cancellable; /* of the calls in progress: none reports to a freed provider */
    GDBusConnection *connection;
    guint registration;
    guint linger_source;
};

/* --- what QEMU calls, as in QEMU's docs/interop/dbus-vmstate --- */

static const GDBusArgInfo state_argument = {-1, (char *)"data", (char *)"ay", NULL};
static const GDBusArgInfo *const state_arguments[] = {&state_argument, NULL};
static const GDBusMethodInfo save_method = {-1, (char *)"Save", NULL, (GDBusArgInfo **)state_arguments, NULL};
static const GDBusMethodInfo load_method = {-1, (char *)"Load", (GDBusArgInfo **)state_arguments, NULL, NULL};
static const GDBusMethodInfo *const method_infos[] = {&save_method, &load_method, NULL};
static const GDBusPropertyInfo id_property = {-1, (char *)"Id", (char *)"s",
                                              G_DBUS_PROPERTY_INFO_FLAGS_READABLE, NULL};
static const GDBusPropertyInfo *const property_infos[] = {&id_property, NULL};
static const GDBusInterfaceInfo interface_info = {
    -1, (char *)INTERFACE, (GDBusMethodInfo **)method_infos, NULL, (GDBusPropertyInfo **)property_infos, NULL,
};

static void
on_method (G_GNUC_UNUSED GDBusConnection *connection, const char *sender, G_GNUC_UNUSED const char *path,
           G_GNUC_UNUSED const char *interface, const char *method, GVariant *arguments,
           GDBusMethodInvocation *call, gpointer user_data)
{
    VgateProvider *provider = user_data;

    if (g_strcmp0 (sender, provider->caller) != 0) {
        g_dbus_method_invocation_return_error_literal (
            call, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED,
            "only the QEMU process of the domain can call this object");
        return;
    }
    if (g_str_equal (method, "Save")) {
        provider->methods->save (provider->uuid, call, provider->user_data);
    } else {
        g_autoptr (GVariant) data = g_variant_get_child_value (arguments, 0);
        g_autoptr (GBytes) payload = g_variant_get_data_as_bytes (data);

        provider->methods->load (provider->uuid, payload, call, provider->user_data);
    }
}

static GVariant *
on_get_property (G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED const char *sender,
                 G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
                 G_GNUC_UNUSED const char *property, G_GNUC_UNUSED GError **error, gpointer user_data)
{
    const VgateProvider *provider = user_data;

    return g_variant_new_string (provider->id);
}

static const GDBusInterfaceVTable vtable = {.method_call = on_method, .get_property = on_get_property};

void
vgate_provider_return_payload (GDBusMethodInvocation *call, GBytes *payload)
{
    GVariant *data = g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, payload, TRUE);

    g_dbus_method_invocation_return_value (call, g_variant_new_tuple (&data, 1));
}

void
vgate_provider_return_loaded (GDBusMethodInvocation *call, const char *line)
{
    if (line)
        g_dbus_method_invocation_return_dbus_error (call, REFUSED, line);
    else
        g_dbus_method_invocation_return_value (call, NULL);
}

/* --- its name on the bus --- */

static void
fail (VgateProvider *provider, const GError *error)
{
    provider->methods->failed (provider->uuid, error, provider->user_data);
}

static void
on_name_called (GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

    if (!reply && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        fail (user_data, error);
}

/* Requests the name without flags, so that the owners form a queue; QEMU asks all owners in the queue. */
static void
call_for_name (VgateProvider *provider, const char *method, GVariant *arguments)
{
    g_dbus_connection_call (provider->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                            "org.freedesktop.DBus", method, arguments, NULL, G_DBUS_CALL_FLAGS_NONE, CALL_MS,
                            provider->cancellable, on_name_called, provider);
}

static void
update_name (VgateProvider *provider)
{
    if (!provider->connection)
        return;
    if (provider->caller)
        call_for_name (provider, "RequestName", g_variant_new ("(su)", INTERFACE, 0));
    else
        call_for_name (provider, "ReleaseName", g_variant_new ("(s)", INTERFACE));
}

static void
on_connected (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer user_data)
{
    VgateProvider *provider = user_data;
    g_autoptr (GError) error = NULL;
    GDBusConnection *connection = g_dbus_connection_new_for_address_finish (result, &error);

    if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    if (!connection) {
        fail (provider, error);
        return;
    }
    provider->connection = connection;
    provider->registration = g_dbus_connection_register_object (
        connection, OBJECT_PATH, (GDBusInterfaceInfo *)&interface_info, &vtable, provider, NULL, &error);
    if (provider->registration == 0)
        fail (provider, error);
    else
        update_name (provider);
}

VgateProvider *
vgate_provider_new (const char *bus, const char *uuid, const VgateProviderMethods *methods,
                    gpointer user_data)
{
    VgateProvider *provider = g_new0 (VgateProvider, 1);

    provider->bus = g_strdup (bus);
    provider->uuid = g_strdup (uuid);
    provider->id = vgate_vmstate_id (uuid);
    provider->methods = methods;
    provider->user_data = user_data;
    provider->cancellable = g_cancellable_new ();
    g_dbus_connection_new_for_address (
        bus, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
        NULL, provider->cancellable, on_connected, provider);
    return provider;
}

void
vgate_provider_free (VgateProvider *provider)
{
    if (!provider)
        return;
    g_cancellable_cancel (provider->cancellable);
    g_object_unref (provider->cancellable);
    if (provider->linger_source != 0)
        g_source_remove (provider->linger_source);
    if (provider->registration != 0)
        g_dbus_connection_unregister_object (provider->connection, provider->registration);
    if (provider->connection)
        g_dbus_connection_close (provider->connection, NULL, NULL, NULL);
    g_clear_object (&provider->connection);
    g_free (provider->bus);
    g_free (provider->uuid);
    g_free (provider->id);
    g_free (provider->caller);
    g_free (provider);
}

static gboolean
on_lingered (gpointer user_data)
{
    VgateProvider *provider = user_data;

    provider->linger_source = 0;
    provider->methods->idle (provider->uuid, provider->user_data);
    return G_SOURCE_REMOVE;
}

void
vgate_provider_set_caller (VgateProvider *provider, const char *caller)
{
    const gboolean was_called = provider->caller != NULL;

    if (provider->linger_source != 0)
        g_source_remove (provider->linger_source);
    provider->linger_source = caller ? 0 : g_timeout_add_seconds (LINGER_SEC, on_lingered, provider);
    g_free (provider->caller);
    provider->caller = g_strdup (caller);
    if (was_called != (caller != NULL))
        update_name (provider);
}

const char *
vgate_provider_get_caller (const VgateProvider *provider)
{
    return provider->caller;
}

void
vgate_provider_flush (VgateProvider *provider)
{
    if (provider->connection)
        g_dbus_connection_flush_sync (provider->connection, NULL, NULL);
}
