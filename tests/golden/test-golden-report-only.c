/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host that only reports ([gate] mode=report, or report-domains for some guests): a guest that is refused
 * passes, unchanged, and is counted. */
#include "command-case.h"
#include "events.h"

#include <string.h>

#define REPORT   "[gate]\nmode=report\n"
#define REPORTED "run/vgpu-gate/reported"
#define SAVE     "var/lib/libvirt/qemu/save/" CASE_DOMAIN ".save"
#define FOLDER   "report-only"

static void
assert_counted (const FakeHost *host, const char *expected)
{
    g_autofree char *path = fake_host_path (host, REPORTED), *text = NULL;

    if (!g_file_get_contents (path, &text, NULL, NULL))
        text = g_strdup ("");
    g_assert_cmpstr (text, ==, expected);
}

/* Nothing is left that a guest which was allowed would have left. */
static void
assert_nothing_kept (const FakeHost *host)
{
    g_assert_false (fake_host_has (host, LEASES));
    g_assert_false (fake_host_has (host, "run/vgpu-gate/refused-" CASE_DOMAIN));
}

/* Each event that can refuse. */
static void
test_passes (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = case_configured_host (REPORT "cold-start=check\n");
    g_auto (Guest) bare = {0}, guest = {0};

    guest_init (&bare, host, "bare-mdev", VM_1);
    guest_init (&guest, host, "mdev", VM_1);
    fake_host_sim (host, "update --range 27.1-28.1");
    fake_host_qemu_started (host, CASE_DOMAIN, TRUE);
    allowed_unchanged (&guest, "migrate");
    allowed_unchanged (&guest, "migrate");
    allowed_unchanged (&bare, "restore");
    allowed_unchanged (&bare, "started");
    allowed_unchanged (&guest, "started");
    allowed_unchanged (&guest, "prepare");
    assert_counted (host, "[migrate]\nVGATE-303=2\n\n[restore]\nVGATE-213=1\n\n"
                          "[started]\nVGATE-213=1\nVGATE-303=1\n\n[start]\nVGATE-303=1\n");
    assert_nothing_kept (host);
    fake_host_configure (host, "[gate]\nmode=enforce\n");
    refused (&guest, "migrate", 303);
}

/* No refusal is kept for 'prepare begin', which would then give it. */
static void
test_managed_save (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = case_configured_host (REPORT);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "bare-mdev", VM_1);
    fake_host_write_file (host, SAVE, "", 0, 0600);
    allowed_unchanged (&guest, "restore");
    assert_nothing_kept (host);
    allowed_unchanged (&guest, "prepare");
    assert_counted (host, "[restore]\nVGATE-213=1\n");
}

/* The driver and the leases are not what they should be. */
static void
test_broken_host (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = case_configured_host (REPORT);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "mdev", VM_1);
    fake_host_set_library (host, "/nonexistent/libnvidia-ml.so.1");
    allowed_unchanged (&guest, "migrate");
    put_leases (host, "nonsense");
    allowed_unchanged (&guest, "migrate");
    assert_counted (host, "[migrate]\nVGATE-501=1\nVGATE-804=1\n");
}

static void
test_domains (G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        const char *domains;
        gboolean passes;
    } cases[] = {
        {CASE_DOMAIN, TRUE},
        {"vm2; " CASE_DOMAIN " ;vm3;", TRUE},
        {"4D7C0A6E-9B1F-4F2E-8A35-B1F0C2D9E701", TRUE},
        {VM_2 ";" VM_1, TRUE},
        {"VM1", FALSE},
        {"vm;vm11;m1", FALSE},
        {VM_2, FALSE},
        {"", FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *config = g_strdup_printf ("[gate]\nreport-domains=%s\n", cases[i].domains);
        g_autoptr (FakeHost) host = case_configured_host (config);
        g_auto (Guest) guest = {0};

        guest_init (&guest, host, "bare-mdev", VM_1);
        if (cases[i].passes)
            allowed_unchanged (&guest, "restore");
        else
            refused (&guest, "restore", 213);
        assert_counted (host, cases[i].passes ? "[restore]\nVGATE-213=1\n" : "");
    }
}

/* Nothing has read the configuration when the XML is found to be unreadable, and nothing but libvirt's
 * argument has the domain's name. */
static void
test_unreadable (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = case_configured_host (REPORT);
    g_auto (Guest) guest = {.host = host, .xml = g_strdup ("nonsense"), .length = strlen ("nonsense")};

    allowed_unchanged (&guest, "migrate");
    fake_host_configure (host, "[gate]\nmode=enforce\nreport-domains=" CASE_DOMAIN "\n");
    allowed_unchanged (&guest, "migrate");
    assert_counted (host, "[migrate]\nVGATE-107=2\n");
    fake_host_configure (host, "[gate]\nreport-domains=" VM_1 "\n");
    refused (&guest, "migrate", 107);
}

