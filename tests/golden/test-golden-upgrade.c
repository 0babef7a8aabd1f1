/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate plan-upgrade: plans, and bad input. */
#include "command-case.h"
#include "command-table.h"
#include "fleet-case.h"
#include "golden.h"
#include "hook-case.h"
#include "refusal.h"

#include <glib/gstdio.h>
#include <string.h>

#define FOLDER "upgrade"

static void
write_fleet (FakeHost *host, RandomFleet fleet)
{
    g_autofree char *path =
        g_build_filename (g_getenv ("VGATE_SRCDIR"), "lib/compat/vgpu-branches.conf", NULL);
    g_autofree char *table = NULL;
    gsize length;

    fleet_case_write (host, fleet);
    g_assert_true (g_file_get_contents (path, &table, &length, NULL));
    fake_host_write_file (host, "branches.conf", table, length, 0644);
}

static void
add_fleet (FakeHost *host, gboolean is_uniform)
{
    write_fleet (host, (RandomFleet){.seed = 3, .n_hosts = 6, .n_guests = 24, .is_uniform = is_uniform});
}

static void
several_boards (FakeHost *host)
{
    add_fleet (host, FALSE);
}

static void
uniform (FakeHost *host)
{
    add_fleet (host, TRUE);
}

/* Guests lack room, or a guest of another host must make room. */
static void
crowded (FakeHost *host)
{
    write_fleet (host, (RandomFleet){.seed = 2, .n_hosts = 4, .n_guests = 12});
}

static void
tight (FakeHost *host)
{
    write_fleet (host, (RandomFleet){.seed = 4, .n_hosts = 4, .n_guests = 8, .n_gpus = 1});
}

/* Names that a shell, or the question to the user, must not take for something else. */
static void
hostile (FakeHost *host)
{
    tight (host);
    fleet_case_change (host, "fleet/guests/vm00001.xml", "<name>vm00001</name>",
                       "<name>a'; touch x #&#10;touch y</name>");
    fleet_case_change (host, "fleet/hosts/host-004.xml", "name='host-004'", "name=\"b'; touch %s\"");
}

/* The first host and the third can be updated while guests run; of the second, only the driver can. */
static void
warm_hosts (FakeHost *host)
{
    add_fleet (host, FALSE);
    fleet_case_change (host, "fleet/hosts/host-001.xml", "<driver ", "<driver warm-update='on' ");
    fleet_case_change (host, "fleet/hosts/host-001.xml", "<pgpu ", "<pgpu warm-update='on' ");
    fleet_case_change (host, "fleet/hosts/host-002.xml", "<driver ", "<driver warm-update='on' ");
    fleet_case_change (host, "fleet/hosts/host-003.xml", "<driver ", "<driver warm-update='on' ");
    fleet_case_change (host, "fleet/hosts/host-003.xml", "<pgpu ", "<pgpu warm-update='on' ");
}

/* A guest on a host that can be updated while guests run, whose metadata is damaged: it is not known whether
 * it can run on. */
static void
warm_damaged (FakeHost *host)
{
    warm_hosts (host);
    fleet_case_change (host, "fleet/guests/vm00003.xml", "guest-driver='", "guest-driver='9");
}

/* The only host. Its guests can run on, and have no other host. */
static void
warm_alone (FakeHost *host)
{
    static const char *const others[] = {"2", "3", "4", "5", "6"};

    warm_hosts (host);
    for (gsize i = 0; i < G_N_ELEMENTS (others); i++) {
        g_autofree char *name = g_strdup_printf ("fleet/hosts/host-00%s.xml", others[i]);
        g_autofree char *path = fake_host_path (host, name);

        g_assert_cmpint (g_remove (path), ==, 0);
    }
}

static void
with_bad_documents (FakeHost *host)
{
    several_boards (host);
    fake_host_write_file (host, "fleet/guests/vm.xml", "vm1", 3, 0644);
    fake_host_write_file (host, "bad.conf", "[595]\nrange=9-1\n", 16, 0644);
}

