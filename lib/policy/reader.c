/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/reader.h"

#include "base/fault.h"
#include "policy/file.h"

#include <errno.h>
#include <string.h>

void
vgate_policy_reader_clear (VgatePolicyReader *reader)
{
    g_clear_pointer (&reader->lines, vgate_key_lines_free);
    g_clear_pointer (&reader->file, g_key_file_unref);
}

gboolean
vgate_policy_reader_go_on (const VgatePolicyReader *reader, VgateCode code, guint line, GError **error,
                           const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start (arguments, format);
    text = g_strdup_vprintf (format, arguments);
    va_end (arguments);
    if (reader->faults)
        vgate_faults_add (reader->faults, code, line, text);
    else if (line > 0)
        g_set_error (error, VGATE_ERROR, (int)code, "%s line %u: %s", reader->path, line, text);
    else
        g_set_error (error, VGATE_ERROR, (int)code, "%s: %s", reader->path, text);
    return reader->faults != NULL;
}

gboolean
vgate_policy_reader_bad_value (const VgatePolicyReader *reader, const char *group, const char *key,
                               const char *value, const char *expected, GError **error)
{
    return vgate_policy_reader_go_on (reader, VGATE_CODE_CONFIG_VALUE,
                                      vgate_policy_reader_line (reader, group, key), error,
                                      "invalid value '%s' for %s: expected %s", value, key, expected);
}

gboolean
vgate_policy_reader_is_full (const VgatePolicyReader *reader)
{
    return reader->faults && vgate_faults_are_full (reader->faults);
}

char *
vgate_policy_reader_get (const VgatePolicyReader *reader, const char *group, const char *key)
{
    char *value = reader->file ? g_key_file_get_value (reader->file, group, key, NULL) : NULL;

    /* GKeyFile removes the blanks at the beginning; those at the end are invisible */
    return value ? g_strchomp (value) : NULL;
}

guint
vgate_policy_reader_line (const VgatePolicyReader *reader, const char *group, const char *key)
{
    return vgate_key_lines_find (reader->lines, group, key);
}

/* GKeyFile takes the last line that sets a key. */
void
vgate_policy_reader_warn_of_twice (const VgatePolicyReader *reader)
{
    for (guint i = 0; i < reader->lines->lines->len && !vgate_policy_reader_is_full (reader); i++) {
        const VgateKeyLine *line = g_ptr_array_index (reader->lines->lines, i);
        const guint last =
            line->key ? vgate_policy_reader_line (reader, line->group, line->key) : line->number;
        g_autofree char *value = NULL, *text = NULL;

        if (line->fault || last == line->number)
            continue;
        value = vgate_policy_reader_get (reader, line->group, line->key);
        text = g_strdup_printf ("'%s' for %s has no effect: line %u sets it to '%s'", line->value, line->key,
                                last, value ? value : "");
        vgate_faults_add_warning (reader->faults, VGATE_CODE_CONFIG_TWICE, line->number, text);
    }
}

gboolean
vgate_policy_reader_parse (VgatePolicyReader *reader, const char *text, gsize length, GError **error)
{
    g_autoptr (GError) local = NULL;

    if (!reader->lines)
        reader->lines = vgate_key_lines_read (text);
    if (strlen (text) != length &&
        !vgate_policy_reader_go_on (reader, VGATE_CODE_CONFIG_SYNTAX,
                                    vgate_line_of_byte (text, strlen (text)), error, "unexpected NUL byte"))
        return FALSE;
    for (guint i = 0; i < reader->lines->lines->len; i++) {
        const VgateKeyLine *line = g_ptr_array_index (reader->lines->lines, i);

        if (line->fault && !vgate_policy_reader_go_on (reader, VGATE_CODE_CONFIG_SYNTAX, line->number, error,
                                                       "%s", line->fault))
            return FALSE;
    }
    reader->file = vgate_key_lines_parse (reader->lines, text, &local);
    return reader->file ||
           vgate_policy_reader_go_on (reader, VGATE_CODE_CONFIG_SYNTAX, 0, error, "%s", local->message);
}

char *
vgate_policy_reader_load (VgatePolicyReader *reader, gboolean may_be_missing, gsize *length, GError **error)
{
    g_autoptr (GBytes) bytes = NULL;
    g_autoptr (GError) local = NULL;
    GError *unsafe = NULL;

    bytes = vgate_policy_read_file (reader->path, VGATE_POLICY_SIZE_MAX, FALSE,
                                    reader->faults ? &unsafe : NULL, &local);
    if (unsafe)
        vgate_faults_take (reader->faults, unsafe, 0);
    if (local) {
        g_propagate_error (error, g_steal_pointer (&local));
        return NULL;
    }
    if (!bytes && !may_be_missing)
        g_set_error (error, VGATE_ERROR, VGATE_CODE_CONFIG_UNREADABLE, "cannot open '%s': %s", reader->path,
                     g_strerror (ENOENT));
    if (!bytes)
        return NULL;
    *length = g_bytes_get_size (bytes);
    /* the data of an empty GBytes is NULL */
    return *length > 0 ? g_strndup (g_bytes_get_data (bytes, NULL), *length) : g_strdup ("");
}

/* The number of characters that must be inserted, removed or replaced to make b of a (Levenshtein), where
 * neither is longer than a key. */
static guint
distance (const char *a, const char *b)
{
    enum { LENGTH_MAX = 40 };
    guint row[LENGTH_MAX + 1];
    const gsize a_length = strlen (a), b_length = strlen (b);

    if (a_length > LENGTH_MAX || b_length > LENGTH_MAX)
        return G_MAXUINT;
    for (guint j = 0; j <= b_length; j++)
        row[j] = j;
    for (guint i = 1; i <= a_length; i++) {
        guint diagonal = row[0];

        row[0] = i;
        for (guint j = 1; j <= b_length; j++) {
            const guint replaced = diagonal + (g_ascii_tolower (a[i - 1]) == b[j - 1] ? 0 : 1);

            diagonal = row[j];
            row[j] = MIN (replaced, MIN (row[j], row[j - 1]) + 1);
        }
    }
    return row[b_length];
}

void
vgate_policy_take_nearer (const char *word, const char *candidate, const char **best)
{
    const guint near = distance (word, candidate);

    if (near <= (guint)strlen (candidate) / 3 && (!*best || near < distance (word, *best)))
        *best = candidate;
}

char *
vgate_policy_did_you_mean (const char *word)
{
    return word ? g_strdup_printf (" (did you mean '%s'?)", word) : g_strdup ("");
}
