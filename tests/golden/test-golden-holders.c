/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices in use that libvirt does not know of, for example by a QEMU that a user has started. */
#include "placement-hosts.h"

#include <string.h>

#define FOREIGN_VM "11111111-2222-4333-8444-555555555555"
#define VF_3       "0000:41:00.6"
#define QEMU       "qemu-system-x86"

#define FIRST     "<address domain='0x0000' bus='0x41' slot='0x00' function='0x4'/>"
#define SECOND    "<address domain='0x0000' bus='0x41' slot='0x00' function='0x5'/>"
#define THIRD     "<address domain='0x0000' bus='0x41' slot='0x00' function='0x6'/>"
#define NOT_WHICH "NVML does not report which one"

static void
two_vfs (FakeHost *host)
{
    one_gpu (host);
    fake_host_add_vf (host, CASE_GPU, CASE_VF, TYPE);
    fake_host_add_vf (host, CASE_GPU, VF_2, TYPE);
    fake_host_set_iommu_group (host, CASE_VF, 42);
    fake_host_set_iommu_group (host, VF_2, 43);
}

/* A vGPU of a VM that libvirt does not know runs on the first device. */
static void
foreign_vm (FakeHost *host)
{
    two_vfs (host);
    fake_host_sim (host, "plug --vm " FOREIGN_VM " --type 1120 --vf " CASE_VF);
}

static void
foreign_vm_found (FakeHost *host)
{
    foreign_vm (host);
    fake_host_open_file (host, 815, "unrelated", "/dev/vfio/vfio");
    fake_host_open_file (host, 4711, QEMU, "/dev/vfio/42");
}

static void
foreign_vm_found_by_node (FakeHost *host)
{
    foreign_vm (host);
    fake_host_set_vfio_node (host, CASE_VF, "vfio7");
    fake_host_open_file (host, 4711, QEMU, "/dev/vfio/devices/vfio7");
}

/* A process has opened the device, and NVML does not list its vGPU yet. */
static void
foreign_vm_starts (FakeHost *host)
{
    two_vfs (host);
    fake_host_open_file (host, 4711, QEMU, "/dev/vfio/42");
}

static void
test_other_is_given (gconstpointer data)
{
    void (*const prepare) (FakeHost *) = *(void (*const *) (FakeHost *))data;
    g_autoptr (FakeHost) host = applying_host (prepare);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "vf", VM_1);
    allowed_changed (&guest, "migrate", FIRST, SECOND);
}

static void
test_reason (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (Guest) guest = {0};
    g_autofree char *line = NULL;

    foreign_vm_found (host);
    guest_init (&guest, host, "vf", VM_1);
    line = event (&guest, "migrate", 802);
    g_assert_nonnull (strstr (line, "in use here: the process 4711 (" QEMU ") has it open"));
    g_assert_nonnull (strstr (line, "Name device " VF_2 " in --xml"));
}

/* No process can be found that has the device, so the vGPU may run on either: neither is given to the guest,
 * but one that has no type yet is. */
static void
test_not_found (G_GNUC_UNUSED gconstpointer data)
{
    static const guint types[] = {TYPE, 0};
    g_autoptr (FakeHost) host = applying_host (foreign_vm);
    g_auto (Guest) guest = {0}, again = {0};
    g_autofree char *line = NULL;

    guest_init (&guest, host, "vf", VM_1);
    guest_init (&again, host, "vf", VM_1);
    line = event (&guest, "migrate", 802);
    g_assert_nonnull (strstr (line, FOREIGN_VM));
    g_assert_nonnull (strstr (line, NOT_WHICH));
    g_assert_nonnull (strstr (line, "Choose another host, or free an instance of the type."));
    fake_host_add_vf (host, CASE_GPU, VF_3, 0);
    fake_host_offer_vf (host, VF_3, types);
    allowed_changed (&again, "migrate", FIRST, THIRD);
}

/* NVML still lists the vGPU of a guest that has ended when the processes are read. */
static void
test_ends (gconstpointer data)
{
    const gboolean *by_process = data;
    g_autoptr (FakeHost) host = applying_host (two_vfs);
    g_autofree char *lines = g_strdup_printf ("\"$HELPER\"; rm -r '%s/%s'", fake_host_root (host),
                                              *by_process ? "proc/4711" : "run/libvirt/qemu/vm7.xml");
    g_auto (Guest) guest = {0};

    if (*by_process)
        fake_host_open_file (host, 4711, QEMU, "/dev/vfio/43");
    else
        fake_host_add_live_domain (host, "vm7", FOREIGN_VM, VF_2);
    fake_host_sim (host, "plug --vm " FOREIGN_VM " --type 1120 --vf " VF_2);
    fake_host_set_helper (host, lines);
    guest_init (&guest, host, "vf", VM_1);
    allowed_unchanged (&guest, "migrate");
}

/* A vGPU of a guest that libvirt or a lease lists is on the device named there, and needs no process. */
static void
test_known (gconstpointer data)
{
    const gboolean *by_lease = data;
    g_autoptr (FakeHost) host = applying_host (two_vfs);
    g_auto (Guest) guest = {0}, other = {0};

    if (*by_lease) {
        guest_init (&other, host, "vf", OTHER_VM);
        allowed_unchanged (&other, "migrate");
    } else {
        fake_host_add_live_domain (host, "vm7", OTHER_VM, CASE_VF);
    }
    fake_host_sim (host, "plug --vm " OTHER_VM " --type 1120 --vf " CASE_VF);
    guest_init (&guest, host, "vf", VM_1);
    allowed_changed (&guest, "migrate", FIRST, SECOND);
}

