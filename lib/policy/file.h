/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads a file that only root may have written: the configuration and its key file. */
#pragma once

#include <glib.h>

/*
 * Returns at most max bytes. is_secret: others must not be able to read the file either. NULL without an
 * error when it does not exist. Errors: VGATE_CODE_CONFIG_UNREADABLE, _OWNER. unsafe: for a report, gets the
 * error that others can write or read the file, which is read all the same; NULL: this is the error.
 */
GBytes *vgate_policy_read_file (const char *path, gsize max, gboolean is_secret, GError **unsafe,
                                GError **error);
