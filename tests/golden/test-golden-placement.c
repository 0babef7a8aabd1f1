/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest whose device is not there, busy, of another type or on the wrong GPU: what is suggested, what is
 * changed in its XML, what is made and unmade, and who else gets it meanwhile.
 */
#include "events.h"
#include "golden.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define FOLDER   "placement"
#define GPU_2    "0000:61:00.0"
#define VF_2     "0000:41:00.5"
#define FREE     "c0ffee00-0000-4000-8000-000000000001"
#define FREE_2   "c0ffee00-0000-4000-8000-000000000002"
#define OTHER_VM "9c2f4d1e-8b7a-4c65-b3d0-1e2f3a4b5c6d"
#define TYPE     FAKE_TYPE_H100_20C

/* --- hosts --- */

static void
one_gpu (FakeHost *host)
{
    fake_host_add_gpu (host, CASE_GPU, FAKE_H100);
}

/* Another device is free. */
static void
free_mdev (FakeHost *host)
{
    one_gpu (host);
    fake_host_add_mdev (host, FREE, TYPE, CASE_GPU);
}

static void
room_for_mdevs (FakeHost *host)
{
    one_gpu (host);
    fake_host_add_vf (host, CASE_GPU, CASE_VF, -1);
    fake_host_add_vf (host, CASE_GPU, VF_2, -1);
    fake_host_offer_mdev (host, CASE_VF, TYPE, 1);
    fake_host_offer_mdev (host, VF_2, TYPE, 1);
}

/* The name is there, and is another one's. */
static void
name_is_taken (FakeHost *host)
{
    room_for_mdevs (host);
    fake_host_add_mdev (host, CASE_MDEV, FAKE_TYPE_H100_40C, CASE_GPU);
}

static void
vfs (FakeHost *host, int type, int type_2)
{
    static const guint types[] = {FAKE_TYPE_H100_20C, FAKE_TYPE_H100_40C, 0};

    one_gpu (host);
    fake_host_add_vf (host, CASE_GPU, CASE_VF, type);
    fake_host_offer_vf (host, CASE_VF, types);
    fake_host_add_vf (host, CASE_GPU, VF_2, type_2);
    fake_host_offer_vf (host, VF_2, types);
}

static void
vfs_without_type (FakeHost *host)
{
    vfs (host, 0, 0);
}

static void
second_vf_has_type (FakeHost *host)
{
    vfs (host, 0, TYPE);
}

static void
first_vf_has_other_type (FakeHost *host)
{
    vfs (host, FAKE_TYPE_H100_80C, 0);
}

static void
named_on_wrong_gpu (FakeHost *host)
{
    fake_host_add_gpu (host, CASE_GPU, FAKE_H100);
    fake_host_add_gpu (host, GPU_2, FAKE_H100);
    fake_host_add_mdev (host, CASE_MDEV, TYPE, CASE_GPU);
    fake_host_add_mdev (host, FREE, TYPE, GPU_2);
    fake_host_sim (host, "update --gpu " CASE_GPU " --ecc off");
}

/* What is free is on a GPU that cannot run it. */
static void
free_on_wrong_gpu (FakeHost *host)
{
    fake_host_add_gpu (host, CASE_GPU, FAKE_H100);
    fake_host_add_gpu (host, GPU_2, FAKE_L40S);
    fake_host_add_mdev (host, FREE, TYPE, GPU_2);
    fake_host_offer_mdev (host, GPU_2, TYPE, 4);
}

static void
named_and_free (FakeHost *host)
{
    free_mdev (host);
    fake_host_add_mdev (host, CASE_MDEV, TYPE, CASE_GPU);
}

static void
busy_by_nvml (FakeHost *host)
{
    named_and_free (host);
    fake_host_sim (host, "plug --vm " OTHER_VM " --type 1120 --gpu " CASE_GPU " --mdev " CASE_MDEV);
}

