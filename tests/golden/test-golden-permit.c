/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate allow-restore: one restore of a guest whose image contains no metadata, on this host, with this
 * driver, and nothing else. */
#include "command-case.h"
#include "events.h"
#include "../test-glib.h"

#include <string.h>

#define INPUT  "bare-mdev"
#define ALLOW  "allow-restore --yes --root $ROOT @" INPUT ".in.xml"
#define PERMIT "run/vgpu-gate/restore-" VM_1

/* The permission can be given here; otherwise the case is skipped. */
static gboolean
can_allow (void)
{
    return command_can_run (&(CommandCall){.line = ALLOW});
}

static void
put_permit (FakeHost *host, const char *text)
{
    fake_host_write_file (host, PERMIT, text, strlen (text), 0600);
}

/* QEMU waits for the guest's memory. */
static void
start_qemu (FakeHost *host)
{
    fake_host_qemu_started (host, CASE_DOMAIN, TRUE);
}

static void
test_once (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = case_configured_host ("");
    g_auto (Guest) guest = {0};

    if (!can_allow ())
        return;
    guest_init (&guest, host, INPUT, VM_1);
    refused (&guest, "restore", 213);
    command_says (host, ALLOW, 0, VM_1);
    /* a dry run does not use it up */
    command_says (host, "check --operation restore --root $ROOT @" INPUT ".in.xml", 0, "allow-restore");
    allowed_unchanged (&guest, "restore");
    start_qemu (host);
    allowed_unchanged (&guest, "started");
    g_assert_false (fake_host_has (host, PERMIT));
    refused (&guest, "started", 213);
    refused (&guest, "restore", 213);
}

/* A guest that arrives from another host has no 'restore begin'. */
static void
test_not_for_arrivals (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = case_configured_host ("");
    g_auto (Guest) guest = {0}, other = {0};

    if (!can_allow ())
        return;
    guest_init (&guest, host, INPUT, VM_1);
    guest_init (&other, host, INPUT, VM_2);
    command_says (host, ALLOW, 0, VM_1);
    start_qemu (host);
    refused (&guest, "started", 213);
    refused (&other, "restore", 213);
    /* a restore that has begun is not begun again: its first QEMU may have been started */
    allowed_unchanged (&guest, "restore");
    refused (&guest, "restore", 213);
    allowed_unchanged (&guest, "started");
}

static void
test_driver (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = case_configured_host ("");
    g_auto (Guest) guest = {0};

    if (!can_allow ())
        return;
    guest_init (&guest, host, INPUT, VM_1);
    command_says (host, ALLOW, 0, "580.95.05");
    fake_host_sim (host, "update --driver 595.58.03 --range 24.1-28.1");
    refused (&guest, "restore", 220);
    fake_host_sim (host, "update --driver 580.95.05 --range 18.1-26.1");
    allowed_unchanged (&guest, "restore");
    /* the driver is loaded again before QEMU runs */
    fake_host_sim (host, "update --driver 595.58.03 --range 24.1-28.1");
    start_qemu (host);
    refused (&guest, "started", 220);
}

static void
test_files (G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        const char *text;
        int code;
    } cases[] = {
        /* expired, and of a clock that this boot has not reached */
        {"[restore]\ndriver=580.95.05\nexpires=0\nhas-begun=false\n", 213},
        {"[restore]\ndriver=580.95.05\nexpires=18446744073709551615\nhas-begun=false\n", 213},
        {"", 220},
        {"[restore]\ndriver=580.95.05\nhas-begun=false\n", 220},
        {"[restore]\ndriver=580.95.05\nexpires=-1\nhas-begun=false\n", 220},
        {"[restore]\ndriver=580.95.05\nexpires=1\nhas-begun=maybe\n", 220},
        {"[restore]\nexpires=1\nhas-begun=false\n", 220},
        {"nonsense", 220},
    };

    if (!can_allow ())
        return;
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (FakeHost) host = case_configured_host ("");
        g_auto (Guest) guest = {0};

        guest_init (&guest, host, INPUT, VM_1);
        command_says (host, ALLOW, 0, VM_1);
        put_permit (host, cases[i].text);
        refused (&guest, "restore", cases[i].code);
        /* what is left does not prevent a new permission */
        command_says (host, ALLOW, 0, VM_1);
        allowed_unchanged (&guest, "restore");
    }
}

static void
test_command (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = case_configured_host ("");
    g_autoptr (FakeHost) empty = fake_host_new ();

    if (!can_allow ())
        return;
    command_says (host, "allow-restore --yes --root $ROOT @element.in.xml", 1, "VGATE-221");
    command_says (empty, ALLOW, 1, "VGATE-221");
    command_says (host, "allow-restore --root $ROOT @" INPUT ".in.xml", 2, "--yes");
    command_says (host, "allow-restore", 2, "VGATE-902");
    command_says (host, "allow-restore --yes --root $ROOT $ROOT/none.xml", 3, "VGATE-111");
    g_assert_false (fake_host_has (host, PERMIT));
    fake_host_sim (host, "fail nvmlInit_v2 999");
    command_says (host, ALLOW, 3, "VGATE-503");
    g_assert_false (fake_host_has (host, PERMIT));
}

static void
test_nobody (G_GNUC_UNUSED gconstpointer data)
{
    const CommandCall call = {.line = "allow-restore guest.xml", .as_nobody = TRUE};
    g_autoptr (FakeHost) host = case_configured_host ("");
    g_auto (ProgramRun) run = {0};

    command_call (host, &call, &run);
    g_assert_cmpint (run.status, ==, 1);
    if (!strstr (run.err, "VGATE-514: only root can allow a restore; run: sudo vgpu-gate "))
        test_fail ("another refusal: '%s'", run.err);
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    program_add_test ("/permit/once", NULL, test_once);
    program_add_test ("/permit/not-for-arrivals", NULL, test_not_for_arrivals);
    program_add_test ("/permit/driver", NULL, test_driver);
    program_add_test ("/permit/files", NULL, test_files);
    program_add_test ("/permit/command", NULL, test_command);
    program_add_test ("/permit/nobody", NULL, test_nobody);
    return g_test_run ();
}
