/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a hostdev to its GPU, on sysfs trees that are made for each test. */
#include "host/sysfs.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define MDEV_UUID "bbbbbbbb-0000-4000-8000-000000000001"

typedef struct {
    char *root;
} Tree;

static VgateServed directly = VGATE_SERVED_DIRECTLY;

static void
set_up (Tree *tree, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr (GError) error = NULL;

    tree->root = g_dir_make_tmp ("vgate-sysfs-XXXXXX", &error);
    g_assert_no_error (error);
}

static void
remove_all (const char *path)
{
    if (!g_file_test (path, G_FILE_TEST_IS_SYMLINK) && g_file_test (path, G_FILE_TEST_IS_DIR)) {
        g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name (dir))) {
            g_autofree char *child = g_build_filename (path, name, NULL);

            remove_all (child);
        }
    }
    g_assert_cmpint (g_remove (path), ==, 0);
}

static void
tear_down (Tree *tree, G_GNUC_UNUSED gconstpointer data)
{
    remove_all (tree->root);
    g_free (tree->root);
}

static char *
make_parent (const Tree *tree, const char *path)
{
    char *full = g_build_filename (tree->root, path, NULL);
    g_autofree char *parent = g_path_get_dirname (full);

    g_assert_cmpint (g_mkdir_with_parents (parent, 0755), ==, 0);
    return full;
}

static void
put (const Tree *tree, const char *path, const char *text)
{
    g_autofree char *full = make_parent (tree, path);

    g_assert_true (g_file_set_contents (full, text, -1, NULL));
}

/* target is used unchanged. */
static void
put_link (const Tree *tree, const char *path, const char *target)
{
    g_autofree char *full = make_parent (tree, path);

    g_assert_cmpint (symlink (target, full), ==, 0);
}

#define GPU "/sys/devices/pci0000:40/0000:40:01.0/0000:41:00.0"
#define VF  "/sys/devices/pci0000:40/0000:40:01.0/0000:41:00.4"

/* An H100 with one virtual function, as Linux shows it. */
static void
put_gpu (const Tree *tree, const char *vendor)
{
    put (tree, GPU "/vendor", vendor);
    put (tree, GPU "/device", "0x2330\n");
    put_link (tree, "/sys/bus/pci/devices/0000:41:00.0",
              "../../../devices/pci0000:40/0000:40:01.0/0000:41:00.0");
    put (tree, VF "/vendor", vendor);
    put_link (tree, VF "/physfn", "../0000:41:00.0");
    put_link (tree, "/sys/bus/pci/devices/0000:41:00.4",
              "../../../devices/pci0000:40/0000:40:01.0/0000:41:00.4");
}

/* A mediated device below parent. */
static void
put_mdev (const Tree *tree, const char *parent, const char *type, const char *type_name)
{
    g_autofree char *type_path = g_strdup_printf ("%s/mdev_supported_types/%s/name", parent, type);
    g_autofree char *link = g_strdup_printf ("%s/" MDEV_UUID "/mdev_type", parent);
    g_autofree char *type_target = g_strdup_printf ("../mdev_supported_types/%s", type);
    g_autofree char *device = g_strdup_printf ("../../../%s/" MDEV_UUID, parent + strlen ("/sys/"));

    if (type_name)
        put (tree, type_path, type_name);
    put_link (tree, link, type_target);
    put_link (tree, "/sys/bus/mdev/devices/" MDEV_UUID, device);
}

static void
assert_found (const Tree *tree, VgateHostdevKind kind, const char *source, VgateDeviceKind found,
              const char *pgpu, guint32 type, const char *type_name)
{
    const VgateHostdev hostdev = {.kind = kind, .source = (char *)source};
    g_auto (VgateDevice) device = {0};

    vgate_sysfs_look_up (tree->root, &hostdev, &directly, &device);
    g_assert_cmpint (device.kind, ==, found);
    g_assert_cmpstr (device.pgpu, ==, pgpu);
    g_assert_cmpuint (device.type, ==, type);
    g_assert_cmpstr (device.type_name, ==, type_name);
    g_assert_true (!device.parent == (found != VGATE_DEVICE_VGPU));
    g_assert_true (!device.fault == (found != VGATE_DEVICE_UNUSABLE));
}

