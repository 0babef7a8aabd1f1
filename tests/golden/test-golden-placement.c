/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest whose device does not exist, is busy or has another type, and which is given a device: the changes
 * in its XML, the devices that are created and removed, and who else gets a device in the meantime. */
#include "command-case.h"
#include "placement-hosts.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define FREE_2 "c0ffee00-0000-4000-8000-000000000002"

/* --- hosts --- */

/* A device of that name exists, and belongs to another guest. */
static void
name_is_taken (FakeHost *host)
{
    room_for_mdevs (host);
    fake_host_add_gpu (host, GPU_2, FAKE_H100);
    fake_host_add_mdev (host, CASE_MDEV, FAKE_TYPE_H100_40C, GPU_2);
}

static void
busy_by_lease (FakeHost *host)
{
    g_autofree char *text = lease_with_seconds_left (OTHER_VM, CASE_MDEV, "taken", 1000);

    named_and_free (host);
    put_leases (host, text);
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

/* --- all events of a guest --- */

#define MDEV_ADDRESS(uuid) "<address uuid='" uuid "'/>"

static void
test_existing (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (free_mdev);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "mdev", VM_1);
    allowed_changed (&guest, "migrate", MDEV_ADDRESS (CASE_MDEV), MDEV_ADDRESS (FREE));
    g_assert_true (has_lease (host, VM_1, "taken"));
    g_assert_true (has_lease_with (host, VM_1, "\ninstead-of=" CASE_MDEV "\n"));
    allowed_unchanged (&guest, "prepare");
    g_assert_true (has_lease (host, VM_1, "given"));
    g_assert_true (has_lease_with (host, VM_1, "\ninstead-of=" CASE_MDEV "\n"));
    allowed_unchanged (&guest, "release end");
    g_assert_true (fake_host_has_mdev (host, FREE));
    assert_no_leases (host);
}

/* libvirt cannot get the changed XML: the guest is refused with an exit status that libvirt understands, and
 * the device is free again. */
static void
test_unwritten (G_GNUC_UNUSED gconstpointer data)
{
    static const char script[] = "#!/bin/sh\nexec \"$@\" >/dev/full\n";
    g_autoptr (FakeHost) host = applying_host (free_mdev);
    g_autofree char *path = fake_host_path (host, "without-output"), *line = NULL;
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "mdev", VM_1);
    fake_host_write_file (host, "without-output", script, strlen (script), 0755);
    program_run_by (path);
    line = event (&guest, "migrate", 901);
    program_run_by (NULL);
    g_assert_nonnull (strstr (line, "No space left on device"));
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

/* A device that has no name yet gets the one from the guest's XML, which then needs no change. */
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
    fake_host_qemu_started (host, CASE_DOMAIN, TRUE);
    allowed_unchanged (&guest, "started");
    allowed_unchanged (&guest, "reconnect begin");
    allowed_unchanged (&guest, "stopped end");
    g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
    allowed_unchanged (&guest, "release end");
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
    g_assert_true (has_lease (host, VM_1, "unmade"));
}

static void
test_made_again (G_GNUC_UNUSED gconstpointer data)
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
    assert_vf_type (host, CASE_VF, "1121");
    assert_vf_type (host, VF_2, "1120");
    allowed_unchanged (&guest, "release end");
    assert_vf_type (host, CASE_VF, "1121");
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

/* The first guest gets the last device; after its lease is given back, the other one would get it. */
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

/* Both guests name a device that exists. */
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
    g_assert_nonnull (strstr (line, "leased to domain " VM_1));
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

/* The device is on the command line of one of them, which cannot be changed. */
static void
test_argument (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (named_and_free);
    g_auto (Guest) guest = {0}, other = {0}, third = {0};
    g_autofree char *line = NULL;

    guest_init (&other, host, "argument", VM_2);
    allowed_unchanged (&other, "migrate");
    g_assert_true (has_lease (host, VM_2, "taken"));
    guest_init (&guest, host, "mdev", VM_1);
    allowed_changed (&guest, "migrate", MDEV_ADDRESS (CASE_MDEV), MDEV_ADDRESS (FREE));
    guest_init (&third, host, "argument", OTHER_VM);
    line = event (&third, "restore", 802);
    g_assert_nonnull (strstr (line, "on QEMU's command line"));
    g_assert_nonnull (strstr (line, VM_2));
    allowed_unchanged (&other, "prepare");
    allowed_unchanged (&other, "release end");
    g_assert_false (has_lease (host, VM_2, NULL));
}

