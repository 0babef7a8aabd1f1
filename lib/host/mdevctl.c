/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/mdevctl.h"

gboolean
vgate_mdevctl_defines (const char *root, const char *uuid)
{
    g_autofree char *directory = g_strconcat (root, "/etc/mdevctl.d", NULL);
    g_autoptr (GDir) parents = g_dir_open (directory, 0, NULL);
    const char *parent;

    while (parents && (parent = g_dir_read_name (parents))) {
        g_autofree char *path = g_build_filename (directory, parent, uuid, NULL);

        if (g_file_test (path, G_FILE_TEST_EXISTS))
            return TRUE;
    }
    return FALSE;
}
