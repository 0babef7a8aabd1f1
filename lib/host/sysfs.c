/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/sysfs.h"

#include <stdlib.h>
#include <string.h>

#define NVIDIA_VENDOR 0x10deu

void
vgate_device_clear (VgateDevice *device)
{
    g_clear_pointer (&device->pgpu, g_free);
    g_clear_pointer (&device->type_name, g_free);
    device->kind = VGATE_DEVICE_ABSENT;
    device->type = 0;
}

/* The last component of what a link points to, resolved; NULL when it is no link or points nowhere. */
static char *
link_target_name (const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename (directory, name, NULL);
    char *resolved = realpath (path, NULL);
    char *base = resolved ? g_path_get_basename (resolved) : NULL;

    free (resolved); /* realpath () allocates with malloc () */
    return base;
}

static char *
read_attribute (const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename (directory, name, NULL);
    g_autofree char *text = NULL;

    if (!g_file_get_contents (path, &text, NULL, NULL))
        return NULL;
    return g_strdup (g_strstrip (text));
}

static gboolean
is_nvidia (const char *pci_directory)
{
    g_autofree char *vendor = read_attribute (pci_directory, "vendor");

    return vendor && g_ascii_strtoull (vendor, NULL, 16) == NVIDIA_VENDOR;
}

/* The physical function's address: of a virtual function its physfn, else the device itself. */
static char *
physical_function (const char *pci_directory)
{
    char *name = link_target_name (pci_directory, "physfn");

    return name ? name : g_path_get_basename (pci_directory);
}

/* The type's directory is named "nvidia-1180"; the file "name" in it says "NVIDIA H100XM-80C". */
static void
read_mdev_type (const char *mdev_directory, VgateDevice *device)
{
    g_autofree char *type = link_target_name (mdev_directory, "mdev_type");
    const char *number = type ? strrchr (type, '-') : NULL;
    guint64 id;

    if (number && g_ascii_string_to_unsigned (number + 1, 10, 1, G_MAXUINT32, &id, NULL))
        device->type = (guint32)id;
    device->type_name = read_attribute (mdev_directory, "mdev_type/name");
}

static void
look_up_mdev (const char *root, const char *uuid, VgateDevice *device)
{
    g_autofree char *link = g_build_filename (root, "/sys/bus/mdev/devices", uuid, NULL);
    char *resolved = realpath (link, NULL);
    g_autofree char *directory = g_strdup (resolved);
    g_autofree char *parent = NULL;

    free (resolved);
    if (!directory)
        return;
    device->kind = VGATE_DEVICE_OTHER;
    parent = g_path_get_dirname (directory);
    if (!is_nvidia (parent))
        return;
    device->kind = VGATE_DEVICE_VGPU;
    device->pgpu = physical_function (parent);
    read_mdev_type (directory, device);
}

static void
look_up_pci (const char *root, const char *address, VgateDevice *device)
{
    g_autofree char *directory = g_build_filename (root, "/sys/bus/pci/devices", address, NULL);
    g_autofree char *type = NULL;
    g_autofree char *physfn = NULL;
    guint64 id = 0;

    if (!g_file_test (directory, G_FILE_TEST_IS_DIR))
        return;
    device->kind = VGATE_DEVICE_OTHER;
    type = read_attribute (directory, "nvidia/current_vgpu_type");
    physfn = link_target_name (directory, "physfn");
    if (!is_nvidia (directory) || !physfn || !type)
        return;
    if (!g_ascii_string_to_unsigned (type, 10, 0, G_MAXUINT32, &id, NULL))
        return;
    device->kind = VGATE_DEVICE_VGPU;
    device->pgpu = g_steal_pointer (&physfn);
    device->type = (guint32)id;
}

void
vgate_sysfs_look_up (const char *root, const VgateHostdev *hostdev, VgateDevice *device)
{
    *device = (VgateDevice){.kind = VGATE_DEVICE_ABSENT};
    if (hostdev->kind == VGATE_HOSTDEV_MDEV)
        look_up_mdev (root, hostdev->source, device);
    else
        look_up_pci (root, hostdev->source, device);
}