/* "No other device" is the reason only if a GPU could run the vGPU with another one. Otherwise the GPU is. */
static void
test_no_gpu_can_run_it (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (one_gpu);
    g_auto (Guest) guest = {0};
    g_autofree char *with_ecc = NULL, *without_ecc = NULL;

    guest_init (&guest, host, "mdev", VM_1);
    with_ecc = event (&guest, "migrate", 507);
    fake_host_sim (host, "update --gpu " CASE_GPU " --ecc off");
    without_ecc = event (&guest, "migrate", 304);
    g_assert_nonnull (strstr (with_ecc, "No other device can be used"));
    g_assert_null (strstr (without_ecc, "No other device"));
    g_assert_nonnull (strstr (without_ecc,
                              "on GPU " CASE_GPU " (H100 80GB HBM3, simulated): the GPUs differ: "
                              "ECC is on at the source, off here. Set ECC"));
}

/* The first of the guest's vGPUs gives the reason, and the others are counted. */
static void
test_no_gpu_for_two (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (one_gpu);
    g_auto (Guest) guest = {0};
    g_autofree char *line = NULL;

    guest_init (&guest, host, "two-mdevs", VM_1);
    fake_host_sim (host, "update --gpu " CASE_GPU " --ecc off");
    line = event (&guest, "migrate", 304);
    g_assert_nonnull (strstr (line, "vGPU 1 of 2, "));
    g_assert_nonnull (
        strstr (line, "ECC is on at the source, off here; 1 more vGPU cannot run here. Set ECC"));
}

/* The guest's device belongs to the first of two GPUs, and another guest uses it. */
static void
two_gpus_and_busy (FakeHost *host)
{
    fake_host_add_gpu (host, CASE_GPU, FAKE_H100);
    fake_host_add_gpu (host, GPU_2, FAKE_H100);
    fake_host_add_mdev (host, CASE_MDEV, TYPE, CASE_GPU);
    fake_host_sim (host, "plug --vm " OTHER_VM " --type 1120 --mdev " CASE_MDEV);
    fake_host_sim (host, "update --gpu " CASE_GPU " --subsystem-id 16C2 --ecc off");
    fake_host_sim (host, "update --gpu " GPU_2 " --ecc off");
}

/* Of all GPUs, not only of that of the named device. */
static void
test_nearest_of_all (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (two_gpus_and_busy);
    g_auto (Guest) guest = {0};
    g_auto (ProgramRun) run = {0};
    g_autofree char *line = NULL;

    guest_init (&guest, host, "mdev", VM_1);
    command_run (host, "check --operation migrate @mdev.in.xml --root $ROOT", &run);
    g_assert_nonnull (strstr (run.out, CASE_GPU));
    g_assert_nonnull (strstr (run.out, GPU_2));
    g_assert_null (strstr (run.out, "must use the GPU"));
    line = event (&guest, "migrate", 304);
    g_assert_nonnull (
        strstr (line, "on GPU " GPU_2 " (H100 80GB HBM3, simulated): the GPUs differ: ECC is on"));
}

/* The only free device is also on the guest's command line. */
static void
only_second (FakeHost *host)
{
    one_gpu (host);
    fake_host_add_mdev (host, CASE_MDEV_2, TYPE, CASE_GPU);
}