static void
busy_by_domain (FakeHost *host)
{
    named_and_free (host);
    fake_host_add_live_domain (host, "vm7", OTHER_VM, CASE_MDEV);
}

/* More than any lease lasts after the boot of this machine: the clock of leases begins with it. */
static char *
lease_with_seconds_left (const char *vm, const char *device, const char *state, int seconds)
{
    const gint64 now = g_get_monotonic_time () / G_USEC_PER_SEC;

    return g_strdup_printf (LEASES_OF (LEASE ("%s", "%s", "%s", "%" G_GINT64_FORMAT)), vm, device, state,
                            now + seconds);
}

static void
busy_by_lease (FakeHost *host)
{
    g_autofree char *text = lease_with_seconds_left (OTHER_VM, CASE_MDEV, "taken", 1000);

    named_and_free (host);
    put_leases (host, text);
}

static void
lease_has_ended (FakeHost *host)
{
    named_and_free (host);
    put_leases (host, LEASES_OF (LEASE (OTHER_VM, CASE_MDEV, "taken", "1")));
}

/* From another boot, whatever the file system did to keep it. */
static void
lease_lasts_too_long (FakeHost *host)
{
    g_autofree char *text = lease_with_seconds_left (OTHER_VM, CASE_MDEV, "taken", 4000);

    named_and_free (host);
    put_leases (host, text);
}

/* The guest's own, of an attempt that came to nothing. */
static void
own_lease (FakeHost *host)
{
    g_autofree char *text = lease_with_seconds_left (VM_1, CASE_MDEV, "taken", 1000);

    named_and_free (host);
    put_leases (host, text);
}

static void
last_room_is_promised (FakeHost *host)
{
    g_autofree char *text = lease_with_seconds_left (OTHER_VM, FREE, "planned", 1000);

    one_gpu (host);
    fake_host_offer_mdev (host, CASE_GPU, TYPE, 1);
    put_leases (host, text);
}

static void
status_is_rubbish (FakeHost *host)
{
    named_and_free (host);
    fake_host_write_file (host, "run/libvirt/qemu/vm7.xml", "<domstatus><hostdev", 19, 0600);
}

static void
status_is_empty (FakeHost *host)
{
    named_and_free (host);
    fake_host_write_file (host, "run/libvirt/qemu/vm7.xml", "", 0, 0600);
}

static void
leases_are_rubbish (FakeHost *host)
{
    named_and_free (host);
    put_leases (host, "\001\002 no XML\n");
}

static void
leases_are_cut (FakeHost *host)
{
    named_and_free (host);
    put_leases (host, "<leases xmlns='urn:x-vgpu-gate:leases:1'>\n  <lease domain='" OTHER_VM "'");
}

static void
leases_have_odd_device (FakeHost *host)
{
    named_and_free (host);
    put_leases (host, LEASES_OF (LEASE (OTHER_VM, "../../etc", "made", "1")));
}

static void
run_is_no_directory (FakeHost *host)
{
    named_and_free (host);
    fake_host_write_file (host, "run/vgpu-gate", "", 0, 0600);
}

static void
run_is_writable (FakeHost *host)
{
    g_autofree char *directory = fake_host_path (host, "run/vgpu-gate");

    named_and_free (host);
    g_assert_cmpint (g_mkdir (directory, 0700), ==, 0);
    g_assert_cmpint (g_chmod (directory, 0777), ==, 0);
}

/* --- refusals and their suggestions --- */

#define CASE(name_, input_, operation_, code_, prepare_) \
    .name = (name_), .input = (input_), .operation = (operation_), .code = (code_), .prepare = (prepare_)