#define TEST(name) static void name (Tree *tree, G_GNUC_UNUSED gconstpointer data)
#define MDEV(...)  assert_found (tree, VGATE_HOSTDEV_MDEV, MDEV_UUID, __VA_ARGS__)
#define PCI(...)   assert_found (tree, VGATE_HOSTDEV_PCI, __VA_ARGS__)

TEST (test_mdev_on_vf)
{
    put_gpu (tree, "0x10de\n");
    put_mdev (tree, VF, "nvidia-1131", "NVIDIA H100XM-80C\n");
    MDEV (VGATE_DEVICE_VGPU, "0000:41:00.0", 1131, "NVIDIA H100XM-80C");
}

/* Before SR-IOV, the parent of a mediated device is the GPU itself. */
TEST (test_mdev_on_gpu)
{
    put_gpu (tree, "0x10de\n");
    put_mdev (tree, GPU, "nvidia-259", "GRID T4-8Q\n");
    MDEV (VGATE_DEVICE_VGPU, "0000:41:00.0", 259, "GRID T4-8Q");
}

TEST (test_mdev_type_unreadable)
{
    put_gpu (tree, "0x10de\n");
    put_mdev (tree, VF, "nvidia-1131", NULL); /* the type's directory does not exist */
    MDEV (VGATE_DEVICE_VGPU, "0000:41:00.0", 0, NULL);
}

TEST (test_mdev_type_odd)
{
    put_gpu (tree, "0x10de\n");
    put_mdev (tree, VF, "nvidia-x", "odd\n");
    MDEV (VGATE_DEVICE_VGPU, "0000:41:00.0", 0, "odd");
}

TEST (test_mdev_other_vendor)
{
    put_gpu (tree, "0x8086\n");
    put_mdev (tree, VF, "i915-GVTg_V5_4", "GVTg_V5_4\n");
    MDEV (VGATE_DEVICE_OTHER, NULL, 0, NULL);
}

/* A parent that is not a PCI device, like that of the kernel's sample driver. */
TEST (test_mdev_virtual_parent)
{
    put (tree, "/sys/devices/virtual/mtty/mtty/uevent", "");
    put_mdev (tree, "/sys/devices/virtual/mtty/mtty", "mtty-2", "Dual port serial\n");
    MDEV (VGATE_DEVICE_OTHER, NULL, 0, NULL);
}

TEST (test_mdev_absent)
{
    put_gpu (tree, "0x10de\n");
    MDEV (VGATE_DEVICE_ABSENT, NULL, 0, NULL);
    g_assert_false (vgate_sysfs_has_mdev_name (tree->root, MDEV_UUID));
}

/* There is no vGPU to see, but the kernel has the name. */
TEST (test_mdev_dangling)
{
    put_link (tree, "/sys/bus/mdev/devices/" MDEV_UUID, "../../../devices/pci0000:40/gone/" MDEV_UUID);
    MDEV (VGATE_DEVICE_ABSENT, NULL, 0, NULL);
    g_assert_true (vgate_sysfs_has_mdev_name (tree->root, MDEV_UUID));
    g_assert_false (vgate_sysfs_has_mdev_name (tree->root, "bbbbbbbb-0000-4000-8000-000000000002"));
    g_assert_true (vgate_sysfs_has_mdev_name (tree->root, ".."));
}

/* physfn of a virtual function whose GPU no longer exists. */
TEST (test_mdev_dangling_physfn)
{
    put (tree, VF "/vendor", "0x10de\n");
    put_link (tree, VF "/physfn", "../gone");
    put_mdev (tree, VF, "nvidia-1131", "NVIDIA H100XM-80C\n");
    MDEV (VGATE_DEVICE_UNUSABLE, NULL, 0, NULL);
}

/* The device exists, its parent does not: its type still names NVIDIA's driver. */
TEST (test_mdev_parent_gone)
{
    put_mdev (tree, VF, "nvidia-1131", "NVIDIA H100XM-80C\n");
    MDEV (VGATE_DEVICE_UNUSABLE, NULL, 0, NULL);
}

