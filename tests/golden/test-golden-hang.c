/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NVIDIA's driver hangs, and with it the files in sysfs whose content it serves: a guest that needs one is
 * refused in time, and other guests are not delayed. meson runs each part of the paths as a separate test, in
 * parallel with the others, because they mostly wait.
 */
#include "command-case.h"
#include "driver/probe.h"
#include "placement-hosts.h"
#include "policy/policy.h"
#include "../test-glib.h"

#include <string.h>

#define FUNCTIONS "sys/devices/pci*/*/nvidia/"
#define CURRENT   FUNCTIONS "current_vgpu_type"
#define CREATABLE FUNCTIONS "creatable_vgpu_types"
#define TYPES     "sys/devices/pci*/*/mdev_supported_types/*/"
#define NAMES     TYPES "name"
#define AVAILABLE TYPES "available_instances"

/* The hook may take this long: more than it should need, less than a test may take. */
#define PATIENCE "25"

/* Runs the event; code 0: it is allowed. */
static char *
event_in_time (const Guest *guest, const char *operation, int code, guint seconds)
{
    g_auto (GStrv) words = g_strsplit (operation, " ", 2);
    const char *const argv[] = {"timeout",
                                "-k",
                                "1",
                                PATIENCE,
                                program_path ("hook"),
                                "--config",
                                fake_host_config (guest->host),
                                "--root",
                                fake_host_root (guest->host),
                                CASE_DOMAIN,
                                words[0],
                                words[1] ? words[1] : "begin",
                                "-",
                                NULL};
    g_autofree char *begin = case_line_begin (code, operation, CASE_DOMAIN);
    g_auto (ProgramRun) run = {0};

    program_run (argv, guest->xml, guest->length, &run);
    g_test_message ("%s: %" G_GINT64_FORMAT " ms: %s", operation, run.duration_us / 1000, run.err);
    g_assert_cmpint (run.duration_us, <, (gint64)seconds * G_USEC_PER_SEC);
    if (code == 0)
        g_assert_cmpstr (run.err, ==, "");
    else if (!g_str_has_prefix (run.err, begin))
        test_fail ("%s: expected '%s', not '%s'", operation, begin, run.err);
    g_assert_cmpint (run.status, ==, code == 0 ? 0 : 1);
    return g_steal_pointer (&run.err);
}

static void
check_event (const Guest *guest, const char *operation, int code, guint seconds)
{
    g_free (event_in_time (guest, operation, code, seconds));
}

/* --- arrivals: the files are read like NVML, and fail like it --- */

static void
standard_vfs (FakeHost *host)
{
    second_vf_has_type (host);
}

static const struct {
    const char *name, *input, *pattern;
    void (*prepare) (FakeHost *host);
    gboolean without_placement; /* this file is only read for a placement */
} arrivals[] = {
    {"current", "vf", CURRENT, standard_vfs, FALSE},
    {"creatable", "vf", CREATABLE, standard_vfs, TRUE},
    {"name", "mdev", NAMES, named_and_free, FALSE},
    {"available", "mdev", AVAILABLE, room_for_mdevs, TRUE},
};

static void
test_arrival (gconstpointer data)
{
    static const char *const modes[] = {"suggest", "apply", "off"};
    const guint i = GPOINTER_TO_UINT (data);

    for (gsize m = 0; m < G_N_ELEMENTS (modes); m++) {
        g_autoptr (FakeHost) host = fake_host_new ();
        g_autofree char *mode =
            g_strdup_printf ("[placement]\nmode=%s\n[backend]\ndeadline-ms=300\n", modes[m]);
        g_auto (Guest) guest = {0};

        if (arrivals[i].without_placement && strcmp (modes[m], "off") == 0)
            continue;
        arrivals[i].prepare (host);
        fake_host_configure (host, mode);
        fake_host_hang (host, arrivals[i].pattern);
        guest_init (&guest, host, arrivals[i].input, VM_1);
        check_event (&guest, "migrate", 504, 5);
        check_event (&guest, "restore", 504, 5);
        assert_no_leases (host);
        fake_host_configure (host, "[gate]\nbackend-failure=allow\n");
        check_event (&guest, "migrate", 0, 5);
    }
}

/* --- waits without NVML --- */

/* A device must be created, but the driver does not answer which types it offers, or does not accept the
 * type. */
static void
test_prepare (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (vfs_without_type);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "vf", VM_1);
    allowed_unchanged (&guest, "migrate");
    fake_host_hang (host, CURRENT);
    check_event (&guest, "prepare", 811, 12);
    assert_no_leases (host);
}

