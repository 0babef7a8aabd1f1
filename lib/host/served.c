/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/served.h"

#include "base/descriptor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Larger than any descriptor that a hook has open. */
#define FD_GUESS 65536
/* A sysfs file has at most one page. */
#define SIZE_MAX_READ 65536
#define STEP_US       1000

/* --- in the child: only system calls, as another thread can have held a lock at fork () --- */

/* Closes all descriptors above first: the caller of the hook waits for the end of its output, and the lock
 * must not outlive the parent. Linux before 5.9 has no close_range (), and a filter of system calls can
 * refuse it. Then the open descriptors are listed or, without /proc, all below FD_GUESS are closed. */
static void
close_all_behind (int first)
{
    _Alignas(struct dirent64) char entries[4096];
    int directory;

    if (close_range ((unsigned int)first + 1, ~0u, 0) == 0)
        return;
    directory = open ("/proc/self/fd", O_RDONLY | O_DIRECTORY);
    for (int fd = first + 1; directory < 0 && fd < FD_GUESS; fd++)
        close (fd);
    for (;;) {
        const gssize length = directory < 0 ? 0 : getdents64 (directory, entries, sizeof entries);

        if (length <= 0)
            break;
        for (gssize at = 0; at < length;) {
            const struct dirent64 *entry = (const struct dirent64 *)(entries + at);
            int fd = 0;

            for (const char *digit = entry->d_name; *digit >= '0' && *digit <= '9'; digit++)
                fd = fd * 10 + (*digit - '0');
            if (entry->d_name[0] != '.' && fd > first && fd != directory)
                close (fd);
            at += entry->d_reclen;
        }
    }
    if (directory >= 0)
        close (directory);
}

static void
write_and_exit (const char *path, const char *text, gsize length)
{
    int fd;

    close_all_behind (-1);
    /* O_TRUNC, as a regular file (in tests) would keep the end of a longer content */
    fd = open (path, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_NOCTTY);
    if (fd < 0)
        _exit (errno);
    if (write (fd, text, length) != (gssize)length)
        _exit (errno != 0 ? errno : EIO);
    _exit (close (fd) == 0 ? 0 : errno);
}

/* Copies the file to the pipe. */
static void
read_and_exit (const char *path, int out)
{
    char buffer[4096];
    gssize n;
    int fd;

    if (dup2 (out, STDIN_FILENO) != STDIN_FILENO)
        _exit (errno);
    close_all_behind (STDIN_FILENO);
    fd = open (path, O_RDONLY | O_NOFOLLOW | O_NOCTTY);
    if (fd < 0)
        _exit (errno);
    while ((n = read (fd, buffer, sizeof buffer)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            _exit (errno);
        if (write (STDIN_FILENO, buffer, (gsize)n) != n)
            _exit (EIO);
    }
    _exit (0);
}

/* --- in the parent --- */

/* Returns the child's exit status, or ETIMEDOUT at the end of the time. */
static int
wait_for (pid_t child, gint64 end)
{
    int status;

    for (;;) {
        const pid_t done = waitpid (child, &status, WNOHANG);

        if (done == child)
            return WIFEXITED (status) ? WEXITSTATUS (status) : EIO;
        if (done < 0 && errno != EINTR)
            return errno;
        if (g_get_monotonic_time () >= end)
            break;
        g_usleep (STEP_US);
    }
    /* the child was not reaped, so its pid cannot belong to another process */
    kill (child, SIGKILL);
    return ETIMEDOUT;
}

static gint64
end_after (guint deadline_ms)
{
    return g_get_monotonic_time () + (gint64)deadline_ms * 1000;
}

int
vgate_served_write (VgateServed *served, const char *path, const char *text, guint deadline_ms)
{
    const gsize length = strlen (text);
    pid_t child;
    int rc;

    if (served->hangs)
        return ETIMEDOUT;
    child = fork ();
    if (child < 0)
        return errno;
    if (child == 0) {
        errno = 0;
        write_and_exit (path, text, length);
    }
    rc = wait_for (child, end_after (deadline_ms));
    served->hangs = rc == ETIMEDOUT;
    return rc;
}

/* Reads until the end of file or the end of the time. */
static void
drain (int fd, gint64 end, GByteArray *bytes)
{
    for (;;) {
        const gint64 left_ms = (end - g_get_monotonic_time () + 999) / 1000;
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        const int n_ready = left_ms > 0 ? poll (&ready, 1, (int)left_ms) : 0;

        if (n_ready < 0 && errno == EINTR)
            continue;
        if (n_ready <= 0 || vgate_read_some (fd, bytes) <= 0 || bytes->len > SIZE_MAX_READ)
            return;
    }
}

static int
read_by_child (const char *path, guint deadline_ms, GByteArray *bytes)
{
    const gint64 end = end_after (deadline_ms);
    int ends[2], rc;
    pid_t child;

    if (pipe2 (ends, O_CLOEXEC) != 0)
        return errno;
    child = fork ();
    if (child == 0)
        read_and_exit (path, ends[1]);
    rc = child < 0 ? errno : 0;
    close (ends[1]);
    if (rc == 0) {
        drain (ends[0], end, bytes);
        rc = wait_for (child, end);
    }
    close (ends[0]);
    return rc;
}

char *
vgate_served_read (VgateServed *served, const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename (directory, name, NULL), *text = NULL;
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    gboolean is_read;

    if (served->hangs)
        return NULL;
    if (served->read_ms > 0) {
        const int rc = read_by_child (path, served->read_ms, bytes);

        served->hangs = rc == ETIMEDOUT;
        is_read = rc == 0;
    } else {
        const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);

        is_read = fd >= 0 && vgate_read_all (fd, SIZE_MAX_READ, bytes);
        if (fd >= 0)
            close (fd);
    }
    if (!is_read || bytes->len > SIZE_MAX_READ || (bytes->len > 0 && memchr (bytes->data, '\0', bytes->len)))
        return NULL;
    /* bytes->data is NULL for an empty file */
    text = bytes->len > 0 ? g_strndup ((const char *)bytes->data, bytes->len) : g_strdup ("");
    return g_strdup (g_strstrip (text));
}