/* clang-format off */
static const HookCase cases[] = {
    {CASE ("existing", "mdev", "migrate", 507, free_mdev), .report = TRUE},
    {CASE ("existing-restore", "mdev", "restore", 507, free_mdev)},
    {CASE ("to-make", "mdev", "migrate", 507, room_for_mdevs), .report = TRUE},
    {CASE ("two-to-make", "two-mdevs", "migrate", 507, room_for_mdevs),
     .report = TRUE},
    {CASE ("vf-to-make", "vf", "migrate", 411, vfs_without_type)},
    {CASE ("vf-existing", "vf", "migrate", 411, second_vf_has_type)},
    {CASE ("vf-other", "vf", "migrate", 411, first_vf_has_other_type)},
    {CASE ("wrong-gpu", "mdev", "migrate", 304, named_on_wrong_gpu),
     .report = TRUE},
    {CASE ("nothing-fits", "mdev", "migrate", 507, free_on_wrong_gpu)},
    {CASE ("nothing-fits-apply", "mdev", "migrate", 507, free_on_wrong_gpu),
     .config = APPLY},
    {CASE ("busy-nvml", "mdev", "migrate", 802, busy_by_nvml)},
    {CASE ("busy-domain", "mdev", "migrate", 802, busy_by_domain)},
    {CASE ("lease-ended", "mdev", "migrate", 1, lease_has_ended)},
    {CASE ("lease-too-long", "mdev", "migrate", 1, lease_lasts_too_long)},
    {CASE ("lease-own", "mdev", "migrate", 1, own_lease)},
    {CASE ("promised", "mdev", "migrate", 507, last_room_is_promised)},
    {CASE ("status-rubbish", "mdev", "migrate", 803, status_is_rubbish)},
    {CASE ("status-empty", "mdev", "restore", 803, status_is_empty)},
    {CASE ("leases-rubbish", "mdev", "migrate", 804, leases_are_rubbish)},
    {CASE ("leases-cut", "mdev", "migrate", 804, leases_are_cut)},
    {CASE ("leases-odd", "mdev", "migrate", 804, leases_have_odd_device)},
    /* as without placement: the device must be right, and libvirt finds out whether it is free */
    {CASE ("off-absent", "mdev", "migrate", 507, free_mdev),
     .config = "[placement]\nmode=off\n"},
    {CASE ("off-busy", "mdev", "migrate", 1, busy_by_domain),
     .config = "[placement]\nmode=off\n"},
    /* a cold start is none of an arrival's business */
    {CASE ("cold-start", "bare-mdev", "prepare", 2, room_for_mdevs),
     .config = APPLY},
};
/* clang-format on */

static void
test_case (gconstpointer data)
{
    case_run (data, FOLDER);
}

/* --- the whole way of a guest --- */

#define MDEV_ADDRESS(uuid) "<address uuid='" uuid "'/>"

static void
test_existing (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (free_mdev);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "mdev", VM_1);
    allowed_changed (&guest, "migrate", MDEV_ADDRESS (CASE_MDEV), MDEV_ADDRESS (FREE));
    g_assert_true (has_lease (host, VM_1, "taken"));
    g_assert_true (has_lease_with (host, VM_1, "instead-of='" CASE_MDEV "'"));
    allowed_unchanged (&guest, "prepare");
    g_assert_true (has_lease (host, VM_1, "given"));
    g_assert_true (has_lease_with (host, VM_1, "instead-of='" CASE_MDEV "'"));
    allowed_unchanged (&guest, "release end");
    g_assert_true (fake_host_has_mdev (host, FREE));
    assert_no_leases (host);
}

static void
test_restore (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (busy_by_domain);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "mdev", VM_1);
    allowed_changed (&guest, "restore", MDEV_ADDRESS (CASE_MDEV), MDEV_ADDRESS (FREE));
}

