/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "refusal.h"

#include "base/codes.h"
#include "gate/ways-out.h"
#include "golden.h"
#include "lines.h"
#include "program.h"
#include "../test-glib.h"

#include <glib/gstdio.h>
#include <string.h>

#define CODES "codes"

/* --- the values of a text --- */

static gboolean
is_value (const char *word, gboolean in_quotes)
{
    return in_quotes || *word == '[' || strpbrk (word, "0123456789/=") != NULL;
}

/* Removes the punctuation around a word; quotes that it opens or closes change *in_quotes. */
static void
take_word (GPtrArray *values, const char *word, gboolean *in_quotes)
{
    const gboolean opens = strspn (word, "('\"") > 0 && strcspn (word, "'\"") < strspn (word, "('\"");
    const gboolean counts = is_value (word, *in_quotes || opens);
    const char *begin = word + strspn (word, "('\"");
    g_autofree char *bare = g_strdup (begin);

    *in_quotes = *in_quotes || opens;
    for (gsize length = strlen (bare); length > 0 && strchr (".,;:)'\"", bare[length - 1]); length--) {
        if (bare[length - 1] == '\'' || bare[length - 1] == '"')
            *in_quotes = FALSE;
        bare[length - 1] = '\0';
    }
    if (counts && *bare != '\0' && !g_ptr_array_find_with_equal_func (values, bare, g_str_equal, NULL))
        g_ptr_array_add (values, g_steal_pointer (&bare));
}

/* Returns the text without the way out, which all refusals with this code have in common, and with plain
 * quotes. */
static char *
without_cure (const char *text, VgateCode code)
{
    static const char *const quotes[] = {"\u2018", "\u2019", "\u201c", "\u201d"};
    g_autofree char *line = g_strchomp (g_strdup (text));
    g_autoptr (GString) own = NULL;

    for (VgateSituation s = 0; code != VGATE_CODE_NONE && s < VGATE_N_SITUATIONS; s++) {
        g_autofree char *way_out = vgate_way_out (code, s, NULL);

        if (g_str_has_suffix (line, way_out)) {
            line[strlen (line) - strlen (way_out)] = '\0';
            break;
        }
    }
    own = g_string_new (line);
    /* GLib's quotes in locales that have them */
    for (gsize i = 0; i < G_N_ELEMENTS (quotes); i++)
        g_string_replace (own, quotes[i], "'", 0);
    return g_string_free (g_steal_pointer (&own), FALSE);
}

/* NONE if the line does not begin like ours. *text: what follows the code. */
static VgateCode
code_of (const char *line, const char **text)
{
    static const char begin[] = "vgpu-gate: ";
    const char *colon = g_str_has_prefix (line, begin) ? strchr (line + strlen (begin), ':') : NULL;
    g_autofree char *word =
        colon ? g_strndup (line + strlen (begin), (gsize)(colon - line) - strlen (begin)) : NULL;

    *text = colon ? colon + 1 : line;
    return word ? vgate_code_parse (word) : VGATE_CODE_NONE;
}

/* "VGATE-303", or "none" for a line without a code, such as a question. The caller frees it. */
static char *
format_code (VgateCode code)
{
    char text[VGATE_CODE_TEXT_SIZE];

    return g_strdup (code == VGATE_CODE_NONE ? "none" : vgate_code_format ((int)code, text));
}

/* " VALUE VALUE..." of a message with this code. Their order counts: which value is here and which there,
 * which device has which address. */
static char *
values_of (const char *text, VgateCode code)
{
    g_autofree char *own = without_cure (text, code);
    g_auto (GStrv) words = g_strsplit_set (own, " \n", -1);
    g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func (g_free);
    g_autoptr (GString) joined = g_string_new (NULL);
    gboolean in_quotes = FALSE;

    for (gsize i = 0; words[i]; i++)
        take_word (values, words[i], &in_quotes);
    for (guint i = 0; i < values->len; i++)
        g_string_append_printf (joined, " %s", (const char *)g_ptr_array_index (values, i));
    return g_string_free (g_steal_pointer (&joined), FALSE);
}

/* NAME STATUS CODE VALUE... */
static char *
describe (const char *name, int status, const char *line)
{
    const char *text;
    const VgateCode code = code_of (line, &text);
    g_autofree char *values = values_of (text, code), *shown = format_code (code);

    return g_strdup_printf ("%s %d %s%s", name, status, shown, values);
}

/* --- reports --- */

char *
refusal_shorten_report (const char *report)
{
    static const char way_out[] = "way out: ";
    g_auto (GStrv) lines = g_strsplit (report, "\n", -1);
    g_autoptr (GRegex) finding = g_regex_new ("^(.*(VGATE-[0-9]{3})):(.*)$", 0, 0, NULL);
    g_autoptr (GString) shortened = g_string_new (NULL);
    VgateCode code = VGATE_CODE_NONE;

    for (gsize i = 0; lines[i] && (lines[i + 1] || *lines[i] != '\0'); i++) {
        const gsize indent = strspn (lines[i], " ");
        g_autoptr (GMatchInfo) match = NULL;

        if (g_regex_match (finding, lines[i], 0, &match)) {
            g_autofree char *begin = g_match_info_fetch (match, 1), *word = g_match_info_fetch (match, 2);
            g_autofree char *text = g_match_info_fetch (match, 3), *values = NULL;

            code = vgate_code_parse (word);
            values = values_of (text, code);
            g_string_append_printf (shortened, "%s:%s\n", begin, values);
        } else if (g_str_has_prefix (lines[i] + indent, way_out)) {
            g_autofree char *values = values_of (lines[i] + indent + strlen (way_out), code);

            if (*values != '\0')
                g_string_append_printf (shortened, "%*sway out:%s\n", (int)indent, "", values);
        } else {
            g_string_append_printf (shortened, "%s\n", lines[i]);
        }
    }
    return g_string_free (g_steal_pointer (&shortened), FALSE);
}

