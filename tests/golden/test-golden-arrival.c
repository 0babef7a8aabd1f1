/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest's events one after the other: an arriving guest is judged again after QEMU was started for it, a
 * guest from a snapshot is judged there for the first time, and for a stopped guest an old element in its
 * definition has no effect.
 */
#include "events.h"
#include "../test-glib.h"

#include <string.h>

#define TYPE FAKE_TYPE_H100_20C
#define BAD  "[gate]\nmising-metadata=allow\n"

static void
room_for_one (FakeHost *host)
{
    fake_host_add_gpu (host, CASE_GPU, FAKE_H100);
    fake_host_offer_mdev (host, CASE_GPU, TYPE, 1);
}

static void
one_vf (FakeHost *host)
{
    static const guint types[] = {FAKE_TYPE_H100_20C, 0};

    fake_host_add_gpu (host, CASE_GPU, FAKE_H100);
    fake_host_add_vf (host, CASE_GPU, CASE_VF, 0);
    fake_host_offer_vf (host, CASE_VF, types);
}

static char *
read_leases (const FakeHost *host)
{
    g_autofree char *path = fake_host_path (host, LEASES);
    char *text = NULL;

    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    return text;
}

/* The guest's device was created for it, the GPU is full with it, and it is not captured here yet: it is
 * allowed, and its lease does not change. */
static void
arrive (FakeHost *host, const char *input, const char *operation)
{
    g_auto (Guest) guest = {0};
    g_autofree char *before = NULL, *after = NULL;

    guest_init (&guest, host, input, VM_1);
    allowed_unchanged (&guest, operation);
    allowed_unchanged (&guest, "prepare");
    fake_host_sim (host, "plug --vm 9c2f4d1e-8b7a-4c65-b3d0-1e2f3a4b5c6d --type 1122 --gpu " CASE_GPU);
    before = read_leases (host);
    fake_host_qemu_started (host, CASE_DOMAIN, TRUE);
    allowed_unchanged (&guest, "started");
    after = read_leases (host);
    g_assert_cmpstr (after, ==, before);
    allowed_unchanged (&guest, "release end");
}

static void
test_arrives (gconstpointer operation)
{
    g_autoptr (FakeHost) with_mdev = applying_host (room_for_one), with_vf = applying_host (one_vf);

    arrive (with_mdev, "mdev", operation);
    arrive (with_vf, "vf", operation);
}

/* virsh snapshot-revert: libvirt runs 'prepare', 'start' and 'started' for a QEMU with -incoming, but not
 * 'restore'. The driver was updated after the snapshot was made. */
static void
test_snapshot (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (Guest) guest = {0};

    case_standard_host (host);
    guest_init (&guest, host, "mdev", VM_1);
    fake_host_qemu_started (host, CASE_DOMAIN, TRUE);
    allowed_unchanged (&guest, "prepare");
    allowed_unchanged (&guest, "started");
    fake_host_sim (host, "update --driver 590.44.01 --range 28.1-30.1");
    refused (&guest, "restore", 303);
    allowed_unchanged (&guest, "prepare");
    refused (&guest, "started", 303);
    /* QEMU without -incoming means a cold start, whatever the definition contains */
    fake_host_qemu_started (host, CASE_DOMAIN, FALSE);
    allowed_unchanged (&guest, "started");
}

/* At 'started begin', libvirt's status file names the job for which QEMU was started, and the way out fits
 * it. */
static void
test_way_out_by_job (G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        const char *async, *has, *has_not;
    } cases[] = {
        {"snapshot", "Load the host driver under which the snapshot was made.", "image"},
        {"start", "Restore it where that version", "snapshot"},
        {"migration in", "Choose a host", "image"},
        {"none", "Choose a host", "image"},
        {NULL, "Choose a host", "image"},
    };
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (Guest) guest = {0};

    case_standard_host (host);
    fake_host_sim (host, "update --driver 590.44.01 --range 28.1-30.1");
    guest_init (&guest, host, "mdev", VM_1);
    fake_host_qemu_started (host, CASE_DOMAIN, TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *status = g_strdup_printf (
            "<domstatus state='paused' reason='migration' pid='4711'>\n  <job type='none' async='%s'/>\n"
            "  <domain type='kvm'><metadata><job async='snapshot'/></metadata></domain>\n</domstatus>\n",
            cases[i].async);
        /* the last one is cut off */
        const gsize length = cases[i].async ? strlen (status) : 30;
        g_autofree char *text = NULL;

        fake_host_write_file (host, "run/libvirt/qemu/" CASE_DOMAIN ".xml", status, length, 0600);
        text = event (&guest, "started", 303);
        if (!strstr (text, cases[i].has) || strstr (text, cases[i].has_not))
            test_fail ("async='%s': '%s'", cases[i].async, text);
    }
}