/* What has no name yet keeps the one that the guest brings: its XML is right as it is. */
static void
test_made (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_mdevs);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "mdev", VM_1);
    allowed_unchanged (&guest, "migrate");
    g_assert_true (has_lease (host, VM_1, "planned"));
    g_assert_false (has_lease_with (host, VM_1, "instead-of"));
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
    allowed_unchanged (&guest, "prepare");
    g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
    g_assert_true (has_lease (host, VM_1, "made"));
    /* the other events of an arrival change nothing */
    allowed_unchanged (&guest, "start begin");
    allowed_unchanged (&guest, "started");
    allowed_unchanged (&guest, "reconnect begin");
    allowed_unchanged (&guest, "stopped end");
    g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
    allowed_unchanged (&guest, "release end");
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
    g_assert_true (has_lease (host, VM_1, "unmade"));
}

static void
test_made_anew (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (name_is_taken);
    g_auto (Guest) guest = {0};
    g_autoptr (GRegex) address = g_regex_new ("<address uuid='([^']*)'/>", 0, 0, NULL);
    g_autoptr (GMatchInfo) match = NULL;
    g_autoptr (GString) back = NULL;
    g_autofree char *original = NULL, *uuid = NULL, *out = NULL;

    guest_init (&guest, host, "mdev", VM_1);
    original = g_strdup (guest.xml);
    out = event (&guest, "migrate", 0);
    g_assert_true (g_regex_match (address, out, 0, &match));
    uuid = g_match_info_fetch (match, 1);
    g_assert_cmpstr (uuid, !=, CASE_MDEV);
    back = g_string_new (out);
    g_assert_cmpuint (g_string_replace (back, uuid, CASE_MDEV, 0), ==, 1);
    g_assert_cmpstr (back->str, ==, original);
    allowed_unchanged (&guest, "prepare");
    g_assert_true (fake_host_has_mdev (host, uuid));
    allowed_unchanged (&guest, "release end");
    g_assert_false (fake_host_has_mdev (host, uuid));
    g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
}

static void
test_vf (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (vfs_without_type);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "vf", VM_1);
    allowed_unchanged (&guest, "migrate");
    assert_vf_type (host, CASE_VF, "0");
    allowed_unchanged (&guest, "prepare");
    assert_vf_type (host, CASE_VF, "1120");
    allowed_unchanged (&guest, "release end");
    assert_vf_type (host, CASE_VF, "0");
    g_assert_true (has_lease (host, VM_1, "unmade"));
}

static void
test_vf_other (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (first_vf_has_other_type);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "vf", VM_1);
    allowed_changed (&guest, "migrate", "<address domain='0x0000' bus='0x41' slot='0x00' function='0x4'/>",
                     "<address domain='0x0000' bus='0x41' slot='0x00' function='0x5'/>");
    allowed_unchanged (&guest, "prepare");
    assert_vf_type (host, CASE_VF, "1122");
    assert_vf_type (host, VF_2, "1120");
    allowed_unchanged (&guest, "release end");
    assert_vf_type (host, CASE_VF, "1122");
    assert_vf_type (host, VF_2, "0");
}

static void
test_two (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_mdevs);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "two-mdevs", VM_1);
    allowed_unchanged (&guest, "migrate");
    allowed_unchanged (&guest, "prepare");
    g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
    g_assert_true (fake_host_has_mdev (host, CASE_MDEV_2));
    allowed_unchanged (&guest, "release end");
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV_2));
}

/* --- two guests --- */

/* The first of them gets the last device; when its lease is given back, the other one would. */
static void
test_last_device (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (free_mdev);
    g_auto (Guest) first = {0}, second = {0};

    guest_init (&first, host, "mdev", VM_1);
    guest_init (&second, host, "mdev", VM_2);
    allowed_changed (&first, "migrate", MDEV_ADDRESS (CASE_MDEV), MDEV_ADDRESS (FREE));
    refused (&second, "migrate", 507);
    g_assert_false (has_lease (host, VM_2, NULL));
    g_assert_true (has_lease (host, VM_1, "taken"));
    allowed_unchanged (&first, "release end");
    allowed_changed (&second, "migrate", MDEV_ADDRESS (CASE_MDEV), MDEV_ADDRESS (FREE));
}

