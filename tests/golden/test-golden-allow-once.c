/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate allow-once: one arrival of one guest passes, whatever the gate decides, and the next one is
 * refused. */
#include "command-case.h"
#include "domain/vmstate.h"
#include "events.h"
#include "../test-glib.h"

#include <string.h>

#define ALLOWED  "run/vgpu-gate/allowed-once"
#define REPORTED "run/vgpu-gate/reported"
#define SAVE     "var/lib/libvirt/qemu/save/" CASE_DOMAIN ".save"
#define BECAUSE  " --reason rack --root $ROOT"
#define ALLOW    "allow-once " CASE_DOMAIN BECAUSE
#define LIST     "allow-once --list --root $ROOT"

#define ASKING                                                                                            \
    .edits = {{"<domain type='kvm'", "<domain type='kvm' xmlns:qemu='" VGATE_VMSTATE_QEMU_NAMESPACE "'"}, \
              {"</domain>", "  <qemu:commandline>\n    <qemu:arg value='-object'/>\n"                     \
                            "    <qemu:arg value='dbus-vmstate,id=vgpu-gate,addr=" VGATE_BUS_DEFAULT      \
                            ",id-list=vgpu-gate-" VM_1 "'/>\n  </qemu:commandline>\n</domain>"}}

/* A live migration, at each of libvirt's events, and another one. */
static void
test_migration (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = case_configured_host ("");
    g_auto (Guest) guest = {0}, other = {0};
    g_autofree char *path = fake_host_path (host, REPORTED), *counted = NULL;

    guest_init (&guest, host, "mdev", VM_1);
    guest_init (&other, host, "mdev", VM_2);
    fake_host_sim (host, "update --range 27.1-28.1");
    refused (&guest, "migrate", 303);
    command_says (host, "allow-once " VM_1 BECAUSE, 0, VM_1);
    refused (&other, "migrate", 303);
    allowed_unchanged (&guest, "migrate");
    g_assert_false (fake_host_has (host, LEASES));
    allowed_unchanged (&guest, "prepare");
    command_says (host, LIST, 0, "in-use");
    fake_host_qemu_started (host, CASE_DOMAIN, TRUE);
    allowed_unchanged (&guest, "started");
    g_assert_false (fake_host_has (host, ALLOWED));
    refused (&guest, "migrate", 303);
    refused (&guest, "started", 303);
    g_assert_true (g_file_get_contents (path, &counted, NULL, NULL));
    g_assert_cmpstr (counted, ==, "[migrate]\nVGATE-303=1\n\n[started]\nVGATE-303=1\n");
}

/* The first event is left to the second, and a migration that fails uses the permission up. */
static void
test_failed_migration (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = case_configured_host ("");
    g_auto (Guest) bare = {0}, guest = {0};

    guest_init (&bare, host, "bare-mdev", VM_1);
    guest_init (&guest, host, "mdev", VM_1);
    command_says (host, ALLOW, 0, CASE_DOMAIN);
    allowed_unchanged (&bare, "migrate");
    fake_host_qemu_started (host, CASE_DOMAIN, TRUE);
    allowed_unchanged (&bare, "started");
    refused (&bare, "started", 213);
    fake_host_sim (host, "update --range 27.1-28.1");
    command_says (host, ALLOW, 0, CASE_DOMAIN);
    allowed_unchanged (&guest, "migrate");
    refused (&guest, "migrate", 303);
    refused (&guest, "started", 303);
}

/* QEMU asks again at switch-over, so that the permission is kept for that; another arrival cannot use it. */
static void
test_switch_over (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = case_configured_host ("");
    const HookCase asking = {.input = "element", ASKING};
    g_auto (Guest) guest = {.host = host};

    guest.xml = case_input (&asking, &guest.length);
    fake_host_qemu_started (host, CASE_DOMAIN, TRUE);
    command_says (host, ALLOW, 0, CASE_DOMAIN);
    /* nobody serves the bus here */
    allowed_unchanged (&guest, "started");
    g_assert_true (fake_host_has (host, ALLOWED));
    refused (&guest, "started", 820);
    g_assert_false (fake_host_has (host, ALLOWED));
}

/* Both events of a start; no refusal is kept for the second one. */
static void
test_managed_save (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = case_configured_host ("");
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "bare-mdev", VM_1);
    fake_host_write_file (host, SAVE, "", 0, 0600);
    allowed_unchanged (&guest, "restore");
    refused (&guest, "prepare", 213);
    command_says (host, ALLOW, 0, CASE_DOMAIN);
    allowed_unchanged (&guest, "restore");
    allowed_unchanged (&guest, "prepare");
    fake_host_qemu_started (host, CASE_DOMAIN, TRUE);
    allowed_unchanged (&guest, "started");
    allowed_unchanged (&guest, "restore");
    refused (&guest, "prepare", 213);
}