static const struct {
    const char *name;
    const char
        *line; /* after "plan-upgrade --root $ROOT --branches $ROOT/branches.conf --fleet $ROOT/fleet" */
    CasePrepare prepare;
    int status;
} outputs[] = {
    {"several-boards.text", "--driver 590", several_boards, 1},
    {"warm.text", "--driver 590", warm_hosts, 1},
    {"no-warm.text", "--driver 590 --no-warm-update", warm_hosts, 1},
    {"warm-damaged.text", "--driver 590", warm_damaged, 1},
    {"warm-alone.text", "--driver 580", warm_alone, 0},
    {"some-done.text", "--driver 580.95.05", several_boards, 1},
    {"uniform.text", "--driver 550", uniform, 1},
    {"same-branch.text", "--driver 535", uniform, 0},
    {"two-hosts.text", "--driver 580 host-002 host-004", several_boards, 1},
    {"crowded.text", "--driver 595", crowded, 1},
    {"makes-room.text", "--driver 580 host-002 host-004 --link-speed 25000", tight, 1},
    {"makes-room.virsh", "--driver 580 --virsh", tight, 1},
    {"warm.virsh", "--driver 590 --virsh --uri qemu+tls://%h/system --transient", warm_hosts, 1},
    {"hostile.virsh", "--driver 580 --virsh 00000004-0001-4000-8000-000000000007", hostile, 1},
};

static void
run_plan (FakeHost *host, const char *line, ProgramRun *run)
{
    g_autofree char *full = g_strdup_printf (
        "plan-upgrade --root $ROOT --branches $ROOT/branches.conf --fleet $ROOT/fleet %s", line);

    command_run (host, full, run);
}

static void
test_output (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};
    g_auto (GStrv) lines = NULL;

    outputs[i].prepare (host);
    run_plan (host, outputs[i].line, &run);
    g_assert_cmpstr (run.err, ==, "");
    golden_compare (FOLDER, outputs[i].name, run.out);
    g_assert_cmpint (run.status, ==, outputs[i].status);
    if (!g_str_has_suffix (outputs[i].name, ".text"))
        return;
    lines = g_strsplit (run.out, "\n", -1);
    for (guint l = 0; lines[l]; l++)
        g_assert_cmpint (g_utf8_strlen (lines[l], -1), <=, 80);
}

/* The commands stop at an update if there is no terminal on which the user can say that it was done. */
static void
test_shell (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *path = fake_host_path (host, "plan.sh"), *out = NULL;
    const char *argv[] = {"setsid", "-w", "sh", path, NULL};
    g_auto (ProgramRun) run = {0};
    g_autofree char *script = NULL;
    int status = 0;

    hostile (host);
    run_plan (host, "--driver 580 --virsh 00000004-0001-4000-8000-000000000007", &run);
    script = g_strconcat (run.out, "echo 'the next step'\n", NULL);
    fake_host_write_file (host, "plan.sh", script, strlen (script), 0644);
    g_assert_true (g_spawn_sync (fake_host_root (host), (char **)argv, NULL,
                                 G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &out, NULL,
                                 &status, NULL));
    g_assert_cmpint (status, !=, 0);
    g_assert_true (g_str_has_prefix (out, "Shut down "));
    g_assert_nonnull (strstr (out, "Update b'; touch %s to driver 580."));
    g_assert_null (strstr (out, "the next step"));
}

/* Nor do they go on after one that failed. */
static void
test_shell_failure (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *path = fake_host_path (host, "plan.sh"), *out = NULL;
    /* there is no virsh */
    const char *argv[] = {"/bin/sh", path, NULL}, *environment[] = {"PATH=/nowhere", NULL};
    g_auto (ProgramRun) run = {0};
    int status = 0;

    tight (host);
    run_plan (host, "--driver 580 --virsh", &run);
    fake_host_write_file (host, "plan.sh", run.out, strlen (run.out), 0644);
    g_assert_true (g_spawn_sync (fake_host_root (host), (char **)argv, (char **)environment,
                                 G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &out, NULL, &status, NULL));
    g_assert_cmpint (status, !=, 0);
    g_assert_cmpstr (out, ==, "");
}

static const struct {
    const char *name;
    const char *line;
    int status;
} failures[] = {
    {"no-directory", "plan-upgrade --driver 580 --branches $ROOT/branches.conf --fleet $ROOT/none", 3},
    {"no-such-host", "plan-upgrade --driver 580 --branches $ROOT/branches.conf --fleet $ROOT/fleet host-9",
     3},
    {"no-table", "plan-upgrade --driver 580 --branches $ROOT/none.conf --fleet $ROOT/fleet", 3},
    {"bad-table", "plan-upgrade --driver 595 --branches $ROOT/bad.conf --fleet $ROOT/fleet", 3},
    {"unknown-branch", "plan-upgrade --driver 999 --branches $ROOT/branches.conf --fleet $ROOT/fleet", 3},
    {"not-a-driver", "plan-upgrade --driver new --branches $ROOT/branches.conf --fleet $ROOT/fleet", 3},
    {"usage-no-driver", "plan-upgrade --fleet $ROOT/fleet", 2},
    {"usage-no-fleet", "plan-upgrade --driver 580", 2},
    {"usage-output", "plan-upgrade --driver 580 --fleet $ROOT/fleet --output html", 2},
    {"usage-virsh-json", "plan-upgrade --driver 580 --fleet $ROOT/fleet --virsh --output json", 2},
    {"usage-parallel", "plan-upgrade --driver 580 --fleet $ROOT/fleet --parallel 0", 2},
    {"usage-uri", "plan-upgrade --driver 580 --fleet $ROOT/fleet --uri qemu+ssh://host/system", 2},
    {"usage-link-speed", "plan-upgrade --driver 580 --fleet $ROOT/fleet --link-speed fast", 2},
};

