/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading and writing whole files; calls that a signal interrupts are repeated. Functions that fail set
 * errno. */
#pragma once

#include <glib.h>

/* Appends the bytes of one read (). Returns their number, 0 at the end, or -1 with errno. */
gssize vgate_read_some (int fd, GByteArray *bytes);

/* Appends everything up to the end. FALSE with errno; EFBIG when bytes then has more than max bytes. */
gboolean vgate_read_all (int fd, gsize max, GByteArray *bytes);

/*
 * Appends the content of a regular file. name is relative to directory, which is a descriptor or AT_FDCWD. A
 * symbolic link as the last component is not followed, and a FIFO does not block. FALSE with errno: EINVAL
 * when it is not a regular file, otherwise as for vgate_read_all ().
 */
gboolean vgate_read_file (int directory, const char *name, gsize max, GByteArray *bytes);

/* Opens a regular file for reading, also through a symbolic link. Anything else, such as a FIFO, is not
 * opened. -1 with errno: EINVAL when it is not a regular file. */
int vgate_open_regular (const char *path);

/* Writes all bytes. FALSE with errno. */
gboolean vgate_write_all (int fd, const void *data, gsize length);

/* Takes the exclusive lock (flock) of an open file, and waits that long for it. FALSE with errno; EWOULDBLOCK
 * when another process had the lock all the time. */
gboolean vgate_lock_within (int fd, guint wait_ms);

/* Precedes the name of a file that is being written. Nothing else in the directories that we write begins
 * with it, but any domain's name can end with ".new". */
#define VGATE_NEW_FILE ".new-"

/*
 * Replaces the content of the file of that name in the directory (a descriptor) as a whole, or creates it
 * with the mode: writes and syncs .new-NAME, which must not exist, and renames it. The caller's lock must
 * allow only one writer. FALSE with errno; an existing file is then unchanged.
 */
gboolean vgate_replace_file (int directory, const char *name, guint mode, const void *data, gsize length);
