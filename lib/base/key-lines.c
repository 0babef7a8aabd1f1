/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/key-lines.h"

#include <string.h>

static void
line_free (VgateKeyLine *line)
{
    g_free (line->group);
    g_free (line->key);
    g_free (line->value);
    g_free (line->fault);
    g_free (line);
}

/* As GKeyFile: "key", or "key[locale]". */
static gboolean
is_key (const char *text)
{
    const char *locale = text + strcspn (text, "[]");
    const gsize length = strlen (locale);

    if (*text == '\0' || locale == text || locale[-1] == ' ')
        return FALSE;
    if (length == 0)
        return TRUE;
    for (gsize i = 1; i + 1 < length; i++)
        if (!g_ascii_isalnum (locale[i]) && !strchr ("-_.@", locale[i]) && (guchar)locale[i] < 0x80)
            return FALSE;
    return *locale == '[' && length > 1 && locale[length - 1] == ']';
}

static gboolean
is_group (const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if (*at == '[' || *at == ']' || g_ascii_iscntrl (*at))
            return FALSE;
    return *text != '\0';
}

/* The key of a line that sets one; NULL with *fault for any other line. */
static char *
read_key (const char *text, const char *group, char **fault)
{
    const char *equals = strchr (text, '=');
    g_autofree char *key = equals ? g_strchomp (g_strndup (text, (gsize)(equals - text))) : NULL;

    if (text[0] == '[' || !equals)
        *fault = g_strdup ("the line is neither a group, nor a key with a value, nor a comment");
    else if (*key == '\0')
        *fault = g_strdup ("the line has no key before the '='");
    else if (!is_key (key))
        *fault = g_strdup ("what is before the '=' is not the name of a key");
    else if (!group)
        *fault = g_strdup ("the key is before the first group");
    return *fault ? NULL : g_steal_pointer (&key);
}

/* GKeyFile accepts no other encoding in the first group. */
static char *
check_encoding (const VgateKeyLine *line, const char *first_group)
{
    if (g_strcmp0 (line->key, "Encoding") != 0 || g_strcmp0 (line->group, first_group) != 0 ||
        g_ascii_strcasecmp (line->value, "UTF-8") == 0)
        return NULL;
    return g_strdup ("the key 'Encoding' names another encoding than UTF-8");
}

/* What vgate_key_lines_find () looks for: no name of a group contains a ']'. The caller frees it. */
static char *
place_of (const char *group, const char *key)
{
    return g_strconcat (group, "]", key, NULL);
}

/* Takes a line, whose group is set. */
static void
add_line (VgateKeyLines *lines, VgateKeyLine *line)
{
    g_ptr_array_add (lines->lines, line);
    if (!line->fault)
        g_hash_table_replace (lines->places, place_of (line->group, line->key),
                              GUINT_TO_POINTER (line->number));
}

/* *group: of the line before, and then of this line; *first_group: NULL until there is one. */
static VgateKeyLine *
read_line (const char *at, char **group, char **first_group)
{
    VgateKeyLine *line = g_new0 (VgateKeyLine, 1);

    if (at[0] == '[' && g_str_has_suffix (at, "]")) {
        g_autofree char *name = g_strndup (at + 1, strlen (at) - 2);

        if (!is_group (name)) {
            line->fault = g_strdup ("what is in the brackets is not the name of a group");
        } else {
            g_free (*group);
            *group = g_steal_pointer (&name);
            *first_group = *first_group ? *first_group : g_strdup (*group);
        }
        line->group = g_strdup (*group);
        return line;
    }
    line->group = g_strdup (*group);
    line->key = read_key (at, *group, &line->fault);
    line->value = line->key ? g_strstrip (g_strdup (strchr (at, '=') + 1)) : NULL;
    line->fault = line->fault ? line->fault : check_encoding (line, *first_group);
    if (line->fault) {
        g_clear_pointer (&line->key, g_free);
        g_clear_pointer (&line->value, g_free);
    }
    return line;
}

VgateKeyLines *
vgate_key_lines_read (const char *text)
{
    g_auto (GStrv) texts = g_strsplit (text, "\n", -1);
    VgateKeyLines *lines = g_new0 (VgateKeyLines, 1);
    g_autofree char *group = NULL, *first_group = NULL;

    lines->lines = g_ptr_array_new_with_free_func ((GDestroyNotify)line_free);
    lines->places = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; texts[i]; i++) {
        const char *at = g_strstrip (texts[i]);
        VgateKeyLine *line;

        if (at[0] == '\0' || at[0] == '#')
            continue;
        line = read_line (at, &group, &first_group);
        line->number = i + 1;
        add_line (lines, line);
    }
    return lines;
}

void
vgate_key_lines_free (VgateKeyLines *lines)
{
    if (!lines)
        return;
    g_ptr_array_unref (lines->lines);
    g_hash_table_unref (lines->places);
    g_free (lines);
}

guint
vgate_key_lines_find (const VgateKeyLines *lines, const char *group, const char *key)
{
    g_autofree char *place = place_of (group, key);

    return GPOINTER_TO_UINT (g_hash_table_lookup (lines->places, place));
}

/* The text with the lines that GKeyFile does not accept made empty. NULL: it accepts all of them. */
static char *
blank_faults (const VgateKeyLines *lines, const char *text)
{
    g_auto (GStrv) texts = NULL;

    for (guint i = 0; i < lines->lines->len; i++) {
        const VgateKeyLine *line = g_ptr_array_index (lines->lines, i);

        if (!line->fault)
            continue;
        if (!texts)
            texts = g_strsplit (text, "\n", -1);
        *texts[line->number - 1] = '\0';
    }
    return texts ? g_strjoinv ("\n", texts) : NULL;
}

GKeyFile *
vgate_key_lines_parse (const VgateKeyLines *lines, const char *text, GError **error)
{
    g_autofree char *rest = blank_faults (lines, text);
    g_autoptr (GKeyFile) file = g_key_file_new ();

    return g_key_file_load_from_data (file, rest ? rest : text, (gsize)-1, G_KEY_FILE_KEEP_TRANSLATIONS,
                                      error)
               ? g_steal_pointer (&file)
               : NULL;
}

char **
vgate_key_lines_list_keys (GKeyFile *file, const char *group)
{
    g_auto (GStrv) names = g_key_file_get_keys (file, group, NULL, NULL);
    g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
    g_autoptr (GPtrArray) list = g_ptr_array_new ();

    for (guint i = 0; names && names[i]; i++)
        if (g_hash_table_add (seen, names[i]))
            g_ptr_array_add (list, g_strdup (names[i]));
    g_ptr_array_add (list, NULL);
    return (char **)g_ptr_array_free (g_steal_pointer (&list), FALSE);
}
