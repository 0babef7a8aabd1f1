/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate device list, make and remove; and that the command in a refusal does what the refusal
 * promises. */
#include "command-table.h"
#include "placement-hosts.h"
#include "../test-glib.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define FOLDER "device"
#define ROOT   " --root $ROOT"
#define NO_ONE "c0ffee00-0000-4000-8000-00000000dead"
#define SHORT  "H100XM-20C"

/* --- hosts --- */

static void
define_by_mdevctl (FakeHost *host, const char *uuid)
{
    g_autofree char *path = g_strconcat ("etc/mdevctl.d/" CASE_GPU "/", uuid, NULL);
    static const char text[] = "{\"mdev_type\": \"nvidia-1120\", \"start\": \"auto\"}\n";

    fake_host_write_file (host, path, text, strlen (text), 0644);
}

/* One device of each state, and a lease or record of each. */
static void
everything (FakeHost *host)
{
    const gint64 soon = g_get_monotonic_time () / G_USEC_PER_SEC + 3590;
    g_autofree char *text =
        g_strdup_printf ("[leases]\ncount=6\n" LEASE (OTHER_VM, CASE_MDEV_2, "taken", "%" G_GINT64_FORMAT)
                             LEASE (VM_2, "c0ffee00-0000-4000-8000-000000000003", "planned",
                                    "%" G_GINT64_FORMAT) LEASE (VM_1, CASE_MDEV, "made", "0")
                                 LEASE (VM_2, "c0ffee00-0000-4000-8000-000000000004", "unmade", "0")
                                     LEASE (OTHER_VM, "c0ffee00-0000-4000-8000-000000000005", "made", "0")
                                         LEASE (VM_1, "c0ffee00-0000-4000-8000-000000000006", "taken", "1"),
                         soon, soon);

    room_for_mdevs (host);
    fake_host_add_vf (host, CASE_GPU, "0000:41:00.6", 0);
    fake_host_add_vf (host, CASE_GPU, "0000:41:00.7", FAKE_TYPE_H100_40C);
    fake_host_add_mdev (host, CASE_MDEV, TYPE, CASE_VF);
    fake_host_add_mdev (host, CASE_MDEV_2, TYPE, CASE_GPU);
    fake_host_add_mdev (host, FREE, TYPE, CASE_GPU);
    define_by_mdevctl (host, FREE);
    fake_host_add_live_domain (host, "vm1", VM_1, CASE_MDEV);
    fake_host_set_iommu_group (host, "0000:41:00.7", 42);
    fake_host_open_file (host, 4711, "qemu-system-x86", "/dev/vfio/42");
    put_leases (host, text);
}

static void
full (FakeHost *host)
{
    one_gpu (host);
    fake_host_offer_mdev (host, CASE_GPU, TYPE, 0);
}

/* The first GPU cannot run the guest's vGPU, and only its metadata tells. */
static void
two_gpus (FakeHost *host)
{
    one_gpu (host);
    fake_host_add_gpu (host, GPU_2, FAKE_H100);
    fake_host_offer_mdev (host, CASE_GPU, TYPE, 4);
    fake_host_offer_mdev (host, GPU_2, TYPE, 4);
    fake_host_sim (host, "update --gpu " CASE_GPU " --ecc off");
}

static void
room_and_defined (FakeHost *host)
{
    room_for_mdevs (host);
    define_by_mdevctl (host, CASE_MDEV);
}

static void
busy_with_room (FakeHost *host)
{
    one_gpu (host);
    fake_host_add_mdev (host, CASE_MDEV, TYPE, CASE_GPU);
    fake_host_add_live_domain (host, "vm7", OTHER_VM, CASE_MDEV);
    fake_host_offer_mdev (host, CASE_GPU, TYPE, 2);
}

static void
reserved (FakeHost *host)
{
    g_autofree char *text = lease_with_seconds_left (OTHER_VM, CASE_MDEV, "taken", 1000);

    named_and_free (host);
    put_leases (host, text);
}

static void
leases_are_rubbish (FakeHost *host)
{
    named_and_free (host);
    put_leases (host, "no leases\n");
}

static void
status_is_rubbish (FakeHost *host)
{
    named_and_free (host);
    fake_host_write_file (host, "run/libvirt/qemu/vm7.xml", "<domstatus", 10, 0600);
}

