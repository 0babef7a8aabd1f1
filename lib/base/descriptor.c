/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

gssize
vgate_read_some (int fd, GByteArray *bytes)
{
    guint8 buffer[65536];
    gssize n;

    do
        n = read (fd, buffer, sizeof buffer);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        g_byte_array_append (bytes, buffer, (guint)n);
    return n;
}

gboolean
vgate_read_all (int fd, gsize max, GByteArray *bytes)
{
    gssize n;

    while ((n = vgate_read_some (fd, bytes)) > 0) {
        if (bytes->len > max) {
            errno = EFBIG;
            return FALSE;
        }
    }
    return n == 0;
}

static gboolean
read_regular (int fd, gsize max, GByteArray *bytes)
{
    struct stat status;

    if (fstat (fd, &status) != 0)
        return FALSE;
    if (!S_ISREG (status.st_mode)) {
        errno = EINVAL;
        return FALSE;
    }
    return vgate_read_all (fd, max, bytes);
}

gboolean
vgate_read_file (int directory, const char *name, gsize max, GByteArray *bytes)
{
    const int fd = openat (directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    gboolean good;
    int saved;

    if (fd < 0)
        return FALSE;
    good = read_regular (fd, max, bytes);
    saved = errno;
    close (fd);
    errno = saved;
    return good;
}

int
vgate_open_regular (const char *path)
{
    const int handle = open (path, O_PATH | O_CLOEXEC);
    g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", handle);
    struct stat status;
    int fd = -1, reason;

    if (handle < 0)
        return -1;
    if (fstat (handle, &status) == 0 && !S_ISREG (status.st_mode))
        errno = EINVAL;
    else
        fd = open (link, O_RDONLY | O_CLOEXEC);
    reason = errno;
    close (handle);
    errno = reason;
    return fd;
}

gboolean
vgate_write_all (int fd, const void *data, gsize length)
{
    for (gsize done = 0; done < length;) {
        const gssize n = write (fd, (const guint8 *)data + done, length - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return FALSE;
        done += (gsize)n;
    }
    return TRUE;
}

gboolean
vgate_replace_file (int directory, const char *name, guint mode, const void *data, gsize length)
{
    g_autofree char *new_name = g_strconcat (VGATE_NEW_FILE, name, NULL);
    const int fd = openat (directory, new_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    gboolean is_replaced;
    int reason;

    if (fd < 0)
        return FALSE;
    is_replaced = vgate_write_all (fd, data, length) && fsync (fd) == 0 &&
                  renameat (directory, new_name, directory, name) == 0;
    reason = errno;
    close (fd);
    if (!is_replaced)
        unlinkat (directory, new_name, 0);
    errno = reason;
    return is_replaced;
}

#define LOCK_STEP_US 10000

gboolean
vgate_lock_within (int fd, guint wait_ms)
{
    const gint64 end = g_get_monotonic_time () + (gint64)wait_ms * 1000;

    while (flock (fd, LOCK_EX | LOCK_NB) != 0) {
        if ((errno != EWOULDBLOCK && errno != EINTR) || g_get_monotonic_time () >= end)
            return FALSE;
        g_usleep (LOCK_STEP_US);
    }
    return TRUE;
}