/* The target of a link out of sysfs is not read, even if it looks like a GPU; a directory beside it named
 * "sys..." is outside as well. */
TEST (test_mdev_leaves_the_tree)
{
    put_gpu (tree, "0x10de\n");
    put (tree, "/sys-of-somebody/gpu/vendor", "0x10de\n");
    put (tree, "/sys-of-somebody/gpu/" MDEV_UUID "/uevent", "");
    put_link (tree, "/sys/bus/mdev/devices/" MDEV_UUID, "../../../../sys-of-somebody/gpu/" MDEV_UUID);
    MDEV (VGATE_DEVICE_UNUSABLE, NULL, 0, NULL);
    put_link (tree, "/sys/bus/pci/devices/0000:41:00.5", "/proc/self");
    PCI ("0000:41:00.5", VGATE_DEVICE_UNUSABLE, NULL, 0, NULL);
}

/* No path is made from a source that is neither a UUID nor an address. */
TEST (test_source_odd)
{
    static const char *const sources[] = {"",
                                          ".",
                                          "..",
                                          "../../pci/devices/0000:41:00.4",
                                          "BBBBBBBB-0000-4000-8000-000000000001",
                                          MDEV_UUID "/",
                                          "bbbbbbbb-0000-4000-8000-00000000000"};

    put_gpu (tree, "0x10de\n");
    put (tree, VF "/nvidia/current_vgpu_type", "1131\n");
    put_mdev (tree, VF, "nvidia-1131", "NVIDIA H100XM-80C\n");
    for (gsize i = 0; i < G_N_ELEMENTS (sources); i++) {
        assert_found (tree, VGATE_HOSTDEV_MDEV, sources[i], VGATE_DEVICE_ABSENT, NULL, 0, NULL);
        assert_found (tree, VGATE_HOSTDEV_PCI, sources[i], VGATE_DEVICE_ABSENT, NULL, 0, NULL);
    }
    PCI ("0000:41:00.4/", VGATE_DEVICE_ABSENT, NULL, 0, NULL);
}

TEST (test_mdev_type_name_odd)
{
    static const char *const names[] = {"NVIDIA/../../H100XM-80C\n", "\n", "a\nb\n", "\xff\n", "/\n"};

    put_gpu (tree, "0x10de\n");
    put_mdev (tree, VF, "nvidia-1131", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
        put (tree, VF "/mdev_supported_types/nvidia-1131/name", names[i]);
        MDEV (VGATE_DEVICE_UNUSABLE, NULL, 0, NULL);
    }
}

/* A slice of the GPU, and one of its compute engines: NVIDIA's names for them have this form. */
TEST (test_mdev_mig_backed)
{
    put_gpu (tree, "0x10de\n");
    put_mdev (tree, VF, "nvidia-1136", "NVIDIA H100XM-1-10CME\n");
    MDEV (VGATE_DEVICE_VGPU, "0000:41:00.0", 1136, "NVIDIA H100XM-1-10CME");
}

typedef struct {
    const Tree *tree;
    int stop;
} Remover;

/* The device comes and goes, and exists long enough for a reader to find it complete, even on a busy
 * machine. */
static gpointer
flicker (gpointer data)
{
    Remover *remover = data;
    g_autofree char *link = g_build_filename (remover->tree->root, "/sys/bus/mdev/devices/" MDEV_UUID, NULL);
    g_autofree char *device = g_build_filename (remover->tree->root, VF "/" MDEV_UUID, NULL);
    g_autofree char *type = g_build_filename (device, "mdev_type", NULL);

    while (!g_atomic_int_get (&remover->stop)) {
        g_unlink (type);
        g_rmdir (device);
        g_unlink (link);
        g_mkdir (device, 0755);
        if (symlink ("../mdev_supported_types/nvidia-1131", type) != 0 ||
            symlink ("../../../devices/pci0000:40/0000:40:01.0/0000:41:00.4/" MDEV_UUID, link) != 0)
            g_error ("cannot put the device back");
        g_usleep (100);
    }
    return NULL;
}

