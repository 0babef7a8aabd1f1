/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/probe.h"

#include "host/probe-wire.h"

#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

/* A host with every GPU and vGPU that fits into a machine needs far less. */
#define ANSWER_SIZE_MAX (16u * 1024u * 1024u)

void
vgate_probe_free (VgateProbe *probe)
{
    if (!probe)
        return;
    vgate_host_free (probe->host);
    g_array_unref (probe->answers);
    g_ptr_array_unref (probe->instances);
    g_free (probe);
}

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
question_file (const VgateQuestion *question, GError **error)
{
    g_autoptr (GBytes) bytes = vgate_wire_write_question (question);
    int fd = memfd_create ("vgpu-gate-question", MFD_CLOEXEC);

    if (fd >= 0 && write_all (fd, bytes) && lseek (fd, 0, SEEK_SET) == 0)
        return fd;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_INTERNAL, "cannot hand over the question: %s",
                 g_strerror (errno));
    if (fd >= 0)
        close (fd);
    return -1;
}

/*
 * Starts the helper; the descriptor is where its answer comes. GLib's second fork makes it nobody's zombie: a
 * process that hangs in the kernel cannot be waited for.
 */
static int
start_helper (const VgateBackend *backend, const VgateQuestion *question, GError **error)
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

/* Everything until the end of file, or NULL with an error when the deadline passes before. */
static GBytes *
read_until (int fd, guint deadline_ms, GError **error)
{
    const gint64 end = g_get_monotonic_time () + (gint64)deadline_ms * 1000;
    g_autoptr (GByteArray) answer = g_byte_array_new ();

    for (;;) {
        const gint64 left_ms = (end - g_get_monotonic_time () + 999) / 1000;
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        guint8 buffer[8192];
        gssize n;

        if (left_ms <= 0 || poll (&poll_fd, 1, (int)left_ms) == 0) {
            g_set_error (error, VGATE_ERROR, VGATE_CODE_NVML_TIMEOUT, "NVML did not answer within %u ms",
                         deadline_ms);
            return NULL;
        }
        n = read (fd, buffer, sizeof buffer);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0 || answer->len > ANSWER_SIZE_MAX)
            break;
        g_byte_array_append (answer, buffer, (guint)n);
    }
    return g_byte_array_free_to_bytes (g_steal_pointer (&answer));
}

/* The driver's own errors with our codes, which say what to do. */
static void
translate_error (GError *nvml_error, const VgateBackend *backend, GError **error)
{
    g_autoptr (GError) owned = nvml_error;
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

VgateProbe *
vgate_probe_ask (const VgateBackend *backend, const VgateIdentity *identity, const GPtrArray *vgpus,
                 gboolean with_instances, GError **error)
{
    const VgateQuestion question = {
        .library = backend->library,
        .deadline_ms = backend->deadline_ms,
        .identity = *identity,
        .vgpus = (GPtrArray *)vgpus,
        .with_instances = with_instances,
    };
    g_autoptr (GBytes) answer = NULL;
    g_autoptr (GError) local = NULL;
    VgateProbe *probe;
    const int fd = start_helper (backend, &question, error);

    if (fd < 0)
        return NULL;
    answer = read_until (fd, backend->deadline_ms, error);
    close (fd);
    if (!answer)
        return NULL;
    probe = vgate_wire_read_answer (answer, &local);
    if (!probe)
        translate_error (g_steal_pointer (&local), backend, error);
    return probe;
}
