/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/fleet.h"

#include <dirent.h>
#include <errno.h>

static int
compare_names (gconstpointer left, gconstpointer right)
{
    return g_strcmp0 (*(char *const *)left, *(char *const *)right);
}

GPtrArray *
vgate_fleet_list_files (const char *directory, const char *suffix)
{
    DIR *entries = opendir (directory);
    const struct dirent *entry;
    GPtrArray *paths;

    if (!entries)
        return NULL;
    paths = g_ptr_array_new_with_free_func (g_free);
    while ((entry = readdir (entries)))
        /* a file that rsync is writing has a name such as .host.xml.Xa3f */
        if (entry->d_name[0] != '.' && g_str_has_suffix (entry->d_name, suffix))
            g_ptr_array_add (paths, g_build_filename (directory, entry->d_name, NULL));
    closedir (entries);
    g_ptr_array_sort (paths, compare_names);
    return paths;
}

/* Sets *paths to those of the documents in the subdirectory; NULL when it does not exist. */
static gboolean
list_documents (const char *path, const char *subdirectory, GPtrArray **paths, GError **error)
{
    g_autofree char *directory = g_build_filename (path, subdirectory, NULL);

    *paths = vgate_fleet_list_files (directory, ".xml");
    if (*paths || errno == ENOENT)
        return TRUE;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_FLEET_DIRECTORY, "cannot read '%s': %s", directory,
                 g_strerror (errno));
    return FALSE;
}

static gboolean
add_directory (VgateFleet *fleet, const char *path, gboolean with_guests, GError **error)
{
    g_autoptr (GPtrArray) hosts = NULL, guests = NULL;

    if (!list_documents (path, "hosts", &hosts, error) || !list_documents (path, "guests", &guests, error))
        return FALSE;
    if (!hosts && !guests) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_FLEET_DIRECTORY,
                     "'%s' contains neither a directory 'hosts' nor a directory 'guests'", path);
        return FALSE;
    }
    for (guint i = 0; hosts && i < hosts->len; i++)
        vgate_fleet_add_listed_file (fleet, TRUE, g_ptr_array_index (hosts, i));
    for (guint i = 0; with_guests && guests && i < guests->len; i++)
        vgate_fleet_add_listed_file (fleet, FALSE, g_ptr_array_index (guests, i));
    return TRUE;
}

gboolean
vgate_fleet_add_directory (VgateFleet *fleet, const char *path, GError **error)
{
    return add_directory (fleet, path, TRUE, error);
}

gboolean
vgate_fleet_add_hosts_of_directory (VgateFleet *fleet, const char *path, GError **error)
{
    return add_directory (fleet, path, FALSE, error);
}