/* Whenever it is read, a vGPU has a GPU and a parent, and an absent device has neither. */
TEST (test_mdev_vanishes)
{
    const VgateHostdev hostdev = {.kind = VGATE_HOSTDEV_MDEV, .source = (char *)MDEV_UUID};
    Remover remover = {.tree = tree};
    GThread *thread;
    guint n_found = 0, n_absent = 0;

    put_gpu (tree, "0x10de\n");
    put_mdev (tree, VF, "nvidia-1131", "NVIDIA H100XM-80C\n");
    thread = g_thread_new ("flicker", flicker, &remover);
    for (guint i = 0; (n_found < 200 || n_absent < 200) && i < 1000000; i++) {
        g_auto (VgateDevice) device = {0};

        vgate_sysfs_look_up (tree->root, &hostdev, &directly, &device);
        if (device.kind == VGATE_DEVICE_VGPU) {
            n_found++;
            g_assert_cmpstr (device.pgpu, ==, "0000:41:00.0");
            g_assert_cmpstr (device.parent, ==, "0000:41:00.4");
        } else {
            n_absent++;
            g_assert_cmpint (device.kind, ==, VGATE_DEVICE_ABSENT);
            g_assert_null (device.pgpu);
            g_assert_null (device.type_name);
        }
    }
    g_atomic_int_set (&remover.stop, 1);
    g_thread_join (thread);
    g_assert_cmpuint (n_found, >=, 200);
    g_assert_cmpuint (n_absent, >=, 200);
}

/* The kind of a device follows from what exists; the driver's own files, which can hang, are not opened. */
TEST (test_identify)
{
    const VgateHostdev vf = {.kind = VGATE_HOSTDEV_PCI, .source = (char *)"0000:41:00.4"};
    const VgateHostdev mdev = {.kind = VGATE_HOSTDEV_MDEV, .source = (char *)MDEV_UUID};
    g_auto (VgateDevice) a_vf = {0}, an_mdev = {0};

    put_gpu (tree, "0x10de\n");
    put (tree, VF "/nvidia/current_vgpu_type", "no number\n");
    put_mdev (tree, GPU, "nvidia-1131", "a/path\n");
    vgate_sysfs_identify (tree->root, &vf, &a_vf);
    g_assert_cmpint (a_vf.kind, ==, VGATE_DEVICE_VGPU);
    g_assert_cmpstr (a_vf.pgpu, ==, "0000:41:00.0");
    g_assert_cmpuint (a_vf.type, ==, 0);
    vgate_sysfs_identify (tree->root, &mdev, &an_mdev);
    g_assert_cmpint (an_mdev.kind, ==, VGATE_DEVICE_VGPU);
    g_assert_cmpstr (an_mdev.parent, ==, "0000:41:00.0");
    g_assert_cmpuint (an_mdev.type, ==, 1131);
    g_assert_null (an_mdev.type_name);
    vgate_sysfs_read_type (tree->root, &vf, &directly, &a_vf);
    g_assert_cmpint (a_vf.kind, ==, VGATE_DEVICE_UNUSABLE);
    vgate_sysfs_read_type (tree->root, &mdev, &directly, &an_mdev);
    g_assert_cmpint (an_mdev.kind, ==, VGATE_DEVICE_UNUSABLE);
}

/* The type is that of the same device, or the device is absent. */
TEST (test_type_of_another)
{
    const VgateHostdev mdev = {.kind = VGATE_HOSTDEV_MDEV, .source = (char *)MDEV_UUID};
    g_auto (VgateDevice) device = {0};
    g_autofree char *link = g_strconcat (tree->root, "/sys/bus/mdev/devices/" MDEV_UUID, NULL);

    put_gpu (tree, "0x10de\n");
    put_mdev (tree, GPU, "nvidia-259", "GRID T4-8Q\n");
    vgate_sysfs_identify (tree->root, &mdev, &device);
    g_assert_cmpint (g_unlink (link), ==, 0);
    put_mdev (tree, VF, "nvidia-1131", "NVIDIA H100XM-80C\n");
    vgate_sysfs_read_type (tree->root, &mdev, &directly, &device);
    g_assert_cmpint (device.kind, ==, VGATE_DEVICE_ABSENT);
    g_assert_null (device.type_name);
}

