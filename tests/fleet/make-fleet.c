/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* make-fleet DIR HOSTS GUESTS SEED [GPUS]: fills a directory with a random fleet, for measurements. GPUS: of
 * each host, up to 11. */
#include "random-fleet.h"

#include <glib/gstdio.h>

static void
write_file (gboolean is_host, const char *name, const char *xml, gpointer directory)
{
    g_autofree char *file = g_strconcat (name, ".xml", NULL);
    g_autofree char *path = g_build_filename (directory, is_host ? "hosts" : "guests", file, NULL);

    if (!g_file_set_contents (path, xml, -1, NULL))
        g_error ("cannot write %s", path);
}

static guint
number (const char *text, guint64 max)
{
    guint64 value;

    if (!g_ascii_string_to_unsigned (text, 10, 0, max, &value, NULL))
        g_error ("'%s' is not a number up to %" G_GUINT64_FORMAT, text, max);
    return (guint)value;
}

int
main (int argc, char *argv[])
{
    g_autofree char *hosts = NULL, *guests = NULL;
    RandomFleet fleet = {.now = g_get_real_time () / G_USEC_PER_SEC};

    if (argc != 5 && argc != 6)
        g_error ("usage: make-fleet DIR HOSTS GUESTS SEED [GPUS]");
    hosts = g_build_filename (argv[1], "hosts", NULL);
    guests = g_build_filename (argv[1], "guests", NULL);
    g_mkdir_with_parents (hosts, 0755);
    g_mkdir_with_parents (guests, 0755);
    fleet.n_hosts = number (argv[2], 100000);
    fleet.n_guests = number (argv[3], 1000000);
    fleet.seed = number (argv[4], G_MAXUINT32);
    if (argc == 6)
        fleet.n_gpus = number (argv[5], 11);
    random_fleet_write (&fleet, write_file, argv[1]);
    return 0;
}
