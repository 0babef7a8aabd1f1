/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lock from which the hook learns whether the gate at switch-over is served. */
#include "base/codes.h"
#include "host/provider-lock.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

static char *
new_root (void)
{
    g_autoptr (GError) error = NULL;
    char *root = g_dir_make_tmp ("vgate-lock-XXXXXX", &error);
    g_autofree char *run = g_build_filename (root, "run", NULL);

    g_assert_no_error (error);
    g_assert_cmpint (g_mkdir (run, 0755), ==, 0);
    return root;
}

static void
remove_root (const char *root)
{
    static const char *const names[] = {VGATE_PROVIDER_LOCK, "/run/vgpu-gate", "/run", ""};

    for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
        g_autofree char *path = g_strconcat (root, names[i], NULL);

        g_remove (path);
    }
    g_assert_false (g_file_test (root, G_FILE_TEST_EXISTS));
}

static void
test_life (void)
{
    g_autofree char *root = new_root ();
    g_autoptr (GError) error = NULL;
    int fd;

    g_assert_false (vgate_provider_lock_is_held (root));
    fd = vgate_provider_lock_take (root, &error);
    g_assert_no_error (error);
    g_assert_true (vgate_provider_lock_is_held (root));
    /* asking does not release the lock, nor does asking twice */
    g_assert_true (vgate_provider_lock_is_held (root));
    close (fd);
    /* the file remains, and has no meaning without the lock */
    g_assert_false (vgate_provider_lock_is_held (root));
    remove_root (root);
}

static void
test_one_at_a_time (void)
{
    g_autofree char *root = new_root ();
    g_autoptr (GError) error = NULL;
    const int first = vgate_provider_lock_take (root, &error);

    g_assert_no_error (error);
    g_assert_cmpint (vgate_provider_lock_take (root, &error), ==, -1);
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_BUS);
    g_clear_error (&error);
    close (first);
    close (vgate_provider_lock_take (root, &error));
    g_assert_no_error (error);
    remove_root (root);
}

/* A user who can only read the file cannot make the hook believe that the gate is served. */
static void
test_shared_lock_does_not_count (void)
{
    g_autofree char *root = new_root (), *path = g_strconcat (root, VGATE_PROVIDER_LOCK, NULL);
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    int fd;

    close (vgate_provider_lock_take (root, NULL));
    fd = open (path, O_RDONLY | O_CLOEXEC);
    g_assert_cmpint (fcntl (fd, F_OFD_SETLK, &lock), ==, 0);
    g_assert_false (vgate_provider_lock_is_held (root));
    close (fd);
    remove_root (root);
}

static void
test_no_directory (void)
{
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (vgate_provider_lock_take ("/nowhere", &error), ==, -1);
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_SWITCH_OVER_BUS);
    g_assert_false (vgate_provider_lock_is_held ("/nowhere"));
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/provider-lock/life", test_life);
    g_test_add_func ("/provider-lock/one-at-a-time", test_one_at_a_time);
    g_test_add_func ("/provider-lock/shared-lock-does-not-count", test_shared_lock_does_not_count);
    g_test_add_func ("/provider-lock/no-directory", test_no_directory);
    return g_test_run ();
}