TEST (test_vf)
{
    put_gpu (tree, "0x10de\n");
    put (tree, VF "/nvidia/current_vgpu_type", "1131\n");
    PCI ("0000:41:00.4", VGATE_DEVICE_VGPU, "0000:41:00.0", 1131, NULL);
    /* the physical function itself does not change */
    PCI ("0000:41:00.0", VGATE_DEVICE_OTHER, NULL, 0, NULL);
}

/* libvirt and the kernel allow PCI domains of 32 bits. A vGPU there is recognised, and reported as
 * unusable. */
TEST (test_wide_domain)
{
#define VMD "/sys/devices/pci10000:e0"
    put (tree, VMD "/10000:e1:00.0/vendor", "0x8086\n");
    put_link (tree, "/sys/bus/pci/devices/10000:e1:00.0", "../../../devices/pci10000:e0/10000:e1:00.0");
    put (tree, VMD "/10000:41:00.0/vendor", "0x10de\n");
    put (tree, VMD "/10000:41:00.4/vendor", "0x10de\n");
    put (tree, VMD "/10000:41:00.4/nvidia/current_vgpu_type", "1131\n");
    put_link (tree, VMD "/10000:41:00.4/physfn", "../10000:41:00.0");
    put_link (tree, "/sys/bus/pci/devices/10000:41:00.4", "../../../devices/pci10000:e0/10000:41:00.4");
    put_mdev (tree, VMD "/10000:41:00.4", "nvidia-1131", "NVIDIA H100XM-80C\n");
    PCI ("10000:e1:00.0", VGATE_DEVICE_OTHER, NULL, 0, NULL);
    PCI ("10000:41:00.4", VGATE_DEVICE_UNUSABLE, NULL, 0, NULL);
    MDEV (VGATE_DEVICE_UNUSABLE, NULL, 0, NULL);
    /* sysfs has no such names */
    PCI ("010000:e1:00.0", VGATE_DEVICE_ABSENT, NULL, 0, NULL);
    PCI ("100000000:e1:00.0", VGATE_DEVICE_ABSENT, NULL, 0, NULL);
    PCI ("1000g:e1:00.0", VGATE_DEVICE_ABSENT, NULL, 0, NULL);
    PCI ("10000:e1:00.8", VGATE_DEVICE_ABSENT, NULL, 0, NULL);
}

/* The administrator has not set a type yet. */
TEST (test_vf_type_0)
{
    put_gpu (tree, "0x10de\n");
    put (tree, VF "/nvidia/current_vgpu_type", "0\n");
    PCI ("0000:41:00.4", VGATE_DEVICE_VGPU, "0000:41:00.0", 0, NULL);
}

TEST (test_vf_type_odd)
{
    static const char *const texts[] = {"", "\n", "x\n", "-1\n", "4294967296\n", "1131 1132\n", "0x46b\n"};

    put_gpu (tree, "0x10de\n");
    for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
        put (tree, VF "/nvidia/current_vgpu_type", texts[i]);
        PCI ("0000:41:00.4", VGATE_DEVICE_UNUSABLE, NULL, 0, NULL);
    }
}

/* A virtual function in plain passthrough, and a whole GPU. */
TEST (test_not_vgpus)
{
    put_gpu (tree, "0x10de\n");
    PCI ("0000:41:00.4", VGATE_DEVICE_OTHER, NULL, 0, NULL);
    PCI ("0000:41:00.0", VGATE_DEVICE_OTHER, NULL, 0, NULL);
    PCI ("0000:41:00.5", VGATE_DEVICE_ABSENT, NULL, 0, NULL);
}

TEST (test_vf_other_vendor)
{
    put_gpu (tree, "0x1002\n");
    put (tree, VF "/nvidia/current_vgpu_type", "1131\n");
    PCI ("0000:41:00.4", VGATE_DEVICE_OTHER, NULL, 0, NULL);
}

TEST (test_vf_dangling)
{
    put_link (tree, "/sys/bus/pci/devices/0000:41:00.4", "../../../devices/gone");
    PCI ("0000:41:00.4", VGATE_DEVICE_ABSENT, NULL, 0, NULL);
}