static void
is_of_other_type (FakeHost *host)
{
    one_gpu (host);
    fake_host_add_mdev (host, CASE_MDEV, FAKE_TYPE_H100_40C, CASE_GPU);
}

/* --- tables --- */

static const CommandReport reports[] = {
    {"list", "device list" ROOT, everything, NULL},
    {"list-empty", "device list" ROOT, one_gpu, NULL},
    {"list-vfs", "device list" ROOT, second_vf_has_type, NULL},
    {"make-dry", "device make " CASE_MDEV " --type " SHORT " --dry-run" ROOT, room_for_mdevs, NULL},
    {"make-dry-guest", "device make @two-mdevs.in.xml --dry-run" ROOT, room_for_mdevs, NULL},
    {"make-dry-restore", "device make @mdev.in.xml --operation restore -n" ROOT, room_for_mdevs, NULL},
    {"make-dry-stopped", "device make @bare-mdev.in.xml --type nvidia-1120 --dry-run" ROOT, room_for_mdevs,
     NULL},
    {"make-dry-vf", "device make " CASE_VF " --type " SHORT " --dry-run" ROOT, vfs_without_type, NULL},
    {"make-dry-gpu", "device make " CASE_MDEV " --type " SHORT " --gpu " GPU_2 " --dry-run" ROOT, two_gpus,
     NULL},
    {"make-dry-gpu-uuid",
     "device make " CASE_MDEV " --type " SHORT " --gpu GPU-6a52c1de-0000-4000-8000-000061000000 -n" ROOT,
     two_gpus, NULL},
    {"make-dry-gpu-index", "device make " CASE_MDEV " --type " SHORT " --gpu 1 -n" ROOT, two_gpus, NULL},
    {"make-dry-gpu-short", "device make " CASE_MDEV " --type " SHORT " --gpu 61:00.0 -n" ROOT, two_gpus,
     NULL},
    {"make-dry-gpu-long", "device make " CASE_MDEV " --type " SHORT " --gpu 00000000:61:00.0 -n" ROOT,
     two_gpus, NULL},
    /* what exists and is free need not be created */
    {"make-exists", "device make " CASE_MDEV " --type " SHORT ROOT, named_and_free, NULL},
};

#define MAKE   "device make " CASE_MDEV " --type " SHORT
#define REMOVE "device remove "

