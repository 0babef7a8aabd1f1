/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scratch.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define OPEN_MAX_AT_ONCE 8

static char *root;
static char *file;

static int
remove_entry (const char *path, G_GNUC_UNUSED const struct stat *status, G_GNUC_UNUSED int type,
              G_GNUC_UNUSED struct FTW *ftw)
{
    return remove (path);
}

static void
remove_root (void)
{
    nftw (root, remove_entry, OPEN_MAX_AT_ONCE, FTW_DEPTH | FTW_PHYS);
    g_free (root);
    g_free (file);
}

static void
make_root (const char *name)
{
    g_autofree char *folder = NULL;

    /* thousands of writes a second need not reach a disk */
    root = g_strdup ("/dev/shm/vgate-fuzz-XXXXXX");
    if (!mkdtemp (root)) {
        g_free (root);
        root = g_dir_make_tmp ("vgate-fuzz-XXXXXX", NULL);
    }
    g_assert_nonnull (root);
    atexit (remove_root);
    file = g_build_filename (root, name, NULL);
    folder = g_path_get_dirname (file);
    g_assert_cmpint (g_mkdir_with_parents (folder, 0755), ==, 0);
}

const char *
fuzz_scratch_put (const char *name, const guint8 *data, gsize size)
{
    int fd;

    if (!root)
        make_root (name);
    fd = open (file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    g_assert_cmpint (fd, >=, 0);
    g_assert_cmpint (write (fd, data, size), ==, (gssize)size);
    close (fd);
    return root;
}