/* The VM has one vGPU more than is known: it may be on the free device. */
static void
test_known_in_part (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (two_vfs);
    g_auto (Guest) guest = {0}, other = {0};
    g_autofree char *line = NULL;

    guest_init (&other, host, "vf", OTHER_VM);
    allowed_unchanged (&other, "migrate");
    fake_host_add_live_domain (host, "vm7", OTHER_VM, CASE_VF);
    fake_host_open_file (host, 4711, QEMU, "/dev/vfio/42");
    fake_host_sim (host, "plug --vm " OTHER_VM " --type 1120 --vf " CASE_VF);
    fake_host_sim (host, "plug --vm " OTHER_VM " --type 1120 --vf " VF_2);
    guest_init (&guest, host, "vf", VM_1);
    line = event (&guest, "migrate", 802);
    g_assert_nonnull (strstr (line, "No other device can be used"));
}

/* In a mount namespace of their own, users can have an open file of that name, which is no device or another
 * one. */
static void
no_device (FakeHost *host)
{
    two_vfs (host);
    fake_host_write_file (host, "dev/vfio/42", "", 0, 0666);
    fake_host_open_file (host, 4711, "pretender", "/dev/vfio/42");
}

static void
other_device (FakeHost *host)
{
    two_vfs (host);
    fake_host_add_node (host, "/dev/vfio/42", "/dev/null");
    fake_host_add_node (host, "/dev/vfio/42 (deleted)", "/dev/zero");
    fake_host_open_file (host, 4711, "pretender", "/dev/vfio/42 (deleted)");
}

static void
test_pretended (gconstpointer data)
{
    void (*const prepare) (FakeHost *) = *(void (*const *) (FakeHost *))data;
    g_autoptr (FakeHost) host = applying_host (prepare);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "vf", VM_1);
    allowed_unchanged (&guest, "migrate");
}

/* libvirt has removed the node from the /dev that it made for QEMU. */
static void
same_device (FakeHost *host)
{
    two_vfs (host);
    fake_host_add_node (host, "/dev/vfio/42", "/dev/null");
    fake_host_open_file (host, 4711, QEMU, "/dev/vfio/42 (deleted)");
}

static void
mdev_starts (FakeHost *host)
{
    named_and_free (host);
    fake_host_set_iommu_group (host, CASE_MDEV, 42);
    fake_host_open_file (host, 4711, QEMU, "/dev/vfio/42");
}

static void
test_mdev (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (mdev_starts);
    g_auto (Guest) guest = {0};

    guest_init (&guest, host, "mdev", VM_1);
    allowed_changed (&guest, "migrate", "<address uuid='" CASE_MDEV "'/>", "<address uuid='" FREE "'/>");
}

/* A dry run on the host where the guest runs: the device that its own QEMU has open does not count as
 * busy. */
static void
test_own (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = fake_host_new ();
    g_auto (Guest) guest = {0};

    two_vfs (host);
    fake_host_add_live_domain (host, CASE_DOMAIN, VM_1, CASE_VF);
    fake_host_sim (host, "plug --vm " VM_1 " --type 1120 --vf " CASE_VF);
    fake_host_open_file (host, 4711, QEMU, "/dev/vfio/42");
    guest_init (&guest, host, "vf", VM_1);
    allowed_unchanged (&guest, "migrate");
}

/* A device that was created for a guest that has ended, and that another process uses by now, is not
 * removed. */
static void
test_release (G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (FakeHost) host = applying_host (room_for_mdevs);
    g_auto (Guest) guest = {0};
    g_autofree char *line = NULL;

    guest_init (&guest, host, "mdev", VM_1);
    allowed_unchanged (&guest, "migrate");
    allowed_unchanged (&guest, "prepare");
    fake_host_set_iommu_group (host, CASE_MDEV, 42);
    fake_host_open_file (host, 4711, QEMU, "/dev/vfio/42");
    line = event (&guest, "release end", 810);
    g_assert_nonnull (strstr (line, "the process 4711 (" QEMU ") has it open"));
    g_assert_true (fake_host_has_mdev (host, CASE_MDEV));
}

int
main (int argc, char *argv[])
{
    static void (*const found) (FakeHost *) = foreign_vm_found;
    static void (*const by_node) (FakeHost *) = foreign_vm_found_by_node;
    static void (*const starts) (FakeHost *) = foreign_vm_starts;
    static void (*const deleted) (FakeHost *) = same_device;
    static void (*const file) (FakeHost *) = no_device;
    static void (*const other) (FakeHost *) = other_device;
    static const gboolean yes = TRUE, no = FALSE;

    program_test_init (&argc, &argv);
    program_add_test ("/holders/group", &found, test_other_is_given);
    program_add_test ("/holders/node", &by_node, test_other_is_given);
    program_add_test ("/holders/starts", &starts, test_other_is_given);
    program_add_test ("/holders/deleted", &deleted, test_other_is_given);
    program_add_test ("/holders/pretended/file", &file, test_pretended);
    program_add_test ("/holders/pretended/device", &other, test_pretended);
    program_add_test ("/holders/reason", NULL, test_reason);
    program_add_test ("/holders/not-found", NULL, test_not_found);
    program_add_test ("/holders/ends/process", &yes, test_ends);
    program_add_test ("/holders/ends/domain", &no, test_ends);
    program_add_test ("/holders/known-to-libvirt", &no, test_known);
    program_add_test ("/holders/known-by-lease", &yes, test_known);
    program_add_test ("/holders/known-in-part", NULL, test_known_in_part);
    program_add_test ("/holders/mdev", NULL, test_mdev);
    program_add_test ("/holders/own", NULL, test_own);
    program_add_test ("/holders/release", NULL, test_release);
    return g_test_run ();
}