static const CommandFailure failures[] = {
    {"list-nobody", {.line = "device list", .as_nobody = TRUE}, NULL, NULL, NULL, 1},
    {"make-nobody", {.line = MAKE, .as_nobody = TRUE}, NULL, NULL, NULL, 1},
    {"remove-nobody", {.line = REMOVE CASE_MDEV " --yes", .as_nobody = TRUE}, NULL, NULL, NULL, 1},
    {"list-leases", {.line = "device list" ROOT}, leases_are_rubbish, NULL, NULL, 3},
    {"list-status", {.line = "device list" ROOT}, status_is_rubbish, NULL, NULL, 3},
    {"list-hangs",
     {.line = "device list" ROOT},
     NULL,
     "hang nvmlDeviceGetCount_v2",
     "[backend]\ndeadline-ms=300\n",
     3},
    {"make-full", {.line = MAKE ROOT}, full, NULL, NULL, 1},
    {"make-full-gpu", {.line = MAKE " --gpu " CASE_GPU ROOT}, full, NULL, NULL, 1},
    {"make-no-gpu", {.line = MAKE " --gpu 99:00.0" ROOT}, room_for_mdevs, NULL, NULL, 1},
    {"make-no-gpu-index", {.line = MAKE " --gpu 7" ROOT}, two_gpus, NULL, NULL, 1},
    {"make-type",
     {.line = "device make " CASE_MDEV " --type H100XM-21C" ROOT},
     room_for_mdevs,
     NULL,
     NULL,
     1},
    {"make-other-type", {.line = MAKE ROOT}, is_of_other_type, NULL, NULL, 1},
    {"make-other-gpu", {.line = MAKE " --gpu " GPU_2 ROOT}, named_and_free, NULL, NULL, 1},
    {"make-busy", {.line = MAKE ROOT}, busy_by_domain, NULL, NULL, 1},
    {"make-reserved", {.line = MAKE ROOT}, reserved, NULL, NULL, 1},
    {"make-defined", {.line = MAKE ROOT}, room_and_defined, NULL, NULL, 1},
    {"make-defined-guest", {.line = "device make @mdev.in.xml" ROOT}, room_and_defined, NULL, NULL, 1},
    {"make-vf-full",
     {.line = "device make " CASE_VF " --type H100XM-80C" ROOT},
     vfs_without_type,
     NULL,
     NULL,
     1},
    {"make-no-vf", {.line = "device make 0000:99:00.4 --type " SHORT ROOT}, vfs_without_type, NULL, NULL, 1},
    {"make-leases", {.line = MAKE ROOT}, leases_are_rubbish, NULL, NULL, 3},
    {"make-no-metadata", {.line = "device make @bare-mdev.in.xml" ROOT}, room_for_mdevs, NULL, NULL, 1},
    {"make-no-vgpu",
     {.line = "device make @no-vgpu.in.xml --type " SHORT ROOT},
     room_for_mdevs,
     NULL,
     NULL,
     1},
    {"make-no-file", {.line = "device make /nonexistent.xml" ROOT}, room_for_mdevs, NULL, NULL, 3},
    /* what the gate would refuse when the guest arrives */
    {"make-refused",
     {.line = "device make @mdev.in.xml" ROOT},
     room_for_mdevs,
     "update --range 7.1-18.1 --driver 535.261.03",
     NULL,
     1},
    {"make-nvml",
     {.line = "device make @mdev.in.xml" ROOT},
     room_for_mdevs,
     "fail nvmlInit_v2 DRIVER_NOT_LOADED",
     "[gate]\nbackend-failure=allow\n",
     3},
    {"make-guest-taken", {.line = "device make @mdev.in.xml" ROOT}, busy_with_room, NULL, NULL, 1},
    {"remove-busy", {.line = REMOVE CASE_MDEV " --yes" ROOT}, busy_by_domain, NULL, NULL, 1},
    {"remove-reserved", {.line = REMOVE CASE_MDEV " --yes" ROOT}, reserved, NULL, NULL, 1},
    {"remove-unknown", {.line = REMOVE NO_ONE " --yes" ROOT}, named_and_free, NULL, NULL, 1},
    {"remove-foreign", {.line = REMOVE CASE_FOREIGN_MDEV " --yes" ROOT}, NULL, NULL, NULL, 1},
    {"remove-status", {.line = REMOVE CASE_MDEV " --yes" ROOT}, status_is_rubbish, NULL, NULL, 3},
    {"remove-no-terminal", {.line = REMOVE CASE_MDEV ROOT}, named_and_free, NULL, NULL, 2},
    {"remove-answer-no", {.line = REMOVE CASE_MDEV ROOT, .answer = "n\n"}, named_and_free, NULL, NULL, 1},
    /* not one of them is removed */
    {"remove-one-busy", {.line = REMOVE FREE " " CASE_MDEV " --yes" ROOT}, busy_by_domain, NULL, NULL, 1},
    {"usage-none", {.line = "device"}, NULL, NULL, NULL, 2},
    {"usage-list", {.line = "device list all"}, NULL, NULL, NULL, 2},
    {"usage-make", {.line = "device make"}, NULL, NULL, NULL, 2},
    {"usage-make-type", {.line = "device make " CASE_MDEV}, NULL, NULL, NULL, 2},
    {"usage-make-both",
     {.line = "device make @mdev.in.xml " CASE_MDEV " --type " SHORT},
     NULL,
     NULL,
     NULL,
     2},
    {"usage-make-two", {.line = "device make @mdev.in.xml @vf.in.xml"}, NULL, NULL, NULL, 2},
    {"usage-make-gpu", {.line = "device make @mdev.in.xml --gpu " CASE_GPU}, NULL, NULL, NULL, 2},
    {"usage-make-gpu-form", {.line = MAKE " --gpu 41:zz"}, NULL, NULL, NULL, 2},
    {"usage-make-operation", {.line = "device make @mdev.in.xml --operation start"}, NULL, NULL, NULL, 2},
    {"usage-make-operation-type", {.line = MAKE " --operation restore"}, NULL, NULL, NULL, 2},
    {"usage-remove", {.line = "device remove"}, NULL, NULL, NULL, 2},
    {"usage-remove-form", {.line = REMOVE "vm1"}, NULL, NULL, NULL, 2},
    {"usage-remove-twice", {.line = REMOVE CASE_MDEV " " CASE_MDEV}, NULL, NULL, NULL, 2},
};

