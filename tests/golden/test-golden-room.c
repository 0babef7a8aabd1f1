/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many guests fit: each takes exactly one place, whether it has a lease, a created device, or runs. The
 * simulated driver refuses a vGPU for which there is no place, as a real one does, so a promise too many
 * fails here when the guest starts.
 */
#include "placement-hosts.h"
#include "placement/lease.h"
#include "../test-glib.h"

#include <glib/gstdio.h>
#include <string.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#define N_GUESTS 8

static const char *const gpus[] = {"0000:41:00.0", "0000:61:00.0", "0000:81:00.0"};

static const guint both_types[] = {FAKE_TYPE_H100_20C, FAKE_TYPE_H100_40C, 0};

/* --- hosts --- */

static char *
function_of (const char *gpu, guint n)
{
    return g_strdup_printf ("%.10s.%u", gpu, n);
}

/* GPUs with six virtual functions each, more than can be used: they are the vGPUs, or have them. */
static void
gpus_with_vfs (FakeHost *host, guint n_gpus, gboolean is_mdev)
{
    for (guint i = 0; i < n_gpus; i++) {
        fake_host_add_gpu (host, gpus[i], FAKE_H100);
        for (guint n = 2; n < 8; n++) {
            g_autofree char *vf = function_of (gpus[i], n);

            fake_host_add_vf (host, gpus[i], vf, is_mdev ? -1 : 0);
            if (!is_mdev)
                fake_host_offer_vf (host, vf, both_types);
            for (guint t = 0; is_mdev && both_types[t] != 0; t++)
                fake_host_offer_mdev (host, vf, both_types[t], 1);
        }
    }
}

static void
let_sizes_mix (FakeHost *host, guint n_gpus)
{
    for (guint i = 0; i < n_gpus; i++) {
        g_autofree char *command = g_strdup_printf ("update --gpu %s --heterogeneous on", gpus[i]);

        fake_host_sim (host, command);
    }
}

/* --- guests --- */

static char *
vm_of (guint n)
{
    return g_strdup_printf ("4d7c0a6e-9b1f-4f2e-8a35-b1f0c2d9e7%02x", n + 0x10);
}

/* Each guest names its own mediated device; or all name the same virtual function, except the ninth, whose
 * device does not exist. */
static void
init_guest (Guest *guest, FakeHost *host, guint n, guint type, gboolean is_mdev)
{
    g_autofree char *vm = vm_of (n),
                    *mdev = g_strdup_printf ("a3a3f5f0-2b1c-4f6e-9a9d-0c7b1d5e8f%02x", n + 0x10);
    const HookCase c = {
        .input = is_mdev ? "mdev" : "vf",
        .edits = {{VM_1, vm},
                  {"type=\"1120\"", type == FAKE_TYPE_H100_20C ? "type=\"1120\"" : "type=\"1121\""},
                  {"H100XM-20C", type == FAKE_TYPE_H100_20C ? "H100XM-20C" : "H100XM-40C"},
                  {CASE_MDEV, mdev}},
    };
    HookCase edited = c;

    if (!is_mdev)
        edited.edits[3] =
            n < N_GUESTS ? (CaseEdit){NULL, NULL} : (CaseEdit){"function='0x4'", "function='0x1'"};
    guest->host = host;
    guest->xml = case_input (&edited, &guest->length);
}

/* The guest runs: from now on NVML lists its vGPU, on the device of its lease. */
static void
run (FakeHost *host, guint n)
{
    g_autofree char *vm = vm_of (n), *command = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateLeases) leases = vgate_leases_open (fake_host_root (host), TRUE, &error);

    g_assert_no_error (error);
    for (guint i = 0; i < leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (leases->all, i);

        if (strcmp (lease->domain, vm) != 0)
            continue;
        command = g_strdup_printf ("plug --vm %s --type %u --gpu %s %s %s", vm, lease->type, lease->pgpu,
                                   lease->kind == VGATE_HOSTDEV_MDEV ? "--mdev" : "--vf", lease->device);
        fake_host_sim (host, command);
        return;
    }
    test_fail ("guest %u has no lease", n);
}

