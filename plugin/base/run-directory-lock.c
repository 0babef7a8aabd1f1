/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/base/run-directory-lock.h"

#include "base/run-directory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define LOCK_NAME "agent.lock"

static int
fail (GError **error, const char *what, const char *path)
{
    g_set_error (error, VGATE_ERROR, VGATE_CODE_RUN_DIRECTORY, "cannot %s '%s': %s", what, path,
                 g_strerror (errno));
    return -1;
}

static void
fail_locked (int fd, GError **error)
{
    char holder[32] = "";
    const gssize n = pread (fd, holder, sizeof holder - 1, 0);
    guint64 pid;

    g_strchomp (holder);
    if (n > 0 && g_ascii_string_to_unsigned (holder, 10, 1, G_MAXINT32, &pid, NULL))
        g_set_error (error, VGATE_ERROR, VGATE_CODE_AGENT_RUNS,
                     "vgpu-gated is already running (pid %s); exiting", holder);
    else
        g_set_error (error, VGATE_ERROR, VGATE_CODE_AGENT_RUNS, "vgpu-gated is already running; exiting");
}

/* The number is only for people. The kernel says whether the lock is held, so a number that was left behind
 * does no harm. */
static gboolean
write_pid (int fd)
{
    g_autofree char *pid = g_strdup_printf ("%d\n", (int)getpid ());
    const gssize length = (gssize)strlen (pid);

    return ftruncate (fd, 0) == 0 && pwrite (fd, pid, (gsize)length, 0) == length;
}

int
vgate_run_directory_lock (const char *path, GError **error)
{
    const int directory = vgate_run_directory_open (path, TRUE, VGATE_CODE_RUN_DIRECTORY, error);
    g_autofree char *lock = g_build_filename (path, LOCK_NAME, NULL);
    int fd;

    if (directory < 0)
        return -1;
    fd = openat (directory, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        fail (error, "open", lock);
    close (directory);
    if (fd < 0)
        return -1;
    if (flock (fd, LOCK_EX | LOCK_NB) == 0 && write_pid (fd))
        return fd;
    if (errno == EWOULDBLOCK)
        fail_locked (fd, error);
    else
        fail (error, "lock", lock);
    close (fd);
    return -1;
}