/* The device that the cases name was neither created nor removed, and a refusal leaves no lease of it. */
static void
assert_unchanged (FakeHost *host, const CommandFailure *failure)
{
    const gboolean has_device = failure->prepare == named_and_free || failure->prepare == busy_by_domain ||
                                failure->prepare == reserved || failure->prepare == status_is_rubbish ||
                                failure->prepare == leases_are_rubbish ||
                                failure->prepare == is_of_other_type || failure->prepare == busy_with_room ||
                                !failure->prepare;
    const gboolean has_free = failure->prepare == named_and_free || failure->prepare == busy_by_domain ||
                              failure->prepare == reserved || failure->prepare == status_is_rubbish ||
                              failure->prepare == leases_are_rubbish;

    g_assert_true (fake_host_has_mdev (host, CASE_MDEV) == has_device);
    g_assert_true (fake_host_has_mdev (host, FREE) == has_free);
    if (failure->prepare == vfs_without_type)
        assert_vf_type (host, CASE_VF, "0");
    if (failure->prepare != leases_are_rubbish && failure->prepare != reserved)
        assert_no_leases (host);
}

static const CommandTable table = {
    .folder = FOLDER,
    .reports = reports,
    .n_reports = G_N_ELEMENTS (reports),
    .failures = failures,
    .n_failures = G_N_ELEMENTS (failures),
    .assert_unchanged = assert_unchanged,
};

/* --- whole stories --- */

/* A host with the default mode, whose kernel creates and removes mediated devices. */
static FakeHost *
default_host (CasePrepare prepare)
{
    FakeHost *host = fake_host_new ();

    prepare (host);
    fake_host_start_kernel (host);
    return host;
}

static void
run_done (FakeHost *host, const char *line, ProgramRun *run)
{
    g_autofree char *whole = g_strconcat (line, ROOT, NULL);

    command_run (host, whole, run);
    command_assert_done (run);
}

static void
do_run (FakeHost *host, const char *line)
{
    g_auto (ProgramRun) run = {0};

    run_done (host, line, &run);
}

/* Returns the command of vgpu-gate that the refusal names, without the program. The caller frees it. */
static char *
command_in (const char *refusal)
{
    g_autoptr (GRegex) regex = g_regex_new ("Run 'vgpu-gate ([^']*)' here", 0, 0, NULL);
    g_autoptr (GMatchInfo) match = NULL;

    if (!g_regex_match (regex, refusal, 0, &match))
        g_error ("the refusal names no command: %s", refusal);
    if (strlen (refusal) >= 300)
        test_fail ("%zu characters: %s", strlen (refusal), refusal);
    return g_match_info_fetch (match, 1);
}

/* The guest is refused, and the printed command is run; then the same line must work, or need another
 * device. */
static void
follow (Guest *guest, const char *operation, int code)
{
    g_autofree char *refusal = event (guest, operation, code), *command = command_in (refusal);

    g_assert_nonnull (strstr (refusal, "' here, then try again."));
    do_run (guest->host, command);
}

/* The whole life of a device that an operator has made for a guest. */
static void
test_suggested (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = default_host (room_for_mdevs);
    g_auto (Guest) guest = {0}, cold = {0};

    guest_init (&guest, host, "mdev", VM_1);
    guest_init (&cold, host, "bare-mdev", VM_1);
    follow (&guest, "migrate", 507);
    g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
    allowed_unchanged (&guest, "migrate");
    g_assert_true (has_lease_with (host, VM_1, "\nmade-by=operator\n"));
    allowed_unchanged (&guest, "prepare");
    g_assert_true (has_lease (host, VM_1, "made"));
    allowed_unchanged (&guest, "release end");
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
    /* the guest is started again here, although the mode is suggest */
    allowed_unchanged (&cold, "prepare");
    g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
    allowed_unchanged (&cold, "release end");
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
    /* and comes back by migration */
    allowed_unchanged (&guest, "migrate");
    allowed_unchanged (&guest, "prepare");
    g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
    allowed_unchanged (&guest, "release end");
    /* until the operator says otherwise */
    do_run (host, REMOVE CASE_MDEV " --yes");
    refused (&guest, "migrate", 507);
    assert_no_leases (host);
}

