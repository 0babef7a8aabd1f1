/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lines of a key file. GKeyFile keeps no line numbers, but a message must name the line. */
#pragma once

#include <glib.h>

typedef struct {
    guint number; /* from 1 */
    char *group;  /* NULL: before the first group */
    char *key;    /* NULL: the line begins the group */
    char *value;  /* without blanks around it; of a line that begins a group, NULL */
    char *fault;  /* why GKeyFile does not accept the line; key and value are then NULL. Otherwise NULL. */
} VgateKeyLine;

/* All lines except empty ones and comments: an array of VgateKeyLine *. */
GPtrArray *vgate_key_lines_read (const char *text);

/* The number of the last line that sets the key in the group, which is the one that GKeyFile uses; of the
 * last line that begins the group when key is NULL. 0 when there is no such line. */
guint vgate_key_lines_find (const GPtrArray *lines, const char *group, const char *key);
/* The number of the first line that GKeyFile does not accept, or 0. */
guint vgate_key_lines_find_fault (const GPtrArray *lines);
/* The text with the lines that GKeyFile does not accept made empty. The caller frees it. */
char *vgate_key_lines_blank_faults (const GPtrArray *lines, const char *text);
