/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/file.h"

#include "base/codes.h"
#include "base/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Checks the open file instead of its path, so that it cannot be replaced between the check and its use. */
static gboolean
check_owner (const struct stat *status, const char *path, gboolean is_secret, GError **error)
{
    const mode_t forbidden = is_secret ? (S_IRWXG | S_IRWXO) : (S_IWGRP | S_IWOTH);

    if (status->st_uid != 0 && status->st_uid != geteuid ()) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_OWNER, "%s belongs to user %u, not to root", path,
                     (guint)status->st_uid);
        return FALSE;
    }
    if (status->st_mode & forbidden) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_OWNER,
                     "%s has mode %04o: others must not be "
                     "able to %s it",
                     path, (guint)(status->st_mode & 07777), is_secret ? "read or write" : "write");
        return FALSE;
    }
    return TRUE;
}

static gboolean
check_file (int fd, const char *path, gboolean is_secret, GError **unsafe, GError **error)
{
    struct stat status;

    if (fstat (fd, &status) != 0) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_UNREADABLE, "%s: %s", path, g_strerror (errno));
        return FALSE;
    }
    if (!S_ISREG (status.st_mode)) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_UNREADABLE, "%s is not a regular file", path);
        return FALSE;
    }
    return check_owner (&status, path, is_secret, unsafe ? unsafe : error) || unsafe;
}

/*
 * Where open () reports that a file does not exist: the symbolic link that leads nowhere, which is the file
 * itself or a directory above it. NULL: no such link, the file is just missing. The caller frees it.
 */
static char *
find_dangling_link (const char *path)
{
    g_autofree char *at = g_strdup (path);
    struct stat status;

    while (lstat (at, &status) != 0) {
        char *above = g_path_get_dirname (at);

        g_free (at);
        at = above;
        if (g_str_equal (at, "/") || g_str_equal (at, "."))
            return NULL;
    }
    return S_ISLNK (status.st_mode) && stat (at, &status) != 0 ? g_steal_pointer (&at) : NULL;
}

/* Sets the error of open (). A missing file is not an error, but the target of a link must exist. */
static void
set_open_error (const char *path, int error_number, GError **error)
{
    g_autofree char *link = error_number == ENOENT ? find_dangling_link (path) : NULL;

    if (link)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_UNREADABLE,
                     "cannot open '%s': the symbolic link '%s' leads to a file that does not exist", path,
                     link);
    else if (error_number != ENOENT)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_UNREADABLE, "%s: %s", path,
                     g_strerror (error_number));
}

GBytes *
vgate_policy_read_file (const char *path, gsize max, gboolean is_secret, GError **unsafe, GError **error)
{
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    gboolean is_read = FALSE;
    /* O_NONBLOCK prevents a FIFO in its place from blocking the hook; check_file () then refuses it */
    const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0) {
        set_open_error (path, errno, error);
        return NULL;
    }
    if (check_file (fd, path, is_secret, unsafe, error)) {
        is_read = vgate_read_all (fd, max, bytes);
        if (!is_read && errno == EFBIG)
            g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_UNREADABLE,
                         "%s is larger than %" G_GSIZE_FORMAT " bytes", path, max);
        else if (!is_read)
            g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_UNREADABLE, "%s: %s", path,
                         g_strerror (errno));
    }
    close (fd);
    return is_read ? g_byte_array_free_to_bytes (g_steal_pointer (&bytes)) : NULL;
}