static void
test_suggested_restore (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = default_host (room_for_mdevs);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "mdev", VM_1);
    follow (&guest, "restore", 507);
    allowed_unchanged (&guest, "restore");
}

/* One device at a time, because the line must be short. */
static void
test_suggested_two (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = default_host (room_for_mdevs);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "two-mdevs", VM_1);
    follow (&guest, "migrate", 507);
    follow (&guest, "migrate", 507);
    allowed_unchanged (&guest, "migrate");
    allowed_unchanged (&guest, "prepare");
    allowed_unchanged (&guest, "release end");
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV_2));
}

static void
test_suggested_vf (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = default_host (vfs_without_type);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "vf", VM_1);
    follow (&guest, "migrate", 411);
    assert_vf_type (host, CASE_VF, "1120");
    allowed_unchanged (&guest, "migrate");
    allowed_unchanged (&guest, "prepare");
    allowed_unchanged (&guest, "release end");
    assert_vf_type (host, CASE_VF, "0");
}

/* The command names the GPU that can run the guest, which the device alone does not tell. */
static void
test_suggested_gpu (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = default_host (two_gpus);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "mdev", VM_1);
    follow (&guest, "migrate", 507);
    allowed_unchanged (&guest, "migrate");
    g_assert_true (has_lease_with (host, VM_1, "\npgpu=" GPU_2 "\n"));
}

/* As with --xml. */
static void
name_device (Guest *guest, const char *device)
{
    g_autoptr (GString) xml = g_string_new (guest->xml);
    g_autofree char *address = g_strdup_printf ("<address uuid='%s'/>", device);

    g_assert_cmpuint (g_string_replace (xml, "<address uuid='" CASE_MDEV "'/>", address, 0), ==, 1);
    g_free (guest->xml);
    guest->length = xml->len;
    guest->xml = g_strdup (xml->str);
}

/* The name is taken: a new device, and --xml. */
static void
test_suggested_new (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = default_host (busy_with_room);
    g_autoptr (JsonParser) parser = json_parser_new ();
    g_auto (Guest) guest = {0};
    g_autofree char *refusal = NULL, *command = NULL, *line = NULL;
    g_auto (ProgramRun) run = {0};
    const char *device;
    JsonObject *made;

    guest_init (&guest, host, "mdev", VM_1);
    refusal = event (&guest, "migrate", 802);
    command = command_in (refusal);
    g_assert_nonnull (strstr (refusal, "and name that device in --xml and --persistent-xml."));
    line = g_strconcat (command, " --output json", NULL);
    run_done (host, line, &run);
    g_assert_true (json_parser_load_from_data (parser, run.out, -1, NULL));
    made =
        json_object_get_object_member (json_node_get_object (json_parser_get_root (parser)), "device-make");
    made = json_array_get_object_element (json_object_get_array_member (made, "device"), 0);
    device = json_object_get_string_member (made, "name");
    g_assert_true (fake_host_has_mdev (host, device));
    name_device (&guest, device);
    allowed_unchanged (&guest, "migrate");
    g_assert_true (has_lease_with (host, VM_1, device));
}

/* Nothing can be created, but a device is free. */
static void
test_suggested_existing (G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        const char *operation, *text;
    } cases[] = {
        {"migrate", "Name device " FREE " in --xml and --persistent-xml. Make --xml from: virsh "
                    "dumpxml --migratable DOMAIN."},
        {"restore", "Name device " FREE " with 'virsh save-image-edit FILE'."},
        /* of a start from the managed save, which is refused at this event */
        {"prepare", "Name device " FREE " with 'virsh managedsave-edit DOMAIN'."},
    };
    g_autoptr (FakeHost) host = default_host (free_mdev);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "mdev", VM_1);
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *refusal = NULL;

        if (i == 2) {
            fake_host_write_file (host, "var/lib/libvirt/qemu/save/" CASE_DOMAIN ".save", "", 0, 0600);
            allowed_unchanged (&guest, "restore");
        }
        refusal = event (&guest, cases[i].operation, 507);
        if (!strstr (refusal, cases[i].text))
            test_fail ("expected '%s' in '%s'", cases[i].text, refusal);
        g_assert_cmpuint (strlen (refusal), <, 300);
    }
}

