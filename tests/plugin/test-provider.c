/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A provider on a real bus, with the calls of QEMU. test-provider DBUS-DAEMON BUS.CONF: the installed files,
 * with another address. */
#include "plugin/switchover/provider.h"

#include "domain/vmstate.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define UUID    "11111111-1111-4111-8111-111111111111"
#define REASON  "vgpu-gate: VGATE-303: guest: no"
#define WAIT_MS 5000

static const char *program, *configuration;

/* --- a bus --- */

typedef struct {
    char *directory;
    char *address;
    GPid pid;
    GDBusConnection *qemu, *stranger;
    VgateProvider *provider;
    /* the calls that it got */
    guint n_saves, n_loads, n_idle, n_failed;
    GBytes *payload;
} Fixture;

static GDBusConnection *
try_to_connect (const char *address, GError **error)
{
    return g_dbus_connection_new_for_address_sync (address,
                                                   G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                       G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                   NULL, NULL, error);
}

static GDBusConnection *
connect_to (const char *address)
{
    g_autoptr (GError) error = NULL;
    GDBusConnection *connection = try_to_connect (address, &error);

    g_assert_no_error (error);
    return connection;
}

static char *
write_configuration (const Fixture *fixture)
{
    char *path = g_build_filename (fixture->directory, "bus.conf", NULL);
    g_autofree char *text = NULL;
    g_autoptr (GString) edited = NULL;

    g_assert_true (g_file_get_contents (configuration, &text, NULL, NULL));
    edited = g_string_new (text);
    g_assert_cmpuint (g_string_replace (edited, VGATE_BUS_DEFAULT, fixture->address, 0), ==, 1);
    g_assert_true (g_file_set_contents (path, edited->str, -1, NULL));
    return path;
}

/* The bus is ready when a connection succeeds; its socket exists a moment before. */
static void
start_bus (Fixture *fixture)
{
    g_autofree char *path = write_configuration (fixture);
    g_autofree char *option = g_strconcat ("--config-file=", path, NULL);
    const char *argv[] = {program, option, "--nofork", "--nopidfile", NULL};
    g_autoptr (GError) error = NULL;

    g_spawn_async (NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &fixture->pid, &error);
    g_assert_no_error (error);
    for (guint i = 0; i < WAIT_MS && !fixture->qemu; i++) {
        g_usleep (1000);
        g_clear_error (&error);
        fixture->qemu = try_to_connect (fixture->address, &error);
    }
    g_assert_no_error (error);
}

/* --- answers to calls --- */

static void
on_save (const char *uuid, GDBusMethodInvocation *call, gpointer user_data)
{
    Fixture *fixture = user_data;
    g_autoptr (GBytes) payload = g_bytes_new_static ("\0\xff payload", 10);

    g_assert_cmpstr (uuid, ==, UUID);
    fixture->n_saves++;
    vgate_provider_return_payload (call, payload);
}

/* "no" is refused. */
static void
on_load (const char *uuid, GBytes *payload, GDBusMethodInvocation *call, gpointer user_data)
{
    Fixture *fixture = user_data;
    const gboolean is_no =
        g_bytes_get_size (payload) == 2 && memcmp (g_bytes_get_data (payload, NULL), "no", 2) == 0;

    g_assert_cmpstr (uuid, ==, UUID);
    fixture->n_loads++;
    g_clear_pointer (&fixture->payload, g_bytes_unref);
    fixture->payload = g_bytes_ref (payload);
    vgate_provider_return_loaded (call, is_no ? REASON : NULL);
}

static void
on_idle (G_GNUC_UNUSED const char *uuid, gpointer user_data)
{
    ((Fixture *)user_data)->n_idle++;
}

static void
on_failed (G_GNUC_UNUSED const char *uuid, G_GNUC_UNUSED const GError *error, gpointer user_data)
{
    ((Fixture *)user_data)->n_failed++;
}

static const VgateProviderMethods methods = {on_save, on_load, on_idle, on_failed};

static void
set_up (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    fixture->directory = g_dir_make_tmp ("vgate-bus-XXXXXX", NULL);
    fixture->address = g_strdup_printf ("unix:path=%s/bus", fixture->directory);
    start_bus (fixture);
    fixture->stranger = connect_to (fixture->address);
    fixture->provider = vgate_provider_new (fixture->address, UUID, &methods, fixture);
}