/* With an error in the configuration the mode is not known. */
static void
test_bad_configuration (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = case_configured_host ("");
    g_auto (Guest) guest = {0};
    g_auto (Guest) unreadable = {.host = host, .xml = g_strdup ("nonsense"), .length = strlen ("nonsense")};

    guest_init (&guest, host, "mdev", VM_1);
    fake_host_write_config (host, REPORT "mode=reports\n", 0644);
    refused (&guest, "migrate", 605);
    refused (&unreadable, "migrate", 107);
    fake_host_write_config (host, REPORT, 0666);
    refused (&guest, "migrate", 602);
    assert_counted (host, "");
}

/* What is allowed is as with mode=enforce: here, another device, and its lease. A guest without a vGPU leaves
 * no trace. */
static void
test_allowed (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = case_configured_host (REPORT APPLY);
    g_auto (Guest) guest = {0}, plain = {0};

    guest_init (&plain, host, "no-vgpu", VM_2);
    allowed_unchanged (&plain, "migrate");
    allowed_unchanged (&plain, "restore");
    g_assert_false (fake_host_has (host, "run/vgpu-gate"));
    guest_init (&guest, host, "mdev", VM_1);
    fake_host_add_live_domain (host, "other", VM_2, CASE_MDEV);
    allowed_changed (&guest, "migrate", "<address uuid='" CASE_MDEV "'", "<address uuid='" CASE_MDEV_2 "'");
    g_assert_true (has_lease (host, VM_1, NULL));
    assert_counted (host, "");
}

/* A refusal that cannot be counted is reported nevertheless. */
static void
test_cannot_count (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const invalid[] = {"",
                                          "nonsense",
                                          "[migrate]\nVGATE-303=0\n",
                                          "[migrate]\nVGATE-303=x\n",
                                          "[migrate]\nVGATE-999=1\n",
                                          "[migrates]\nVGATE-303=1\n",
                                          "[restore]\nVGATE-213=18446744073709551615\n"};

    for (gsize i = 0; i < G_N_ELEMENTS (invalid); i++) {
        g_autoptr (FakeHost) host = case_configured_host (REPORT);
        g_auto (Guest) guest = {0};
        const gboolean is_empty = *invalid[i] == '\0';

        guest_init (&guest, host, "bare-mdev", VM_1);
        fake_host_write_file (host, REPORTED, invalid[i], strlen (invalid[i]), 0600);
        allowed_unchanged (&guest, "restore");
        /* an empty file is a key file without counters */
        g_assert_true (fake_host_has (host, REPORTED) == is_empty);
        allowed_unchanged (&guest, "restore");
        assert_counted (host, is_empty ? "[restore]\nVGATE-213=2\n" : "[restore]\nVGATE-213=1\n");
    }
}

/* The directory is a file. */
static void
test_no_directory (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = case_configured_host (REPORT);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "bare-mdev", VM_1);
    fake_host_write_file (host, "run/vgpu-gate", "", 0, 0644);
    allowed_unchanged (&guest, "restore");
}

/* Who asks gets the gate's own answer. */
static void
test_questions (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = case_configured_host (REPORT);
    g_auto (ProgramRun) text = {0}, json = {0}, dry = {0}, document = {0}, there = {0};
    HookCall call = {.host = host, .extra = "--dry-run", .domain = CASE_DOMAIN, .operation = "restore"};
    const HookCase input = {.input = "bare-mdev"};
    g_autofree char *xml = case_input (&input, &call.length);

    call.input = xml;
    case_call_hook (&call, &dry);
    g_assert_cmpint (dry.status, ==, 1);
    command_compare (host, FOLDER, "dry-run", "report", dry.out);
    command_run (host, "check --operation restore --root $ROOT @bare-mdev.in.xml", &text);
    command_run (host, "check --operation restore --root $ROOT --output json @bare-mdev.in.xml", &json);
    g_assert_cmpint (text.status, ==, 1);
    g_assert_cmpint (json.status, ==, 1);
    command_compare (host, FOLDER, "check", "text", text.out);
    g_assert_nonnull (strstr (json.out, "\"decision\" : \"refused\""));
    g_assert_nonnull (strstr (json.out, "\"only-reported\" : true"));
    /* the mode of another host is not known */
    command_run (host, "host --root $ROOT", &document);
    fake_host_write_file (host, "b.xml", document.out, strlen (document.out), 0600);
    command_run (host, "check --operation restore --root $ROOT --host $ROOT/b.xml @bare-mdev.in.xml", &there);
    g_assert_cmpint (there.status, ==, 1);
    g_assert_nonnull (strstr (there.out, " refuses " CASE_DOMAIN));
    assert_counted (host, "");
    command_assert_none_left (FOLDER);
}

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    program_add_test ("/report-only/passes", NULL, test_passes);
    program_add_test ("/report-only/managed-save", NULL, test_managed_save);
    program_add_test ("/report-only/broken-host", NULL, test_broken_host);
    program_add_test ("/report-only/domains", NULL, test_domains);
    program_add_test ("/report-only/unreadable", NULL, test_unreadable);
    program_add_test ("/report-only/bad-configuration", NULL, test_bad_configuration);
    program_add_test ("/report-only/allowed", NULL, test_allowed);
    program_add_test ("/report-only/cannot-count", NULL, test_cannot_count);
    program_add_test ("/report-only/no-directory", NULL, test_no_directory);
    program_add_test ("/report-only/questions", NULL, test_questions);
    return g_test_run ();
}