static void
test_suggested_mdevctl (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = default_host (room_and_defined);
    g_auto (Guest) guest = {0};
    g_autofree char *refusal = NULL;

    guest_init (&guest, host, "mdev", VM_1);
    refusal = event (&guest, "migrate", 507);
    g_assert_nonnull (strstr (refusal, "Run 'mdevctl start --uuid " CASE_MDEV "' here, then try again."));
}

static void
make_for_guest (FakeHost *host, const Guest *guest, const char *options)
{
    g_autofree char *line = g_strconcat ("device make $ROOT/guest.xml", options, NULL);

    fake_host_write_file (host, "guest.xml", guest->xml, guest->length, 0600);
    do_run (host, line);
}

/* By the guest's XML: all devices at once, reserved for this guest; with any mode. */
static void
test_guest (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const modes[] = {"off", "suggest", "apply"};

    for (gsize i = 0; i < G_N_ELEMENTS (modes); i++) {
        g_autoptr (FakeHost) host = default_host (room_for_mdevs);
        g_autofree char *config = g_strdup_printf ("[placement]\nmode=%s\n", modes[i]);
        g_auto (Guest) guest = {0}, other = {0};

        fake_host_configure (host, config);
        guest_init (&guest, host, "two-mdevs", VM_1);
        guest_init (&other, host, "mdev", VM_2);
        make_for_guest (host, &guest, "");
        g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
        g_assert_true (fake_host_has_mdev (host, CASE_MDEV_2));
        g_assert_true (has_lease (host, VM_1, "made"));
        if (i > 0)
            refused (&other, "migrate", 802);
        /* again, as it costs nothing */
        make_for_guest (host, &guest, "");
        allowed_unchanged (&guest, "migrate");
        allowed_unchanged (&guest, "prepare");
        allowed_unchanged (&guest, "release end");
        g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
        g_assert_false (fake_host_has_mdev (host, CASE_MDEV_2));
    }
}

/* After an offline migration, before the cold start. */
static void
test_stopped (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = default_host (room_for_mdevs);
    g_auto (Guest) cold = {0};

    guest_init (&cold, host, "bare-mdev", VM_1);
    allowed_unchanged (&cold, "prepare");
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
    make_for_guest (host, &cold, " --type " SHORT);
    for (guint i = 0; i < 2; i++) {
        allowed_unchanged (&cold, "prepare");
        g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
        allowed_unchanged (&cold, "release end");
        g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
    }
}

/* A device that was made by its name belongs to the guest that names it, also at a cold start. */
static void
test_named_stopped (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = default_host (room_for_mdevs);
    g_auto (Guest) cold = {0};

    do_run (host, MAKE);
    guest_init (&cold, host, "bare-mdev", VM_1);
    allowed_unchanged (&cold, "prepare");
    g_assert_true (has_lease (host, VM_1, "made"));
    allowed_unchanged (&cold, "release end");
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
}

/* What was made for one guest is not given to another one that only needs any device. */
static void
test_kept_for_its_guest (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = default_host (one_gpu);
    g_auto (Guest) other = {0}, guest = {0};
    g_autofree char *line = NULL;

    fake_host_offer_mdev (host, CASE_GPU, TYPE, 1);
    fake_host_configure (host, APPLY);
    do_run (host, "device make " FREE " --type " SHORT);
    guest_init (&other, host, "mdev", VM_2);
    line = event (&other, "migrate", 507);
    g_assert_nonnull (strstr (line, "No other device can be used"));
    /* the guest that names it */
    guest_init (&guest, host, "mdev", VM_1);
    name_device (&guest, FREE);
    allowed_unchanged (&guest, "migrate");
}

/* The kernel accepts the write, but creates no device. */
static void
test_not_made (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    room_for_mdevs (host);
    command_run (host, MAKE ROOT, &run);
    g_assert_cmpint (run.status, ==, 1);
    g_assert_true (g_str_has_prefix (run.err, "vgpu-gate: VGATE-809: "));
    g_assert_cmpstr (run.out, ==, "");
    assert_no_leases (host);
}

