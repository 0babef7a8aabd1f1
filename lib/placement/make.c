/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "placement/make.h"

#include "host/sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_MS 10000
/* The kernel answers when it is done; but a driver may be a moment behind with what it shows, on a busy host
 * more than one. */
#define APPEAR_MS 2000
#define STEP_US   1000
/* More than a hook ever has open. */
#define FD_GUESS 65536

/* In the child: nothing but system calls, as nobody knows what the parent held when it forked.
 *
 * Closes all: the caller of the hook waits for the end of its output, and the lock must not outlive the
 * parent. Linux before 5.9 has no close_range (), and a filter of system calls may refuse it: then what is
 * open is listed, or, without /proc, guessed. */
static void
close_all (void)
{
    _Alignas(struct dirent64) char entries[4096];
    int directory;

    if (close_range (0, ~0u, 0) == 0)
        return;
    directory = open ("/proc/self/fd", O_RDONLY | O_DIRECTORY);
    for (int fd = 0; directory < 0 && fd < FD_GUESS; fd++)
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
            if (entry->d_name[0] != '.' && fd != directory)
                close (fd);
            at += entry->d_reclen;
        }
    }
    if (directory >= 0)
        close (directory);
}

/* In the child, likewise. */
static void
write_and_exit (const char *path, const char *text, gsize length)
{
    int fd;

    close_all ();
    /* what is no file of sysfs would keep what was longer before */
    fd = open (path, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_NOCTTY);
    if (fd < 0)
        _exit (errno);
    if (write (fd, text, length) != (gssize)length)
        _exit (errno != 0 ? errno : EIO);
    _exit (close (fd) == 0 ? 0 : errno);
}

static int
wait_for (pid_t child, guint deadline_ms)
{
    const gint64 end = g_get_monotonic_time () + (gint64)deadline_ms * 1000;
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
    /* not reaped, so its pid is still its own */
    kill (child, SIGKILL);
    return ETIMEDOUT;
}

int
vgate_write_in_time (const char *path, const char *text, guint deadline_ms)
{
    const gsize length = strlen (text);
    const pid_t child = fork ();

    if (child < 0)
        return errno;
    if (child == 0) {
        errno = 0;
        write_and_exit (path, text, length);
    }
    return wait_for (child, deadline_ms);
}

static void
look_up (const char *root, const VgateLease *lease, VgateDevice *device)
{
    const VgateHostdev hostdev = {.kind = (VgateHostdevKind)lease->kind, .source = lease->device};

    vgate_sysfs_look_up (root, &hostdev, device);
}

/* A virtual function is always there; what counts is its type. */
gboolean
vgate_device_exists (const char *root, const VgateLease *lease)
{
    g_auto (VgateDevice) device = {0};

    look_up (root, lease, &device);
    if (lease->kind == VGATE_HOSTDEV_MDEV)
        return device.kind != VGATE_DEVICE_ABSENT;
    return device.kind == VGATE_DEVICE_VGPU && device.type != 0;
}

/* Types are compared by their names, as a driver can number them anew; a virtual function has but an id. */
static gboolean
is_as_leased (const char *root, const VgateLease *lease)
{
    g_auto (VgateDevice) device = {0};
    gboolean is_of_type;

    look_up (root, lease, &device);
    is_of_type = device.type_name && lease->type_name ? strcmp (device.type_name, lease->type_name) == 0
                                                      : device.type == lease->type;
    return device.kind == VGATE_DEVICE_VGPU && is_of_type && strcmp (device.parent, lease->parent) == 0;
}

static gboolean
becomes_as_leased (const char *root, const VgateLease *lease)
{
    for (guint i = 0; i < APPEAR_MS * 1000 / STEP_US; i++) {
        if (is_as_leased (root, lease))
            return TRUE;
        g_usleep (STEP_US);
    }
    return FALSE;
}

/* FALSE also where somebody else has given the virtual function another type. */
static gboolean
is_ours (const char *root, const VgateLease *lease)
{
    return lease->kind == VGATE_HOSTDEV_MDEV ? vgate_device_exists (root, lease) : is_as_leased (root, lease);
}

static gboolean
not_made (const VgateLease *lease, int rc, const char *why, GError **error)
{
    g_set_error (error, VGATE_ERROR, rc == ETIMEDOUT ? VGATE_CODE_DEVICE_HANGS : VGATE_CODE_DEVICE_NOT_MADE,
                 "%s of type %u on %s cannot be made: %s", lease->device, lease->type, lease->parent, why);
    return FALSE;
}

gboolean
vgate_device_make (const char *root, const VgateLease *lease, GError **error)
{
    const VgateHostdevKind kind = (VgateHostdevKind)lease->kind;
    g_autofree char *path = vgate_sysfs_maker_path (root, kind, lease->parent, lease->type);
    g_autofree char *text =
        kind == VGATE_HOSTDEV_MDEV ? g_strdup (lease->device) : g_strdup_printf ("%u", lease->type);
    int rc;

    if (vgate_device_exists (root, lease))
        return is_as_leased (root, lease) ||
               not_made (lease, 0, "it exists meanwhile, and is another one", error);
    if (!path)
        return not_made (lease, 0, "its GPU offers it no more", error);
    rc = vgate_write_in_time (path, text, DEADLINE_MS);
    if (rc == 0 && becomes_as_leased (root, lease))
        return TRUE;
    /* nothing half made; what hangs is the driver's */
    if (rc == 0 || (kind == VGATE_HOSTDEV_MDEV && rc != ETIMEDOUT && rc != EEXIST))
        vgate_device_unmake (root, lease, NULL);
    return not_made (lease, rc, rc == 0 ? "the driver took it, but there is no such device" : g_strerror (rc),
                     error);
}

gboolean
vgate_device_unmake (const char *root, const VgateLease *lease, GError **error)
{
    const VgateHostdevKind kind = (VgateHostdevKind)lease->kind;
    g_autofree char *path = vgate_sysfs_unmaker_path (root, kind, lease->device);
    int rc;

    if (!path || !is_ours (root, lease))
        return TRUE;
    rc = vgate_write_in_time (path, kind == VGATE_HOSTDEV_MDEV ? "1" : "0", DEADLINE_MS);
    for (guint i = 0; rc == 0 && i < APPEAR_MS * 1000 / STEP_US; i++) {
        if (!vgate_device_exists (root, lease))
            return TRUE;
        g_usleep (STEP_US);
    }
    g_set_error (error, VGATE_ERROR, rc == ETIMEDOUT ? VGATE_CODE_DEVICE_HANGS : VGATE_CODE_DEVICE_NOT_UNMADE,
                 "%s on %s cannot be unmade: %s", lease->device, lease->parent,
                 rc == 0 ? "the driver took it, but it is still there" : g_strerror (rc));
    return FALSE;
}
