/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads whole inputs that are not trusted. */
#pragma once

#include "host/host.h"

/*
 * Reads everything from the descriptor. Reading stops once there is more than VGATE_XML_SIZE_MAX: *length is
 * then above it, and the parser refuses the input. A byte that is 0 follows and does not count. The caller
 * frees it. NULL with VGATE_CODE_INPUT_UNREADABLE.
 */
char *vgate_input_read_fd (int fd, gsize *length, GError **error);
/* The same for a regular file; anything else, such as a FIFO, is an error, too. */
char *vgate_input_read_regular (const char *path, gsize *length, GError **error);
/* The same for any file that a user names; "-" is standard input. */
char *vgate_input_read (const char *path, gsize *length, GError **error);

/* Reads the host document in a file. An error names the file, because the caller has another input as
 * well. */
VgateHost *vgate_input_read_host (const char *path, GError **error);