typedef struct {
    FakeHost *host;
    const char *line;
} Call;

static gpointer
call (gpointer data)
{
    const Call *c = data;
    g_auto (ProgramRun) run = {0};

    command_run (c->host, c->line, &run);
    return GINT_TO_POINTER (run.status);
}

/* Both want the last place. */
static void
test_at_once (G_GNUC_UNUSED gconstpointer data)
{
    for (guint i = 0; i < 5; i++) {
        g_autoptr (FakeHost) host = default_host (one_gpu);
        Call first = {host, MAKE ROOT}, second = {host, "device make " FREE " --type " SHORT ROOT};
        GThread *thread;
        int status;

        fake_host_offer_mdev (host, CASE_GPU, TYPE, 1);
        thread = g_thread_new ("first", call, &first);
        status = GPOINTER_TO_INT (call (&second));
        g_assert_cmpint (status + GPOINTER_TO_INT (g_thread_join (thread)), ==, 1);
        g_assert_true (fake_host_has_mdev (host, CASE_MDEV) != fake_host_has_mdev (host, FREE));
    }
}

static void
test_remove (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = default_host (named_and_free);
    g_auto (ProgramRun) run = {0};

    define_by_mdevctl (host, FREE);
    run_done (host, REMOVE CASE_MDEV " " FREE " --yes", &run);
    g_assert_false (fake_host_has_mdev (host, CASE_MDEV));
    g_assert_false (fake_host_has_mdev (host, FREE));
    command_compare (host, FOLDER, "remove", "text", run.out);
}

/* The question names what is removed, and that mdevctl can start it again. */
static void
test_remove_question (G_GNUC_UNUSED gconstpointer data)
{
    const CommandCall typed = {.line = REMOVE FREE ROOT, .answer = "y\n"};
    g_autoptr (FakeHost) host = NULL;
    g_auto (ProgramRun) run = {0};

    if (!command_can_run (&typed))
        return;
    host = default_host (named_and_free);
    define_by_mdevctl (host, FREE);
    command_call (host, &typed, &run);
    g_assert_cmpint (run.status, ==, 0);
    g_assert_cmpstr (run.err, ==,
                     "Remove the device " FREE " (NVIDIA " SHORT " on GPU " CASE_GPU
                     ", defined by mdevctl, which can start it again)? [y/N] ");
    g_assert_false (fake_host_has_mdev (host, FREE));
}

static void
test_remove_vf (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = default_host (second_vf_has_type);

    do_run (host, REMOVE VF_2 " --yes");
    assert_vf_type (host, VF_2, "0");
}

/* A guest's start must not create again what an operator has removed for good. */
static void
test_forget (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = default_host (room_for_mdevs);
    g_auto (ProgramRun) run = {0};

    put_leases (host, LEASES_OF ("1", LEASE (VM_1, CASE_MDEV, "unmade", "0")));
    run_done (host, REMOVE CASE_MDEV " --yes", &run);
    g_assert_nonnull (strstr (run.out, "forgotten"));
    assert_no_leases (host);
}

static const struct {
    const char *name;
    GTestDataFunc function;
} stories[] = {
    {"suggested", test_suggested},
    {"suggested-restore", test_suggested_restore},
    {"suggested-two", test_suggested_two},
    {"suggested-vf", test_suggested_vf},
    {"suggested-gpu", test_suggested_gpu},
    {"suggested-new", test_suggested_new},
    {"suggested-existing", test_suggested_existing},
    {"suggested-mdevctl", test_suggested_mdevctl},
    {"guest", test_guest},
    {"stopped", test_stopped},
    {"named-stopped", test_named_stopped},
    {"kept-for-its-guest", test_kept_for_its_guest},
    {"not-made", test_not_made},
    {"at-once", test_at_once},
    {"remove", test_remove},
    {"remove-question", test_remove_question},
    {"remove-vf", test_remove_vf},
    {"forget", test_forget},
};

int
main (int argc, char *argv[])
{
    program_test_init (&argc, &argv);
    command_table_add (&table);
    for (gsize i = 0; i < G_N_ELEMENTS (stories); i++)
        command_add_test (FOLDER, "story", stories[i].name, 0, stories[i].function);
    command_add_none_left (FOLDER);
    return g_test_run ();
}