static void
tear_down (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const names[] = {"bus.conf", "bus", ""};

    vgate_provider_free (fixture->provider);
    g_clear_object (&fixture->qemu);
    g_clear_object (&fixture->stranger);
    if (fixture->pid > 0) {
        kill (fixture->pid, SIGTERM);
        waitpid (fixture->pid, NULL, 0);
    }
    for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
        g_autofree char *path = g_build_filename (fixture->directory, names[i], NULL);

        g_remove (path);
    }
    g_clear_pointer (&fixture->payload, g_bytes_unref);
    g_free (fixture->directory);
    g_free (fixture->address);
}

/* --- calls --- */

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
    GAsyncResult **kept = user_data;

    (void)source;
    *kept = g_object_ref (result);
}

static GVariant *
call (GDBusConnection *connection, const char *destination, const char *path, const char *interface,
      const char *method, GVariant *arguments, GError **error)
{
    g_autoptr (GAsyncResult) result = NULL;

    g_dbus_connection_call (connection, destination, path, interface, method, arguments, NULL,
                            G_DBUS_CALL_FLAGS_NONE, WAIT_MS, NULL, on_reply, &result);
    while (!result)
        g_main_context_iteration (NULL, TRUE);
    return g_dbus_connection_call_finish (connection, result, error);
}

/* The owners of the name, as QEMU lists them; empty if there are none. */
static char **
owners (const Fixture *fixture)
{
    g_autoptr (GVariant) reply =
        call (fixture->qemu, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
              "ListQueuedOwners", g_variant_new ("(s)", "org.qemu.VMState1"), NULL);
    char **names = NULL;

    if (reply)
        g_variant_get (reply, "(^as)", &names);
    return names ? names : g_new0 (char *, 1);
}

static char *
wait_for_owner (const Fixture *fixture)
{
    const gint64 until = g_get_monotonic_time () + (gint64)WAIT_MS * 1000;

    while (g_get_monotonic_time () < until) {
        g_auto (GStrv) names = owners (fixture);

        if (names[0])
            return g_strdup (names[0]);
    }
    g_error ("nobody owns the name");
}

static GVariant *
ask (GDBusConnection *connection, const char *owner, const char *method, GVariant *arguments, GError **error)
{
    return call (connection, owner, "/org/qemu/VMState1", "org.qemu.VMState1", method, arguments, error);
}

static GVariant *
bytes (const char *text)
{
    GVariant *data = g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, text, strlen (text), 1);

    return g_variant_new_tuple (&data, 1);
}

static void
test_asked_by_qemu (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *owner = NULL;
    g_autoptr (GVariant) properties = NULL, saved = NULL, loaded = NULL, id = NULL, all = NULL;
    g_autoptr (GError) error = NULL;

    vgate_provider_set_caller (fixture->provider, g_dbus_connection_get_unique_name (fixture->qemu));
    owner = wait_for_owner (fixture);
    properties = call (fixture->qemu, owner, "/org/qemu/VMState1", "org.freedesktop.DBus.Properties",
                       "GetAll", g_variant_new ("(s)", "org.qemu.VMState1"), &error);
    g_assert_no_error (error);
    all = g_variant_get_child_value (properties, 0);
    id = g_variant_lookup_value (all, "Id", G_VARIANT_TYPE_STRING);
    g_assert_cmpstr (g_variant_get_string (id, NULL), ==, "vgpu-gate-" UUID);
    saved = ask (fixture->qemu, owner, "Save", NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (g_variant_get_type_string (saved), ==, "(ay)");
    g_assert_cmpuint (g_variant_get_size (saved), ==, 10);
    loaded = ask (fixture->qemu, owner, "Load", bytes ("yes"), &error);
    g_assert_no_error (error);
    g_assert_cmpuint (g_bytes_get_size (fixture->payload), ==, 3);
    g_assert_cmpuint (fixture->n_failed, ==, 0);
}

/* QEMU prints the message of the error, which is the line that the hook would print. */
static void
test_refusal (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *owner = NULL;
    g_autoptr (GError) error = NULL;

    vgate_provider_set_caller (fixture->provider, g_dbus_connection_get_unique_name (fixture->qemu));
    owner = wait_for_owner (fixture);
    g_assert_null (ask (fixture->qemu, owner, "Load", bytes ("no"), &error));
    g_assert_true (g_str_has_suffix (error->message, ": " REASON));
}

static void
test_asked_by_a_stranger (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const names[] = {"Save", "Load"};
    g_autofree char *owner = NULL;

    vgate_provider_set_caller (fixture->provider, g_dbus_connection_get_unique_name (fixture->qemu));
    owner = wait_for_owner (fixture);
    for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
        g_autoptr (GError) error = NULL;

        g_assert_null (ask (fixture->stranger, owner, names[i], i == 0 ? NULL : bytes ("yes"), &error));
        g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED);
    }
    g_assert_cmpuint (fixture->n_saves + fixture->n_loads, ==, 0);
}

