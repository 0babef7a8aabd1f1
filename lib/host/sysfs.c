/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/sysfs.h"

#include "host/sysfs-read.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

void
vgate_device_clear (VgateDevice *device)
{
    g_clear_pointer (&device->pgpu, g_free);
    g_clear_pointer (&device->parent, g_free);
    g_clear_pointer (&device->type_name, g_free);
    device->kind = VGATE_DEVICE_ABSENT;
    device->type = 0;
    device->fault = NULL;
}

static void
set_unusable (VgateDevice *device, const char *fault)
{
    vgate_device_clear (device);
    device->kind = VGATE_DEVICE_UNUSABLE;
    device->fault = fault;
}

/* What both kinds of device have: an address of their own or their parent's, and a GPU that has it. */
static void
set_vgpu (VgateDevice *device, const char *pci_directory)
{
    device->parent = g_path_get_basename (pci_directory);
    device->pgpu = vgate_sysfs_physical_function (pci_directory);
    if (!device->pgpu)
        set_unusable (device, "its physical function is gone");
    else
        device->kind = VGATE_DEVICE_VGPU;
}

/* The type's directory is named "nvidia-1180"; the file "name" in it says "NVIDIA H100XM-80C". */
static void
read_mdev (const char *directory, VgateDevice *device)
{
    g_autofree char *parent = g_path_get_dirname (directory);
    g_autofree char *type = vgate_sysfs_link_name (directory, "mdev_type");
    g_autofree char *vendor = vgate_sysfs_read (parent, "vendor");

    device->kind = VGATE_DEVICE_OTHER;
    /* the kernel names a type after the driver that offers it */
    if (!vendor && type && g_str_has_prefix (type, "nvidia-")) {
        set_unusable (device, "its parent is gone");
        return;
    }
    if (!vgate_sysfs_is_nvidia (parent))
        return;
    set_vgpu (device, parent);
    if (device->kind != VGATE_DEVICE_VGPU)
        return;
    device->type = type ? vgate_sysfs_type_of_name (type) : 0;
    device->type_name = vgate_sysfs_read (directory, "mdev_type/name");
    if (device->type_name && !vgate_sysfs_is_type_name (device->type_name))
        set_unusable (device, "the name of its type is none");
}

static void
read_pci (const char *directory, VgateDevice *device)
{
    g_autofree char *type = vgate_sysfs_read (directory, "nvidia/current_vgpu_type");
    g_autofree char *physfn = g_build_filename (directory, "physfn", NULL);
    guint64 id = 0;

    device->kind = VGATE_DEVICE_OTHER;
    if (!type || !g_file_test (physfn, G_FILE_TEST_IS_SYMLINK) || !vgate_sysfs_is_nvidia (directory))
        return;
    if (!g_ascii_string_to_unsigned (type, 10, 0, G_MAXUINT32, &id, NULL)) {
        set_unusable (device, "what its current_vgpu_type says is no type");
        return;
    }
    set_vgpu (device, directory);
    if (device->kind == VGATE_DEVICE_VGPU)
        device->type = (guint32)id;
}

void
vgate_sysfs_look_up (const char *root, const VgateHostdev *hostdev, VgateDevice *device)
{
    const gboolean is_mdev = hostdev->kind == VGATE_HOSTDEV_MDEV;
    g_autofree char *path = g_build_filename (is_mdev ? VGATE_SYSFS_MDEV_DEVICES : VGATE_SYSFS_PCI_DEVICES,
                                              hostdev->source, NULL);
    g_autofree char *directory = NULL, *again = NULL;
    gboolean leaves;

    *device = (VgateDevice){.kind = VGATE_DEVICE_ABSENT};
    if (!vgate_xml_text_has_form (hostdev->source, is_mdev ? VGATE_XML_UUID : VGATE_XML_PCI))
        return;
    directory = vgate_sysfs_resolve (root, path, &leaves);
    if (leaves)
        set_unusable (device, "its link leaves sysfs");
    if (!directory)
        return;
    if (is_mdev)
        read_mdev (directory, device);
    else
        read_pci (directory, device);
    /* one that vanished meanwhile was read in part: then nothing of that holds */
    again = vgate_sysfs_resolve (root, path, &leaves);
    if (g_strcmp0 (again, directory) != 0)
        vgate_device_clear (device);
}

gboolean
vgate_sysfs_has_mdev_name (const char *root, const char *uuid)
{
    g_autofree char *path = g_strconcat (root, VGATE_SYSFS_MDEV_DEVICES "/", uuid, NULL);
    GStatBuf status;

    return !vgate_xml_text_has_form (uuid, VGATE_XML_UUID) || g_lstat (path, &status) == 0 || errno != ENOENT;
}
