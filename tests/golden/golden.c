/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "golden.h"

#include "program.h"

#include <glib/gstdio.h>

/* The paths that were compared or skipped, for golden_assert_none_left (). */
static GHashTable *compared;
/* The test path of the last case that was skipped without naming its files; NULL: there was no such case. */
static char *skipped_case;

gboolean
golden_is_regenerating (void)
{
    return g_strcmp0 (g_getenv ("VGATE_REGENERATE"), "1") == 0;
}

static void
remember (const char *path)
{
    if (!compared)
        compared = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    /* two cases of one name would overwrite each other's file */
    if (!g_hash_table_add (compared, g_strdup (path)))
        g_test_fail_printf ("two cases have the golden file %s", path);
}

static void
regenerate (const char *path, const char *text)
{
    g_autoptr (GError) error = NULL;

    if (*text != '\0')
        g_file_set_contents (path, text, -1, &error);
    else
        g_unlink (path);
    g_assert_no_error (error);
}

void
golden_compare (const char *folder, const char *file, const char *text)
{
    g_autofree char *path = program_source (folder, file);
    g_autofree char *expected = NULL;

    remember (path);
    if (golden_is_regenerating ()) {
        regenerate (path, text);
        return;
    }
    if (!g_file_get_contents (path, &expected, NULL, NULL))
        expected = g_strdup ("");
    if (g_strcmp0 (expected, text) != 0)
        g_test_message ("%s is not what was said; VGATE_REGENERATE=1 writes it anew", path);
    g_assert_cmpstr (text, ==, expected);
}

void
golden_skip (const char *folder, const char *file)
{
    g_autofree char *path = program_source (folder, file);

    remember (path);
}

void
golden_skip_case (const char *why)
{
    g_free (skipped_case);
    skipped_case = g_strdup (g_test_get_path ());
    g_test_skip (why);
}

gboolean
golden_case_is_skipped (void)
{
    return g_strcmp0 (skipped_case, g_test_get_path ()) == 0;
}

void
golden_assert_none_left (const char *folder, const char *suffix)
{
    g_autofree char *path = program_source (folder, "");
    g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
    const char *name;

    g_assert_nonnull (dir);
    if (skipped_case) {
        g_test_skip ("cases were skipped, whose files would look like nobody's");
        return;
    }
    while (!g_getenv ("VGATE_CASES") && (name = g_dir_read_name (dir))) {
        g_autofree char *file = program_source (folder, name);

        if (!g_str_has_suffix (name, suffix) || (compared && g_hash_table_contains (compared, file)))
            continue;
        if (golden_is_regenerating ())
            g_unlink (file);
        else
            g_test_fail_printf ("%s belongs to no case", file);
    }
}
