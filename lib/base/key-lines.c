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
        *fault = g_strdup_printf ("'%s' is neither a group, nor a key with a value, nor a comment", text);
    else if (*key == '\0')
        *fault = g_strdup_printf ("'%s' has no key before the '='", text);
    else if (!is_key (key))
        *fault = g_strdup_printf ("'%s' is not the name of a key", key);
    else if (!group)
        *fault = g_strdup_printf ("the key '%s' is before the first group", key);
    return *fault ? NULL : g_steal_pointer (&key);
}

GPtrArray *
vgate_key_lines_read (const char *text)
{
    g_auto (GStrv) texts = g_strsplit (text, "\n", -1);
    GPtrArray *lines = g_ptr_array_new_with_free_func ((GDestroyNotify)line_free);
    g_autofree char *group = NULL;

    for (guint i = 0; texts[i]; i++) {
        const char *at = g_strstrip (texts[i]);
        VgateKeyLine *line;

        if (at[0] == '\0' || at[0] == '#')
            continue;
        line = g_new0 (VgateKeyLine, 1);
        line->number = i + 1;
        g_ptr_array_add (lines, line);
        if (at[0] == '[' && g_str_has_suffix (at, "]")) {
            g_autofree char *name = g_strndup (at + 1, strlen (at) - 2);

            if (!is_group (name)) {
                line->fault = g_strdup_printf ("'%s' is not the name of a group", name);
            } else {
                g_free (group);
                group = g_steal_pointer (&name);
            }
        } else {
            line->key = read_key (at, group, &line->fault);
            line->value = line->key ? g_strstrip (g_strdup (strchr (at, '=') + 1)) : NULL;
        }
        line->group = g_strdup (group);
    }
    return lines;
}

guint
vgate_key_lines_find (const GPtrArray *lines, const char *group, const char *key)
{
    for (guint i = lines->len; i-- > 0;) {
        const VgateKeyLine *line = g_ptr_array_index (lines, i);

        if (!line->fault && g_strcmp0 (line->group, group) == 0 && g_strcmp0 (line->key, key) == 0)
            return line->number;
    }
    return 0;
}

guint
vgate_key_lines_find_fault (const GPtrArray *lines)
{
    for (guint i = 0; i < lines->len; i++) {
        const VgateKeyLine *line = g_ptr_array_index (lines, i);

        if (line->fault)
            return line->number;
    }
    return 0;
}

char *
vgate_key_lines_blank_faults (const GPtrArray *lines, const char *text)
{
    g_auto (GStrv) texts = g_strsplit (text, "\n", -1);

    for (guint i = 0; i < lines->len; i++) {
        const VgateKeyLine *line = g_ptr_array_index (lines, i);

        if (line->fault)
            *texts[line->number - 1] = '\0';
    }
    return g_strjoinv ("\n", texts);
}
