/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/provider-lock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* An open file description lock: it can be queried without taking it, and is not lost when the process closes
 * another descriptor of the file. */
static struct flock
whole_file (short type)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET};
}

static int
fail (const char *path, GError **error)
{
    g_set_error (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_BUS, "%s: %s", path,
                 errno == EAGAIN || errno == EACCES ? "another vgpu-gated holds the lock"
                                                    : g_strerror (errno));
    return -1;
}

int
vgate_provider_lock_take (const char *root, GError **error)
{
    g_autofree char *path = g_strconcat (root, VGATE_PROVIDER_LOCK, NULL);
    g_autofree char *name = g_path_get_basename (path);
    struct flock lock = whole_file (F_WRLCK);
    const int directory = vgate_run_directory_open_in (root, TRUE, VGATE_CODE_SWITCH_OVER_BUS, error);
    int fd;

    if (directory < 0)
        return -1;
    /* opens it in the checked directory, as its path can have been replaced since */
    fd = openat (directory, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        fail (path, error);
    close (directory);
    if (fd < 0)
        return -1;
    if (fcntl (fd, F_OFD_SETLK, &lock) == 0)
        return fd;
    fail (path, error);
    close (fd);
    return -1;
}

gboolean
vgate_provider_lock_is_held (const char *root)
{
    g_autofree char *path = g_strconcat (root, VGATE_PROVIDER_LOCK, NULL);
    /* queries for a write lock, which needs write permission: a read lock of another process does not
     * count */
    struct flock lock = whole_file (F_RDLCK);
    const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    gboolean is_held;

    if (fd < 0)
        return FALSE;
    is_held = fcntl (fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    close (fd);
    return is_held;
}