static void
test_own_argument (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (only_second);
    g_auto (Guest) guest = {0};
    g_autofree char *line = NULL;

    guest_init (&guest, host, "mdev-and-argument", VM_1);
    line = event (&guest, "migrate", 507);
    g_assert_nonnull (strstr (line, "No other device can be used"));
    fake_host_add_mdev (host, FREE, TYPE, CASE_GPU);
    allowed_changed (&guest, "migrate", MDEV_ADDRESS (CASE_MDEV), MDEV_ADDRESS (FREE));
    g_assert_true (has_lease_with (host, VM_1, CASE_MDEV_2));
}

/* The lease ended before 'prepare begin', and another guest has the device now. */
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

/* --- errors --- */

/* Another user has created the device in the meantime, and the driver, which was updated by then, has other
 * type numbers. */
static void
test_renumbered (G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        guint type;
        const char *name;
        int code;
    } made[] = {{1131, "NVIDIA H100XM-20C\n", 0}, {TYPE, "NVIDIA H100XM-40C\n", 809}};

    for (gsize i = 0; i < G_N_ELEMENTS (made); i++) {
        g_autoptr (FakeHost) host = applying_host (one_gpu);
        g_autofree char *name = g_strdup_printf (
            "sys/bus/pci/devices/" CASE_GPU "/mdev_supported_types/nvidia-%u/name", made[i].type);
        g_auto (Guest) guest = {0};

        fake_host_offer_mdev (host, CASE_GPU, TYPE, 1);
        guest_init (&guest, host, "mdev", VM_1);
        allowed_unchanged (&guest, "migrate");
        fake_host_add_mdev (host, CASE_MDEV, made[i].type, CASE_GPU);
        fake_host_write_file (host, name, made[i].name, strlen (made[i].name), 0444);
        g_free (event (&guest, "prepare", made[i].code));
    }
}

/* The kernel accepts the write, but creates no device. */
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

/* The second "create" is a device that is always full: the device for the first vGPU is removed again. */
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

/* The hook was killed before or after the device was created: the release repairs that. */
static void
test_crash (G_GNUC_UNUSED gconstpointer data)
{
    static const gboolean device_is_there[] = {FALSE, TRUE};

    for (gsize i = 0; i < G_N_ELEMENTS (device_is_there); i++) {
        g_autoptr (FakeHost) host = applying_host (one_gpu);
        g_auto (Guest) guest = {0};

        if (device_is_there[i])
            fake_host_add_mdev (host, CASE_MDEV, TYPE, CASE_GPU);
        put_leases (host, LEASES_OF ("1", LEASE (VM_1, CASE_MDEV, "made", "1")));
        guest_init (&guest, host, "mdev", VM_1);
        allowed_unchanged (&guest, "release end");
        g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
        g_assert_false (has_lease (host, VM_1, "made"));
    }
}

/* A device that was created for a guest that no longer exists is given to the next guest, and removed with
 * it. */
static void
test_orphan (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (free_mdev);
    g_auto (Guest) guest = {0};

    put_leases (host, LEASES_OF ("1", LEASE (OTHER_VM, FREE, "made", "1")));
    guest_init (&guest, host, "mdev", VM_1);
    allowed_changed (&guest, "migrate", MDEV_ADDRESS (CASE_MDEV), MDEV_ADDRESS (FREE));
    g_assert_true (has_lease (host, VM_1, "made"));
    g_assert_false (has_lease (host, OTHER_VM, NULL));
    allowed_unchanged (&guest, "prepare");
    allowed_unchanged (&guest, "release end");
    g_assert_false (fake_host_has_mdev (host, FREE));
}

/* The device was detached from the guest for which it was created, and another guest got it by name: that
 * guest keeps it, and the lease still records that it was created. */
static void
test_given_back (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_mdevs);
    g_autofree char *line = NULL;
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "mdev", VM_1);
    allowed_unchanged (&guest, "migrate");
    allowed_unchanged (&guest, "prepare");
    fake_host_add_live_domain (host, "vm7", OTHER_VM, CASE_MDEV);
    line = event (&guest, "release end", 810);
    g_assert_nonnull (strstr (line, "the running domain 'vm7' uses it"));
    g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
    g_assert_true (has_lease (host, VM_1, "made"));
    fake_host_add_live_domain (host, "vm7", OTHER_VM, FREE);
    allowed_unchanged (&guest, "release end");
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
    g_assert_true (has_lease (host, VM_1, "unmade"));
}

