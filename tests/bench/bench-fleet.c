/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench-fleet HOSTS GUESTS [RATIO]: the cost of a matrix of a random fleet in its parts: reading the
 * documents, judging the pairs, and writing the answers in each form. Each is compared with the time that
 * libxml2's reader alone needs for the same files. It fails if judging takes more than RATIO times as much
 * processor time. "bench-fleet DIR" takes the fleet in DIR.
 */
#include "fleet/together.h"
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

static void
write_document (gboolean is_host, const char *name, const char *xml, gpointer directory)
{
    g_autofree char *file = g_strconcat (name, ".xml", NULL);
    g_autofree char *path = g_build_filename (directory, is_host ? "hosts" : "guests", file, NULL);

    g_assert_true (g_file_set_contents (path, xml, -1, NULL));
}

static guint
number (const char *text)
{
    return (guint)g_ascii_strtoull (text, NULL, 10);
}

static char *
make_fleet (guint n_hosts, guint n_guests)
{
    const RandomFleet fleet = {
        .seed = 7, .n_hosts = n_hosts, .n_guests = n_guests, .now = g_get_real_time () / G_USEC_PER_SEC};
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

/* In ms. */
typedef struct {
    double processor; /* of all threads */
    double wall;
} Duration;

static Duration
now (void)
{
    struct rusage usage;

    getrusage (RUSAGE_SELF, &usage);
    return (Duration){
        .processor = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
                     (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3,
        .wall = (double)g_get_monotonic_time () / 1e3,
    };
}

static Duration
since (Duration begin)
{
    const Duration end = now ();

    return (Duration){end.processor - begin.processor, end.wall - begin.wall};
}

static long
peak_mib (void)
{
    struct rusage usage;

    getrusage (RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

/* unit: the time of libxml2's reader. */
static void
print_duration (const char *what, Duration duration, Duration unit)
{
    printf ("# %-32s %6.0f ms of processor time (%5.2f), %6.0f ms of time (%5.2f)\n", what,
            duration.processor, duration.processor / unit.processor, duration.wall,
            duration.wall / unit.wall);
}

/* Measures the printing with standard output on /dev/null. */
static Duration
measure_print (void (*print) (const VgateMatrixTotals *totals), const VgateMatrixTotals *totals)
{
    const int kept = dup (STDOUT_FILENO), null = open ("/dev/null", O_WRONLY | O_CLOEXEC);
    Duration begin, passed;

    fflush (stdout);
    g_assert_cmpint (dup2 (null, STDOUT_FILENO), >=, 0);
    begin = now ();
    print (totals);
    fflush (stdout);
    passed = since (begin);
    dup2 (kept, STDOUT_FILENO);
    close (kept);
    close (null);
    return passed;
}

static const VgateFleetGuest *
any_with_vgpu (const VgateFleet *fleet)
{
    for (guint i = 0; i < fleet->guests->len; i++) {
        const VgateFleetGuest *guest = g_ptr_array_index (fleet->guests, i);

        if (guest->domain->element)
            return guest;
    }
    g_error ("no guest has a vGPU");
}

/* 'vgpu-gate check' of one guest on all hosts, without the reading. */
static Duration
measure_check (const VgateFleet *fleet, const VgateFleetQuestion *question)
{
    g_autoptr (GPtrArray) guests = g_ptr_array_new (), answers = NULL;
    VgateFleet one = *fleet;
    const Duration begin = now ();

    g_ptr_array_add (guests, (gpointer)any_with_vgpu (fleet));
    one.guests = guests;
    answers = vgate_fleet_judge_together (&one, question, NULL);
    g_assert_cmpuint (answers->len, ==, fleet->hosts->len);
    return since (begin);
}

int
main (int argc, char *argv[])
{
    const double max_ratio = argc > 3 ? g_ascii_strtod (argv[3], NULL) : 0;
    g_autofree char *made = argc > 2 ? make_fleet (number (argv[1]), number (argv[2])) : NULL;
    const char *directory = made ? made : argv[1];
    g_autoptr (VgateFleet) fleet = vgate_fleet_new ();
    g_autoptr (VgatePolicy) policy = vgate_policy_new_default ();
    const VgateFleetQuestion question = {policy, "/nonexistent", g_get_real_time () / G_USEC_PER_SEC};
    g_autoptr (VgateMatrix) matrix = NULL;
    g_autoptr (VgateMatrixTotals) totals = NULL;
    Duration begin, all, unit, judging;

    if (argc < 2)
        g_error ("usage: bench-fleet HOSTS GUESTS [RATIO], or bench-fleet DIR");
    policy->gate_cold_start = TRUE;
    policy->placement_mode = VGATE_PLACEMENT_APPLY;
    begin = now ();
    for_each_file (directory, read_with_libxml);
    unit = since (begin);
    printf ("1..1\n");
    print_duration ("libxml2's reader alone", unit, unit);
    all = begin = now ();
    g_assert_true (vgate_fleet_add_directory (fleet, directory, NULL));
    vgate_fleet_drop_duplicates (fleet);
    print_duration ("reading", since (begin), unit);
    begin = now ();
    matrix = vgate_matrix_new (fleet, &question, NULL, NULL);
    judging = since (begin);
    print_duration ("judging", judging, unit);
    begin = now ();
    totals = vgate_matrix_totals_new (matrix);
    print_duration ("totals", since (begin), unit);
    print_duration ("writing text", measure_print (vgate_matrix_print_text, totals), unit);
    print_duration ("all this", since (all), unit);
    print_duration ("writing csv", measure_print (vgate_matrix_print_csv, totals), unit);
    print_duration ("writing JSON", measure_print (vgate_matrix_print_json, totals), unit);
    print_duration ("check of one guest on all hosts", measure_check (fleet, &question), unit);
    printf ("# targets for 10,000 guests by 1,000 hosts: judging in 100 ms; all this in twice the time of "
            "libxml2's reader\n");
    printf ("# %u guests by %u hosts: %" G_GUINT64_FORMAT " decisions, %u different answers, %ld MiB\n",
            fleet->guests->len, fleet->hosts->len, matrix->n_decisions, matrix->outcomes->len, peak_mib ());
    if (made)
        remove_fleet (made);
    if (max_ratio > 0 && judging.processor > max_ratio * unit.processor) {
        printf ("not ok 1 /bench/fleet: judging takes more than %.0f times as long as libxml2's reader\n",
                max_ratio);
        return 1;
    }
    printf ("ok 1 /bench/fleet\n");
    return 0;
}
