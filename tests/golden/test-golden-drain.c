/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate drain: plans, the commands that do them, and bad input. */
#include "command-case.h"
#include "command-table.h"
#include "fleet-case.h"
#include "golden.h"
#include "hook-case.h"
#include "refusal.h"

#include <glib/gstdio.h>
#include <string.h>

#define FOLDER "drain"

/* --- fleets --- */

static void
add_fleet (FakeHost *host, guint32 seed, guint n_hosts, guint n_guests, guint n_gpus)
{
    const RandomFleet fleet = {
        .seed = seed,
        .n_hosts = n_hosts,
        .n_guests = n_guests,
        .n_gpus = n_gpus,
    };

    fleet_case_write (host, fleet);
}

static void
roomy_fleet (FakeHost *host)
{
    add_fleet (host, 10, 8, 24, 4);
}

/* A fleet in which guests of other hosts make room. */
static void
tight_fleet (FakeHost *host)
{
    add_fleet (host, 4, 12, 60, 0);
}

/* Some hosts have virtual functions. */
static void
mixed_fleet (FakeHost *host)
{
    add_fleet (host, 5, 12, 40, 0);
}

static void
two_hosts (FakeHost *host)
{
    add_fleet (host, 21, 2, 3, 0);
}

static void
one_host (FakeHost *host)
{
    add_fleet (host, 21, 1, 3, 0);
}

static void
hostile_fleet (FakeHost *host)
{
    roomy_fleet (host);
    fleet_case_change (host, "fleet/hosts/host-001.xml", "name='host-001'", "name='-oProxyCommand=x'");
    fleet_case_change (host, "fleet/hosts/host-002.xml", "name='host-002'", "name='b&apos;$(x)'");
    for (guint i = 1; i <= 24; i++) {
        g_autofree char *file = g_strdup_printf ("fleet/guests/vm%05u.xml", i);
        g_autofree char *before = g_strdup_printf ("<name>vm%05u</name>", i);
        g_autofree char *after = g_strdup_printf ("<name>%u; rm -rf \xe2\x80\xae</name>", i);

        fleet_case_change (host, file, before, after);
    }
}

/* The documents of the other hosts do not contain devices, and those hosts are full. */
static void
full_without_devices (FakeHost *host)
{
    roomy_fleet (host);
    for (guint i = 2; i <= 8; i++) {
        g_autofree char *file = g_strdup_printf ("fleet/hosts/host-%03u.xml", i);
        g_autofree char *path = fake_host_path (host, file), *xml = NULL, *full = NULL;
        g_autoptr (GRegex) free_instances = g_regex_new (" free='[0-9]+'", 0, 0, NULL);

        fleet_case_remove_devices (host, i);
        g_assert_true (g_file_get_contents (path, &xml, NULL, NULL));
        full = g_regex_replace_literal (free_instances, xml, -1, 0, " free='0'", 0, NULL);
        g_assert_cmpstr (full, !=, xml);
        fake_host_write_file (host, file, full, strlen (full), 0644);
    }
}

/* --- plans --- */

static const struct {
    const char *name;
    const char *line; /* after "drain --root $ROOT --fleet $ROOT/fleet" */
    CasePrepare prepare;
    int status;
} outputs[] = {
    {"spread.text", "host-001", roomy_fleet, 0},
    {"pack.text", "--pack host-001", roomy_fleet, 0},
    {"one-destination.text", "--host host-003 host-001", roomy_fleet, 1},
    {"makes-room.text", "host-002", tight_fleet, 1},
    {"makes-room.virsh", "--virsh host-002", tight_fleet, 1},
    {"keep-others.text", "--keep-others host-002", tight_fleet, 1},
    {"virtual-functions.text", "host-009", mixed_fleet, 1},
    {"virtual-functions.virsh", "--virsh --uri qemu+tls://%h/system --parallel 4 --transient host-009",
     mixed_fleet, 1},
    {"document.text", "$ROOT/fleet/hosts/host-001.xml", roomy_fleet, 0},
    {"uuid.text", "00000015-0001-4000-8000-000000000001", two_hosts, 1},
    {"no-other-host.text", "host-001", one_host, 1},
    {"full-without-devices.text", "host-001", full_without_devices, 3},
    {"hostile.text", "0000000a-0001-4000-8000-000000000001", hostile_fleet, 0},
    {"hostile.virsh", "--virsh 0000000a-0001-4000-8000-000000000001", hostile_fleet, 0},
};

