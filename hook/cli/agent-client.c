/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "agent-client.h"

#include "base/codes.h"
#include "xml/xml.h"

#include <errno.h>
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <signal.h>
#include <string.h>
#include <sys/un.h>

#define DEADLINE_SEC 10u
#define RETRY_US     20000u
/* "ok " and a number of any length */
#define HEAD_MAX 32u

static gboolean
fail (GError **error, VgateCode code, const char *path, const char *what)
{
    g_set_error (error, VGATE_ERROR, (int)code, "%s from vgpu-gated at '%s': %s",
                 code == VGATE_CODE_AGENT_SILENT ? "no answer" : "invalid answer", path, what);
    return FALSE;
}

/* Takes the body out of "ok LENGTH\n" and LENGTH bytes. */
static char *
take_body (const GByteArray *answer, const char *path, gsize *length, GError **error)
{
    const char *text = (const char *)answer->data;
    const char *end = memchr (text, '\n', MIN (answer->len, HEAD_MAX));
    g_autofree char *head = end ? g_strndup (text, (gsize)(end - text)) : NULL;
    guint64 size;

    if (g_strcmp0 (head, "error") == 0) {
        fail (error, VGATE_CODE_AGENT_ANSWER, path, "this request is not supported");
        return NULL;
    }
    if (!head || !g_str_has_prefix (head, "ok ") ||
        !g_ascii_string_to_unsigned (head + 3, 10, 0, VGATE_XML_SIZE_MAX, &size, NULL) ||
        answer->len != (gsize)(end + 1 - text) + size) {
        fail (error, VGATE_CODE_AGENT_ANSWER, path, "the answer is truncated");
        return NULL;
    }
    *length = size;
    return g_strndup (end + 1, size);
}

/* Reads until the end of the file. The daemon's own deadline closes the connection in any case. */
static GByteArray *
receive (GInputStream *stream, const char *path, GError **error)
{
    const gint64 end = g_get_monotonic_time () + DEADLINE_SEC * G_USEC_PER_SEC;
    g_autoptr (GByteArray) answer = g_byte_array_new ();
    g_autoptr (GError) local = NULL;
    guint8 buffer[65536];
    gssize n;

    while ((n = g_input_stream_read (stream, buffer, sizeof buffer, NULL, &local)) > 0) {
        g_byte_array_append (answer, buffer, (guint)n);
        if (answer->len > VGATE_XML_SIZE_MAX) {
            fail (error, VGATE_CODE_AGENT_ANSWER, path, "the answer is larger than 16 MiB");
            return NULL;
        }
        if (g_get_monotonic_time () > end) {
            fail (error, VGATE_CODE_AGENT_SILENT, path, "the answer was not complete within 10 s");
            return NULL;
        }
    }
    if (n < 0 || answer->len == 0) {
        fail (error, VGATE_CODE_AGENT_SILENT, path,
              n < 0 ? local->message : "the connection was closed without an answer");
        return NULL;
    }
    return g_steal_pointer (&answer);
}

/* Unlike connect (), GLib does not wait while the daemon's queue is full, so this function tries again. */
static GSocketConnection *
connect_to (const char *path, GError **error)
{
    const gint64 end = g_get_monotonic_time () + DEADLINE_SEC * G_USEC_PER_SEC;
    g_autoptr (GSocketClient) client = g_socket_client_new ();
    g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);

    g_socket_client_set_timeout (client, DEADLINE_SEC);
    for (;;) {
        g_autoptr (GError) local = NULL;
        GSocketConnection *connection =
            g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, &local);

        if (connection)
            return connection;
        if (!g_error_matches (local, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) || g_get_monotonic_time () > end) {
            g_propagate_error (error, g_steal_pointer (&local));
            return NULL;
        }
        g_usleep (RETRY_US);
    }
}

char *
vgate_agent_ask (const char *path, const char *request, gsize *length, GError **error)
{
    g_autoptr (GSocketConnection) connection = NULL;
    g_autofree char *line = g_strconcat (request, "\n", NULL);
    g_autoptr (GByteArray) answer = NULL;
    g_autoptr (GError) local = NULL;
    struct sigaction before;

    /* GLib would cut a longer path without an error */
    if (strlen (path) >= sizeof ((struct sockaddr_un *)NULL)->sun_path) {
        fail (error, VGATE_CODE_AGENT_SILENT, path, g_strerror (ENAMETOOLONG));
        return NULL;
    }
    /* GLib ignores SIGPIPE from its first socket on, but a command whose output is piped needs the signal */
    sigaction (SIGPIPE, NULL, &before);
    connection = connect_to (path, &local);
    sigaction (SIGPIPE, &before, NULL);
    if (!connection || !g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)),
                                                   line, strlen (line), NULL, NULL, &local)) {
        fail (error, VGATE_CODE_AGENT_SILENT, path, local->message);
        return NULL;
    }
    answer = receive (g_io_stream_get_input_stream (G_IO_STREAM (connection)), path, error);
    return answer ? take_body (answer, path, length, error) : NULL;
}
