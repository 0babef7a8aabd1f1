/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A device that was created for a guest, and removed when the guest ended, is created again by the guest's
 * cold start. */
#include "events.h"
#include "../test-glib.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define VF_2     "0000:41:00.5"
#define OTHER_VM "9c2f4d1e-8b7a-4c65-b3d0-1e2f3a4b5c6d"
#define FREE     "c0ffee00-0000-4000-8000-000000000001"
#define TYPE     FAKE_TYPE_H100_20C
#define CREATE   "sys/bus/pci/devices/" CASE_GPU "/mdev_supported_types/nvidia-1120/create"

static void
room_for_one (FakeHost *host)
{
    fake_host_add_gpu (host, CASE_GPU, FAKE_H100);
    fake_host_offer_mdev (host, CASE_GPU, TYPE, 1);
}

static void
two_vfs (FakeHost *host)
{
    static const guint types[] = {FAKE_TYPE_H100_20C, FAKE_TYPE_H100_40C, 0};

    fake_host_add_gpu (host, CASE_GPU, FAKE_H100);
    fake_host_add_vf (host, CASE_GPU, CASE_VF, 0);
    fake_host_offer_vf (host, CASE_VF, types);
    fake_host_add_vf (host, CASE_GPU, VF_2, 0);
    fake_host_offer_vf (host, VF_2, types);
}

/* The guest arrived, its device was created, and it ended. The cold guest is the same guest with its
 * persistent definition. */
static void
come_and_go (FakeHost *host, const char *input, Guest *cold)
{
    g_auto (Guest) guest = {0};
    g_autofree char *cold_input = g_strconcat ("bare-", input, NULL);

    guest_init (&guest, host, input, VM_1);
    guest_init (cold, host, cold_input, VM_1);
    allowed_unchanged (&guest, "migrate");
    allowed_unchanged (&guest, "prepare");
    g_assert_true (has_lease (host, VM_1, "made"));
    allowed_unchanged (&guest, "release end");
    g_assert_true (has_lease (host, VM_1, "unmade"));
    g_assert_false (has_lease (host, VM_1, "made"));
}

static void
test_mdev (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_one);
    g_auto (Guest) cold = {0};

    come_and_go (host, "mdev", &cold);
    /* works for every start */
    for (guint i = 0; i < 2; i++) {
        g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
        allowed_unchanged (&cold, "prepare");
        g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
        g_assert_true (has_lease (host, VM_1, "made"));
        g_assert_false (has_lease (host, VM_1, "unmade"));
        allowed_unchanged (&cold, "start begin");
        fake_host_qemu_started (host, CASE_DOMAIN, FALSE);
        allowed_unchanged (&cold, "started");
        allowed_unchanged (&cold, "release end");
    }
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
    g_assert_true (has_lease (host, VM_1, "unmade"));
}

static void
test_vf (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (two_vfs);
    g_auto (Guest) cold = {0};

    come_and_go (host, "vf", &cold);
    assert_vf_type (host, CASE_VF, "0");
    allowed_unchanged (&cold, "prepare");
    assert_vf_type (host, CASE_VF, "1120");
    allowed_unchanged (&cold, "release end");
    assert_vf_type (host, CASE_VF, "0");
}

/* The guest comes back by migration, which is an ordinary arrival. */
static void
test_arrives_again (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_one);
    g_auto (Guest) cold = {0}, guest = {0};

    come_and_go (host, "mdev", &cold);
    guest_init (&guest, host, "mdev", VM_1);
    allowed_unchanged (&guest, "migrate");
    g_assert_true (has_lease (host, VM_1, "planned"));
    g_assert_false (has_lease (host, VM_1, "unmade"));
    allowed_unchanged (&guest, "prepare");
    g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
}

/* Devices are created only if the configuration says so. Otherwise libvirt reports that the device does not
 * exist. */
static void
test_not_applied (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_one);
    g_auto (Guest) cold = {0};

    come_and_go (host, "mdev", &cold);
    fake_host_configure (host, "[placement]\nmode=suggest\n");
    allowed_unchanged (&cold, "prepare");
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
    g_assert_true (has_lease (host, VM_1, "unmade"));
}

