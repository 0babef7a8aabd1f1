/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads a key file that only root may have written, such as vgpu-gate.conf: what all of them refuse, and how
 * it is reported. A reader of one asks for its groups and keys, and reports what is wrong in them with
 * vgate_policy_reader_go_on ().
 */
#pragma once

#include "base/codes.h"
#include "base/key-lines.h"

/* The most bytes of such a file. */
#define VGATE_POLICY_SIZE_MAX (1024u * 1024u)

typedef struct {
    const char *path;     /* borrowed; of the file, for messages */
    VgateKeyLines *lines; /* of the text; NULL until it was parsed */
    GKeyFile *file;       /* NULL: there is no file, or GKeyFile accepts nothing of it */
    /* borrowed: all faults are collected, and reading goes on; NULL: the first one is the error */
    GPtrArray *faults;
} VgatePolicyReader;

void vgate_policy_reader_clear (VgatePolicyReader *reader);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgatePolicyReader, vgate_policy_reader_clear)

/*
 * Reads the file at reader->path. NULL without an error when it does not exist and may be missing. Errors:
 * VGATE_CODE_CONFIG_UNREADABLE, _OWNER; with faults, _OWNER is one of them. The text ends with a zero byte,
 * which *length does not count, and the caller frees it.
 */
char *vgate_policy_reader_load (VgatePolicyReader *reader, gboolean may_be_missing, gsize *length,
                                GError **error);
/* Parses the text, whose lines become reader->lines, and reports those that GKeyFile does not accept. FALSE
 * with VGATE_CODE_CONFIG_SYNTAX unless faults are collected. */
gboolean vgate_policy_reader_parse (VgatePolicyReader *reader, const char *text, gsize length,
                                    GError **error);

/* Reports what is wrong in a line, or in the whole file when line is 0. TRUE when faults are collected, so
 * that reading goes on; otherwise FALSE with the error "PATH line LINE: ...". */
gboolean vgate_policy_reader_go_on (const VgatePolicyReader *reader, VgateCode code, guint line,
                                    GError **error, const char *format, ...) G_GNUC_PRINTF (5, 6);
/* The same for "invalid value 'VALUE' for KEY: expected EXPECTED". */
gboolean vgate_policy_reader_bad_value (const VgatePolicyReader *reader, const char *group, const char *key,
                                        const char *value, const char *expected, GError **error);
/* TRUE when no more faults would be kept. */
gboolean vgate_policy_reader_is_full (const VgatePolicyReader *reader);

/* The value without blanks at its ends; NULL when the file does not set the key. The caller frees it. */
char *vgate_policy_reader_get (const VgatePolicyReader *reader, const char *group, const char *key);
/* As vgate_key_lines_find (). */
guint vgate_policy_reader_line (const VgatePolicyReader *reader, const char *group, const char *key);
/* Adds a warning for each line that has no effect, because a later one sets the same key. */
void vgate_policy_reader_warn_of_twice (const VgatePolicyReader *reader);

/* Takes candidate if it is nearer to word than *best is, which is NULL at first, and near enough to be
 * meant. */
void vgate_policy_take_nearer (const char *word, const char *candidate, const char **best);
/* " (did you mean 'WORD'?)"; "" when word is NULL. The caller frees it. */
char *vgate_policy_did_you_mean (const char *word);