static void
test_prepare_mdev (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_mdevs);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "mdev", VM_1);
    allowed_unchanged (&guest, "migrate");
    fake_host_hang (host, TYPES "*");
    check_event (&guest, "prepare", 811, 15);
    /* the write may still succeed later */
    g_assert_true (has_lease (host, VM_1, "made"));
}

/* For a mediated device, sysfs itself has everything that the start of an arrival needs. */
static void
test_prepare_existing (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (named_and_free);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "mdev", VM_1);
    allowed_unchanged (&guest, "migrate");
    fake_host_hang (host, NAMES);
    check_event (&guest, "prepare", 0, 5);
    check_event (&guest, "release end", 0, 5);
}

static void
test_release (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (vfs_without_type);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "vf", VM_1);
    allowed_unchanged (&guest, "migrate");
    allowed_unchanged (&guest, "prepare");
    fake_host_hang (host, CURRENT);
    check_event (&guest, "release end", 811, 12);
    g_assert_true (has_lease (host, VM_1, "made"));
}

/* A guest with several devices waits only once. */
static void
test_release_two (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_mdevs);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "two-mdevs", VM_1);
    allowed_unchanged (&guest, "migrate");
    allowed_unchanged (&guest, "prepare");
    fake_host_hang (host, "sys/devices/pci*/*/*/remove");
    check_event (&guest, "release end", 811, 15);
    g_assert_true (has_lease (host, VM_1, "made"));
    g_assert_false (has_lease (host, VM_1, "unmade"));
}

/* A cold start of a guest whose device was created for it. */
static void
test_again (gconstpointer data)
{
    const gboolean *is_vf = data;
    const char *input = *is_vf ? "vf" : "mdev", *bare = *is_vf ? "bare-vf" : "bare-mdev";
    g_autoptr (FakeHost) host = applying_host (*is_vf ? vfs_without_type : room_for_mdevs);
    g_auto (Guest) guest = {0}, cold = {0};

    guest_init (&guest, host, input, VM_1);
    guest_init (&cold, host, bare, VM_1);
    allowed_unchanged (&guest, "migrate");
    allowed_unchanged (&guest, "prepare");
    allowed_unchanged (&guest, "release end");
    fake_host_hang (host, *is_vf ? CURRENT : AVAILABLE);
    check_event (&cold, "prepare", 811, 15);
    g_assert_true (has_lease (host, VM_1, "unmade"));
}

/* An operator learns within the same time that it is not known whether the device exists. */
static void
test_device_make (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0}, list = {0};

    room_for_mdevs (host);
    fake_host_hang (host, TYPES "create");
    command_run (host, "device make " CASE_MDEV " --type H100XM-20C --root $ROOT", &run);
    g_assert_cmpint (run.status, ==, 3);
    g_assert_true (g_str_has_prefix (run.err, "vgpu-gate: VGATE-811: "));
    g_assert_cmpint (run.duration_us, <, 15 * G_USEC_PER_SEC);
    /* the write may still succeed later */
    command_run (host, "device list --root $ROOT", &list);
    command_assert_done (&list);
    g_assert_nonnull (strstr (list.out, "ABSENT DEVICE"));
    g_assert_nonnull (strstr (list.out, CASE_MDEV));
}

static void
test_device_list (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (ProgramRun) run = {0};

    named_and_free (host);
    fake_host_configure (host, "[backend]\ndeadline-ms=1000\n");
    fake_host_hang (host, NAMES);
    command_run (host, "device list --root $ROOT", &run);
    g_assert_cmpint (run.status, ==, 3);
    g_assert_true (g_str_has_prefix (run.err, "vgpu-gate: VGATE-504: "));
    g_assert_cmpint (run.duration_us, <, 10 * G_USEC_PER_SEC);
}

/* --- guests that do not need these files --- */

static void
everything_hangs (FakeHost *host)
{
    case_standard_host (host);
    fake_host_add_vf (host, CASE_GPU, VF_2, TYPE);
    fake_host_hang (host, CURRENT);
    fake_host_hang (host, NAMES);
    fake_host_qemu_started (host, CASE_DOMAIN, TRUE);
}

/* A live guest without metadata is refused at 'started begin', by the devices that exist. A guest with
 * metadata is judged as at its arrival. */
static void
test_started (G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        const char *input;
        int code;
    } guests[] = {{"bare-mdev", 213}, {"bare-vf-2", 213}, {"mdev", 504}, {"no-vgpu", 0}, {"foreign", 0}};
    g_autoptr (FakeHost) host = fake_host_new ();

    everything_hangs (host);
    fake_host_configure (host, "[backend]\ndeadline-ms=300\n");
    for (gsize i = 0; i < G_N_ELEMENTS (guests); i++) {
        const gboolean is_vf = strcmp (guests[i].input, "bare-vf-2") == 0;
        const HookCase c = {.input = is_vf ? "bare-vf" : guests[i].input,
                            .edits = {{is_vf ? "function='0x4'" : NULL, "function='0x5'"}}};
        Guest guest = {.host = host};

        guest.xml = case_input (&c, &guest.length);
        check_event (&guest, "started", guests[i].code, 5);
        guest_clear (&guest);
    }
}