/* Both bring the name of a device that is there. */
static void
test_same_name (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (Guest) first = {0}, second = {0};
    g_autofree char *line = NULL;

    named_and_free (host);
    guest_init (&first, host, "mdev", VM_1);
    guest_init (&second, host, "mdev", VM_2);
    allowed_unchanged (&first, "migrate");
    line = event (&second, "migrate", 802);
    g_assert_nonnull (strstr (line, "has a lease on it for another"));
    g_assert_nonnull (strstr (line, FREE));
}

static gpointer
arrive (gpointer data)
{
    Guest *guest = data;
    const HookCall call = {.host = guest->host,
                           .domain = CASE_DOMAIN,
                           .operation = "migrate",
                           .input = guest->xml,
                           .length = guest->length};
    g_auto (ProgramRun) run = {0};

    case_call_hook (&call, &run);
    return GINT_TO_POINTER (run.status);
}

static void
test_at_once (G_GNUC_UNUSED gconstpointer data)
{
    for (guint i = 0; i < 10; i++) {
        g_autoptr (FakeHost) host = applying_host (free_mdev);
        g_auto (Guest) first = {0}, second = {0};
        GThread *thread;
        int status;

        guest_init (&first, host, "mdev", VM_1);
        guest_init (&second, host, "mdev", VM_2);
        thread = g_thread_new ("first", arrive, &first);
        status = GPOINTER_TO_INT (arrive (&second));
        g_assert_cmpint (status + GPOINTER_TO_INT (g_thread_join (thread)), ==, 1);
        g_assert_true (has_lease (host, VM_1, NULL) != has_lease (host, VM_2, NULL));
    }
}

static void
test_leased (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (busy_by_lease);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "mdev", VM_1);
    allowed_changed (&guest, "migrate", MDEV_ADDRESS (CASE_MDEV), MDEV_ADDRESS (FREE));
    g_assert_true (has_lease (host, OTHER_VM, "taken"));
}

/* The lease ended before 'prepare begin', and another guest has it now. */
static void
test_lost (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (named_and_free);
    g_auto (Guest) guest = {0};
    g_autofree char *text = lease_with_seconds_left (OTHER_VM, CASE_MDEV, "taken", 1000);

    guest_init (&guest, host, "mdev", VM_1);
    allowed_unchanged (&guest, "migrate");
    put_leases (host, text);
    refused (&guest, "prepare", 807);
}

/* --- what goes wrong --- */

/* The kernel takes what is written, and makes nothing of it. */
static void
test_not_made (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (Guest) guest = {0};

    room_for_mdevs (host);
    fake_host_configure (host, APPLY);
    guest_init (&guest, host, "mdev", VM_1);
    allowed_unchanged (&guest, "migrate");
    refused (&guest, "prepare", 809);
    assert_no_leases (host);
}

/* The second "create" is a device that is always full: what was made for the first vGPU is taken back. */
static void
test_half_made (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_mdevs);
    g_auto (Guest) guest = {0};
    g_autofree char *name =
        g_strdup_printf ("sys/bus/pci/devices/" VF_2 "/mdev_supported_types/nvidia-%d/create", TYPE);
    g_autofree char *create = fake_host_path (host, name), *line = NULL;

    g_assert_cmpint (g_unlink (create), ==, 0);
    if (mknod (create, S_IFCHR | 0600, makedev (1, 7)) != 0) {
        g_test_skip ("only root can make a device node");
        return;
    }
    guest_init (&guest, host, "two-mdevs", VM_1);
    allowed_unchanged (&guest, "migrate");
    line = event (&guest, "prepare", 809);
    g_assert_nonnull (strstr (line, "No space left on device"));
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV_2));
    assert_no_leases (host);
}

