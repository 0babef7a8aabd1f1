/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/service/local-socket.h"

#include "base/codes.h"

#include <errno.h>
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16
/* The pause after an accept failed for lack of a descriptor or memory: trying again at once would be a busy
 * loop. */
#define PAUSE_MS 500u

/* A GSocketListener instead of the GSocketService that is based on it: the latter accepts before all other
 * work of the main loop, and when it runs out of descriptors, it warns and tries again at once. */
struct VgateLocalSocket {
    char *path;
    GSocketListener *listener;
    GCancellable *cancellable; /* of the accept */
    guint source;              /* accepts again; 0: an accept is in progress */
    GQueue clients;            /* of Client *, the oldest first */
    VgateLocalSocketAnswer answer;
    gpointer user_data;
};

/* One operation of a client is in progress at any time. It frees the client when it ends after the client was
 * dropped. */
typedef struct {
    VgateLocalSocket *server; /* NULL: the client was dropped */
    GSocketConnection *connection;
    GCancellable *cancellable;
    guint deadline_source;
    char request[VGATE_LOCAL_SOCKET_REQUEST_MAX];
    gsize n_read;
    GString *answer; /* NULL until the request is complete */
} Client;

/* --- one client --- */

/* The client gets the end of file at once. */
static void
drop (Client *client)
{
    if (!client->server)
        return;
    g_queue_remove (&client->server->clients, client);
    client->server = NULL;
    g_source_remove (client->deadline_source);
    g_cancellable_cancel (client->cancellable);
    g_socket_close (g_socket_connection_get_socket (client->connection), NULL);
}

/* Called when the client's last operation has ended. */
static void
client_free (Client *client)
{
    drop (client);
    g_object_unref (client->connection);
    g_object_unref (client->cancellable);
    if (client->answer)
        g_string_free (client->answer, TRUE);
    g_free (client);
}

static gboolean
on_deadline (gpointer client)
{
    drop (client);
    /* drop () has removed the source */
    return G_SOURCE_CONTINUE;
}

static void
on_written (GObject *stream, GAsyncResult *result, gpointer user_data)
{
    g_output_stream_write_all_finish (G_OUTPUT_STREAM (stream), result, NULL, NULL);
    client_free (user_data);
}

static void
write_answer (Client *client)
{
    g_autofree char *body = client->server->answer (client->request, client->server->user_data);

    client->answer = g_string_new (NULL);
    if (body)
        g_string_printf (client->answer, "ok %" G_GSIZE_FORMAT "\n%s", strlen (body), body);
    else
        g_string_assign (client->answer, "error\n");
    g_output_stream_write_all_async (g_io_stream_get_output_stream (G_IO_STREAM (client->connection)),
                                     client->answer->str, client->answer->len, G_PRIORITY_LOW,
                                     client->cancellable, on_written, client);
}

static void read_request (Client *client);

/* The data is a request line, a part of one, or the end of the client's stream. */
static void
on_read (GObject *stream, GAsyncResult *result, gpointer user_data)
{
    Client *client = user_data;
    const gssize n = g_input_stream_read_finish (G_INPUT_STREAM (stream), result, NULL);
    char *end;

    if (!client->server || n <= 0) {
        client_free (client);
        return;
    }
    client->n_read += (gsize)n;
    end = memchr (client->request, '\n', client->n_read);
    if (!end && client->n_read < sizeof client->request) {
        read_request (client);
    } else if (!end || end != client->request + client->n_read - 1 ||
               memchr (client->request, '\0', client->n_read)) {
        client_free (client);
    } else {
        *end = '\0';
        write_answer (client);
    }
}

static void
read_request (Client *client)
{
    g_input_stream_read_async (g_io_stream_get_input_stream (G_IO_STREAM (client->connection)),
                               client->request + client->n_read, sizeof client->request - client->n_read,
                               G_PRIORITY_LOW, client->cancellable, on_read, client);
}

/* --- all clients --- */

static gboolean
is_trusted (GSocketConnection *connection)
{
    g_autoptr (GCredentials) peer =
        g_socket_get_credentials (g_socket_connection_get_socket (connection), NULL);
    const uid_t user = peer ? g_credentials_get_unix_user (peer, NULL) : (uid_t)-1;

    return user == 0 || user == geteuid ();
}

