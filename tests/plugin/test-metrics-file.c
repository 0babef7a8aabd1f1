/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file for node_exporter: written as a whole or not at all, with no other file left. */
#include "plugin/service/metrics-file.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char *directory, *path;
    VgateMetricsFile *file;
} Fixture;

static void
set_up (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    fixture->directory = g_dir_make_tmp ("vgate-metrics-XXXXXX", NULL);
    fixture->path = g_build_filename (fixture->directory, "vgpu-gate.prom", NULL);
    fixture->file = vgate_metrics_file_new ();
}

static void
tear_down (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    vgate_metrics_file_free (fixture->file);
    g_unlink (fixture->path);
    /* rmdir () fails if anything else is left there */
    g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
    g_free (fixture->directory);
    g_free (fixture->path);
}

static void
write_and_wait (const Fixture *fixture, const char *path, const char *text)
{
    g_assert_true (vgate_metrics_file_is_ready (fixture->file));
    vgate_metrics_file_write (fixture->file, path, text);
    g_assert_false (vgate_metrics_file_is_ready (fixture->file));
    while (!vgate_metrics_file_is_ready (fixture->file))
        g_main_context_iteration (NULL, TRUE);
}

static void
assert_text (const Fixture *fixture, const char *expected)
{
    g_autofree char *text = NULL;

    g_assert_true (g_file_get_contents (fixture->path, &text, NULL, NULL));
    g_assert_cmpstr (text, ==, expected);
}

static void
test_written (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    struct stat status;

    write_and_wait (fixture, fixture->path, "one\n");
    assert_text (fixture, "one\n");
    g_assert_cmpint (stat (fixture->path, &status), ==, 0);
    g_assert_cmpuint (status.st_mode & 07777, ==, 0644);
    write_and_wait (fixture, fixture->path, "two\n");
    assert_text (fixture, "two\n");
}

/* A reader with the old file open continues to read it; a link in its place is replaced, not followed. */
static void
test_replaced (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *aim = g_build_filename (fixture->directory, "aim", NULL), *text = NULL;
    struct stat before, after;

    g_assert_true (g_file_set_contents (aim, "untouched", -1, NULL));
    g_assert_cmpint (symlink (aim, fixture->path), ==, 0);
    write_and_wait (fixture, fixture->path, "one\n");
    g_assert_true (g_file_get_contents (aim, &text, NULL, NULL));
    g_assert_cmpstr (text, ==, "untouched");
    g_assert_cmpint (g_unlink (aim), ==, 0);
    g_assert_cmpint (lstat (fixture->path, &before), ==, 0);
    g_assert_true (S_ISREG (before.st_mode));
    write_and_wait (fixture, fixture->path, "two\n");
    g_assert_cmpint (lstat (fixture->path, &after), ==, 0);
    g_assert_cmpuint (before.st_ino, !=, after.st_ino);
}

/* A failure is reported once, and the next write tries again. */
static void
test_failure (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *nowhere = g_build_filename (fixture->directory, "nowhere", "vgpu-gate.prom", NULL);

    if (g_test_subprocess ()) {
        write_and_wait (fixture, nowhere, "one\n");
        write_and_wait (fixture, nowhere, "two\n");
        write_and_wait (fixture, fixture->path, "three\n");
        assert_text (fixture, "three\n");
        write_and_wait (fixture, nowhere, "four\n");
        return;
    }
    g_test_trap_subprocess (NULL, 0, 0);
    g_test_trap_assert_passed ();
    g_test_trap_assert_stderr ("*VGATE-736*VGATE-736*");
    g_test_trap_assert_stderr_unmatched ("*VGATE-736*VGATE-736*VGATE-736*");
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add ("/metrics-file/written", Fixture, NULL, set_up, test_written, tear_down);
    g_test_add ("/metrics-file/replaced", Fixture, NULL, set_up, test_replaced, tear_down);
    g_test_add ("/metrics-file/failure", Fixture, NULL, set_up, test_failure, tear_down);
    return g_test_run ();
}
