/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cost of a matrix of 10,000 guests by 1,000 hosts, in its parts: reading the documents, judging the
 * pairs, and writing the answers in each form. The reading is compared with libxml2's reader alone on the
 * same files. "bench-fleet DIR" takes the fleet in DIR instead of a random one.
 */
#include "fleet/totals.h"
#include "matrix-output.h"
#include "random-fleet.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <libxml/xmlreader.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define N_HOSTS  1000u
#define N_GUESTS 10000u

static void
write_document (gboolean is_host, const char *name, const char *xml, gpointer directory)
{
    g_autofree char *file = g_strconcat (name, ".xml", NULL);
    g_autofree char *path = g_build_filename (directory, is_host ? "hosts" : "guests", file, NULL);

    g_assert_true (g_file_set_contents (path, xml, -1, NULL));
}

static char *
make_fleet (void)
{
    const RandomFleet fleet = {
        .seed = 7, .n_hosts = N_HOSTS, .n_guests = N_GUESTS, .now = g_get_real_time () / G_USEC_PER_SEC};
    char *directory = g_dir_make_tmp ("vgpu-gate-fleet-XXXXXX", NULL);
    g_autofree char *hosts = g_build_filename (directory, "hosts", NULL);
    g_autofree char *guests = g_build_filename (directory, "guests", NULL);

    g_assert_cmpint (g_mkdir (hosts, 0700) | g_mkdir (guests, 0700), ==, 0);
    random_fleet_write (&fleet, write_document, directory);
    return directory;
}

/* Calls what () for each file of the fleet. */
static void
for_each_file (const char *directory, void (*what) (const char *path))
{
    static const char *const kinds[] = {"hosts", "guests"};

    for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
        g_autofree char *path = g_build_filename (directory, kinds[i], NULL);
        g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name (dir))) {
            g_autofree char *file = g_build_filename (path, name, NULL);

            what (file);
        }
    }
}

static void
read_with_libxml (const char *path)
{
    xmlTextReader *reader = xmlReaderForFile (path, NULL, 0);

    while (xmlTextReaderRead (reader) == 1)
        ;
    xmlFreeTextReader (reader);
}

static void
remove_file (const char *path)
{
    g_unlink (path);
}

static void
remove_fleet (const char *directory)
{
    g_autofree char *hosts = g_build_filename (directory, "hosts", NULL);
    g_autofree char *guests = g_build_filename (directory, "guests", NULL);

    for_each_file (directory, remove_file);
    g_rmdir (hosts);
    g_rmdir (guests);
    g_rmdir (directory);
}

/* The processor time of this process, in ms, since the last call. */
static double
lap (void)
{
    static double last;
    struct rusage usage;
    double now, passed;

    getrusage (RUSAGE_SELF, &usage);
    now = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
          (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
    passed = now - last;
    last = now;
    return passed;
}

static long
peak_mib (void)
{
    struct rusage usage;

    getrusage (RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

/* Measures the printing with standard output on /dev/null. */
static double
measure_print (void (*print) (const VgateMatrixTotals *totals), const VgateMatrixTotals *totals)
{
    const int kept = dup (STDOUT_FILENO), null = open ("/dev/null", O_WRONLY | O_CLOEXEC);
    double passed;

    fflush (stdout);
    g_assert_cmpint (dup2 (null, STDOUT_FILENO), >=, 0);
    lap ();
    print (totals);
    passed = lap ();
    fflush (stdout);
    dup2 (kept, STDOUT_FILENO);
    close (kept);
    close (null);
    return passed;
}

int
main (int argc, char *argv[])
{
    g_autofree char *made = argc > 1 ? NULL : make_fleet ();
    const char *directory = made ? made : argv[1];
    g_autoptr (VgateFleet) fleet = vgate_fleet_new ();
    g_autoptr (VgatePolicy) policy = vgate_policy_new_default ();
    const VgateFleetQuestion question = {policy, "/nonexistent", g_get_real_time () / G_USEC_PER_SEC};
    g_autoptr (VgateMatrix) matrix = NULL;
    g_autoptr (VgateMatrixTotals) totals = NULL;

    policy->gate_cold_start = TRUE;
    policy->placement_mode = VGATE_PLACEMENT_APPLY;
    lap ();
    for_each_file (directory, read_with_libxml);
    printf ("1..1\n# reading with libxml2's reader alone: %.0f ms\n", lap ());
    g_assert_true (vgate_fleet_add_directory (fleet, directory, NULL));
    vgate_fleet_drop_duplicates (fleet);
    printf ("# reading: %.0f ms\n", lap ());
    matrix = vgate_matrix_new (fleet, &question, NULL, NULL);
    printf ("# judging: %.0f ms\n", lap ());
    totals = vgate_matrix_totals_new (matrix);
    printf ("# totals: %.0f ms\n", lap ());
    printf ("# writing: text %.0f ms, ", measure_print (vgate_matrix_print_text, totals));
    printf ("csv %.0f ms, ", measure_print (vgate_matrix_print_csv, totals));
    printf ("JSON %.0f ms\n", measure_print (vgate_matrix_print_json, totals));
    printf ("# %u guests by %u hosts, %u different answers, %ld MiB\n", fleet->guests->len, fleet->hosts->len,
            matrix->outcomes->len, peak_mib ());
    printf ("ok 1 /bench/fleet\n");
    if (made)
        remove_fleet (made);
    return 0;
}
