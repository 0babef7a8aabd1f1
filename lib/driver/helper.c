/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "driver/helper.h"

#include "base/codes.h"
#include "base/descriptor.h"

#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

/* A host with the largest possible number of GPUs and vGPUs needs far less. */
#define ANSWER_SIZE_MAX (16u * 1024u * 1024u)

/* Writes the question to a file in memory, so that this process never blocks on a full pipe. */
static int
question_file (GBytes *question, GError **error)
{
    gsize length;
    const void *data = g_bytes_get_data (question, &length);
    const int fd = memfd_create ("vgpu-gate-question", MFD_CLOEXEC);

    if (fd >= 0 && vgate_write_all (fd, data, length) && lseek (fd, 0, SEEK_SET) == 0)
        return fd;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_INTERNAL,
                 "cannot pass the request to the process that "
                 "reads NVML: %s",
                 g_strerror (errno));
    if (fd >= 0)
        close (fd);
    return -1;
}

/* GLib forks twice, so that the process becomes no zombie of this one: a process that hangs in the kernel
 * cannot be waited for. */
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

VgateWait
vgate_wait_begin (int fd, int cancel_fd, guint deadline_ms)
{
    return (VgateWait){fd, cancel_fd, deadline_ms, g_get_monotonic_time () + (gint64)deadline_ms * 1000};
}

/* Waits until there is something to read, or the caller cancels. */
static VgateRead
wait_for (const VgateWait *wait, GError **error)
{
    for (;;) {
        const gint64 left_ms = (wait->end - g_get_monotonic_time () + 999) / 1000;
        struct pollfd fds[] = {{.fd = wait->fd, .events = POLLIN}, {.fd = wait->cancel_fd, .events = POLLIN}};
        const int n = left_ms > 0 ? poll (fds, G_N_ELEMENTS (fds), (int)left_ms) : 0;

        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0) {
            g_set_error (error, VGATE_ERROR, VGATE_CODE_NVML_TIMEOUT,
                         "the driver did not answer within %u "
                         "ms",
                         wait->deadline_ms);
            return VGATE_READ_FAILED;
        }
        return fds[1].revents != 0 ? VGATE_READ_CANCELLED : VGATE_READ_DONE;
    }
}

VgateRead
vgate_wait_read (const VgateWait *wait, GByteArray *bytes, GError **error)
{
    const VgateRead ready = wait_for (wait, error);

    if (ready != VGATE_READ_DONE || vgate_read_some (wait->fd, bytes) > 0)
        return ready;
    g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_NVML_CRASHED,
                         "the process that reads NVML has ended");
    return VGATE_READ_FAILED;
}

GBytes *
vgate_helper_ask (const VgateBackend *backend, GBytes *question, GError **error)
{
    const int fd = vgate_helper_start (backend, question, error);
    const VgateWait wait = vgate_wait_begin (fd, -1, backend->deadline_ms);
    g_autoptr (GByteArray) answer = g_byte_array_new ();
    gboolean is_in_time;

    if (fd < 0)
        return NULL;
    do
        is_in_time = wait_for (&wait, error) == VGATE_READ_DONE;
    while (is_in_time && vgate_read_some (fd, answer) > 0 && answer->len <= ANSWER_SIZE_MAX);
    close (fd);
    return is_in_time ? g_byte_array_free_to_bytes (g_steal_pointer (&answer)) : NULL;
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
    /* the loader's message usually begins with the library's name */
    if (g_str_has_prefix (owned->message, backend->library))
        g_set_error_literal (error, VGATE_ERROR, code, owned->message);
    else
        g_set_error (error, VGATE_ERROR, code, "%s: %s", backend->library, owned->message);
}