static void
run_drain (FakeHost *host, const char *line, ProgramRun *run)
{
    g_autofree char *full = g_strdup_printf ("drain --root $ROOT --fleet $ROOT/fleet %s", line);

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
    run_drain (host, outputs[i].line, &run);
    g_assert_cmpstr (run.err, ==, "");
    golden_compare (FOLDER, outputs[i].name, run.out);
    g_assert_cmpint (run.status, ==, outputs[i].status);
    if (!g_str_has_suffix (outputs[i].name, ".text"))
        return;
    lines = g_strsplit (run.out, "\n", -1);
    for (guint l = 0; lines[l]; l++)
        g_assert_cmpint (g_utf8_strlen (lines[l], -1), <=, 80);
}

/* The commands are those of a shell: "sh -n" reads them. */
static void
test_shell (gconstpointer data)
{
    static const char *const lines[] = {"--virsh host-002", "--virsh --link-speed 100 host-002"};
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *path = fake_host_path (host, "plan.sh");
    const char *argv[] = {"sh", "-n", path, NULL};
    g_auto (ProgramRun) run = {0};
    int status = 1;

    tight_fleet (host);
    run_drain (host, lines[GPOINTER_TO_UINT (data)], &run);
    fake_host_write_file (host, "plan.sh", run.out, strlen (run.out), 0644);
    g_assert_true (
        g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL));
    g_assert_cmpint (status, ==, 0);
    g_assert_nonnull (strstr (run.out, "migrate --live"));
}

/* A line of a comment is not wrapped: its rest would be a command. */
static void
test_comments (G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *guest = g_strnfill (76, 'a'), *host_name = g_strnfill (50, 'b');
    g_autofree char *named = g_strdup_printf ("<name>%s touch /tmp/x #&#10;touch y</name>", guest);
    g_autofree char *host_named = g_strdup_printf ("name='%s touch /tmp/x #'", host_name);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *removed = fake_host_path (host, "fleet/guests/vm00002.xml");
    g_auto (ProgramRun) run = {0};
    g_auto (GStrv) lines = NULL;

    one_host (host);
    fleet_case_change (host, "fleet/guests/vm00001.xml", "<name>vm00001</name>", named);
    fleet_case_change (host, "fleet/hosts/host-001.xml", "name='host-001'", host_named);
    g_assert_cmpint (g_unlink (removed), ==, 0);
    run_drain (host, "--virsh 00000015-0001-4000-8000-000000000001", &run);
    g_assert_nonnull (strstr (run.out, "VGATE-582"));
    g_assert_nonnull (strstr (run.out, " touch /tmp/x #"));
    lines = g_strsplit (run.out, "\n", -1);
    for (guint l = 0; lines[l]; l++)
        g_assert_true (*lines[l] == '\0' || g_str_has_prefix (lines[l], "# "));
}

/* --- documents that cannot be read, or are not there --- */

static void
future_host (FakeHost *host)
{
    roomy_fleet (host);
    fleet_case_change (host, "fleet/hosts/host-002.xml", "urn:x-vgpu-gate:host:1", "urn:x-vgpu-gate:host:2");
}

static void
not_xml (FakeHost *host)
{
    roomy_fleet (host);
    fake_host_write_file (host, "fleet/guests/vm.xml", "vm1", 3, 0644);
}

/* The host runs a guest of which there is no document. */
static void
unknown_guest (FakeHost *host)
{
    roomy_fleet (host);
    for (guint i = 1; i <= 24; i++) {
        g_autofree char *file = g_strdup_printf ("fleet/guests/vm%05u.xml", i);
        g_autofree char *path = fake_host_path (host, file), *xml = NULL;

        g_assert_true (g_file_get_contents (path, &xml, NULL, NULL));
        if (strstr (xml, "'host-001'"))
            g_assert_cmpint (g_unlink (path), ==, 0);
    }
}