TEST (test_vf_dangling_physfn)
{
    put (tree, VF "/vendor", "0x10de\n");
    put (tree, VF "/nvidia/current_vgpu_type", "1131\n");
    put_link (tree, VF "/physfn", "../gone");
    put_link (tree, "/sys/bus/pci/devices/0000:41:00.4",
              "../../../devices/pci0000:40/0000:40:01.0/0000:41:00.4");
    PCI ("0000:41:00.4", VGATE_DEVICE_UNUSABLE, NULL, 0, NULL);
}

TEST (test_link_loop)
{
    put_link (tree, "/sys/bus/mdev/devices/" MDEV_UUID, MDEV_UUID);
    put_link (tree, "/sys/bus/pci/devices/0000:41:00.4", "0000:41:00.4");
    MDEV (VGATE_DEVICE_ABSENT, NULL, 0, NULL);
    PCI ("0000:41:00.4", VGATE_DEVICE_ABSENT, NULL, 0, NULL);
}

TEST (test_no_sysfs)
{
    g_autoptr (GPtrArray) devices = vgate_sysfs_list_devices (tree->root, &directly);
    g_autoptr (GPtrArray) makeable = vgate_sysfs_list_makeable (tree->root, &directly);

    MDEV (VGATE_DEVICE_ABSENT, NULL, 0, NULL);
    PCI ("0000:41:00.4", VGATE_DEVICE_ABSENT, NULL, 0, NULL);
    g_assert_cmpuint (devices->len, ==, 0);
    g_assert_cmpuint (makeable->len, ==, 0);
}

/* --- existing devices and those that can be created --- */

static char *
describe_devices (const Tree *tree)
{
    g_autoptr (GPtrArray) devices = vgate_sysfs_list_devices (tree->root, &directly);
    GString *text = g_string_new (NULL);

    for (guint i = 0; i < devices->len; i++) {
        const VgateListedDevice *listed = g_ptr_array_index (devices, i);

        if (listed->device.kind == VGATE_DEVICE_UNUSABLE)
            g_string_append_printf (text, "%s %s: %s\n", listed->kind == VGATE_HOSTDEV_MDEV ? "mdev" : "vf",
                                    listed->source, listed->device.fault);
        else
            g_string_append_printf (text, "%s %s type %u on %s of %s\n",
                                    listed->kind == VGATE_HOSTDEV_MDEV ? "mdev" : "vf", listed->source,
                                    listed->device.type, listed->device.parent, listed->device.pgpu);
    }
    return g_string_free (text, FALSE);
}

static char *
describe_makeable (const Tree *tree)
{
    g_autoptr (GPtrArray) all = vgate_sysfs_list_makeable (tree->root, &directly);
    GString *text = g_string_new (NULL);

    for (guint i = 0; i < all->len; i++) {
        const VgateMakeable *makeable = g_ptr_array_index (all, i);

        g_string_append_printf (text, "%s %u %s on %s of %s: %u\n",
                                makeable->kind == VGATE_HOSTDEV_MDEV ? "mdev" : "vf", makeable->type,
                                makeable->type_name, makeable->parent, makeable->pgpu, makeable->available);
    }
    return g_string_free (text, FALSE);
}

static void
put_type (const Tree *tree, const char *parent, const char *type, const char *name, const char *available)
{
    g_autofree char *directory = g_strdup_printf ("%s/mdev_supported_types/%s", parent, type);
    g_autofree char *name_path = g_build_filename (directory, "name", NULL);
    g_autofree char *available_path = g_build_filename (directory, "available_instances", NULL);
    g_autofree char *create_path = g_build_filename (directory, "create", NULL);

    put (tree, name_path, name);
    put (tree, available_path, available);
    put (tree, create_path, "");
}