static void
take (VgateLocalSocket *server, GSocketConnection *connection)
{
    Client *client;

    if (!is_trusted (connection))
        return;
    if (server->clients.length == VGATE_LOCAL_SOCKET_CLIENTS_MAX)
        drop (g_queue_peek_head (&server->clients));
    client = g_new0 (Client, 1);
    client->server = server;
    client->connection = g_object_ref (connection);
    client->cancellable = g_cancellable_new ();
    client->deadline_source = g_timeout_add (VGATE_LOCAL_SOCKET_DEADLINE_MS, on_deadline, client);
    g_queue_push_tail (&server->clients, client);
    read_request (client);
}

static gboolean accept_next (gpointer user_data);

static void
on_accepted (GObject *listener, GAsyncResult *result, gpointer user_data)
{
    VgateLocalSocket *server = user_data;
    g_autoptr (GError) error = NULL;
    g_autoptr (GSocketConnection) connection =
        g_socket_listener_accept_finish (G_SOCKET_LISTENER (listener), result, NULL, &error);
    gboolean is_well;

    /* the server was freed */
    if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    if (connection)
        take (server, connection);
    is_well = connection || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) ||
              g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
    /* accepts the next client only when the present ones and the rest of the daemon have nothing to do */
    server->source = g_timeout_add_full (G_PRIORITY_LOW, is_well ? 0 : PAUSE_MS, accept_next, server, NULL);
}

static gboolean
accept_next (gpointer user_data)
{
    VgateLocalSocket *server = user_data;

    server->source = 0;
    g_socket_listener_accept_async (server->listener, server->cancellable, on_accepted, server);
    return G_SOURCE_REMOVE;
}

/* Returns a socket of this path to which only its owner can connect; NULL with an error of GLib's. */
static GSocket *
bind_to (const char *path, GError **error)
{
    g_autoptr (GSocket) bound = NULL;
    g_autoptr (GSocketAddress) address = NULL;
    int code;

    /* GLib would cut a longer path without an error */
    if (strlen (path) >= sizeof ((struct sockaddr_un *)NULL)->sun_path)
        code = ENAMETOOLONG;
    else
        code = unlink (path) != 0 && errno != ENOENT ? errno : 0;
    if (code != 0) {
        g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, g_strerror (code));
        return NULL;
    }
    bound = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);
    if (!bound)
        return NULL;
    /* otherwise GLib waits in accept () if the client that connected has already disconnected */
    g_socket_set_blocking (bound, FALSE);
    /* before the socket has a name, so that no other user can connect in between; bind () takes over the
     * mode */
    if (fchmod (g_socket_get_fd (bound), 0600) != 0) {
        g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, g_strerror (errno));
        return NULL;
    }
    g_socket_set_listen_backlog (bound, BACKLOG);
    address = g_unix_socket_address_new (path);
    return g_socket_bind (bound, address, FALSE, error) && g_socket_listen (bound, error)
               ? g_steal_pointer (&bound)
               : NULL;
}

VgateLocalSocket *
vgate_local_socket_new (const char *path, VgateLocalSocketAnswer answer, gpointer user_data, GError **error)
{
    g_autoptr (GError) local = NULL;
    g_autoptr (GSocketListener) listener = g_socket_listener_new ();
    g_autoptr (GSocket) bound = bind_to (path, &local);
    VgateLocalSocket *server;

    if (!bound || !g_socket_listener_add_socket (listener, bound, NULL, &local)) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_AGENT_SOCKET, "cannot create socket '%s': %s", path,
                     local->message);
        return NULL;
    }
    server = g_new0 (VgateLocalSocket, 1);
    server->path = g_strdup (path);
    server->listener = g_steal_pointer (&listener);
    server->cancellable = g_cancellable_new ();
    server->answer = answer;
    server->user_data = user_data;
    g_queue_init (&server->clients);
    server->source = g_idle_add_full (G_PRIORITY_LOW, accept_next, server, NULL);
    return server;
}

void
vgate_local_socket_free (VgateLocalSocket *server)
{
    if (!server)
        return;
    while (server->clients.length > 0)
        drop (g_queue_peek_head (&server->clients));
    if (server->source != 0)
        g_source_remove (server->source);
    g_cancellable_cancel (server->cancellable);
    g_socket_listener_close (server->listener);
    g_object_unref (server->listener);
    g_object_unref (server->cancellable);
    unlink (server->path);
    g_free (server->path);
    g_free (server);
}
