/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lib/base: reading and writing everything, replacing a file, the run directory. */
#include "base/descriptor.h"
#include "base/run-directory.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char *folder, *file, *other;
} Fixture;

static void
set_up (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    f->folder = g_dir_make_tmp ("vgate-base-XXXXXX", NULL);
    g_assert_nonnull (f->folder);
    f->file = g_build_filename (f->folder, "file", NULL);
    f->other = g_build_filename (f->folder, VGATE_NEW_FILE "file", NULL);
}

static void
tear_down (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_unlink (f->file);
    g_unlink (f->other);
    g_rmdir (f->file);
    g_assert_cmpint (g_chmod (f->folder, 0700), ==, 0);
    g_assert_cmpint (g_rmdir (f->folder), ==, 0);
    g_free (f->folder);
    g_free (f->file);
    g_free (f->other);
}

#define TEST(name) static void name (Fixture *f, G_GNUC_UNUSED gconstpointer data)

static void
assert_read (const char *path, gsize max, int expected_errno, const char *expected)
{
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    const gboolean is_read = vgate_read_file (AT_FDCWD, path, max, bytes);

    g_assert_cmpint (is_read ? 0 : errno, ==, expected_errno);
    if (expected)
        g_assert_cmpmem (bytes->data, bytes->len, expected, strlen (expected));
}

TEST (test_read)
{
    assert_read (f->file, 10, ENOENT, NULL);
    g_assert_true (g_file_set_contents (f->file, "0123456789", -1, NULL));
    assert_read (f->file, 10, 0, "0123456789");
    assert_read (f->file, 9, EFBIG, NULL);
    g_assert_cmpint (symlink (f->file, f->other), ==, 0);
    assert_read (f->other, 10, ELOOP, NULL);
    g_assert_cmpint (g_unlink (f->other), ==, 0);
    g_assert_cmpint (mkfifo (f->other, 0600), ==, 0);
    assert_read (f->other, 10, EINVAL, NULL);
    assert_read (f->folder, 10, EINVAL, NULL);
}

/* More than a pipe holds, so that there are short reads and writes. */
TEST (test_pipe)
{
    g_autofree char *text = g_strnfill (1 << 20, 'x');
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    int ends[2];
    pid_t child;

    g_assert_nonnull (f->folder);
    g_assert_cmpint (pipe (ends), ==, 0);
    child = fork ();
    g_assert_cmpint (child, >=, 0);
    if (child == 0)
        _exit (vgate_write_all (ends[1], text, strlen (text)) ? 0 : 1);
    close (ends[1]);
    g_assert_true (vgate_read_all (ends[0], strlen (text), bytes));
    g_assert_cmpmem (bytes->data, bytes->len, text, strlen (text));
    close (ends[0]);
    g_assert_false (vgate_write_all (ends[0], text, 1));
    g_assert_cmpint (errno, ==, EBADF);
}

TEST (test_replace)
{
    const int directory = open (f->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat status;

    g_assert_true (vgate_replace_file (directory, "file", 0640, "one", 3));
    g_assert_true (vgate_replace_file (directory, "file", 0640, "second", 6));
    assert_read (f->file, 100, 0, "second");
    g_assert_cmpint (stat (f->file, &status), ==, 0);
    g_assert_cmpint (status.st_mode & 07777, ==, 0640);
    /* a directory cannot be replaced: it stays, and nothing else is left */
    g_assert_cmpint (g_unlink (f->file), ==, 0);
    g_assert_cmpint (g_mkdir (f->file, 0700), ==, 0);
    g_assert_false (vgate_replace_file (directory, "file", 0640, "third", 5));
    g_assert_cmpint (errno, ==, EISDIR);
    g_assert_false (g_file_test (f->other, G_FILE_TEST_EXISTS));
    /* somebody else's new file stays */
    g_assert_cmpint (g_rmdir (f->file), ==, 0);
    g_assert_true (g_file_set_contents (f->other, "x", 1, NULL));
    g_assert_false (vgate_replace_file (directory, "file", 0640, "fourth", 6));
    g_assert_cmpint (errno, ==, EEXIST);
    assert_read (f->other, 100, 0, "x");
    /* in the run-time directory, a killed process has left it */
    g_assert_true (vgate_run_directory_replace (directory, "file", "fifth"));
    assert_read (f->file, 100, 0, "fifth");
    /* the files of the domains "x" and "x.new" */
    g_assert_true (vgate_run_directory_replace (directory, "file.new", "sixth"));
    g_assert_true (vgate_run_directory_replace (directory, "file", "seventh"));
    assert_read (f->file, 100, 0, "seventh");
    {
        g_autofree char *other = g_build_filename (f->folder, "file.new", NULL);

        assert_read (other, 100, 0, "sixth");
        g_assert_cmpint (g_unlink (other), ==, 0);
    }
    g_assert_cmpint (stat (f->file, &status), ==, 0);
    g_assert_cmpint (status.st_mode & 07777, ==, 0600);
    g_assert_false (g_file_test (f->other, G_FILE_TEST_EXISTS));
    close (directory);
}

static void
assert_refused (const char *path, gboolean may_make, const char *word)
{
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (vgate_run_directory_open (path, may_make, VGATE_CODE_RUN_DIRECTORY, &error), ==, -1);
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_RUN_DIRECTORY);
    if (!strstr (error->message, word))
        g_error ("'%s' has no '%s'", error->message, word);
}

TEST (test_run_directory)
{
    g_autoptr (GError) error = NULL;
    int fd = vgate_run_directory_open (f->file, FALSE, VGATE_CODE_RUN_DIRECTORY, &error);

    g_assert_cmpint (fd, ==, -1);
    g_assert_no_error (error);
    fd = vgate_run_directory_open (f->file, TRUE, VGATE_CODE_RUN_DIRECTORY, &error);
    g_assert_no_error (error);
    g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
    close (fd);
    g_assert_cmpint (g_chmod (f->file, 0775), ==, 0);
    assert_refused (f->file, TRUE, "mode 0775");
    assert_refused (f->file, FALSE, "mode 0775");
    g_assert_cmpint (g_rmdir (f->file), ==, 0);
    g_assert_cmpint (symlink (f->folder, f->file), ==, 0);
    assert_refused (f->file, TRUE, f->file);
    if (geteuid () == 0) {
        g_assert_cmpint (g_unlink (f->file), ==, 0);
        g_assert_cmpint (g_mkdir (f->file, 0755), ==, 0);
        g_assert_cmpint (chown (f->file, 12345, 0), ==, 0);
        assert_refused (f->file, TRUE, "user 12345");
    }
}

#define ADD(path, test) g_test_add ("/base/" path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    ADD ("read", test_read);
    ADD ("pipe", test_pipe);
    ADD ("replace", test_replace);
    ADD ("run-directory", test_run_directory);
    return g_test_run ();
}
