/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* exec () keeps blocked and ignored signals. libvirt gives a hook the defaults, but other callers do not: a
 * dispatcher of hooks, a shell with trap or nohup, a daemon. */
#include "command-case.h"
#include "events.h"
#include "placement-hosts.h"
#include "../test-glib.h"

#include <signal.h>
#include <string.h>

#define MEAN "env --block-signal=ALRM,CHLD,TERM --ignore-signal=ALRM,CHLD,TERM"

/* A helper whose driver hangs is ended only by its own alarm. */
static void
test_alarm (gconstpointer data)
{
    static const struct {
        const char *hang, *line;
    } cases[] = {
        {"hang nvmlInit", "host"},
        {"hang nvmlGetVgpuVersion", "version get"},
        {"hang nvmlDeviceGetVgpuSchedulerLog", "scheduler log --follow"},
    };
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    case_standard_host (host);
    fake_host_sim (host, cases[i].hang);
    fake_host_configure (host, "[backend]\ndeadline-ms=300\n");
    program_run_by (MEAN);
    command_run (host, cases[i].line, &run);
    program_run_by (NULL);
    g_assert_nonnull (strstr (run.err, "VGATE-504"));
    fake_host_assert_helper_ends (host);
}

/* The hook waits for the child that creates a device, and must get its result. */
static void
test_child (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_mdevs);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "mdev", VM_1);
    program_run_by (MEAN);
    allowed_unchanged (&guest, "migrate");
    allowed_unchanged (&guest, "prepare");
    g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
    g_assert_true (has_lease (host, VM_1, "made"));
    allowed_unchanged (&guest, "release end");
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
    program_run_by (NULL);
}

static void
wait_for_lines (const FakeHost *host, guint n)
{
    g_autofree char *path = fake_host_path (host, "out");

    for (guint waited = 0; waited < 20000; waited += 10) {
        g_autofree char *text = NULL;
        guint found = 0;

        if (g_file_get_contents (path, &text, NULL, NULL))
            for (const char *at = strchr (text, '\n'); at; at = strchr (at + 1, '\n'))
                found++;
        if (found >= n)
            return;
        g_usleep (10000);
    }
    test_fail ("no %u lines came", n);
}

/* Under nohup, or in the background of a script, a log that is followed goes on as the shell requires;
 * SIGTERM always ends it. */
static void
test_nohup (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autoptr (GSubprocess) process = NULL;
    g_autoptr (GError) error = NULL;

    case_standard_host (host);
    fake_host_sim (host, "plug --vm " OTHER_VM " --type 1120 --gpu " CASE_GPU
                         " --guest-driver 580.95.05 --guest-range 18.1-26.1");
    program_run_by ("env --ignore-signal=HUP,INT,TERM --block-signal=TERM");
    process = command_start (host, "scheduler log --follow --output json");
    program_run_by (NULL);
    wait_for_lines (host, 20);
    g_subprocess_send_signal (process, SIGHUP);
    g_subprocess_send_signal (process, SIGINT);
    g_usleep (G_USEC_PER_SEC / 2);
    g_assert_nonnull (g_subprocess_get_identifier (process));
    wait_for_lines (host, 300);
    g_subprocess_send_signal (process, SIGTERM);
    g_subprocess_wait (process, NULL, &error);
    g_assert_no_error (error);
    g_assert_true (g_subprocess_get_if_exited (process));
    fake_host_assert_helper_ends (host);
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    program_add_test ("/signals/alarm/probe", GUINT_TO_POINTER (0), test_alarm);
    program_add_test ("/signals/alarm/control", GUINT_TO_POINTER (1), test_alarm);
    program_add_test ("/signals/alarm/follow", GUINT_TO_POINTER (2), test_alarm);
    program_add_test ("/signals/child", NULL, test_child);
    program_add_test ("/signals/nohup", NULL, test_nohup);
    return g_test_run ();
}
