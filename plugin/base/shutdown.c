/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/base/shutdown.h"

#include <gio/gio.h>

#define DEADLINE_MS 500

/* One question. It is asked in the caller's thread, which has no main loop of its own. */
typedef struct {
    GCancellable *cancellable;
    GDBusConnection *connection;
    gboolean is_over;
    gboolean is_stopping;
} Question;

static gboolean
on_deadline (gpointer data)
{
    Question *question = data;

    g_cancellable_cancel (question->cancellable);
    return G_SOURCE_CONTINUE;
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
    Question *question = data;
    g_autoptr (GVariant) answer = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
    g_autoptr (GVariant) state = NULL;

    question->is_over = TRUE;
    if (!answer)
        return;
    g_variant_get (answer, "(v)", &state);
    question->is_stopping = g_variant_is_of_type (state, G_VARIANT_TYPE_STRING) &&
                            g_str_equal (g_variant_get_string (state, NULL), "stopping");
}

static void
on_connected (G_GNUC_UNUSED GObject *source, GAsyncResult *result, gpointer data)
{
    Question *question = data;

    question->connection = g_dbus_connection_new_for_address_finish (result, NULL);
    if (!question->connection) {
        question->is_over = TRUE;
        return;
    }
    g_dbus_connection_set_exit_on_close (question->connection, FALSE);
    g_dbus_connection_call (
        question->connection, NULL, "/org/freedesktop/systemd1", "org.freedesktop.DBus.Properties", "Get",
        g_variant_new ("(ss)", "org.freedesktop.systemd1.Manager", "SystemState"), G_VARIANT_TYPE ("(v)"),
        G_DBUS_CALL_FLAGS_NONE, DEADLINE_MS, question->cancellable, on_answer, question);
}

gboolean
vgate_shutdown_has_begun (const char *socket)
{
    g_autoptr (GMainContext) context = g_main_context_new ();
    g_autoptr (GCancellable) cancellable = g_cancellable_new ();
    g_autoptr (GSource) deadline = g_timeout_source_new (DEADLINE_MS);
    g_autofree char *address = g_strdup_printf ("unix:path=%s", socket);
    Question question = {.cancellable = cancellable};

    g_main_context_push_thread_default (context);
    g_source_set_callback (deadline, on_deadline, &question, NULL);
    g_source_attach (deadline, context);
    g_dbus_connection_new_for_address (address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL,
                                       cancellable, on_connected, &question);
    while (!question.is_over)
        g_main_context_iteration (context, TRUE);
    g_source_destroy (deadline);
    g_clear_object (&question.connection);
    g_main_context_pop_thread_default (context);
    return question.is_stopping;
}
