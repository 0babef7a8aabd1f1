/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading and writing to the end, whatever interrupts it. What fails says why in errno. */
#pragma once

#include <glib.h>

/* Appends what one read () gives: how many bytes; 0 at the end; -1 with errno. */
gssize vgate_read_some (int fd, GByteArray *bytes);

/* Appends all that comes before the end. FALSE with errno: EFBIG when bytes are then more than max. */
gboolean vgate_read_all (int fd, gsize max, GByteArray *bytes);

/*
 * Appends the content of a regular file. directory: a descriptor for a name that is relative to it, or
 * AT_FDCWD. A link at the end of the path is not followed, and a FIFO in its place makes nobody wait. FALSE
 * with errno: EINVAL when it is no regular file, else as vgate_read_all ().
 */
gboolean vgate_read_file (int directory, const char *name, gsize max, GByteArray *bytes);

/* FALSE with errno. */
gboolean vgate_write_all (int fd, const void *data, gsize length);

/*
 * Gives the file of that name in the directory (a descriptor) this content, and its mode if it is new: all or
 * nothing, by another file NAME.new that gets the name. FALSE with errno; the file that was there stays.
 */
gboolean vgate_replace_file (int directory, const char *name, guint mode, const void *data, gsize length);
