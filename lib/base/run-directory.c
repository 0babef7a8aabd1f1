/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/run-directory.h"

#include "base/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
fail (VgateCode code, const char *path, GError **error)
{
    g_set_error (error, VGATE_ERROR, (int)code, "%s: %s", path, g_strerror (errno));
    return -1;
}

/* Checks the open directory instead of its path, so that it cannot be exchanged between the check and its
 * use. */
int
vgate_run_directory_open (const char *path, gboolean may_make, VgateCode code, GError **error)
{
    struct stat status;
    int fd;

    if (may_make && mkdir (path, 0755) != 0 && errno != EEXIST)
        return fail (code, path, error);
    fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return !may_make && errno == ENOENT ? -1 : fail (code, path, error);
    if (fstat (fd, &status) != 0)
        fail (code, path, error);
    else if ((status.st_uid != 0 && status.st_uid != geteuid ()) || status.st_mode & (S_IWGRP | S_IWOTH))
        g_set_error (
            error, VGATE_ERROR, (int)code,
            "%s belongs to user %u and has mode %04o: it must belong to root, and others must not be "
            "able to write it",
            path, (guint)status.st_uid, (guint)(status.st_mode & 07777));
    else
        return fd;
    close (fd);
    return -1;
}

int
vgate_run_directory_open_in (const char *root, gboolean may_make, VgateCode code, GError **error)
{
    g_autofree char *path = g_strconcat (root, VGATE_RUN_DIRECTORY, NULL);

    return vgate_run_directory_open (path, may_make, code, error);
}

gboolean
vgate_run_directory_replace (int directory, const char *name, const char *text)
{
    g_autofree char *left = g_strconcat (VGATE_NEW_FILE, name, NULL);

    unlinkat (directory, left, 0);
    return vgate_replace_file (directory, name, 0600, text, strlen (text));
}

int
vgate_run_directory_take_lock (int directory, const char *name, guint wait_ms)
{
    const int lock = openat (directory, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    int reason;

    if (lock < 0 || vgate_lock_within (lock, wait_ms))
        return lock;
    reason = errno;
    close (lock);
    errno = reason;
    return -1;
}

guint64
vgate_run_directory_clock (void)
{
    return (guint64)g_get_monotonic_time () / G_USEC_PER_SEC;
}
