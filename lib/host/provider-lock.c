/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/provider-lock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* A lock of the open file, not of the process: it can be asked for without being taken, and closing another
 * descriptor of the file does not lose it. */
static struct flock
whole_file (short type)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET};
}

static int
fail (const char *path, GError **error)
{
    g_set_error (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_BUS, "%s: %s", path,
                 errno == EAGAIN || errno == EACCES ? "another vgpu-gated holds it" : g_strerror (errno));
    return -1;
}

int
vgate_provider_lock_take (const char *root, GError **error)
{
    g_autofree char *path = g_strconcat (root, VGATE_PROVIDER_LOCK, NULL);
    g_autofree char *folder = g_path_get_dirname (path), *name = g_path_get_basename (path);
    struct flock lock = whole_file (F_WRLCK);
    const int directory = vgate_run_directory_open (folder, TRUE, VGATE_CODE_SWITCH_OVER_BUS, error);
    int fd;

    if (directory < 0)
        return -1;
    /* in the directory that was looked at, whatever stands at its path by now */
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
    /* only who may write the file can have locked it so: a shared lock of somebody else does not count */
    struct flock lock = whole_file (F_RDLCK);
    const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    gboolean is_held;

    if (fd < 0)
        return FALSE;
    is_held = fcntl (fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    close (fd);
    return is_held;
}