TEST (test_list_mdevs)
{
    g_autofree char *devices = NULL, *makeable = NULL;

    put_gpu (tree, "0x10de\n");
    put_mdev (tree, VF, "nvidia-1131", "NVIDIA H100XM-80C\n");
    put_type (tree, VF, "nvidia-1131", "NVIDIA H100XM-80C\n", "0\n");
    put_type (tree, GPU, "nvidia-259", "GRID T4-8Q\n", "2\n");
    put_type (tree, GPU, "nvidia-258", "GRID T4-4Q\n", "4\n");
    /* none of these is a type */
    put_type (tree, GPU, "nvidia-x", "GRID T4-2Q\n", "4\n");
    put_type (tree, GPU, "nvidia-1", "GRID/T4\n", "4\n");
    put_type (tree, GPU, "nvidia-2", "GRID T4-1Q\n", "-1\n");
    put_type (tree, GPU, "nvidia-3", "GRID T4-1B\n", "\n");
    devices = describe_devices (tree);
    makeable = describe_makeable (tree);
    g_assert_cmpstr (devices, ==, "mdev " MDEV_UUID " type 1131 on 0000:41:00.4 of 0000:41:00.0\n");
    g_assert_cmpstr (makeable, ==,
                     "mdev 258 GRID T4-4Q on 0000:41:00.0 of 0000:41:00.0: 4\n"
                     "mdev 259 GRID T4-8Q on 0000:41:00.0 of 0000:41:00.0: 2\n");
}

#define CREATABLE                    \
    "ID    : vGPU Name\n"            \
    "1128  : NVIDIA H100XM-1-10C\n"  \
    "1131  : NVIDIA H100XM-80C\n"    \
    "x     : NVIDIA H100XM-40C\n"    \
    "1132  : ../NVIDIA H100XM-40C\n" \
    "1133  :\n"                      \
    "0     : none\n"                 \
    "1134\n"
#define MADE                                                           \
    "vf 1128 NVIDIA H100XM-1-10C on 0000:41:00.4 of 0000:41:00.0: 1\n" \
    "vf 1131 NVIDIA H100XM-80C on 0000:41:00.4 of 0000:41:00.0: 1\n"

TEST (test_list_vfs)
{
    g_autofree char *devices = NULL, *makeable = NULL, *taken = NULL, *taken_devices = NULL;

    put_gpu (tree, "0x10de\n");
    put (tree, VF "/nvidia/current_vgpu_type", "0\n");
    put (tree, VF "/nvidia/creatable_vgpu_types", CREATABLE);
    devices = describe_devices (tree);
    makeable = describe_makeable (tree);
    g_assert_cmpstr (devices, ==, "vf 0000:41:00.4 type 0 on 0000:41:00.4 of 0000:41:00.0\n");
    g_assert_cmpstr (makeable, ==, MADE);
    put (tree, VF "/nvidia/current_vgpu_type", "1131\n");
    taken = describe_makeable (tree);
    taken_devices = describe_devices (tree);
    g_assert_cmpstr (taken, ==, "");
    g_assert_cmpstr (taken_devices, ==, "vf 0000:41:00.4 type 1131 on 0000:41:00.4 of 0000:41:00.0\n");
}

/* The physical function's list is used if a virtual function has no list. */
TEST (test_list_vfs_by_gpu)
{
    g_autofree char *makeable = NULL;

    put_gpu (tree, "0x10de\n");
    put (tree, VF "/nvidia/current_vgpu_type", "0\n");
    put (tree, GPU "/nvidia/creatable_vgpu_types", CREATABLE);
    makeable = describe_makeable (tree);
    g_assert_cmpstr (makeable, ==, MADE);
}

TEST (test_list_other_vendor)
{
    g_autofree char *devices = NULL, *makeable = NULL;

    put_gpu (tree, "0x1002\n");
    put_mdev (tree, VF, "i915-1", "GVTg_V5_4\n");
    put_type (tree, VF, "i915-2", "GVTg_V5_8\n", "2\n");
    put (tree, VF "/nvidia/current_vgpu_type", "0\n");
    put (tree, VF "/nvidia/creatable_vgpu_types", CREATABLE);
    devices = describe_devices (tree);
    makeable = describe_makeable (tree);
    g_assert_cmpstr (devices, ==, "");
    g_assert_cmpstr (makeable, ==, "");
}

static void
assert_path (const Tree *tree, char *path, const char *expected)
{
    g_autofree char *owned = path;
    g_autofree char *full = expected ? g_strconcat (tree->root, expected, NULL) : NULL;

    g_assert_cmpstr (owned, ==, full);
}