/* The hook was killed between the record and the deed, or behind the deed: the release puts it right. */
static void
test_crash (G_GNUC_UNUSED gconstpointer data)
{
    static const gboolean device_is_there[] = {FALSE, TRUE};

    for (gsize i = 0; i < G_N_ELEMENTS (device_is_there); i++) {
        g_autoptr (FakeHost) host = applying_host (one_gpu);
        g_auto (Guest) guest = {0};

        if (device_is_there[i])
            fake_host_add_mdev (host, CASE_MDEV, TYPE, CASE_GPU);
        put_leases (host, LEASES_OF (LEASE (VM_1, CASE_MDEV, "made", "1")));
        guest_init (&guest, host, "mdev", VM_1);
        allowed_unchanged (&guest, "release end");
        g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
        g_assert_false (has_lease (host, VM_1, "made"));
    }
}

/* What was made for a guest of which nothing is left serves the next one, and goes with it. */
static void
test_orphan (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (free_mdev);
    g_auto (Guest) guest = {0};

    put_leases (host, LEASES_OF (LEASE (OTHER_VM, FREE, "made", "1")));
    guest_init (&guest, host, "mdev", VM_1);
    allowed_changed (&guest, "migrate", MDEV_ADDRESS (CASE_MDEV), MDEV_ADDRESS (FREE));
    g_assert_true (has_lease (host, VM_1, "made"));
    g_assert_false (has_lease (host, OTHER_VM, NULL));
    allowed_unchanged (&guest, "prepare");
    allowed_unchanged (&guest, "release end");
    g_assert_false (fake_host_has_mdev (host, FREE));
}

/* Another guest's release takes nothing away. */
static void
test_foreign_release (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_mdevs);
    g_auto (Guest) first = {0}, second = {0};

    guest_init (&first, host, "mdev", VM_1);
    guest_init (&second, host, "mdev", VM_2);
    allowed_unchanged (&first, "migrate");
    allowed_unchanged (&first, "prepare");
    allowed_unchanged (&second, "release end");
    g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
    g_assert_true (has_lease (host, VM_1, "made"));
}

/* A broken configuration keeps nobody's device. */
static void
test_release_misconfigured (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_mdevs);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "mdev", VM_1);
    allowed_unchanged (&guest, "migrate");
    allowed_unchanged (&guest, "prepare");
    fake_host_configure (host, "[placement]\nmod=apply\n");
    allowed_unchanged (&guest, "release end");
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
}

/* A cold start of the same domain, while its lease lasts: it carries no metadata, and makes nothing. */
static void
test_cold_start (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_mdevs);
    g_auto (Guest) guest = {0}, cold = {0};

    guest_init (&guest, host, "mdev", VM_1);
    guest_init (&cold, host, "bare-mdev", VM_1);
    allowed_unchanged (&guest, "migrate");
    allowed_unchanged (&cold, "prepare");
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
}

/* Where leases cannot be kept, nobody arrives. A dry run keeps none. */
static void
test_run_unusable (G_GNUC_UNUSED gconstpointer data)
{
    static void (*const hosts[]) (FakeHost * host) = {run_is_no_directory, run_is_writable};

    for (gsize i = 0; i < G_N_ELEMENTS (hosts); i++) {
        g_autoptr (FakeHost) host = fake_host_new ();
        g_auto (Guest) guest = {0};

        hosts[i](host);
        guest_init (&guest, host, "mdev", VM_1);
        refused (&guest, "migrate", 805);
        refused (&guest, "restore", 805);
    }
}

static void
test_dry_run (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_mdevs);
    g_auto (Guest) guest = {0};
    g_autofree char *directory = fake_host_path (host, "run/vgpu-gate");
    HookCall call = {.host = host, .extra = "--dry-run", .domain = CASE_DOMAIN, .operation = "migrate"};
    g_auto (ProgramRun) run = {0}, release = {0};

    guest_init (&guest, host, "mdev", VM_1);
    call.input = guest.xml;
    call.length = guest.length;
    case_call_hook (&call, &run);
    g_assert_cmpint (run.status, ==, 0);
    g_assert_nonnull (strstr (run.out, "to be made"));
    g_assert_false (g_file_test (directory, G_FILE_TEST_EXISTS));
    put_leases (host, LEASES_OF (LEASE (VM_1, CASE_MDEV, "made", "1")));
    call.operation = "release end";
    case_call_hook (&call, &release);
    g_assert_cmpstr (release.out, ==, "release end is not gated\n");
    g_assert_true (has_lease (host, VM_1, "made"));
}