static char *
gpu_of (FakeHost *host, guint n)
{
    g_autofree char *vm = vm_of (n);
    g_autoptr (VgateLeases) leases = vgate_leases_open (fake_host_root (host), TRUE, NULL);

    for (guint i = 0; leases && i < leases->all->len; i++) {
        const VgateLease *lease = g_ptr_array_index (leases->all, i);

        if (strcmp (lease->domain, vm) == 0)
            return g_strdup (lease->pgpu);
    }
    return g_strdup ("none");
}

static void
arrive (Guest *guest)
{
    g_free (event (guest, "migrate", 0));
    g_free (event (guest, "prepare", 0));
}

/* --- eight guests for eight places --- */

typedef struct {
    gboolean is_mdev, is_mixed;
} Eight;

static const Eight mdev_equal = {TRUE, FALSE}, mdev_mixed = {TRUE, TRUE}, vf_equal = {FALSE, FALSE},
                   vf_mixed = {FALSE, TRUE};

/* Two GPUs have four places of 20 GB each; three have four of 20 GB and four of 40 GB, if one GPU is filled
 * before the next is used. */
static FakeHost *
host_for_eight (const Eight *eight)
{
    FakeHost *host = fake_host_new ();
    const guint n_gpus = eight->is_mixed ? 3 : 2;

    gpus_with_vfs (host, n_gpus, eight->is_mdev);
    if (eight->is_mixed)
        let_sizes_mix (host, n_gpus);
    fake_host_configure (host, APPLY);
    if (eight->is_mixed)
        fake_host_configure (host, "[placement]\norder=depth-first\n");
    fake_host_start_kernel (host);
    return host;
}

static guint
type_of (const Eight *eight, guint n)
{
    return eight->is_mixed && n % 2 == 1 ? FAKE_TYPE_H100_40C : FAKE_TYPE_H100_20C;
}

static void
refuse_ninth (FakeHost *host, gboolean is_mdev)
{
    g_auto (Guest) ninth = {0};
    g_autofree char *line = NULL;

    init_guest (&ninth, host, N_GUESTS, TYPE, is_mdev);
    line = event (&ninth, "migrate", 507);
    g_assert_nonnull (strstr (line, "No other device can be used"));
}

static void
test_one_after_the_other (gconstpointer data)
{
    const Eight *eight = data;
    g_autoptr (FakeHost) host = host_for_eight (eight);

    for (guint n = 0; n < N_GUESTS; n++) {
        g_auto (Guest) guest = {0};

        init_guest (&guest, host, n, type_of (eight, n), eight->is_mdev);
        arrive (&guest);
        run (host, n);
    }
    refuse_ninth (host, eight->is_mdev);
}

/* No guest runs before all have their lease. */
static void
test_promised (gconstpointer data)
{
    const Eight *eight = data;
    g_autoptr (FakeHost) host = host_for_eight (eight);

    for (guint n = 0; n < N_GUESTS; n++) {
        g_auto (Guest) guest = {0};

        init_guest (&guest, host, n, type_of (eight, n), eight->is_mdev);
        arrive (&guest);
    }
    refuse_ninth (host, eight->is_mdev);
    for (guint n = 0; n < N_GUESTS; n++)
        run (host, n);
    refuse_ninth (host, eight->is_mdev);
}

static gpointer
arrive_in_thread (gpointer data)
{
    arrive (data);
    return NULL;
}

static void
test_at_once (gconstpointer data)
{
    const Eight *eight = data;
    g_autoptr (FakeHost) host = host_for_eight (eight);
    Guest guests[N_GUESTS] = {0};
    GThread *threads[N_GUESTS];

    for (guint n = 0; n < N_GUESTS; n++)
        init_guest (&guests[n], host, n, type_of (eight, n), eight->is_mdev);
    for (guint n = 0; n < N_GUESTS; n++)
        threads[n] = g_thread_new ("guest", arrive_in_thread, &guests[n]);
    for (guint n = 0; n < N_GUESTS; n++)
        g_thread_join (threads[n]);
    for (guint n = 0; n < N_GUESTS; n++) {
        run (host, n);
        guest_clear (&guests[n]);
    }
    refuse_ninth (host, eight->is_mdev);
}