/* Its QEMU has left: another QEMU no longer finds the provider, but one that has already found it gets an
 * answer. It is found again when the guest comes back. */
static void
test_leaves_slowly (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *owner = NULL, *again = NULL;
    g_autoptr (GVariant) properties = NULL;
    g_autoptr (GError) error = NULL;

    vgate_provider_set_caller (fixture->provider, g_dbus_connection_get_unique_name (fixture->qemu));
    owner = wait_for_owner (fixture);
    vgate_provider_set_caller (fixture->provider, NULL);
    for (guint i = 0; i < WAIT_MS; i++) {
        g_auto (GStrv) names = owners (fixture);

        if (!names[0])
            break;
        g_assert_cmpuint (i, <, WAIT_MS - 1);
    }
    properties = call (fixture->stranger, owner, "/org/qemu/VMState1", "org.freedesktop.DBus.Properties",
                       "GetAll", g_variant_new ("(s)", "org.qemu.VMState1"), &error);
    g_assert_no_error (error);
    vgate_provider_set_caller (fixture->provider, g_dbus_connection_get_unique_name (fixture->qemu));
    again = wait_for_owner (fixture);
    g_assert_cmpstr (again, ==, owner);
}

#define N_MANY 200

static char *
id_of (const Fixture *fixture, const char *owner)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (GVariant) properties =
        call (fixture->qemu, owner, "/org/qemu/VMState1", "org.freedesktop.DBus.Properties", "GetAll",
              g_variant_new ("(s)", "org.qemu.VMState1"), &error);
    g_autoptr (GVariant) all = NULL;
    char *id = NULL;

    g_assert_no_error (error);
    all = g_variant_get_child_value (properties, 0);
    g_assert_true (g_variant_lookup (all, "Id", "s", &id));
    return id;
}

/* A host full of guests: QEMU asks every provider for its Id while its guest is paused. */
static void
test_many (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (GPtrArray) providers = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_provider_free);
    g_autoptr (GHashTable) ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    g_auto (GStrv) names = NULL;
    gint64 began;

    for (guint i = 0; i < N_MANY; i++) {
        g_autofree char *uuid = g_strdup_printf ("11111111-1111-4111-8111-%012u", i);
        VgateProvider *provider = vgate_provider_new (fixture->address, uuid, &methods, fixture);

        vgate_provider_set_caller (provider, g_dbus_connection_get_unique_name (fixture->qemu));
        g_ptr_array_add (providers, provider);
    }
    began = g_get_monotonic_time ();
    while (!names || g_strv_length (names) < N_MANY) {
        g_assert_cmpint (g_get_monotonic_time () - began, <, (gint64)WAIT_MS * 1000);
        g_strfreev (names);
        names = owners (fixture);
    }
    began = g_get_monotonic_time ();
    for (guint i = 0; i < N_MANY; i++)
        g_hash_table_add (ids, id_of (fixture, names[i]));
    g_test_message ("%d providers were asked for their Ids in %.1f ms", N_MANY,
                    (double)(g_get_monotonic_time () - began) / 1000);
    g_assert_cmpuint (g_hash_table_size (ids), ==, N_MANY);
    g_assert_cmpuint (fixture->n_failed, ==, 0);
}

/* The provider is freed before it has connected. */
static void
test_freed_early (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    vgate_provider_set_caller (fixture->provider, g_dbus_connection_get_unique_name (fixture->qemu));
    g_clear_pointer (&fixture->provider, vgate_provider_free);
    for (guint i = 0; i < 100; i++) {
        g_main_context_iteration (NULL, FALSE);
        g_usleep (1000);
    }
    g_assert_cmpuint (fixture->n_failed, ==, 0);
}

int
main (int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*run) (Fixture *fixture, gconstpointer data);
    } tests[] = {
        {"/provider/asked-by-qemu", test_asked_by_qemu},
        {"/provider/refusal", test_refusal},
        {"/provider/asked-by-a-stranger", test_asked_by_a_stranger},
        {"/provider/leaves-slowly", test_leaves_slowly},
        {"/provider/many", test_many},
        {"/provider/freed-early", test_freed_early},
    };

    g_test_init (&argc, &argv, NULL);
    g_assert_cmpint (argc, ==, 3);
    program = argv[1];
    configuration = argv[2];
    /* the bus policy allows only root to own the name */
    if (*program == '\0' || geteuid () != 0) {
        g_print ("1..0 # SKIP it needs dbus-daemon, and root\n");
        return 0;
    }
    for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
        g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].run, tear_down);
    return g_test_run ();
}