/* At 'prepare begin', the guest's definition shows whether the metadata comes from a snapshot. */
static void
test_way_out_by_definition (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const definitions[] = {
        "<domain type='kvm'/>\n", "<vgate:vgpus xmlns:vgate='urn:x-vgpu-gate:domain:1'/>\n", NULL};
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (Guest) guest = {0};

    case_standard_host (host);
    fake_host_sim (host, "update --driver 590.44.01 --range 28.1-30.1");
    fake_host_configure (host, "[gate]\ncold-start=check\n");
    guest_init (&guest, host, "mdev", VM_1);
    for (gsize i = G_N_ELEMENTS (definitions); i > 0; i--) {
        const char *text = definitions[i - 1];
        g_autofree char *line = NULL;

        if (text)
            fake_host_write_file (host, "etc/libvirt/qemu/" CASE_DOMAIN ".xml", text, strlen (text), 0600);
        line = event (&guest, "prepare", 303);
        if (!strstr (line, i == 1 ? "the snapshot was made" : "Remove the old metadata"))
            test_fail ("definition '%s': '%s'", text, line);
    }
}

/* --- an old element in the definition --- */

/* The domain was made from the XML of another running guest, which its element names. */
static void
init_copied (Guest *guest, FakeHost *host)
{
    const HookCase c = {.input = "mdev", .edits = {{"<uuid>" VM_1, "<uuid>" VM_2}}};

    guest->host = host;
    guest->xml = case_input (&c, &guest->length);
}

static void
test_copied (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (Guest) guest = {0};

    case_standard_host (host);
    init_copied (&guest, host);
    /* an offline migration is allowed; a live one will be refused before its memory moves */
    allowed_unchanged (&guest, "migrate");
    refused (&guest, "restore", 208);
    allowed_unchanged (&guest, "prepare");
    fake_host_qemu_started (host, CASE_DOMAIN, FALSE);
    allowed_unchanged (&guest, "started");
    fake_host_qemu_started (host, CASE_DOMAIN, TRUE);
    refused (&guest, "started", 208);
    fake_host_configure (host, "[gate]\ncold-start=check\n");
    allowed_unchanged (&guest, "prepare");
}

/* An element of an unknown version, or one that was broken by an edit of the definition. */
static void
test_unreadable (gconstpointer data)
{
    const char *const *edit = data;
    g_autoptr (FakeHost) host = applying_host (room_for_one);
    const HookCase c = {.input = "mdev", .edits = {{edit[0], edit[1]}}};
    const int code = (int)g_ascii_strtoull (edit[2], NULL, 10);
    g_auto (Guest) good = {0}, guest = {.host = host};

    guest_init (&good, host, "mdev", VM_1);
    allowed_unchanged (&good, "migrate");
    allowed_unchanged (&good, "prepare");
    allowed_unchanged (&good, "release end");
    guest.xml = case_input (&c, &guest.length);
    refused (&guest, "migrate", code);
    refused (&guest, "restore", code);
    /* its device is created again, and removed, as for any cold start */
    allowed_unchanged (&guest, "prepare");
    g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
    fake_host_qemu_started (host, CASE_DOMAIN, TRUE);
    refused (&guest, "started", code);
    fake_host_qemu_started (host, CASE_DOMAIN, FALSE);
    allowed_unchanged (&guest, "started");
    allowed_unchanged (&guest, "release end");
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
    fake_host_configure (host, "[gate]\ncold-start=check\n[placement]\nmode=off\n");
    refused (&guest, "prepare", code);
}

/* A bad configuration refuses arrivals, but does not prevent the start of any guest, with or without an
 * element. */
static void
test_misconfigured (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (Guest) own = {0}, copied = {0};

    case_standard_host (host);
    fake_host_configure (host, BAD);
    guest_init (&own, host, "mdev", VM_1);
    init_copied (&copied, host);
    allowed_unchanged (&own, "prepare");
    allowed_unchanged (&copied, "prepare");
    fake_host_qemu_started (host, CASE_DOMAIN, FALSE);
    allowed_unchanged (&own, "started");
    fake_host_qemu_started (host, CASE_DOMAIN, TRUE);
    refused (&own, "started", 604);
    refused (&own, "migrate", 604);
    /* a lease needs the configuration */
    put_leases (host, LEASES_OF ("1", LEASE (VM_1, CASE_MDEV, "planned", "18446744073709551615")));
    refused (&own, "prepare", 604);
}

int
main (int argc, char *argv[])
{
    static const char *const newer[] = {"gate:domain:1", "gate:domain:2", "202"};
    static const char *const broken[] = {"power=\"running\"", "power=\"asleep\"", "204"};
    static const char *const twice[] = {"</metadata>", "<x xmlns='urn:x-vgpu-gate:domain:1'/></metadata>",
                                        "201"};

    program_test_init (&argc, &argv);
    program_add_test ("/arrival/migrate", "migrate", test_arrives);
    program_add_test ("/arrival/restore", "restore", test_arrives);
    program_add_test ("/arrival/snapshot", NULL, test_snapshot);
    program_add_test ("/arrival/way-out-by-job", NULL, test_way_out_by_job);
    program_add_test ("/arrival/way-out-by-definition", NULL, test_way_out_by_definition);
    program_add_test ("/arrival/leftover/copied", NULL, test_copied);
    program_add_test ("/arrival/leftover/newer", newer, test_unreadable);
    program_add_test ("/arrival/leftover/broken", broken, test_unreadable);
    program_add_test ("/arrival/leftover/twice", twice, test_unreadable);
    program_add_test ("/arrival/leftover/misconfigured", NULL, test_misconfigured);
    return g_test_run ();
}
