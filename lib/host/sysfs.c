/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/sysfs.h"

#include "host/sysfs-read.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

void
vgate_device_copy (const VgateDevice *device, VgateDevice *copy)
{
    *copy = (VgateDevice){
        .kind = device->kind,
        .pgpu = g_strdup (device->pgpu),
        .parent = g_strdup (device->parent),
        .type = device->type,
        .type_name = g_strdup (device->type_name),
        .fault = g_strdup (device->fault),
    };
}

void
vgate_device_clear (VgateDevice *device)
{
    g_clear_pointer (&device->pgpu, g_free);
    g_clear_pointer (&device->parent, g_free);
    g_clear_pointer (&device->directory, g_free);
    g_clear_pointer (&device->type_name, g_free);
    g_clear_pointer (&device->fault, g_free);
    device->kind = VGATE_DEVICE_ABSENT;
    device->type = 0;
}

static void
set_unusable (VgateDevice *device, const char *fault)
{
    vgate_device_clear (device);
    device->kind = VGATE_DEVICE_UNUSABLE;
    device->fault = g_strdup (fault);
}

/* TRUE for a PCI address whose domain is above 0xffff, which Intel's VMD makes. No GPU has been seen in such
 * a domain. */
static gboolean
is_wide_pci (const char *name)
{
    const char *colon = strchr (name, ':');
    const gsize digits = colon ? (gsize)(colon - name) : 0;

    return digits > 4 && digits <= 8 && *name != '0' && strspn (name, "0123456789abcdef") == digits &&
           vgate_xml_text_has_form (colon - 4, VGATE_XML_PCI);
}

/* Sets the members that both kinds of device have: the PCI address of the device or of its parent, and its
 * GPU. */
static void
set_vgpu (VgateDevice *device, const char *directory, const char *pci_directory)
{
    device->parent = g_path_get_basename (pci_directory);
    device->pgpu = vgate_sysfs_physical_function (pci_directory);
    device->directory = g_strdup (directory);
    if (is_wide_pci (device->parent))
        set_unusable (device, "its PCI domain is above 0xffff, which vgpu-gate does not support");
    else if (!device->pgpu)
        set_unusable (device, "its physical function no longer exists");
    else
        device->kind = VGATE_DEVICE_VGPU;
}

/* Identifies a mediated device. The directory of its type has a name like "nvidia-1180". */
static void
identify_mdev (const char *directory, VgateDevice *device)
{
    g_autofree char *parent = g_path_get_dirname (directory);
    g_autofree char *type = vgate_sysfs_link_name (directory, "mdev_type");
    g_autofree char *vendor = vgate_sysfs_read (parent, "vendor");

    device->kind = VGATE_DEVICE_OTHER;
    /* the kernel begins a type's name with the name of its driver */
    if (!vendor && type && g_str_has_prefix (type, "nvidia-")) {
        set_unusable (device, "its parent no longer exists");
        return;
    }
    if (!vgate_sysfs_is_nvidia (parent))
        return;
    set_vgpu (device, directory, parent);
    if (device->kind == VGATE_DEVICE_VGPU)
        device->type = type ? vgate_sysfs_type_of_name (type) : 0;
}

static void
identify_pci (const char *directory, VgateDevice *device)
{
    /* nocheck: the file is not opened */
    g_autofree char *type = g_build_filename (directory, "nvidia/current_vgpu_type", NULL);
    g_autofree char *physfn = g_build_filename (directory, "physfn", NULL);

    device->kind = VGATE_DEVICE_OTHER;
    if (g_file_test (type, G_FILE_TEST_EXISTS) && g_file_test (physfn, G_FILE_TEST_IS_SYMLINK) &&
        vgate_sysfs_is_nvidia (directory))
        set_vgpu (device, directory, directory);
}

static char *
device_path (const VgateHostdev *hostdev)
{
    return g_build_filename (hostdev->kind == VGATE_HOSTDEV_MDEV ? VGATE_SYSFS_MDEV_DEVICES
                                                                 : VGATE_SYSFS_PCI_DEVICES,
                             hostdev->source, NULL);
}

/* Clears a device that vanished while it was read, as only a part of it was read then. */
static void
check_still_there (const char *root, const char *path, const char *directory, VgateDevice *device)
{
    gboolean leaves;
    g_autofree char *again = vgate_sysfs_resolve (root, path, &leaves);

    if (g_strcmp0 (again, directory) != 0)
        vgate_device_clear (device);
}

void
vgate_sysfs_identify (const char *root, const VgateHostdev *hostdev, VgateDevice *device)
{
    const gboolean is_mdev = hostdev->kind == VGATE_HOSTDEV_MDEV;
    g_autofree char *path = device_path (hostdev);
    g_autofree char *directory = NULL;
    gboolean leaves;

    *device = (VgateDevice){.kind = VGATE_DEVICE_ABSENT};
    if (!vgate_xml_text_has_form (hostdev->source, is_mdev ? VGATE_XML_UUID : VGATE_XML_PCI) &&
        (is_mdev || !is_wide_pci (hostdev->source)))
        return;
    directory = vgate_sysfs_resolve (root, path, &leaves);
    if (leaves)
        set_unusable (device, "its link leads out of sysfs");
    if (!directory)
        return;
    if (is_mdev)
        identify_mdev (directory, device);
    else
        identify_pci (directory, device);
    check_still_there (root, path, directory, device);
}

/* The file "name" in the type's directory contains "NVIDIA H100XM-80C". For a virtual function, the driver
 * gives only the ID. */
void
vgate_sysfs_read_type (const char *root, const VgateHostdev *hostdev, VgateServed *served,
                       VgateDevice *device)
{
    g_autofree char *path = device_path (hostdev);
    g_autofree char *directory = g_strdup (device->directory);

    if (device->kind != VGATE_DEVICE_VGPU)
        return;
    if (hostdev->kind == VGATE_HOSTDEV_MDEV) {
        g_free (device->type_name);
        device->type_name = vgate_served_read (served, directory, "mdev_type/name");
        if (device->type_name && !vgate_sysfs_is_type_name (device->type_name))
            set_unusable (device, "its type has no valid name");
    } else {
        g_autofree char *type = vgate_served_read (served, directory, "nvidia/current_vgpu_type");
        guint64 id = 0;

        if (type && g_ascii_string_to_unsigned (type, 10, 0, G_MAXUINT32, &id, NULL))
            device->type = (guint32)id;
        else
            set_unusable (device, type ? "its current_vgpu_type contains no valid type"
                                       : "its current_vgpu_type cannot be read");
    }
    check_still_there (root, path, directory, device);
}

void
vgate_sysfs_look_up (const char *root, const VgateHostdev *hostdev, VgateServed *served, VgateDevice *device)
{
    vgate_sysfs_identify (root, hostdev, device);
    vgate_sysfs_read_type (root, hostdev, served, device);
}

gboolean
vgate_sysfs_has_mdev_name (const char *root, const char *uuid)
{
    g_autofree char *path = g_strconcat (root, VGATE_SYSFS_MDEV_DEVICES "/", uuid, NULL);
    GStatBuf status;

    return !vgate_xml_text_has_form (uuid, VGATE_XML_UUID) || g_lstat (path, &status) == 0 || errno != ENOENT;
}