/* A bad configuration is reported for a guest that could not start anyway, and for no other. */
static void
test_misconfigured (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_one);
    g_auto (Guest) cold = {0}, other = {0};

    come_and_go (host, "mdev", &cold);
    guest_init (&other, host, "bare-mdev", VM_2);
    fake_host_configure (host, "[placement]\nmod=apply\n");
    refused (&cold, "prepare", 604);
    allowed_unchanged (&other, "prepare");
}

/* Another guest with a hostdev of the same name: nothing was created for that guest. */
static void
test_another_guest (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_one);
    g_auto (Guest) cold = {0}, other = {0};

    come_and_go (host, "mdev", &cold);
    guest_init (&other, host, "bare-mdev", VM_2);
    allowed_unchanged (&other, "prepare");
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
}

/* Another user has created the device, and must remove it. */
static void
test_made_by_others (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_one);
    g_auto (Guest) cold = {0};

    come_and_go (host, "mdev", &cold);
    fake_host_add_mdev (host, CASE_MDEV, TYPE, CASE_GPU);
    allowed_unchanged (&cold, "prepare");
    allowed_unchanged (&cold, "release end");
    g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
}

/* --- the device cannot be created --- */

static void
assert_refused (Guest *cold, const char *why)
{
    g_autofree char *line = event (cold, "prepare", 812);

    if (!strstr (line, why))
        test_fail ("expected '%s' in '%s'", why, line);
    /* libvirt runs this event after a failed start; the start can then be tried again */
    allowed_unchanged (cold, "release end");
    g_assert_true (has_lease (cold->host, VM_1, "unmade"));
    g_assert_false (has_lease (cold->host, VM_1, "made"));
}

static void
test_full (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_one);
    g_auto (Guest) cold = {0};

    come_and_go (host, "mdev", &cold);
    fake_host_offer_mdev (host, CASE_GPU, TYPE, 0);
    assert_refused (&cold, "the GPU has no room for it");
    fake_host_offer_mdev (host, CASE_GPU, TYPE, 1);
    allowed_unchanged (&cold, "prepare");
    g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
}

/* The last place is reserved for a guest that was already allowed. */
static void
test_promised (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_one);
    g_auto (Guest) cold = {0}, arriving = {0};

    come_and_go (host, "mdev", &cold);
    guest_init (&arriving, host, "mdev", VM_2);
    allowed_unchanged (&arriving, "migrate");
    g_assert_true (has_lease (host, VM_2, "planned"));
    /* it even brings the same name */
    assert_refused (&cold, "is leased to domain " VM_2);
    allowed_unchanged (&arriving, "prepare");
    allowed_unchanged (&arriving, "release end");
    /* either of them could get it again */
    g_assert_true (has_lease (host, VM_1, "unmade"));
    g_assert_true (has_lease (host, VM_2, "unmade"));
    allowed_unchanged (&cold, "prepare");
    g_assert_true (has_lease (host, VM_1, "made"));
}

static void
test_promised_by_another_name (G_GNUC_UNUSED gconstpointer data)
{
    const gint64 now = g_get_monotonic_time () / G_USEC_PER_SEC;
    g_autofree char *text =
        g_strdup_printf (LEASES_OF ("2", LEASE (VM_1, CASE_MDEV, "unmade", "0")
                                             LEASE (OTHER_VM, FREE, "planned", "%" G_GINT64_FORMAT)),
                         now + 1000);
    g_autoptr (FakeHost) host = applying_host (room_for_one);
    g_auto (Guest) cold = {0};

    put_leases (host, text);
    guest_init (&cold, host, "bare-mdev", VM_1);
    assert_refused (&cold, "the room is reserved for a guest that is about to arrive");
    g_assert_true (has_lease (host, OTHER_VM, "planned"));
}

/* The virtual function has another guest's type by now. libvirt reports that, as for any guest. */
static void
test_vf_has_another (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (two_vfs);
    g_auto (Guest) cold = {0}, other = {0};

    come_and_go (host, "vf", &cold);
    guest_init (&other, host, "vf", VM_2);
    allowed_unchanged (&other, "migrate");
    allowed_unchanged (&other, "prepare");
    assert_vf_type (host, CASE_VF, "1120");
    allowed_unchanged (&cold, "prepare");
    g_assert_true (has_lease (host, VM_2, "made"));
    g_assert_true (has_lease (host, VM_1, "unmade"));
}