/* Four guests find a device that exists; the others' devices are created. */
static void
test_half_exist (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();

    gpus_with_vfs (host, 2, TRUE);
    for (guint i = 0; i < 4; i++) {
        g_autofree char *uuid = g_strdup_printf ("c0ffee00-0000-4000-8000-%012u", i);
        g_autofree char *vf = function_of (gpus[i % 2], 2 + i);

        fake_host_add_mdev (host, uuid, TYPE, vf);
        for (guint t = 0; both_types[t] != 0; t++)
            fake_host_offer_mdev (host, vf, both_types[t], 0);
    }
    fake_host_configure (host, APPLY);
    fake_host_start_kernel (host);
    for (guint n = 0; n < N_GUESTS; n++) {
        g_auto (Guest) guest = {0};

        init_guest (&guest, host, n, TYPE, TRUE);
        arrive (&guest);
        run (host, n);
    }
    refuse_ninth (host, TRUE);
}

/* --- which GPU --- */

/* One guest has arrived and runs on the first GPU, an unknown one runs on the second: both GPUs are equally
 * full, so the next guest gets the first one. */
static void
test_counted_once (gconstpointer data)
{
    const gboolean *is_mdev = data;
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (Guest) first = {0}, second = {0};
    g_autofree char *gpu = NULL;

    gpus_with_vfs (host, 2, *is_mdev);
    fake_host_configure (host, APPLY);
    fake_host_start_kernel (host);
    init_guest (&first, host, 0, TYPE, *is_mdev);
    arrive (&first);
    run (host, 0);
    gpu = gpu_of (host, 0);
    g_assert_cmpstr (gpu, ==, gpus[0]);
    g_clear_pointer (&gpu, g_free);
    fake_host_sim (host, "plug --vm " OTHER_VM " --type 1120 --gpu 0000:61:00.0");
    init_guest (&second, host, 1, TYPE, *is_mdev);
    arrive (&second);
    gpu = gpu_of (host, 1);
    g_assert_cmpstr (gpu, ==, gpus[0]);
}

/* On a GPU whose vGPUs must have one size, a lease keeps other sizes away even before its guest runs. */
static void
test_equal_sizes (gconstpointer data)
{
    const gboolean *is_mdev = data;
    static const struct {
        guint type, gpu;
    } expected[] = {{FAKE_TYPE_H100_40C, 0}, {FAKE_TYPE_H100_20C, 1}, {FAKE_TYPE_H100_40C, 0},
                    {FAKE_TYPE_H100_20C, 1}, {FAKE_TYPE_H100_20C, 1}, {FAKE_TYPE_H100_20C, 1}};
    g_autoptr (FakeHost) host = fake_host_new ();

    gpus_with_vfs (host, 2, *is_mdev);
    fake_host_configure (host, APPLY "order=depth-first\n");
    fake_host_start_kernel (host);
    for (guint n = 0; n < G_N_ELEMENTS (expected); n++) {
        g_auto (Guest) guest = {0};
        g_autofree char *gpu = NULL;

        init_guest (&guest, host, n, expected[n].type, *is_mdev);
        arrive (&guest);
        gpu = gpu_of (host, n);
        g_assert_cmpstr (gpu, ==, gpus[expected[n].gpu]);
    }
    for (guint n = 0; n < G_N_ELEMENTS (expected); n++)
        run (host, n);
    refuse_ninth (host, *is_mdev);
}

/* --- timing --- */

/* Locks the leases until the descriptor is closed. */
static int
lock_leases (FakeHost *host)
{
    g_autofree char *path = fake_host_path (host, "run/vgpu-gate/lock");
    int lock;

    put_leases (host, LEASES_OF ("1", LEASE (OTHER_VM, FREE, "taken", "1")));
    lock = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    g_assert_cmpint (lock, >=, 0);
    g_assert_cmpint (flock (lock, LOCK_EX), ==, 0);
    return lock;
}

/* NVML's answer is from the time when the lock is held, so that no guest comes or goes between the answer and
 * the lease. */
static void
test_asked_under_lock (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_mdevs);
    g_autofree char *asked = fake_host_path (host, "asked");
    g_autofree char *lines = g_strdup_printf ("touch %s\nexec \"$HELPER\"", asked);
    g_auto (Guest) guest = {0};
    const int lock = lock_leases (host);
    GThread *thread;

    fake_host_set_helper (host, lines);
    init_guest (&guest, host, 0, TYPE, TRUE);
    thread = g_thread_new ("guest", arrive_in_thread, &guest);
    g_usleep (G_USEC_PER_SEC / 2);
    g_assert_false (g_file_test (asked, G_FILE_TEST_EXISTS));
    close (lock);
    g_thread_join (thread);
    g_assert_true (g_file_test (asked, G_FILE_TEST_EXISTS));
}