static void
test_cold_start (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = case_configured_host ("[gate]\ncold-start=check\n");
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "mdev", VM_1);
    fake_host_sim (host, "update --range 27.1-28.1");
    refused (&guest, "prepare", 303);
    command_says (host, ALLOW, 0, CASE_DOMAIN);
    allowed_unchanged (&guest, "prepare");
    refused (&guest, "prepare", 303);
}

/* Neither the driver, nor the configuration, nor the XML can be read. */
static void
test_broken_host (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = case_configured_host ("");
    g_auto (Guest) guest = {0}, unreadable = {.host = host, .xml = g_strdup ("nonsense"), .length = 8};

    guest_init (&guest, host, "mdev", VM_1);
    command_says (host, ALLOW, 0, CASE_DOMAIN);
    allowed_unchanged (&unreadable, "migrate");
    refused (&unreadable, "migrate", 107);
    fake_host_set_library (host, "/nonexistent/libnvidia-ml.so.1");
    command_says (host, ALLOW, 0, CASE_DOMAIN);
    allowed_unchanged (&guest, "migrate");
    refused (&guest, "migrate", 501);
    command_says (host, ALLOW, 0, CASE_DOMAIN);
    fake_host_write_config (host, "nonsense\n", 0644);
    allowed_unchanged (&guest, "migrate");
    refused (&guest, "migrate", 603);
}

/* What is allowed in any case uses no permission, and nor do a dry run, a question and a guest without a
 * vGPU. On a host that only reports nobody needs one. */
static void
test_not_used (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = case_configured_host ("");
    g_auto (Guest) guest = {0}, bare = {0}, plain = {0};
    g_auto (ProgramRun) dry = {0};
    HookCall call = {.host = host, .extra = "--dry-run", .domain = CASE_DOMAIN, .operation = "restore"};

    guest_init (&guest, host, "mdev", VM_1);
    guest_init (&bare, host, "bare-mdev", VM_1);
    guest_init (&plain, host, "no-vgpu", VM_1);
    command_says (host, ALLOW, 0, CASE_DOMAIN);
    allowed_unchanged (&guest, "migrate");
    allowed_unchanged (&plain, "migrate");
    allowed_unchanged (&plain, "started");
    call.input = bare.xml;
    call.length = bare.length;
    case_call_hook (&call, &dry);
    g_assert_cmpint (dry.status, ==, 1);
    command_says (host, "check --operation restore --root $ROOT @bare-mdev.in.xml", 1, "VGATE-213");
    fake_host_configure (host, "[gate]\nmode=report\n");
    allowed_unchanged (&bare, "restore");
    command_says (host, LIST, 0, "unused");
    fake_host_configure (host, "[gate]\nmode=enforce\n");
    allowed_unchanged (&bare, "restore");
    refused (&bare, "restore", 213);
}

/* A file that is not as it is written allows nothing. */
static void
test_hostile (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const contents[] = {
        "nonsense",
        "[exception-1]\n",
        "[exception-1]\ndomain=vm1\nreason=r\nuid=0\ngiven=1\nexpires=9\nstage=never\n",
        "[exception-1]\ndomain=vm1\nreason=r\nuid=0\ngiven=1\nexpires=18446744073709551616\nstage=unused\n",
    };

    for (gsize i = 0; i < G_N_ELEMENTS (contents); i++) {
        g_autoptr (FakeHost) host = case_configured_host ("");
        g_auto (Guest) guest = {0};

        guest_init (&guest, host, "bare-mdev", VM_1);
        command_says (host, ALLOW, 0, CASE_DOMAIN);
        fake_host_write_file (host, ALLOWED, contents[i], strlen (contents[i]), 0600);
        refused (&guest, "restore", 213);
        command_says (host, LIST, 3, "VGATE-843");
        command_says (host, "allow-once --withdraw " CASE_DOMAIN " --root $ROOT", 3, "VGATE-843");
        command_says (host, ALLOW, 0, CASE_DOMAIN);
        allowed_unchanged (&guest, "restore");
    }
}

static void
test_no_directory (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = case_configured_host ("");
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "bare-mdev", VM_1);
    fake_host_write_file (host, "run/vgpu-gate", "", 0, 0644);
    command_says (host, ALLOW, 3, "VGATE-843");
    /* as without it: the permissions of allow-restore cannot be read either */
    refused (&guest, "restore", 220);
}