/* Another guest has a lease of a device that no longer exists; creating both would give two devices one
 * name. */
static void
test_stale_record (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_one);
    g_auto (Guest) cold = {0};

    put_leases (host, LEASES_OF ("2", LEASE (OTHER_VM, CASE_MDEV, "made", "0")
                                          LEASE (VM_1, CASE_MDEV, "unmade", "0")));
    guest_init (&cold, host, "bare-mdev", VM_1);
    allowed_unchanged (&cold, "prepare");
    g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
    g_assert_false (has_lease (host, OTHER_VM, NULL));
    allowed_unchanged (&cold, "release end");
}

/* The kernel accepts the write, but creates no device. */
static void
test_not_made (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (Guest) cold = {0};

    room_for_one (host);
    fake_host_configure (host, APPLY);
    put_leases (host, LEASES_OF ("1", LEASE (VM_1, CASE_MDEV, "unmade", "0")));
    guest_init (&cold, host, "bare-mdev", VM_1);
    assert_refused (&cold, "the driver accepted the request, but the device does not exist");
}

static void
test_driver_refuses (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_one);
    g_auto (Guest) cold = {0};
    g_autofree char *create = fake_host_path (host, CREATE);

    come_and_go (host, "mdev", &cold);
    g_assert_cmpint (g_unlink (create), ==, 0);
    if (mknod (create, S_IFCHR | 0600, makedev (1, 7)) != 0) {
        g_test_skip ("only root can make a device node");
        return;
    }
    assert_refused (&cold, "No space left on device");
}

/* Unreadable leases create nothing, and do not prevent any start. */
static void
test_leases_unreadable (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_one);
    g_auto (Guest) cold = {0};

    put_leases (host, "rubbish");
    guest_init (&cold, host, "bare-mdev", VM_1);
    allowed_unchanged (&cold, "prepare");
}

/* The hook was killed after the lease was written and before the device was created, in a start that then
 * failed. */
static void
test_crash (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_one);
    g_auto (Guest) cold = {0};

    put_leases (host, LEASES_OF ("1", LEASE (VM_1, CASE_MDEV, "made", "0")));
    guest_init (&cold, host, "bare-mdev", VM_1);
    allowed_unchanged (&cold, "prepare");
    g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
}

static void
test_dry_run (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_one);
    g_auto (Guest) cold = {0};
    g_auto (ProgramRun) run = {0};
    HookCall call = {.host = host, .extra = "--dry-run", .domain = CASE_DOMAIN, .operation = "prepare"};

    come_and_go (host, "mdev", &cold);
    call.input = cold.xml;
    call.length = cold.length;
    case_call_hook (&call, &run);
    g_assert_cmpint (run.status, ==, 0);
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
    g_assert_true (has_lease (host, VM_1, "unmade"));
}

static const struct {
    const char *path;
    GTestDataFunc function;
} tests[] = {
    {"mdev", test_mdev},
    {"vf", test_vf},
    {"arrives-again", test_arrives_again},
    {"not-applied", test_not_applied},
    {"misconfigured", test_misconfigured},
    {"another-guest", test_another_guest},
    {"made-by-others", test_made_by_others},
    {"full", test_full},
    {"promised", test_promised},
    {"promised-by-another-name", test_promised_by_another_name},
    {"vf-has-another", test_vf_has_another},
    {"stale-record", test_stale_record},
    {"not-made", test_not_made},
    {"driver-refuses", test_driver_refuses},
    {"leases-unreadable", test_leases_unreadable},
    {"crash", test_crash},
    {"dry-run", test_dry_run},
};

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    for (gsize i = 0; i < G_N_ELEMENTS (tests); i++) {
        g_autofree char *path = g_strdup_printf ("/again/%s", tests[i].path);

        program_add_test (path, NULL, tests[i].function);
    }
    return g_test_run ();
}