/* The device's present owner is unknown, so it is not removed. */
static void
test_release_in_the_dark (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_mdevs);
    g_autofree char *path = fake_host_path (host, "run/libvirt/qemu/vm7.xml");
    g_autofree char *line = NULL;
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "mdev", VM_1);
    allowed_unchanged (&guest, "migrate");
    allowed_unchanged (&guest, "prepare");
    fake_host_add_live_domain (host, "vm7", OTHER_VM, FREE);
    g_assert_true (g_file_set_contents (path, "<domstatus", -1, NULL));
    line = event (&guest, "release end", 803);
    g_assert_nonnull (strstr (line, "vm7.xml"));
    g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
    g_assert_true (has_lease (host, VM_1, "made"));
}

/* Another guest's release removes nothing. */
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

/* A broken configuration does not prevent the removal of devices. */
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

/* A cold start of the same domain, while its lease lasts: it has no metadata, and nothing is created. */
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

/* If leases cannot be written, no guest may arrive. A dry run writes no leases. */
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
    HookCall call = {.host = host, .extra = "--dry-run", .domain = CASE_DOMAIN, .operation = "migrate"};
    g_auto (ProgramRun) run = {0}, release = {0};

    guest_init (&guest, host, "mdev", VM_1);
    call.input = guest.xml;
    call.length = guest.length;
    case_call_hook (&call, &run);
    g_assert_cmpint (run.status, ==, 0);
    g_assert_nonnull (strstr (run.out, "to be created"));
    g_assert_false (fake_host_has (host, "run/vgpu-gate"));
    put_leases (host, LEASES_OF ("1", LEASE (VM_1, CASE_MDEV, "made", "1")));
    call.operation = "release end";
    case_call_hook (&call, &release);
    g_assert_cmpstr (release.out, ==, "release end is not gated\n");
    g_assert_true (has_lease (host, VM_1, "made"));
}

/* A refusal for another reason writes no lease, and removes the lease of an earlier attempt. */
static void
test_refused_leaves_none (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (free_mdev);
    g_auto (Guest) guest = {0}, again = {0};

    guest_init (&guest, host, "mdev", VM_1);
    guest_init (&again, host, "mdev", VM_1);
    allowed_changed (&guest, "migrate", MDEV_ADDRESS (CASE_MDEV), MDEV_ADDRESS (FREE));
    fake_host_sim (host, "update --gpu " CASE_GPU " --ecc off");
    refused (&again, "migrate", 304);
    assert_no_leases (host);
}

/* --- which GPU --- */

/* Two GPUs with a free device each; a vGPU runs on the second one. */
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

static const struct {
    const char *path;
    GTestDataFunc function;
} tests[] = {
    {"existing", test_existing},
    {"unwritten", test_unwritten},
    {"restore", test_restore},
    {"made", test_made},
    {"made-again", test_made_again},
    {"vf", test_vf},
    {"vf-other", test_vf_other},
    {"two", test_two},
    {"last-device", test_last_device},
    {"same-name", test_same_name},
    {"at-once", test_at_once},
    {"leased", test_leased},
    {"argument", test_argument},
    {"own-argument", test_own_argument},
    {"no-gpu-can-run-it", test_no_gpu_can_run_it},
    {"no-gpu-for-two", test_no_gpu_for_two},
    {"nearest-of-all", test_nearest_of_all},
    {"lost", test_lost},
    {"renumbered", test_renumbered},
    {"not-made", test_not_made},
    {"half-made", test_half_made},
    {"crash", test_crash},
    {"orphan", test_orphan},
    {"given-back", test_given_back},
    {"release-in-the-dark", test_release_in_the_dark},
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
    for (gsize i = 0; i < G_N_ELEMENTS (tests); i++) {
        g_autofree char *path = g_strdup_printf ("/placement/%s", tests[i].path);

        program_add_test (path, NULL, tests[i].function);
    }
    return g_test_run ();
}
