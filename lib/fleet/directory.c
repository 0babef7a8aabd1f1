/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/threads.h"
#include "fleet/fleet.h"

#include <dirent.h>
#include <errno.h>
#include <libxml/parser.h>

/* A thread reads so many files at once. */
#define PART_SIZE 100u

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
    int failure;

    if (!entries)
        return NULL;
    paths = g_ptr_array_new_with_free_func (g_free);
    while (errno = 0, (entry = readdir (entries)))
        /* a file that rsync is writing has a name such as .host.xml.Xa3f */
        if (entry->d_name[0] != '.' && g_str_has_suffix (entry->d_name, suffix))
            g_ptr_array_add (paths, g_build_filename (directory, entry->d_name, NULL));
    failure = errno;
    closedir (entries);
    if (failure != 0) {
        g_ptr_array_unref (paths);
        errno = failure;
        return NULL;
    }
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

/* The files to be read. */
typedef struct {
    const GPtrArray *hosts, *guests; /* paths; NULL: none */
    guint n_files;
    VgateFleet **parts; /* one for each PART_SIZE files */
} Reading;

/* task: the number of the part, from 1. */
static void
read_part (gpointer task, gpointer user_data)
{
    const Reading *r = user_data;
    const guint n_hosts = r->hosts ? r->hosts->len : 0, part = GPOINTER_TO_UINT (task) - 1;

    r->parts[part] = vgate_fleet_new ();
    for (guint i = part * PART_SIZE; i < MIN ((part + 1) * PART_SIZE, r->n_files); i++)
        vgate_fleet_add_listed_file (r->parts[part], i < n_hosts,
                                     i < n_hosts ? g_ptr_array_index (r->hosts, i)
                                                 : g_ptr_array_index (r->guests, i - n_hosts));
}

/* Reads the files in as many threads as there are processors, and adds what was read in their order. */
static void
read_all (VgateFleet *fleet, const GPtrArray *hosts, const GPtrArray *guests)
{
    Reading r = {.hosts = hosts, .guests = guests};
    VgateThreads *threads;
    guint n_parts;

    r.n_files = (hosts ? hosts->len : 0) + (guests ? guests->len : 0);
    n_parts = (r.n_files + PART_SIZE - 1) / PART_SIZE;
    r.parts = g_new0 (VgateFleet *, n_parts + 1);
    /* libxml2 must be initialised before there are threads */
    xmlInitParser ();
    threads = vgate_threads_new (g_get_num_processors (), read_part, &r);
    for (guint i = 0; i < n_parts; i++)
        vgate_threads_push (threads, GUINT_TO_POINTER (i + 1));
    vgate_threads_free (threads);
    for (guint i = 0; i < n_parts; i++) {
        vgate_fleet_take (fleet, r.parts[i]);
        vgate_fleet_free (r.parts[i]);
    }
    g_free (r.parts);
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
    read_all (fleet, hosts, with_guests ? guests : NULL);
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