/* A refusal of another kind leaves no lease, and takes that of an earlier attempt away. */
static void
test_refused_leaves_none (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (free_mdev);
    g_auto (Guest) guest = {0}, again = {0};

    guest_init (&guest, host, "mdev", VM_1);
    guest_init (&again, host, "mdev", VM_1);
    allowed_changed (&guest, "migrate", MDEV_ADDRESS (CASE_MDEV), MDEV_ADDRESS (FREE));
    fake_host_sim (host, "update --gpu " CASE_GPU " --ecc off");
    refused (&again, "migrate", 507);
    assert_no_leases (host);
}

/* --- which GPU --- */

/* Two GPUs with a free device each; on the second a vGPU runs. */
static void
second_gpu_has_vgpu (FakeHost *host)
{
    fake_host_add_gpu (host, CASE_GPU, FAKE_H100);
    fake_host_add_gpu (host, GPU_2, FAKE_H100);
    fake_host_add_mdev (host, FREE, TYPE, CASE_GPU);
    fake_host_add_mdev (host, FREE_2, TYPE, GPU_2);
    fake_host_sim (host, "plug --vm " OTHER_VM " --type 1120 --gpu " GPU_2);
}

static void
test_order (G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        const char *order, *address;
    } orders[] = {{"breadth-first", MDEV_ADDRESS (FREE)}, {"depth-first", MDEV_ADDRESS (FREE_2)}};

    for (gsize i = 0; i < G_N_ELEMENTS (orders); i++) {
        g_autoptr (FakeHost) host = applying_host (second_gpu_has_vgpu);
        g_autofree char *line = g_strdup_printf ("[placement]\norder=%s\n", orders[i].order);
        g_auto (Guest) guest = {0};

        fake_host_configure (host, line);
        guest_init (&guest, host, "mdev", VM_1);
        allowed_changed (&guest, "migrate", MDEV_ADDRESS (CASE_MDEV), orders[i].address);
    }
}

static void
test_none_left (G_GNUC_UNUSED gconstpointer data)
{
    golden_assert_none_left (FOLDER, ".err");
    golden_assert_none_left (FOLDER, ".report");
}

static const struct {
    const char *path;
    GTestDataFunc function;
} tests[] = {
    {"existing", test_existing},
    {"restore", test_restore},
    {"made", test_made},
    {"made-anew", test_made_anew},
    {"vf", test_vf},
    {"vf-other", test_vf_other},
    {"two", test_two},
    {"last-device", test_last_device},
    {"same-name", test_same_name},
    {"at-once", test_at_once},
    {"leased", test_leased},
    {"lost", test_lost},
    {"not-made", test_not_made},
    {"half-made", test_half_made},
    {"crash", test_crash},
    {"orphan", test_orphan},
    {"foreign-release", test_foreign_release},
    {"release-misconfigured", test_release_misconfigured},
    {"cold-start", test_cold_start},
    {"run-unusable", test_run_unusable},
    {"dry-run", test_dry_run},
    {"refused-leaves-none", test_refused_leaves_none},
    {"order", test_order},
};

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *path = g_strdup_printf ("/placement/case/%s", cases[i].name);

        program_add_test (path, &cases[i], test_case);
    }
    for (gsize i = 0; i < G_N_ELEMENTS (tests); i++) {
        g_autofree char *path = g_strdup_printf ("/placement/%s", tests[i].path);

        program_add_test (path, NULL, tests[i].function);
    }
    program_add_test ("/none-left/placement", NULL, test_none_left);
    return g_test_run ();
}