static void
test_failure (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();

    with_bad_documents (host);
    if (failures[i].status == 3 && strstr (failures[i].name, "host"))
        several_boards (host);
    command_assert_failure (host, FOLDER, failures[i].name, &(CommandCall){.line = failures[i].line},
                            failures[i].status);
}

/* The rest is answered. */
static void
test_bad_document (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    with_bad_documents (host);
    run_plan (host, "--driver 580", &run);
    g_assert_cmpstr (run.out, !=, "");
    g_assert_cmpint (run.status, ==, 3);
    command_compare_error (host, FOLDER, "bad-document", &run);
}

/* --- what is not known --- */

/* No host document contains the devices. */
static void
no_devices (FakeHost *host)
{
    uniform (host);
    for (guint i = 1; i <= 6; i++)
        fleet_case_remove_devices (host, i);
}

/* Most guests of the hosts are not in the fleet. */
static void
unknown_guests (FakeHost *host)
{
    uniform (host);
    for (guint i = 2; i <= 24; i++) {
        g_autofree char *file = g_strdup_printf ("fleet/guests/vm%05u.xml", i);
        g_autofree char *path = fake_host_path (host, file);

        g_assert_cmpint (g_unlink (path), ==, 0);
    }
}

static const struct {
    const char *name;
    const char *line;
    const char *json; /* is contained in it */
    CasePrepare prepare;
} unknown[] = {
    {"no-devices", "--driver 550", "\"shut-down\" : 2,", no_devices},
    {"unknown-guests", "--driver 550 host-001 host-002", "\"not-judged\" : 0,", unknown_guests},
};

static void
test_unknown (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autofree char *text = g_strconcat (unknown[i].name, ".text", NULL);
    g_autofree char *as_json = g_strconcat (unknown[i].line, " --output json", NULL);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0}, json = {0};

    unknown[i].prepare (host);
    run_plan (host, unknown[i].line, &run);
    golden_compare (FOLDER, text, run.out);
    g_assert_cmpint (run.status, ==, 3);
    run_plan (host, as_json, &json);
    g_assert_cmpint (json.status, ==, 3);
    g_assert_nonnull (strstr (json.out, unknown[i].json));
}

static void
test_full (gconstpointer form)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *line = g_strdup_printf (
        "plan-upgrade --root $ROOT --branches $ROOT/branches.conf --fleet $ROOT/fleet --driver 580 "
        "--output %s",
        (const char *)form);

    several_boards (host);
    command_assert_cannot_write (host, line);
}

static void
test_none_left (G_GNUC_UNUSED gconstpointer data)
{
    golden_assert_none_left (FOLDER, ".text");
    golden_assert_none_left (FOLDER, ".virsh");
    refusal_assert_none_left (FOLDER);
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    for (guint i = 0; i < G_N_ELEMENTS (outputs); i++)
        command_add_test (FOLDER, "output", outputs[i].name, i, test_output);
    for (guint i = 0; i < G_N_ELEMENTS (failures); i++)
        command_add_test (FOLDER, "failure", failures[i].name, i, test_failure);
    for (guint i = 0; i < G_N_ELEMENTS (unknown); i++)
        command_add_test (FOLDER, "unknown", unknown[i].name, i, test_unknown);
    program_add_test ("/" FOLDER "/shell", NULL, test_shell);
    program_add_test ("/" FOLDER "/shell-failure", NULL, test_shell_failure);
    program_add_test ("/" FOLDER "/bad-document", NULL, test_bad_document);
    program_add_test ("/" FOLDER "/full/text", "text", test_full);
    program_add_test ("/" FOLDER "/full/json", "json", test_full);
    program_add_test ("/none-left/" FOLDER, NULL, test_none_left);
    return g_test_run ();
}