/* The permission that was given first was given just now for that time; the machine can be busy. */
static void
assert_valid_for (const FakeHost *host, gint64 seconds)
{
    g_autofree char *path = fake_host_path (host, ALLOWED);
    g_autoptr (GKeyFile) file = g_key_file_new ();
    gint64 left;

    g_assert_true (g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL));
    left = g_key_file_get_int64 (file, "exception-1", "expires", NULL) -
           g_get_monotonic_time () / G_USEC_PER_SEC;
    g_assert_cmpint (left, <=, seconds);
    g_assert_cmpint (left, >, seconds - 40);
}

static void
test_command (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = case_configured_host ("");
    g_autofree char *longest = g_strnfill (200, 'r');
    g_autofree char *fits = g_strdup_printf ("allow-once vm2 --reason %s --for 24h --root $ROOT", longest);
    g_autofree char *too_long = g_strdup_printf ("allow-once vm2 --reason %sr --root $ROOT", longest);

    command_says (host, LIST, 0, "no arrival is allowed\n");
    command_says (host, LIST " --output json", 0, "\"allowed\" : []");
    command_says (host, "allow-once " CASE_DOMAIN " --reason rack-7 --for 30min --root $ROOT", 0, "rack-7\n");
    assert_valid_for (host, 1800);
    command_says (host, ALLOW " --for 90s --output json", 0, "\"expires-in\" : ");
    assert_valid_for (host, 90);
    command_says (host, ALLOW " --for 3h", 0, CASE_DOMAIN);
    assert_valid_for (host, 10800);
    command_says (host, ALLOW " --for 45", 0, CASE_DOMAIN);
    assert_valid_for (host, 45);
    command_says (host, ALLOW, 0, CASE_DOMAIN);
    assert_valid_for (host, 600);
    command_says (host, fits, 0, longest);
    command_says (host, too_long, 2, "VGATE-902");
    command_says (host, LIST, 0, "ALLOWED DOMAIN  STATE   EXPIRES IN ");
    command_says (host, LIST " --output json", 0, longest);
    command_says (host, "allow-once --withdraw vm2 --root $ROOT", 0, "vm2");
    command_says (host, "allow-once --withdraw vm2 --root $ROOT", 1, "VGATE-844");
    command_says (host, LIST, 0, CASE_DOMAIN);
}

static void
test_usage (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const lines[] = {
        "allow-once",
        "allow-once vm1 vm2 --reason r",
        "allow-once vm1",
        "allow-once a/b --reason r",
        "allow-once vm1 --reason r --for 0",
        "allow-once vm1 --reason r --for 25h",
        "allow-once vm1 --reason r --for 86401",
        "allow-once vm1 --reason r --for 4294967297h",
        "allow-once vm1 --reason r --for 1d",
        "allow-once vm1 --reason r --for -5",
        "allow-once --list vm1",
        "allow-once --list --reason r",
        "allow-once --list --withdraw",
        "allow-once --withdraw",
        "allow-once --withdraw vm1 --for 5",
    };
    g_autoptr (FakeHost) host = case_configured_host ("");

    for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
        g_autofree char *line = g_strconcat (lines[i], " --root $ROOT", NULL);

        command_says (host, line, 2, "VGATE-902");
    }
    g_assert_false (fake_host_has (host, ALLOWED));
}

static void
test_nobody (G_GNUC_UNUSED gconstpointer data)
{
    const CommandCall call = {.line = "allow-once vm1 --reason r", .as_nobody = TRUE};
    g_autoptr (FakeHost) host = case_configured_host ("");
    g_auto (ProgramRun) run = {0};

    command_call (host, &call, &run);
    g_assert_cmpint (run.status, ==, 1);
    if (!strstr (run.err,
                 "VGATE-514: only root can allow an arrival, or see which are allowed; run: sudo vgpu-gate "))
        test_fail ("another refusal: '%s'", run.err);
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    program_add_test ("/allow-once/migration", NULL, test_migration);
    program_add_test ("/allow-once/failed-migration", NULL, test_failed_migration);
    program_add_test ("/allow-once/switch-over", NULL, test_switch_over);
    program_add_test ("/allow-once/managed-save", NULL, test_managed_save);
    program_add_test ("/allow-once/cold-start", NULL, test_cold_start);
    program_add_test ("/allow-once/broken-host", NULL, test_broken_host);
    program_add_test ("/allow-once/not-used", NULL, test_not_used);
    program_add_test ("/allow-once/hostile", NULL, test_hostile);
    program_add_test ("/allow-once/no-directory", NULL, test_no_directory);
    program_add_test ("/allow-once/command", NULL, test_command);
    program_add_test ("/allow-once/usage", NULL, test_usage);
    program_add_test ("/allow-once/nobody", NULL, test_nobody);
    return g_test_run ();
}
