/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "agent-client.h"

#include "message/codes.h"
#include "xml/xml.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define DEADLINE_SEC 10
/* "ok " and the digits of any length. */
#define HEAD_MAX 32u

static gboolean
fail (GError **error, VgateCode code, const char *path, const char *what)
{
    g_set_error (error, VGATE_ERROR, (int)code, "%s: %s", path, what);
    return FALSE;
}

static gboolean
connect_to (int fd, const char *path, GError **error)
{
    const struct timeval deadline = {.tv_sec = DEADLINE_SEC};
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (fd < 0 || setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline) != 0 ||
        setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof deadline) != 0)
        return fail (error, VGATE_CODE_AGENT_SILENT, path, g_strerror (errno));
    if (g_strlcpy (address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path)
        return fail (error, VGATE_CODE_AGENT_SILENT, path, g_strerror (ENAMETOOLONG));
    return connect (fd, (const struct sockaddr *)&address, sizeof address) == 0 ||
           fail (error, VGATE_CODE_AGENT_SILENT, path, g_strerror (errno));
}

/* Until the end of file, which the daemon's own deadline brings at the latest. */
static GByteArray *
receive (int fd, const char *path, GError **error)
{
    const gint64 end = g_get_monotonic_time () + DEADLINE_SEC * G_USEC_PER_SEC;
    g_autoptr (GByteArray) answer = g_byte_array_new ();
    guint8 buffer[65536];
    gssize n;

    while ((n = recv (fd, buffer, sizeof buffer, 0)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || g_get_monotonic_time () > end) {
            fail (error, VGATE_CODE_AGENT_SILENT, path, n < 0 ? g_strerror (errno) : "it takes too long");
            return NULL;
        }
        g_byte_array_append (answer, buffer, (guint)n);
        if (answer->len > VGATE_XML_SIZE_MAX) {
            fail (error, VGATE_CODE_AGENT_ANSWER, path, "the answer is too large");
            return NULL;
        }
    }
    return g_steal_pointer (&answer);
}

/* "ok LENGTH\n" and so many bytes. */
static char *
take_body (const GByteArray *answer, const char *path, gsize *length, GError **error)
{
    const char *text = (const char *)answer->data;
    const char *end = memchr (text, '\n', MIN (answer->len, HEAD_MAX));
    g_autofree char *head = end ? g_strndup (text, (gsize)(end - text)) : NULL;
    guint64 size;

    if (g_strcmp0 (head, "error") == 0) {
        fail (error, VGATE_CODE_AGENT_ANSWER, path, "vgpu-gated does not know this request");
        return NULL;
    }
    if (!head || !g_str_has_prefix (head, "ok ") ||
        !g_ascii_string_to_unsigned (head + 3, 10, 0, VGATE_XML_SIZE_MAX, &size, NULL) ||
        answer->len != (gsize)(end + 1 - text) + size) {
        fail (error, VGATE_CODE_AGENT_ANSWER, path, "the answer is cut");
        return NULL;
    }
    *length = size;
    return g_strndup (end + 1, size);
}

static char *
converse (int fd, const char *path, const char *request, gsize *length, GError **error)
{
    g_autofree char *line = g_strconcat (request, "\n", NULL);
    g_autoptr (GByteArray) answer = NULL;

    if (!connect_to (fd, path, error))
        return NULL;
    if (send (fd, line, strlen (line), MSG_NOSIGNAL) != (gssize)strlen (line)) {
        fail (error, VGATE_CODE_AGENT_SILENT, path, g_strerror (errno));
        return NULL;
    }
    answer = receive (fd, path, error);
    if (!answer)
        return NULL;
    if (answer->len == 0) {
        fail (error, VGATE_CODE_AGENT_SILENT, path, "it closed the connection");
        return NULL;
    }
    return take_body (answer, path, length, error);
}

char *
vgate_agent_ask (const char *path, const char *request, gsize *length, GError **error)
{
    const int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char *body = converse (fd, path, request, length, error);

    if (fd >= 0)
        close (fd);
    return body;
}
