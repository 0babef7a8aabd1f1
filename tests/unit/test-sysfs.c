/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a hostdev to the GPU behind it, on sysfs trees made for each test. */
#include "host/sysfs.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define MDEV_UUID "bbbbbbbb-0000-4000-8000-000000000001"

typedef struct {
    char *root;
} Tree;

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

/* target is taken as it is written. */
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

    vgate_sysfs_look_up (tree->root, &hostdev, &device);
    g_assert_cmpint (device.kind, ==, found);
    g_assert_cmpstr (device.pgpu, ==, pgpu);
    g_assert_cmpuint (device.type, ==, type);
    g_assert_cmpstr (device.type_name, ==, type_name);
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
    put_mdev (tree, VF, "nvidia-1131", NULL); /* the type's directory is not there */
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

/* A parent that is no PCI device, as that of the kernel's sample driver. */
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
}

TEST (test_mdev_dangling)
{
    put_link (tree, "/sys/bus/mdev/devices/" MDEV_UUID, "../../../devices/pci0000:40/gone/" MDEV_UUID);
    MDEV (VGATE_DEVICE_ABSENT, NULL, 0, NULL);
}

/* physfn of a virtual function whose GPU is gone: what NVML does not know, the gate refuses later. */
TEST (test_mdev_dangling_physfn)
{
    put (tree, VF "/vendor", "0x10de\n");
    put_link (tree, VF "/physfn", "../gone");
    put_mdev (tree, VF, "nvidia-1131", "NVIDIA H100XM-80C\n");
    MDEV (VGATE_DEVICE_VGPU, "0000:41:00.4", 1131, "NVIDIA H100XM-80C");
}

/* Out of the tree there is no parent that is a GPU. */
TEST (test_mdev_leaves_the_tree)
{
    put_gpu (tree, "0x10de\n");
    put_link (tree, "/sys/bus/mdev/devices/" MDEV_UUID, "/proc/self");
    MDEV (VGATE_DEVICE_OTHER, NULL, 0, NULL);
}

TEST (test_vf)
{
    put_gpu (tree, "0x10de\n");
    put (tree, VF "/nvidia/current_vgpu_type", "1131\n");
    PCI ("0000:41:00.4", VGATE_DEVICE_VGPU, "0000:41:00.0", 1131, NULL);
    /* the physical function itself stays what it is */
    PCI ("0000:41:00.0", VGATE_DEVICE_OTHER, NULL, 0, NULL);
}

/* The administrator has not chosen a type yet. */
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
        PCI ("0000:41:00.4", VGATE_DEVICE_OTHER, NULL, 0, NULL);
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
    PCI ("0000:41:00.4", VGATE_DEVICE_OTHER, NULL, 0, NULL);
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
    MDEV (VGATE_DEVICE_ABSENT, NULL, 0, NULL);
    PCI ("0000:41:00.4", VGATE_DEVICE_ABSENT, NULL, 0, NULL);
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
    ADD ("mdev-leaves-the-tree", test_mdev_leaves_the_tree);
    ADD ("vf", test_vf);
    ADD ("vf-type-0", test_vf_type_0);
    ADD ("vf-type-odd", test_vf_type_odd);
    ADD ("not-vgpus", test_not_vgpus);
    ADD ("vf-other-vendor", test_vf_other_vendor);
    ADD ("vf-dangling", test_vf_dangling);
    ADD ("vf-dangling-physfn", test_vf_dangling_physfn);
    ADD ("link-loop", test_link_loop);
    ADD ("no-sysfs", test_no_sysfs);
    return g_test_run ();
}
