/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "golden.h"

#include "lines.h"
#include "program.h"
#include "../test-glib.h"

#include <glib/gstdio.h>
#include <string.h>

/* The paths that were compared or skipped, for golden_assert_none_left (). */
static GHashTable *compared;
/* The test path of the last case that was skipped without naming its files; NULL: none. */
static char *skipped_case;

gboolean
golden_is_regenerating (void)
{
    return g_strcmp0 (g_getenv ("VGATE_REGENERATE"), "1") == 0;
}

void
golden_remember (const char *folder, const char *file)
{
    g_autofree char *path = program_source (folder, file);

    if (!compared)
        compared = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    /* two cases of one name would overwrite each other's file */
    if (!g_hash_table_add (compared, g_strdup (path)))
        test_fail ("two cases have the golden file %s", path);
}

gboolean
golden_is_remembered (const char *folder, const char *file)
{
    g_autofree char *path = program_source (folder, file);

    return compared && g_hash_table_contains (compared, path);
}

void
golden_compare (const char *folder, const char *file, const char *text)
{
    g_autofree char *path = program_source (folder, file);
    g_autofree char *expected = NULL;
    g_autoptr (GError) error = NULL;

    golden_remember (folder, file);
    g_assert_cmpstr (text, !=, "");
    lines_check (file, text);
    if (golden_is_regenerating ())
        g_file_set_contents (path, text, -1, &error);
    else
        g_file_get_contents (path, &expected, NULL, &error);
    if (error) {
        test_fail ("%s; VGATE_REGENERATE=1 writes it", error->message);
        return;
    }
    if (golden_is_regenerating ())
        return;
    if (strcmp (expected, text) != 0)
        g_test_message ("%s has another text; VGATE_REGENERATE=1 writes it", path);
    g_assert_cmpstr (text, ==, expected);
}

void
golden_skip (const char *folder, const char *file)
{
    golden_remember (folder, file);
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

gboolean
golden_has_run_all (void)
{
    if (skipped_case)
        g_test_skip ("cases were skipped, whose files would look like nobody's");
    return !skipped_case && !g_getenv ("VGATE_CASES");
}

void
golden_assert_none_left (const char *folder, const char *suffix)
{
    g_autofree char *path = program_source (folder, "");
    g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
    const char *name;

    g_assert_nonnull (dir);
    while (golden_has_run_all () && (name = g_dir_read_name (dir))) {
        g_autofree char *file = program_source (folder, name);

        if (!g_str_has_suffix (name, suffix) || golden_is_remembered (folder, name))
            continue;
        if (golden_is_regenerating ())
            g_unlink (file);
        else
            test_fail ("%s belongs to no case", file);
    }
}
