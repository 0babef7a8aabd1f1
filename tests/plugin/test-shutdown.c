/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the host is shutting down, by the answer of a systemd that runs in a thread of this test. */
#include "plugin/base/shutdown.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

typedef struct {
    const char *state; /* its answer; NULL: it never answers */
    char *directory, *socket;
    GMainLoop *loop;
    GMainContext *context;
    GThread *thread;
    GMutex mutex;
    GCond cond;
    gboolean is_up;
} Systemd;

static GVariant *
get_state (G_GNUC_UNUSED GDBusConnection *connection, G_GNUC_UNUSED const char *sender,
           G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface, const char *property,
           G_GNUC_UNUSED GError **error, gpointer data)
{
    const Systemd *systemd = data;

    g_assert_cmpstr (property, ==, "SystemState");
    if (!systemd->state)
        g_usleep (2 * G_USEC_PER_SEC);
    return g_variant_new_string (systemd->state ? systemd->state : "stopping");
}

static const GDBusInterfaceVTable vtable = {.get_property = get_state};

static gboolean
on_connection (G_GNUC_UNUSED GDBusServer *server, GDBusConnection *connection, gpointer data)
{
    static const char xml[] = "<node><interface name='org.freedesktop.systemd1.Manager'>"
                              "<property name='SystemState' type='s' access='read'/></interface></node>";
    g_autoptr (GError) error = NULL;
    g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (xml, &error);

    g_assert_no_error (error);
    g_dbus_connection_register_object (connection, "/org/freedesktop/systemd1", node->interfaces[0], &vtable,
                                       data, NULL, &error);
    g_assert_no_error (error);
    g_object_ref (connection); /* for as long as the test runs */
    return TRUE;
}

static gpointer
serve (gpointer data)
{
    Systemd *systemd = data;
    g_autofree char *address = g_strdup_printf ("unix:path=%s", systemd->socket),
                    *guid = g_dbus_generate_guid ();
    g_autoptr (GDBusServer) server = NULL;
    g_autoptr (GError) error = NULL;

    g_main_context_push_thread_default (systemd->context);
    server = g_dbus_server_new_sync (address, G_DBUS_SERVER_FLAGS_NONE, guid, NULL, NULL, &error);
    g_assert_no_error (error);
    g_signal_connect (server, "new-connection", G_CALLBACK (on_connection), systemd);
    g_dbus_server_start (server);
    g_mutex_lock (&systemd->mutex);
    systemd->is_up = TRUE;
    g_cond_signal (&systemd->cond);
    g_mutex_unlock (&systemd->mutex);
    g_main_loop_run (systemd->loop);
    g_dbus_server_stop (server);
    g_main_context_pop_thread_default (systemd->context);
    return NULL;
}

static void
start (Systemd *systemd)
{
    systemd->directory = g_dir_make_tmp ("vgate-systemd-XXXXXX", NULL);
    systemd->socket = g_build_filename (systemd->directory, "private", NULL);
    systemd->context = g_main_context_new ();
    systemd->loop = g_main_loop_new (systemd->context, FALSE);
    systemd->thread = g_thread_new ("systemd", serve, systemd);
    g_mutex_lock (&systemd->mutex);
    while (!systemd->is_up)
        g_cond_wait (&systemd->cond, &systemd->mutex);
    g_mutex_unlock (&systemd->mutex);
}

static void
end (Systemd *systemd)
{
    g_main_loop_quit (systemd->loop);
    g_thread_join (systemd->thread);
    g_main_loop_unref (systemd->loop);
    g_main_context_unref (systemd->context);
    g_unlink (systemd->socket);
    g_assert_cmpint (g_rmdir (systemd->directory), ==, 0);
    g_free (systemd->socket);
    g_free (systemd->directory);
}

static void
test_states (void)
{
    static const struct {
        const char *state;
        gboolean is_stopping;
    } cases[] = {{"stopping", TRUE},
                 {"running", FALSE},
                 {"degraded", FALSE},
                 {"starting", FALSE},
                 {"maintenance", FALSE}};

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        Systemd systemd = {.state = cases[i].state};

        start (&systemd);
        g_assert_cmpint (vgate_shutdown_has_begun (systemd.socket), ==, cases[i].is_stopping);
        end (&systemd);
    }
}

/* The save must be stopped soon, or it is complete. */
static void
test_no_answer (void)
{
    Systemd systemd = {.state = NULL};
    const gint64 began = g_get_monotonic_time ();

    start (&systemd);
    g_assert_false (vgate_shutdown_has_begun (systemd.socket));
    g_assert_cmpint (g_get_monotonic_time () - began, <, 1900000);
    end (&systemd);
}

/* A host with another init system. */
static void
test_no_systemd (void)
{
    g_assert_false (vgate_shutdown_has_begun ("/nonexistent/private"));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/shutdown/states", test_states);
    g_test_add_func ("/shutdown/no-answer", test_no_answer);
    g_test_add_func ("/shutdown/no-systemd", test_no_systemd);
    return g_test_run ();
}
