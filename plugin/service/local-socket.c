/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/service/local-socket.h"

#include "message/codes.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16
/* Without a descriptor or memory for one more client: looking again at once would be a busy loop. */
#define PAUSE_MS 500u

struct VgateLocalSocket {
    char *path;
    int fd;
    guint source;   /* accepts; or waits until it may again */
    GQueue clients; /* of Client *, the oldest first */
    VgateLocalSocketAnswer answer;
    gpointer user_data;
};

typedef struct {
    VgateLocalSocket *socket;
    int fd;
    guint source, deadline_source;
    char request[VGATE_LOCAL_SOCKET_REQUEST_MAX];
    gsize n_read;
    GString *answer; /* NULL while the request is not complete */
    gsize n_written;
} Client;

static void
client_free (Client *client)
{
    g_queue_remove (&client->socket->clients, client);
    g_source_remove (client->source);
    g_source_remove (client->deadline_source);
    close (client->fd);
    if (client->answer)
        g_string_free (client->answer, TRUE);
    g_free (client);
}

/* --- one client --- */

static gboolean
on_deadline (gpointer client)
{
    client_free (client);
    /* its sources are gone with it */
    return G_SOURCE_CONTINUE;
}

static gboolean
is_again (void)
{
    return errno == EAGAIN || errno == EINTR;
}

/* FALSE: it is over with this client, be it served or gone. */
static gboolean
write_some (Client *client)
{
    const GString *answer = client->answer;

    while (client->n_written < answer->len) {
        const gssize n = send (client->fd, answer->str + client->n_written, answer->len - client->n_written,
                               MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0)
            return is_again ();
        client->n_written += (gsize)n;
    }
    return FALSE;
}

static void
compose (Client *client)
{
    g_autofree char *body = client->socket->answer (client->request, client->socket->user_data);

    client->answer = g_string_new (NULL);
    if (body)
        g_string_printf (client->answer, "ok %" G_GSIZE_FORMAT "\n%s", strlen (body), body);
    else
        g_string_assign (client->answer, "error\n");
}

/* FALSE: it is over with this client: it has gone, or what it sends is no request line. */
static gboolean
read_some (Client *client)
{
    char *end;
    const gssize n = recv (client->fd, client->request + client->n_read,
                           sizeof client->request - client->n_read, MSG_DONTWAIT);

    if (n < 0)
        return is_again ();
    if (n == 0)
        return FALSE;
    client->n_read += (gsize)n;
    end = memchr (client->request, '\n', client->n_read);
    if (!end)
        return client->n_read < sizeof client->request;
    if (end != client->request + client->n_read - 1 || memchr (client->request, '\0', client->n_read))
        return FALSE;
    *end = '\0';
    compose (client);
    return TRUE;
}

static gboolean on_client (int fd, GIOCondition condition, gpointer user_data);

static guint
watch (int fd, GIOCondition condition, GUnixFDSourceFunc callback, gpointer user_data)
{
    return g_unix_fd_add_full (G_PRIORITY_LOW, fd, condition, callback, user_data, NULL);
}

static gboolean
on_client (int fd, G_GNUC_UNUSED GIOCondition condition, gpointer user_data)
{
    Client *client = user_data;
    const gboolean was_asked = client->answer != NULL;

    if (!was_asked && !read_some (client)) {
        client_free (client);
        return G_SOURCE_CONTINUE;
    }
    if (client->answer && !write_some (client)) {
        client_free (client);
        return G_SOURCE_CONTINUE;
    }
    if (!client->answer || was_asked)
        return G_SOURCE_CONTINUE;
    client->source = watch (fd, G_IO_OUT, on_client, client);
    return G_SOURCE_REMOVE;
}

/* --- all of them --- */

static gboolean
is_trusted (int fd)
{
    struct ucred peer;
    socklen_t length = sizeof peer;

    return getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && length == sizeof peer &&
           (peer.uid == 0 || peer.uid == geteuid ());
}

static void
take (VgateLocalSocket *server, int fd)
{
    Client *client;

    if (!is_trusted (fd)) {
        close (fd);
        return;
    }
    if (server->clients.length == VGATE_LOCAL_SOCKET_CLIENTS_MAX)
        client_free (g_queue_peek_head (&server->clients));
    client = g_new0 (Client, 1);
    client->socket = server;
    client->fd = fd;
    client->source = watch (fd, G_IO_IN, on_client, client);
    client->deadline_source = g_timeout_add (VGATE_LOCAL_SOCKET_DEADLINE_MS, on_deadline, client);
    g_queue_push_tail (&server->clients, client);
}

static gboolean on_connection (int fd, GIOCondition condition, gpointer user_data);

static gboolean
on_pause_over (gpointer user_data)
{
    VgateLocalSocket *server = user_data;

    server->source = watch (server->fd, G_IO_IN, on_connection, server);
    return G_SOURCE_REMOVE;
}

/* One at a time: those who are here come before those who come. */
static gboolean
on_connection (int fd, G_GNUC_UNUSED GIOCondition condition, gpointer user_data)
{
    VgateLocalSocket *server = user_data;
    const int client = accept4 (fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (client >= 0) {
        take (server, client);
        return G_SOURCE_CONTINUE;
    }
    if (is_again () || errno == ECONNABORTED)
        return G_SOURCE_CONTINUE;
    server->source = g_timeout_add (PAUSE_MS, on_pause_over, server);
    return G_SOURCE_REMOVE;
}

static gboolean
bind_to (int fd, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (g_strlcpy (address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return FALSE;
    }
    if (unlink (path) != 0 && errno != ENOENT)
        return FALSE;
    /* before it has a name, so that nobody comes in between; bind () takes the mode of the socket */
    return fchmod (fd, 0600) == 0 && bind (fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
           listen (fd, BACKLOG) == 0;
}

VgateLocalSocket *
vgate_local_socket_new (const char *path, VgateLocalSocketAnswer answer, gpointer user_data, GError **error)
{
    const int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    VgateLocalSocket *server;

    if (fd < 0 || !bind_to (fd, path)) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_AGENT_SOCKET, "%s: %s", path, g_strerror (errno));
        if (fd >= 0)
            close (fd);
        return NULL;
    }
    server = g_new0 (VgateLocalSocket, 1);
    server->path = g_strdup (path);
    server->fd = fd;
    server->answer = answer;
    server->user_data = user_data;
    g_queue_init (&server->clients);
    server->source = watch (fd, G_IO_IN, on_connection, server);
    return server;
}

void
vgate_local_socket_free (VgateLocalSocket *server)
{
    if (!server)
        return;
    while (server->clients.length > 0)
        client_free (g_queue_peek_head (&server->clients));
    g_source_remove (server->source);
    close (server->fd);
    unlink (server->path);
    g_free (server->path);
    g_free (server);
}