/* --- FOLDER/refusals --- */

/* The lines of the cases; empty if there is no file. */
static GPtrArray *
read_lines (const char *folder)
{
    g_autofree char *path = program_source (folder, "refusals"), *text = NULL;
    g_auto (GStrv) lines = NULL;
    GPtrArray *found = g_ptr_array_new_with_free_func (g_free);

    if (g_file_get_contents (path, &text, NULL, NULL))
        lines = g_strsplit (text, "\n", -1);
    for (gsize i = 0; lines && lines[i]; i++)
        if (*lines[i] != '\0')
            g_ptr_array_add (found, g_strdup (lines[i]));
    return found;
}

static int
compare_lines (gconstpointer a, gconstpointer b)
{
    return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static void
write_lines (const char *folder, GPtrArray *lines)
{
    g_autofree char *path = program_source (folder, "refusals");
    g_autoptr (GString) text = g_string_new (NULL);
    g_autofree char *directory = g_path_get_dirname (path);
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (g_mkdir_with_parents (directory, 0755), ==, 0);
    g_ptr_array_sort (lines, compare_lines);
    for (guint i = 0; i < lines->len; i++)
        g_string_append_printf (text, "%s\n", (const char *)g_ptr_array_index (lines, i));
    g_file_set_contents (path, text->str, -1, &error);
    g_assert_no_error (error);
}

static char *
name_of (const char *line)
{
    return g_strndup (line, strcspn (line, " "));
}

/* The index of the case's line; or lines->len. */
static guint
find_case (const GPtrArray *lines, const char *name)
{
    guint i;

    for (i = 0; i < lines->len; i++) {
        g_autofree char *its = name_of (g_ptr_array_index (lines, i));

        if (strcmp (its, name) == 0)
            break;
    }
    return i;
}

static void
compare_values (const char *folder, const char *name, const char *described)
{
    g_autoptr (GPtrArray) lines = read_lines (folder);
    const guint i = find_case (lines, name);

    if (golden_is_regenerating ()) {
        if (i < lines->len)
            g_ptr_array_remove_index (lines, i);
        g_ptr_array_add (lines, g_strdup (described));
        write_lines (folder, lines);
        return;
    }
    if (i == lines->len)
        test_fail ("%s/refusals has no line for '%s'; VGATE_REGENERATE=1 writes it", folder, described);
    else
        g_assert_cmpstr (described, ==, g_ptr_array_index (lines, i));
}

/* --- codes/ --- */

/* Only if the text of this case is kept. The first case with a new code becomes the one, so that the code has
 * a text. */
static void
compare_text (const char *folder, const char *name, const char *line)
{
    const char *text;
    g_autofree char *code = format_code (code_of (line, &text)), *path = program_source (CODES, code);
    g_autofree char *said = g_strdup_printf ("%s/%s\n%s", folder, name, line), *kept = NULL;
    const gsize length = strlen (folder) + 1 + strlen (name) + 1;
    g_autoptr (GError) error = NULL;

    if (!g_file_get_contents (path, &kept, NULL, &error)) {
        if (!golden_is_regenerating ())
            test_fail ("%s; VGATE_REGENERATE=1 writes it", error->message);
        g_clear_error (&error);
    } else if (strncmp (kept, said, length) != 0) {
        return;
    }
    if (golden_is_regenerating ()) {
        g_file_set_contents (path, said, -1, &error);
        g_assert_no_error (error);
    } else {
        g_assert_cmpstr (said, ==, kept);
    }
}

/* A lease of 1000 s can have become shorter by a few seconds when the message is written. */
static char *
with_whole_lease (const char *line)
{
    g_autoptr (GRegex) seconds = g_regex_new ("\\b99[0-9] s\\b", 0, 0, NULL);

    return g_regex_replace_literal (seconds, line, -1, 0, "1000 s", 0, NULL);
}

void
refusal_compare (const char *folder, const char *name, int status, const char *given)
{
    g_autofree char *line = with_whole_lease (given), *described = describe (name, status, line);

    golden_remember (folder, name);
    lines_check (name, line);
    compare_values (folder, name, described);
    compare_text (folder, name, line);
}

void
refusal_skip (const char *folder, const char *name)
{
    golden_remember (folder, name);
}

void
refusal_assert_none_left (const char *folder)
{
    g_autoptr (GPtrArray) lines = read_lines (folder);
    guint n_left = 0;

    if (!golden_has_run_all ())
        return;
    for (guint i = lines->len; i > 0; i--) {
        g_autofree char *name = name_of (g_ptr_array_index (lines, i - 1));

        if (golden_is_remembered (folder, name))
            continue;
        n_left++;
        if (golden_is_regenerating ())
            g_ptr_array_remove_index (lines, i - 1);
        else
            test_fail ("the line '%s' of %s/refusals belongs to no case", name, folder);
    }
    if (golden_is_regenerating () && n_left > 0)
        write_lines (folder, lines);
}