/* No guest is refused because of the others' lock: each gets its error, one after the other. */
static gpointer
be_refused_in_thread (gpointer data)
{
    refused (data, "migrate", 504);
    return NULL;
}

static void
test_nvml_hangs (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_mdevs);
    Guest guests[N_GUESTS] = {0};
    GThread *threads[N_GUESTS];

    fake_host_sim (host, "hang nvmlDeviceGetCount");
    fake_host_configure (host, "[backend]\ndeadline-ms=300\n");
    for (guint n = 0; n < N_GUESTS; n++)
        init_guest (&guests[n], host, n, TYPE, TRUE);
    for (guint n = 0; n < N_GUESTS; n++)
        threads[n] = g_thread_new ("guest", be_refused_in_thread, &guests[n]);
    for (guint n = 0; n < N_GUESTS; n++) {
        g_thread_join (threads[n]);
        guest_clear (&guests[n]);
    }
    assert_no_leases (host);
}

/* The end of a guest without a lease does not wait for guests that have one. */
static void
test_others_end (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const inputs[] = {"usb", "whole-gpu", "bare-vf", "mdev"};
    g_autoptr (FakeHost) host = applying_host (room_for_mdevs);
    const int lock = lock_leases (host);

    for (gsize i = 0; i < G_N_ELEMENTS (inputs); i++) {
        g_auto (Guest) guest = {0};

        guest_init (&guest, host, inputs[i], VM_1);
        allowed_unchanged (&guest, "release end");
    }
    close (lock);
}

/* The same for a guest that starts with metadata, from an arrival or from an old capture. */
static void
test_others_start (G_GNUC_UNUSED gconstpointer data)
{
    static const char *const inputs[] = {"usb", "whole-gpu", "bare-vf", "mdev", "vf"};
    g_autoptr (FakeHost) host = applying_host (room_for_mdevs);
    const int lock = lock_leases (host);

    for (gsize i = 0; i < G_N_ELEMENTS (inputs); i++) {
        g_auto (Guest) guest = {0};

        guest_init (&guest, host, inputs[i], VM_1);
        allowed_unchanged (&guest, "prepare begin");
    }
    close (lock);
}

int
main (int argc, char *argv[])
{
    static const struct {
        const char *name;
        const Eight *eight;
    } kinds[] = {{"mdev-equal", &mdev_equal},
                 {"mdev-mixed", &mdev_mixed},
                 {"vf-equal", &vf_equal},
                 {"vf-mixed", &vf_mixed}};
    static const struct {
        const char *path;
        GTestDataFunc function;
    } ways[] = {{"one-after-the-other", test_one_after_the_other},
                {"promised", test_promised},
                {"at-once", test_at_once}};
    static const gboolean yes = TRUE, no = FALSE;

    program_test_init (&argc, &argv);
    for (gsize k = 0; k < G_N_ELEMENTS (kinds); k++) {
        for (gsize w = 0; w < G_N_ELEMENTS (ways); w++) {
            g_autofree char *path = g_strdup_printf ("/room/%s/%s", kinds[k].name, ways[w].path);

            program_add_test (path, kinds[k].eight, ways[w].function);
        }
    }
    program_add_test ("/room/half-exist", NULL, test_half_exist);
    program_add_test ("/room/counted-once/mdev", &yes, test_counted_once);
    program_add_test ("/room/counted-once/vf", &no, test_counted_once);
    program_add_test ("/room/equal-sizes/mdev", &yes, test_equal_sizes);
    program_add_test ("/room/equal-sizes/vf", &no, test_equal_sizes);
    program_add_test ("/room/asked-under-lock", NULL, test_asked_under_lock);
    program_add_test ("/room/nvml-hangs", NULL, test_nvml_hangs);
    program_add_test ("/room/others-end", NULL, test_others_end);
    program_add_test ("/room/others-start", NULL, test_others_start);
    return g_test_run ();
}
