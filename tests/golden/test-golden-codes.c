/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each code that a case produces has one golden text, and each text belongs to such a case. */
#include "program.h"
#include "../test-glib.h"

#include <string.h>

/* "FOLDER/NAME" to its code, of all FOLDER/refusals. */
static GHashTable *
all_refusals (void)
{
    GHashTable *cases = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr (GDir) dir = g_dir_open (program_path ("source"), 0, NULL);
    const char *folder;

    g_assert_nonnull (dir);
    while ((folder = g_dir_read_name (dir))) {
        g_autofree char *path = program_source (folder, "refusals"), *text = NULL;
        g_auto (GStrv) lines = NULL;

        if (!g_file_get_contents (path, &text, NULL, NULL))
            continue;
        lines = g_strsplit (text, "\n", -1);
        for (gsize i = 0; *lines[i] != '\0'; i++) {
            g_auto (GStrv) words = g_strsplit (lines[i], " ", 4);

            g_assert_cmpuint (g_strv_length (words), >=, 3);
            g_hash_table_insert (cases, g_strdup_printf ("%s/%s", folder, words[0]), g_strdup (words[2]));
        }
    }
    return cases;
}

static void
test_codes (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (GHashTable) cases = all_refusals ();
    g_autoptr (GHashTable) kept = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *folder = program_source ("codes", "");
    g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
    GHashTableIter iter;
    gpointer name, code;
    const char *file;

    g_assert_nonnull (dir);
    while ((file = g_dir_read_name (dir))) {
        g_autofree char *path = program_source ("codes", file), *text = NULL;
        g_auto (GStrv) lines = NULL;

        g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
        lines = g_strsplit (text, "\n", 2);
        if (g_strcmp0 (g_hash_table_lookup (cases, lines[0]), file) != 0)
            test_fail ("codes/%s is the text of %s, which does not come to that code; remove the "
                       "file, and VGATE_REGENERATE=1 takes another case",
                       file, lines[0]);
        g_hash_table_add (kept, g_strdup (file));
    }
    g_hash_table_iter_init (&iter, cases);
    while (g_hash_table_iter_next (&iter, &name, &code))
        if (!g_hash_table_contains (kept, code))
            test_fail ("%s comes to %s, which has no file in codes/", (char *)name, (char *)code);
    g_assert_cmpuint (g_hash_table_size (cases), >, 400);
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    program_add_test ("/codes/each-has-one-text", NULL, test_codes);
    return g_test_run ();
}
