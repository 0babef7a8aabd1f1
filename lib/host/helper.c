/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/helper.h"

#include "message/codes.h"

#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

/* A host with every GPU and vGPU that fits into a machine needs far less. */
#define ANSWER_SIZE_MAX (16u * 1024u * 1024u)

static gboolean
write_all (int fd, GBytes *bytes)
{
    gsize left;
    const guint8 *at = g_bytes_get_data (bytes, &left);

    while (left > 0) {
        const gssize n = write (fd, at, left);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return FALSE;
        at += n;
        left -= (gsize)n;
    }
    return TRUE;
}

/* The question as a file in memory: the child reads it when it likes, and we never block on a full pipe. */
static int
question_file (GBytes *question, GError **error)
{
    int fd = memfd_create ("vgpu-gate-question", MFD_CLOEXEC);

    if (fd >= 0 && write_all (fd, question) && lseek (fd, 0, SEEK_SET) == 0)
        return fd;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_INTERNAL, "cannot hand over the question: %s",
                 g_strerror (errno));
    if (fd >= 0)
        close (fd);
    return -1;
}

/* GLib's second fork makes it nobody's zombie: a process that hangs in the kernel cannot be waited for. */
int
vgate_helper_start (const VgateBackend *backend, GBytes *question, GError **error)
{
    const char *const argv[] = {backend->helper, NULL};
    const char *const environment[] = {"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
    g_autoptr (GError) local = NULL;
    int in = question_file (question, error), out = -1;

    if (in < 0)
        return -1;
    if (!g_spawn_async_with_pipes_and_fds (NULL, argv, environment, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
                                           in, -1, -1, NULL, NULL, 0, NULL, NULL, &out, NULL, &local)) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_INTERNAL, "cannot run %s: %s", backend->helper,
                     local->message);
        out = -1;
    }
    close (in);
    return out;
}

static gint64
end_of (guint deadline_ms)
{
    return g_get_monotonic_time () + (gint64)deadline_ms * 1000;
}

/* Until fd or cancel_fd has something to read. */
static VgateRead
wait_for (int fd, int cancel_fd, gint64 end, guint deadline_ms, GError **error)
{
    for (;;) {
        const gint64 left_ms = (end - g_get_monotonic_time () + 999) / 1000;
        struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = cancel_fd, .events = POLLIN}};
        const int n = left_ms > 0 ? poll (fds, G_N_ELEMENTS (fds), (int)left_ms) : 0;

        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0) {
            g_set_error (error, VGATE_ERROR, VGATE_CODE_NVML_TIMEOUT, "NVML did not answer within %u ms",
                         deadline_ms);
            return VGATE_READ_FAILED;
        }
        return fds[1].revents != 0 ? VGATE_READ_CANCELLED : VGATE_READ_DONE;
    }
}

GBytes *
vgate_helper_read (int fd, guint deadline_ms, GError **error)
{
    const gint64 end = end_of (deadline_ms);
    g_autoptr (GByteArray) answer = g_byte_array_new ();

    for (;;) {
        guint8 buffer[8192];
        gssize n;

        if (wait_for (fd, -1, end, deadline_ms, error) == VGATE_READ_FAILED)
            return NULL;
        n = read (fd, buffer, sizeof buffer);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0 || answer->len > ANSWER_SIZE_MAX)
            break;
        g_byte_array_append (answer, buffer, (guint)n);
    }
    return g_byte_array_free_to_bytes (g_steal_pointer (&answer));
}

VgateRead
vgate_helper_read_exactly (int fd, int cancel_fd, guint deadline_ms, gpointer buffer, gsize length,
                           GError **error)
{
    const gint64 end = end_of (deadline_ms);
    guint8 *at = buffer;

    while (length > 0) {
        const VgateRead ready = wait_for (fd, cancel_fd, end, deadline_ms, error);
        gssize n;

        if (ready != VGATE_READ_DONE)
            return ready;
        n = read (fd, at, length);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0) {
            g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_NVML_CRASHED,
                                 "the process that reads NVML ended");
            return VGATE_READ_FAILED;
        }
        at += n;
        length -= (gsize)n;
    }
    return VGATE_READ_DONE;
}

void
vgate_helper_translate_error (GError *answer_error, const VgateBackend *backend, GError **error)
{
    g_autoptr (GError) owned = answer_error;
    VgateCode code = VGATE_CODE_NVML_ERROR;

    if (owned->domain != VGATE_NVML_ERROR) {
        g_propagate_error (error, g_steal_pointer (&owned));
        return;
    }
    if (owned->code == VGATE_NVML_ERROR_LIBRARY)
        code = VGATE_CODE_NVML_LIBRARY;
    else if (owned->code == VGATE_NVML_ERROR_SYMBOL)
        code = VGATE_CODE_NVML_SYMBOL;
    /* the loader's own words mostly begin with it */
    if (g_str_has_prefix (owned->message, backend->library))
        g_set_error_literal (error, VGATE_ERROR, code, owned->message);
    else
        g_set_error (error, VGATE_ERROR, code, "%s: %s", backend->library, owned->message);
}