static const struct {
    const char *name;
    const char *line;
    CasePrepare prepare;
} partial[] = {
    {"future-host", "host-001", future_host},
    {"not-xml", "host-001", not_xml},
    {"unknown-destination", "--host host-003 --host nowhere host-001", roomy_fleet},
};

static void
test_partial (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    partial[i].prepare (host);
    run_drain (host, partial[i].line, &run);
    g_assert_cmpstr (run.out, !=, "");
    g_assert_cmpint (run.status, ==, 3);
    command_compare_error (host, FOLDER, partial[i].name, &run);
}

static void
test_unknown_guest (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    unknown_guest (host);
    run_drain (host, "host-001", &run);
    golden_compare (FOLDER, "unknown-guest.text", run.out);
    g_assert_cmpint (run.status, ==, 3);
}

static void
nothing (G_GNUC_UNUSED FakeHost *host)
{
}

static const struct {
    const char *name;
    const char *line;
    CasePrepare prepare;
    int status;
} failures[] = {
    {"no-directory", "drain host-001 --fleet $ROOT/none", nothing, 3},
    {"no-such-host", "drain host-9 --fleet $ROOT/fleet", two_hosts, 3},
    {"no-such-document", "drain $ROOT/none.xml --fleet $ROOT/fleet", two_hosts, 3},
    {"not-a-host", "drain $ROOT/fleet/guests/vm00001.xml --fleet $ROOT/fleet", two_hosts, 3},
    {"usage-nothing", "drain", nothing, 2},
    {"usage-two", "drain a b --fleet $ROOT/fleet", nothing, 2},
    {"usage-no-fleet", "drain host-001", nothing, 2},
    {"usage-input", "drain - --fleet $ROOT/fleet --host -", nothing, 2},
    {"usage-order", "drain host-001 --fleet $ROOT/fleet --spread --pack", nothing, 2},
    {"usage-output", "drain host-001 --fleet $ROOT/fleet --output csv", nothing, 2},
    {"usage-virsh-json", "drain host-001 --fleet $ROOT/fleet --virsh --output json", nothing, 2},
    {"usage-uri", "drain host-001 --fleet $ROOT/fleet --uri qemu+ssh://host/system", nothing, 2},
    {"usage-parallel", "drain host-001 --fleet $ROOT/fleet --parallel 0", nothing, 2},
    {"usage-link-speed", "drain host-001 --fleet $ROOT/fleet --link-speed fast", nothing, 2},
};

static void
test_failure (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autoptr (FakeHost) host = fake_host_new ();

    failures[i].prepare (host);
    command_assert_failure (host, FOLDER, failures[i].name, &(CommandCall){.line = failures[i].line},
                            failures[i].status);
}

static void
test_full (gconstpointer form)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autofree char *line =
        g_strdup_printf ("drain --root $ROOT --fleet $ROOT/fleet %s host-001", (const char *)form);

    two_hosts (host);
    command_assert_cannot_write (host, line);
}

/* Moves the document of host-001 out of the fleet, and gives it to the programs as standard input. */
static void
host_from_input (FakeHost *host)
{
    g_autofree char *from = fake_host_path (host, "fleet/hosts/host-001.xml");
    g_autofree char *to = fake_host_path (host, "host.xml"), *by = fake_host_path (host, "with-input");
    g_autofree char *script = g_strdup_printf ("#!/bin/sh\nexec \"$@\" <%s\n", to);

    g_assert_cmpint (g_rename (from, to), ==, 0);
    fake_host_write_file (host, "with-input", script, strlen (script), 0755);
    program_run_by (by);
}

/* The host of the document is drained, whether or not the fleet has one of it. */
static void
test_input (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0}, without = {0}, with_older = {0};
    g_autofree char *path = fake_host_path (host, "host.xml"), *xml = NULL;
    gsize length;

    roomy_fleet (host);
    run_drain (host, "host-001", &run);
    host_from_input (host);
    run_drain (host, "-", &without);
    g_assert_cmpstr (without.out, ==, run.out);
    g_assert_cmpint (without.status, ==, 0);
    g_assert_true (g_file_get_contents (path, &xml, &length, NULL));
    fake_host_write_file (host, "fleet/hosts/host-001.xml", xml, length, 0644);
    run_drain (host, "-", &with_older);
    g_assert_cmpstr (with_older.out, ==, run.out);
    program_run_by (NULL);
}

