/* SPDX-License-Identifier: LGPL-2.1-or-later */
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

/* The files to be read, in parts that any thread takes in turn. */
typedef struct {
    const GPtrArray *hosts, *guests; /* paths; NULL: none */
    guint n_files;
    VgateFleet **parts; /* one for each PART_SIZE files */
    guint n_parts;
    gint next; /* the part that no thread has taken yet */
} Reading;

static gpointer
read_parts (gpointer data)
{
    Reading *r = data;
    const guint n_hosts = r->hosts ? r->hosts->len : 0;
    guint part;

    while ((part = (guint)g_atomic_int_add (&r->next, 1)) < r->n_parts) {
        r->parts[part] = vgate_fleet_new ();
        for (guint i = part * PART_SIZE; i < MIN ((part + 1) * PART_SIZE, r->n_files); i++)
            vgate_fleet_add_listed_file (r->parts[part], i < n_hosts,
                                         i < n_hosts ? g_ptr_array_index (r->hosts, i)
                                                     : g_ptr_array_index (r->guests, i - n_hosts));
    }
    return NULL;
}

/* Reads the files in as many threads as there are processors, and adds what was read in their order. */
static void
read_all (VgateFleet *fleet, const GPtrArray *hosts, const GPtrArray *guests)
{
    Reading r = {.hosts = hosts, .guests = guests};
    g_autoptr (GPtrArray) threads = g_ptr_array_new ();

    r.n_files = (hosts ? hosts->len : 0) + (guests ? guests->len : 0);
    r.n_parts = (r.n_files + PART_SIZE - 1) / PART_SIZE;
    r.parts = g_new0 (VgateFleet *, r.n_parts + 1);
    /* libxml2 must be initialised before there are threads */
    xmlInitParser ();
    for (guint i = 1; i < MIN (g_get_num_processors (), r.n_parts); i++) {
        GThread *thread = g_thread_try_new ("read", read_parts, &r, NULL);

        if (thread)
            g_ptr_array_add (threads, thread);
    }
    read_parts (&r);
    for (guint i = 0; i < threads->len; i++)
        g_thread_join (g_ptr_array_index (threads, i));
    for (guint i = 0; i < r.n_parts; i++) {
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
