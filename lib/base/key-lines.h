/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lines of a key file. GKeyFile keeps no line numbers, but a message must name the line. */
#pragma once

#include <glib.h>

typedef struct {
    guint number; /* from 1 */
    char *group;  /* NULL: before the first group */
    char *key;    /* NULL: the line begins the group */
    char *value;  /* without blanks around it; of a line that begins a group, NULL */
    char
        *fault; /* why GKeyFile does not accept the line; key and value are then NULL. Otherwise NULL. It does
                   * not quote the line, which can be one of another file, with a secret. */
} VgateKeyLine;

typedef struct {
    GPtrArray *lines;   /* of VgateKeyLine *: all except empty ones and comments */
    GHashTable *places; /* for vgate_key_lines_find () */
} VgateKeyLines;

VgateKeyLines *vgate_key_lines_read (const char *text);
void vgate_key_lines_free (VgateKeyLines *lines);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateKeyLines, vgate_key_lines_free)

/* The number of the last line that sets the key in the group, which is the one that GKeyFile uses; of the
 * last line that begins the group when key is NULL. 0 when there is no such line. */
guint vgate_key_lines_find (const VgateKeyLines *lines, const char *group, const char *key);
/* Parses the text of these lines, without those that GKeyFile does not accept. With translations kept, a key
 * such as "key[de]" is one of its own, so that it can be reported as unknown. NULL with an error of GKeyFile;
 * g_key_file_unref () the result. */
GKeyFile *vgate_key_lines_parse (const VgateKeyLines *lines, const char *text, GError **error);
/* As g_key_file_get_keys (), but each key only once, however often it is set. The caller frees it. */
char **vgate_key_lines_list_keys (GKeyFile *file, const char *group);