/* --connect names a fleet. */
static void
test_connect (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    command_run (host, "drain host-001 -c none:///", &run);
    g_assert_cmpint (run.status, ==, 3);
    g_assert_null (strstr (run.err, "requires"));
}

/* --- what runs on the host is not known --- */

static void
no_devices (FakeHost *host)
{
    unknown_guest (host);
    fleet_case_remove_devices (host, 1);
}

/* The vGPUs of one domain are not those of a domain that libvirt has. */
static void
without_domain (FakeHost *host)
{
    unknown_guest (host);
    fleet_case_change (host, "fleet/hosts/host-001.xml", " domain='0000000a-0002-4000-8000-000000000032'",
                       "");
}

/* The fleet has only a snapshot's document of each guest. */
static void
only_snapshots (FakeHost *host)
{
    roomy_fleet (host);
    for (guint i = 1; i <= 24; i++) {
        g_autofree char *file = g_strdup_printf ("fleet/guests/vm%05u.xml", i);
        g_autofree char *path = fake_host_path (host, file), *xml = NULL;
        g_autoptr (GString) text = g_string_new ("<domainsnapshot><name>s</name><state>running</state>");

        g_assert_true (g_file_get_contents (path, &xml, NULL, NULL));
        g_string_append_printf (text, "%s</domainsnapshot>", xml);
        fake_host_write_file (host, file, text->str, text->len, 0644);
    }
}

static const struct {
    const char *name;
    CasePrepare prepare;
} unknown[] = {
    {"no-devices", no_devices},
    {"without-domain", without_domain},
    {"only-snapshots", only_snapshots},
};

static void
test_unknown (gconstpointer data)
{
    const guint i = GPOINTER_TO_UINT (data);
    g_autofree char *text = g_strconcat (unknown[i].name, ".text", NULL);
    g_autofree char *virsh = g_strconcat (unknown[i].name, ".virsh", NULL);
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0}, commands = {0}, json = {0};

    unknown[i].prepare (host);
    run_drain (host, "host-001", &run);
    golden_compare (FOLDER, text, run.out);
    g_assert_cmpint (run.status, ==, 3);
    run_drain (host, "--virsh host-001", &commands);
    golden_compare (FOLDER, virsh, commands.out);
    run_drain (host, "--output json host-001", &json);
    g_assert_cmpint (json.status, ==, 3);
    g_assert_nonnull (strstr (json.out, "\"leaving\" : 0,"));
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
    static const char *const forms[] = {"--output text", "--output json", "--virsh"};

    program_test_init (&argc, &argv);
    for (guint i = 0; i < G_N_ELEMENTS (outputs); i++)
        command_add_test (FOLDER, "output", outputs[i].name, i, test_output);
    for (guint i = 0; i < G_N_ELEMENTS (partial); i++)
        command_add_test (FOLDER, "partial", partial[i].name, i, test_partial);
    for (guint i = 0; i < G_N_ELEMENTS (failures); i++)
        command_add_test (FOLDER, "failure", failures[i].name, i, test_failure);
    for (guint i = 0; i < G_N_ELEMENTS (forms); i++) {
        g_autofree char *path = g_strdup_printf ("/%s/full/%u", FOLDER, i);

        program_add_test (path, forms[i], test_full);
    }
    program_add_test ("/" FOLDER "/shell/plain", GUINT_TO_POINTER (0), test_shell);
    program_add_test ("/" FOLDER "/shell/down-times", GUINT_TO_POINTER (1), test_shell);
    program_add_test ("/" FOLDER "/shell/comments", NULL, test_comments);
    program_add_test ("/" FOLDER "/input", NULL, test_input);
    program_add_test ("/" FOLDER "/connect", NULL, test_connect);
    for (guint i = 0; i < G_N_ELEMENTS (unknown); i++)
        command_add_test (FOLDER, "unknown", unknown[i].name, i, test_unknown);
    program_add_test ("/" FOLDER "/unknown-guest", NULL, test_unknown_guest);
    program_add_test ("/none-left/" FOLDER, NULL, test_none_left);
    return g_test_run ();
}
