/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* make-fleet DIR HOSTS GUESTS SEED: fills a directory with a random fleet, for measurements. */
#include "random-fleet.h"

#include <glib/gstdio.h>
#include <stdlib.h>

static void
write_file (gboolean is_host, const char *name, const char *xml, gpointer directory)
{
    g_autofree char *file = g_strconcat (name, ".xml", NULL);
    g_autofree char *path = g_build_filename (directory, is_host ? "hosts" : "guests", file, NULL);

    if (!g_file_set_contents (path, xml, -1, NULL))
        g_error ("cannot write %s", path);
}

int
main (int argc, char *argv[])
{
    g_autofree char *hosts = NULL, *guests = NULL;
    RandomFleet fleet = {.now = g_get_real_time () / G_USEC_PER_SEC};

    if (argc != 5)
        g_error ("usage: make-fleet DIR HOSTS GUESTS SEED");
    hosts = g_build_filename (argv[1], "hosts", NULL);
    guests = g_build_filename (argv[1], "guests", NULL);
    g_mkdir_with_parents (hosts, 0755);
    g_mkdir_with_parents (guests, 0755);
    fleet.n_hosts = (guint)atoi (argv[2]);
    fleet.n_guests = (guint)atoi (argv[3]);
    fleet.seed = (guint32)atoi (argv[4]);
    random_fleet_write (&fleet, write_file, argv[1]);
    return 0;
}