/* Guests without a vGPU, and cold starts, are not affected. */
static void
test_others (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const inputs[] = {"no-vgpu", "usb", "foreign", "whole-gpu"};
    static const char *const events[] = {"prepare", "start",       "started",    "migrate",
                                         "restore", "stopped end", "release end"};
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (Guest) cold = {0};

    everything_hangs (host);
    fake_host_sim (host, "hang nvmlInit");
    put_leases (host, LEASES_OF ("1", LEASE (OTHER_VM, FREE, "made", "1")));
    for (gsize i = 0; i < G_N_ELEMENTS (inputs); i++) {
        for (gsize e = 0; e < G_N_ELEMENTS (events); e++) {
            g_auto (Guest) guest = {0};

            guest_init (&guest, host, inputs[i], VM_1);
            check_event (&guest, events[e], 0, 5);
        }
    }
    guest_init (&cold, host, "bare-vf", VM_1);
    check_event (&cold, "prepare", 0, 5);
    check_event (&cold, "release end", 0, 5);
}

/* --- the daemon's question --- */

static VgateProbe *
probe (const FakeHost *host, VgateProbeDevices devices, GError **error)
{
    g_autoptr (VgatePolicy) policy = vgate_policy_load (fake_host_config (host), NULL);
    const VgateIdentity identity = {(char *)"host", (char *)FAKE_HOST_UUID};
    const VgateProbing probing = {
        .identity = &identity, .with_instances = TRUE, .devices = devices, .root = fake_host_root (host)};

    return vgate_probe_ask (&policy->backend, &probing, error);
}

/* vgpu-gated needs the types of virtual functions if a vGPU runs on one. On a host with mediated devices the
 * capture does not need them. */
static void
test_unnamed (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_autoptr (VgateProbe) without = NULL, hanging = NULL, with = NULL;
    g_autoptr (GError) error = NULL;

    second_vf_has_type (host);
    fake_host_configure (host, "[backend]\ndeadline-ms=1000\n");
    fake_host_sim (host, "plug --vm " OTHER_VM " --type 1120 --mdev " FREE);
    fake_host_hang (host, CURRENT);
    without = probe (host, VGATE_PROBE_UNNAMED_DEVICES, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (without->devices->len, ==, 0);
    fake_host_sim (host, "plug --vm " VM_1 " --type 1120 --vf " VF_2);
    hanging = probe (host, VGATE_PROBE_UNNAMED_DEVICES, &error);
    g_assert_null (hanging);
    g_assert_error (error, VGATE_ERROR, VGATE_CODE_NVML_TIMEOUT);
    g_clear_error (&error);
    fake_host_answer (host, CURRENT, "1120\n");
    with = probe (host, VGATE_PROBE_UNNAMED_DEVICES, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (with->devices->len, ==, 2);
    g_assert_cmpuint (with->makeable->len, ==, 0);
    g_assert_cmpuint (vgate_listed_device_find (with->devices, VGATE_HOSTDEV_PCI, VF_2)->device.type, ==,
                      1120);
}

int
main (int argc, char *argv[])
{
    static const gboolean yes = TRUE, no = FALSE;

    program_test_init (&argc, &argv);
    for (guint i = 0; i < G_N_ELEMENTS (arrivals); i++) {
        g_autofree char *path = g_strdup_printf ("/hang/arrival/%s", arrivals[i].name);

        program_add_test (path, GUINT_TO_POINTER (i), test_arrival);
    }
    program_add_test ("/hang/prepare/vf", NULL, test_prepare);
    program_add_test ("/hang/prepare/mdev", NULL, test_prepare_mdev);
    program_add_test ("/hang/prepare/existing", NULL, test_prepare_existing);
    program_add_test ("/hang/release/one", NULL, test_release);
    program_add_test ("/hang/release/two", NULL, test_release_two);
    program_add_test ("/hang/again/vf", &yes, test_again);
    program_add_test ("/hang/again/mdev", &no, test_again);
    program_add_test ("/hang/device/make", NULL, test_device_make);
    program_add_test ("/hang/device/list", NULL, test_device_list);
    program_add_test ("/hang/rest/started", NULL, test_started);
    program_add_test ("/hang/rest/others", NULL, test_others);
    program_add_test ("/hang/rest/unnamed", NULL, test_unnamed);
    return g_test_run ();
}