TEST (test_makers)
{
    put_gpu (tree, "0x10de\n");
    put_type (tree, VF, "nvidia-1131", "NVIDIA H100XM-80C\n", "1\n");
    put_mdev (tree, VF, "nvidia-1131", NULL);
    put (tree, VF "/" MDEV_UUID "/remove", "");
    assert_path (tree, vgate_sysfs_maker_path (tree->root, VGATE_HOSTDEV_MDEV, "0000:41:00.4", 1131),
                 VF "/mdev_supported_types/nvidia-1131/create");
    assert_path (tree, vgate_sysfs_maker_path (tree->root, VGATE_HOSTDEV_MDEV, "0000:41:00.4", 113), NULL);
    assert_path (tree, vgate_sysfs_maker_path (tree->root, VGATE_HOSTDEV_MDEV, "0000:41:00.0", 1131), NULL);
    assert_path (tree, vgate_sysfs_maker_path (tree->root, VGATE_HOSTDEV_PCI, "0000:41:00.4", 1131), NULL);
    assert_path (tree, vgate_sysfs_unmaker_path (tree->root, VGATE_HOSTDEV_MDEV, MDEV_UUID),
                 VF "/" MDEV_UUID "/remove");
    put (tree, VF "/nvidia/current_vgpu_type", "0\n");
    assert_path (tree, vgate_sysfs_maker_path (tree->root, VGATE_HOSTDEV_PCI, "0000:41:00.4", 1131),
                 VF "/nvidia/current_vgpu_type");
    assert_path (tree, vgate_sysfs_unmaker_path (tree->root, VGATE_HOSTDEV_PCI, "0000:41:00.4"),
                 VF "/nvidia/current_vgpu_type");
    assert_path (tree, vgate_sysfs_unmaker_path (tree->root, VGATE_HOSTDEV_PCI, "0000:41:00.7"), NULL);
}

#define ADD(path, test) g_test_add ("/sysfs/" path, Tree, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    ADD ("mdev-on-vf", test_mdev_on_vf);
    ADD ("mdev-on-gpu", test_mdev_on_gpu);
    ADD ("mdev-type-unreadable", test_mdev_type_unreadable);
    ADD ("mdev-type-odd", test_mdev_type_odd);
    ADD ("mdev-other-vendor", test_mdev_other_vendor);
    ADD ("mdev-virtual-parent", test_mdev_virtual_parent);
    ADD ("mdev-absent", test_mdev_absent);
    ADD ("mdev-dangling", test_mdev_dangling);
    ADD ("mdev-dangling-physfn", test_mdev_dangling_physfn);
    ADD ("mdev-parent-gone", test_mdev_parent_gone);
    ADD ("mdev-leaves-the-tree", test_mdev_leaves_the_tree);
    ADD ("source-odd", test_source_odd);
    ADD ("mdev-type-name-odd", test_mdev_type_name_odd);
    ADD ("mdev-mig-backed", test_mdev_mig_backed);
    ADD ("mdev-vanishes", test_mdev_vanishes);
    ADD ("identify", test_identify);
    ADD ("type-of-another", test_type_of_another);
    ADD ("wide-domain", test_wide_domain);
    ADD ("vf", test_vf);
    ADD ("vf-type-0", test_vf_type_0);
    ADD ("vf-type-odd", test_vf_type_odd);
    ADD ("not-vgpus", test_not_vgpus);
    ADD ("vf-other-vendor", test_vf_other_vendor);
    ADD ("vf-dangling", test_vf_dangling);
    ADD ("vf-dangling-physfn", test_vf_dangling_physfn);
    ADD ("link-loop", test_link_loop);
    ADD ("no-sysfs", test_no_sysfs);
    ADD ("list-mdevs", test_list_mdevs);
    ADD ("list-vfs", test_list_vfs);
    ADD ("list-vfs-by-gpu", test_list_vfs_by_gpu);
    ADD ("list-other-vendor", test_list_other_vendor);
    ADD ("makers", test_makers);
    return g_test_run ();
}
