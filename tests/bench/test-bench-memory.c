/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The peak memory of a gating hook: of hook and judge, which are one process, and of the helper. */
#include "hook-case.h"

#include <stdlib.h>
#include <string.h>

#define LIMIT_KIB (12 * 1024)

static long
read_peak (const FakeHost *host, const char *file)
{
    g_autofree char *path = fake_host_path (host, file), *text = NULL;
    g_autoptr (GError) error = NULL;

    g_file_get_contents (path, &text, NULL, &error);
    g_assert_no_error (error);
    return strtol (text, NULL, 10);
}

static void
check_peak (const FakeHost *host, const char *what)
{
    const long peak = read_peak (host, what);

    g_test_message ("peak of memory of the %s: %ld KiB", what, peak);
    g_assert_cmpint (peak, >, 0);
    g_assert_cmpint (peak, <, LIMIT_KIB);
}

static void
test_memory (gconstpointer data)
{
    const HookCase c = {.input = data};
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *hook_peak = fake_host_path (host, "hook");
    g_autofree char *helper = g_strdup_printf ("exec %s %s/helper-program \"$HELPER\"",
                                               program_path ("measure"), fake_host_root (host));
    const char *const argv[] = {program_path ("measure"),
                                hook_peak,
                                program_path ("hook"),
                                "--config",
                                fake_host_config (host),
                                "--root",
                                fake_host_root (host),
                                CASE_DOMAIN,
                                "migrate",
                                "begin",
                                "-",
                                NULL};
    g_auto (ProgramRun) run = {0};
    gsize length;
    g_autofree char *xml = case_input (&c, &length);

    case_standard_host (host);
    fake_host_set_helper (host, helper);
    program_run (argv, xml, length, &run);
    case_assert_answer (&run, CASE_DOMAIN, 1);
    check_peak (host, "hook");
    check_peak (host, "helper-program");
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    program_add_test ("/memory/one-vgpu", "mdev", test_memory);
    program_add_test ("/memory/two-vgpus", "two-mdevs", test_memory);
    return g_test_run ();
}
