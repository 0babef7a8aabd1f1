/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Only one daemon runs on a host. */
#include "plugin/base/run-directory-lock.h"

#include "base/codes.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char *base, *path, *lock;
} Fixture;

static void
set_up (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    fixture->base = g_dir_make_tmp ("vgate-run-XXXXXX", NULL);
    g_assert_nonnull (fixture->base);
    fixture->path = g_build_filename (fixture->base, "vgpu-gate", NULL);
    fixture->lock = g_build_filename (fixture->path, "agent.lock", NULL);
}

static void
tear_down (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_unlink (fixture->lock);
    g_rmdir (fixture->path);
    g_unlink (fixture->path);
    g_assert_cmpint (g_rmdir (fixture->base), ==, 0);
    g_free (fixture->base);
    g_free (fixture->path);
    g_free (fixture->lock);
}

static void
assert_fails (const Fixture *fixture, VgateCode code, const char *word)
{
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (vgate_run_directory_lock (fixture->path, &error), ==, -1);
    g_assert_error (error, VGATE_ERROR, (int)code);
    g_assert_nonnull (strstr (error->message, word));
}

static int
assert_locked (const Fixture *fixture)
{
    g_autoptr (GError) error = NULL;
    const int fd = vgate_run_directory_lock (fixture->path, &error);

    g_assert_no_error (error);
    g_assert_cmpint (fd, >=, 0);
    /* a child process must not keep the lock */
    g_assert_cmpint (fcntl (fd, F_GETFD), ==, FD_CLOEXEC);
    return fd;
}

static void
test_one (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *pid = g_strdup_printf ("(pid %d)", (int)getpid ());
    struct stat status;
    int fd = assert_locked (fixture);

    g_assert_cmpint (stat (fixture->path, &status), ==, 0);
    g_assert_cmpuint (status.st_mode & 0022, ==, 0);
    assert_fails (fixture, VGATE_CODE_AGENT_RUNS, pid);
    close (fd);
    fd = assert_locked (fixture);
    close (fd);
}

/* The number of a killed daemon has no meaning, nor has any other text. */
static void
test_left (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *pid = g_strdup_printf ("%d\n", (int)getpid ()), *text = NULL;
    int fd;

    g_assert_cmpint (g_mkdir (fixture->path, 0755), ==, 0);
    g_assert_true (g_file_set_contents (fixture->lock, "1234567890 and rubbish\n", -1, NULL));
    fd = assert_locked (fixture);
    g_assert_true (g_file_get_contents (fixture->lock, &text, NULL, NULL));
    g_assert_cmpstr (text, ==, pid);
    g_assert_true (g_file_set_contents_full (fixture->lock, "x", -1, G_FILE_SET_CONTENTS_NONE, 0644, NULL));
    close (fd);
    fd = assert_locked (fixture);
    g_assert_cmpint (ftruncate (fd, 0), ==, 0);
    assert_fails (fixture, VGATE_CODE_AGENT_RUNS, "already running; exiting");
    close (fd);
}

static void
test_not_ours (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_assert_cmpint (g_mkdir (fixture->path, 0755), ==, 0);
    g_assert_cmpint (chmod (fixture->path, 0775), ==, 0);
    assert_fails (fixture, VGATE_CODE_RUN_DIRECTORY, "0775");
    g_assert_cmpint (g_rmdir (fixture->path), ==, 0);
    g_assert_cmpint (symlink ("/tmp", fixture->path), ==, 0);
    assert_fails (fixture, VGATE_CODE_RUN_DIRECTORY, "vgpu-gate");
    g_assert_cmpint (g_unlink (fixture->path), ==, 0);
    g_assert_true (g_file_set_contents (fixture->path, "", 0, NULL));
    assert_fails (fixture, VGATE_CODE_RUN_DIRECTORY, "vgpu-gate");
    if (geteuid () != 0)
        return;
    g_assert_cmpint (g_unlink (fixture->path), ==, 0);
    g_assert_cmpint (g_mkdir (fixture->path, 0755), ==, 0);
    g_assert_cmpint (chown (fixture->path, 65534, 65534), ==, 0);
    assert_fails (fixture, VGATE_CODE_RUN_DIRECTORY, "user 65534");
}

int
main (int argc, char *argv[])
{
    g_test_init (&argc, &argv, NULL);
    g_test_add ("/run-directory-lock/one", Fixture, NULL, set_up, test_one, tear_down);
    g_test_add ("/run-directory-lock/left", Fixture, NULL, set_up, test_left, tear_down);
    g_test_add ("/run-directory-lock/not-ours", Fixture, NULL, set_up, test_not_ours, tear_down);
    return g_test_run ();
}
