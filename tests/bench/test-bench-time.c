/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The time of the hook for a guest without vGPU, compared with a program that does nothing. */
#include "hook-case.h"

#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUNS      300
#define ROUNDS    5
#define RATIO_MAX 1.3

/* As much as fits into a pipe at once, so that the program never waits for this one. */
#define XML_MAX 65536

/* Microseconds from the program's start to its end, with the XML ready on its standard input. */
static double
run_once (char *const *argv, const char *xml, gsize length)
{
    static char *const environment[] = {(char *)"LC_ALL=C", (char *)"PATH=/usr/bin:/bin", NULL};
    posix_spawn_file_actions_t actions;
    gint64 begin, end;
    int ends[2], status;
    pid_t pid;

    g_assert_cmpint (pipe (ends), ==, 0);
    g_assert_cmpint (write (ends[1], xml, length), ==, (gssize)length);
    close (ends[1]);
    posix_spawn_file_actions_init (&actions);
    posix_spawn_file_actions_adddup2 (&actions, ends[0], STDIN_FILENO);
    posix_spawn_file_actions_addclose (&actions, ends[0]);
    begin = g_get_monotonic_time ();
    g_assert_cmpint (posix_spawn (&pid, argv[0], &actions, NULL, argv, environment), ==, 0);
    g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
    end = g_get_monotonic_time ();
    g_assert_cmpint (status, ==, 0);
    posix_spawn_file_actions_destroy (&actions);
    close (ends[0]);
    return (double)(end - begin);
}

static int
compare_times (const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double
median (double *times)
{
    qsort (times, RUNS, sizeof *times, compare_times);
    return (times[RUNS / 2 - 1] + times[RUNS / 2]) / 2;
}

/* Returns the ratio of the medians of one round; the two programs alternate, so that noise affects both. */
static double
run_round (char *const *hook, char *const *empty, const char *xml, gsize length)
{
    double hook_times[RUNS], empty_times[RUNS];
    double hook_median, empty_median;

    for (guint i = 0; i < RUNS; i++) {
        empty_times[i] = run_once (empty, xml, length);
        hook_times[i] = run_once (hook, xml, length);
    }
    hook_median = median (hook_times);
    empty_median = median (empty_times);
    g_test_message ("hook %.0f us, empty program %.0f us: ratio %.2f", hook_median, empty_median,
                    hook_median / empty_median);
    return hook_median / empty_median;
}

static void
test_time (G_GNUC_UNUSED gconstpointer data)
{
    const HookCase c = {.input = "no-vgpu"};
    char *const hook[] = {(char *)program_path ("hook"),
                          (char *)CASE_DOMAIN,
                          (char *)"migrate",
                          (char *)"begin",
                          (char *)"-",
                          NULL};
    char *const empty[] = {(char *)program_path ("empty"), NULL};
    gsize length;
    g_autofree char *xml = case_input (&c, &length);
    double best = G_MAXDOUBLE;

    g_assert_cmpuint (length, <, XML_MAX);
    for (guint i = 0; i < ROUNDS && best > RATIO_MAX; i++) {
        const double ratio = run_round (hook, empty, xml, length);

        best = MIN (best, ratio);
    }
    g_assert_cmpfloat (best, <=, RATIO_MAX);
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    program_add_test ("/time/no-vgpu", NULL, test_time);
    return g_test_run ();
}
