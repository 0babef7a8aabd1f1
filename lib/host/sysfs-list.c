/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists the vGPU devices of a host, and those that can be created on it. */
#include "host/sysfs-read.h"

#include <string.h>

void
vgate_listed_device_free (VgateListedDevice *listed)
{
    g_free (listed->source);
    vgate_device_clear (&listed->device);
    g_free (listed);
}

void
vgate_makeable_free (VgateMakeable *makeable)
{
    g_free (makeable->parent);
    g_free (makeable->pgpu);
    g_free (makeable->type_name);
    g_free (makeable);
}

static void
list_kind (const char *root, VgateHostdevKind kind, const char *path, VgateServed *served, GPtrArray *devices)
{
    g_auto (GStrv) names = vgate_sysfs_names (root, path);

    for (guint i = 0; names[i]; i++) {
        const VgateHostdev hostdev = {.kind = kind, .source = names[i]};
        g_autoptr (VgateListedDevice) listed = g_new0 (VgateListedDevice, 1);

        vgate_sysfs_look_up (root, &hostdev, served, &listed->device);
        if (listed->device.kind != VGATE_DEVICE_VGPU && listed->device.kind != VGATE_DEVICE_UNUSABLE)
            continue;
        listed->kind = kind;
        listed->source = g_strdup (names[i]);
        g_ptr_array_add (devices, g_steal_pointer (&listed));
    }
}

GPtrArray *
vgate_sysfs_list_devices (const char *root, VgateServed *served)
{
    GPtrArray *devices = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_listed_device_free);

    list_kind (root, VGATE_HOSTDEV_MDEV, VGATE_SYSFS_MDEV_DEVICES, served, devices);
    list_kind (root, VGATE_HOSTDEV_PCI, VGATE_SYSFS_PCI_DEVICES, served, devices);
    return devices;
}

const VgateListedDevice *
vgate_listed_device_find (const GPtrArray *devices, VgateHostdevKind kind, const char *source)
{
    for (guint i = 0; i < devices->len; i++) {
        const VgateListedDevice *listed = g_ptr_array_index (devices, i);

        if (listed->kind == kind && strcmp (listed->source, source) == 0)
            return listed;
    }
    return NULL;
}

static gboolean
is_of_kind (const char *root, VgateHostdevKind kind, const char *source)
{
    const VgateHostdev hostdev = {.kind = kind, .source = (char *)source};
    g_auto (VgateDevice) device = {0};

    vgate_sysfs_identify (root, &hostdev, &device);
    return device.kind == VGATE_DEVICE_VGPU;
}

static gboolean
makes_mdevs (const char *root, const char *address)
{
    g_autofree char *path = g_build_filename (VGATE_SYSFS_PCI_DEVICES, address, NULL);
    gboolean leaves;
    g_autofree char *directory = vgate_sysfs_resolve (root, path, &leaves);
    g_autofree char *types = directory ? g_build_filename (directory, "mdev_supported_types", NULL) : NULL;

    return types && g_file_test (types, G_FILE_TEST_EXISTS) && vgate_sysfs_is_nvidia (directory);
}

gboolean
vgate_sysfs_has_kind (const char *root, VgateHostdevKind kind)
{
    g_auto (GStrv) functions = vgate_sysfs_names (root, VGATE_SYSFS_PCI_DEVICES);
    g_auto (GStrv) mdevs = vgate_sysfs_names (root, VGATE_SYSFS_MDEV_DEVICES);

    for (guint i = 0; functions[i]; i++)
        if (kind == VGATE_HOSTDEV_MDEV ? makes_mdevs (root, functions[i])
                                       : is_of_kind (root, kind, functions[i]))
            return TRUE;
    for (guint i = 0; kind == VGATE_HOSTDEV_MDEV && mdevs[i]; i++)
        if (is_of_kind (root, kind, mdevs[i]))
            return TRUE;
    return FALSE;
}

/* A PCI device that can create vGPUs or be one. */
typedef struct {
    const char *address;
    const char *directory;
    const char *pgpu;
    VgateServed *served;
    GPtrArray *makeable;
} Maker;

static void
add_makeable (const Maker *maker, VgateHostdevKind kind, guint32 type, const char *type_name, guint available)
{
    VgateMakeable *makeable = g_new0 (VgateMakeable, 1);

    makeable->kind = kind;
    makeable->parent = g_strdup (maker->address);
    makeable->pgpu = g_strdup (maker->pgpu);
    makeable->type = type;
    makeable->type_name = g_strdup (type_name);
    makeable->available = available;
    g_ptr_array_add (maker->makeable, makeable);
}

static void
list_mdev_types (const Maker *maker)
{
    g_autofree char *types = g_build_filename (maker->directory, "mdev_supported_types", NULL);
    g_auto (GStrv) names = vgate_sysfs_names ("", types);

    for (guint i = 0; names[i]; i++) {
        g_autofree char *type = g_build_filename (types, names[i], NULL);
        g_autofree char *type_name = vgate_served_read (maker->served, type, "name");
        g_autofree char *available = vgate_served_read (maker->served, type, "available_instances");
        const guint32 id = vgate_sysfs_type_of_name (names[i]);
        guint64 count = 0;

        if (id != 0 && type_name && vgate_sysfs_is_type_name (type_name) && available &&
            g_ascii_string_to_unsigned (available, 10, 1, G_MAXUINT16, &count, NULL))
            add_makeable (maker, VGATE_HOSTDEV_MDEV, id, type_name, (guint)count);
    }
}

static void
list_vf_types (const Maker *maker)
{
    g_autofree char *current = NULL, *text = NULL;
    g_auto (GStrv) lines = NULL;

    if (strcmp (maker->address, maker->pgpu) == 0)
        return;
    current = vgate_served_read (maker->served, maker->directory, "nvidia/current_vgpu_type");
    if (g_strcmp0 (current, "0") != 0)
        return;
    text = vgate_served_read (maker->served, maker->directory, "nvidia/creatable_vgpu_types");
    if (!text)
        text = vgate_served_read (maker->served, maker->directory, "physfn/nvidia/creatable_vgpu_types");
    lines = g_strsplit (text ? text : "", "\n", -1);
    /* a heading, and lines such as "1131  : NVIDIA H100XM-80C" */
    for (guint i = 0; lines[i]; i++) {
        char *colon = strchr (lines[i], ':');
        const char *name;
        guint64 id;

        if (!colon)
            continue;
        *colon = '\0';
        name = g_strstrip (colon + 1);
        if (g_ascii_string_to_unsigned (g_strstrip (lines[i]), 10, 1, G_MAXUINT32, &id, NULL) &&
            vgate_sysfs_is_type_name (name))
            add_makeable (maker, VGATE_HOSTDEV_PCI, (guint32)id, name, 1);
    }
}

static void
add_makeable_on (const char *root, const char *address, VgateServed *served, GPtrArray *makeable)
{
    g_autofree char *path = g_build_filename (VGATE_SYSFS_PCI_DEVICES, address, NULL);
    gboolean leaves;
    g_autofree char *directory = vgate_sysfs_resolve (root, path, &leaves);
    g_autofree char *pgpu = NULL;

    if (!directory || !vgate_sysfs_is_nvidia (directory))
        return;
    pgpu = vgate_sysfs_physical_function (directory);
    if (pgpu) {
        const Maker maker = {address, directory, pgpu, served, makeable};

        list_mdev_types (&maker);
        list_vf_types (&maker);
    }
}

GPtrArray *
vgate_sysfs_list_makeable (const char *root, VgateServed *served)
{
    GPtrArray *makeable = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_makeable_free);
    g_auto (GStrv) names = vgate_sysfs_names (root, VGATE_SYSFS_PCI_DEVICES);

    for (guint i = 0; names[i]; i++)
        add_makeable_on (root, names[i], served, makeable);
    return makeable;
}

GPtrArray *
vgate_sysfs_list_makeable_on (const char *root, const char *address, VgateServed *served)
{
    GPtrArray *makeable = g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_makeable_free);

    add_makeable_on (root, address, served, makeable);
    return makeable;
}

static char *
file_below (const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename (directory, name, NULL);

    return g_file_test (path, G_FILE_TEST_EXISTS) ? g_steal_pointer (&path) : NULL;
}

char *
vgate_sysfs_maker_path (const char *root, VgateHostdevKind kind, const char *parent, guint32 type)
{
    g_autofree char *path = g_build_filename (VGATE_SYSFS_PCI_DEVICES, parent, NULL);
    gboolean leaves;
    g_autofree char *directory = vgate_sysfs_resolve (root, path, &leaves), *types = NULL;
    g_auto (GStrv) names = NULL;

    if (!directory)
        return NULL;
    if (kind == VGATE_HOSTDEV_PCI)
        /* nocheck: only the path is returned; a child writes the file */
        return file_below (directory, "nvidia/current_vgpu_type");
    types = g_build_filename (directory, "mdev_supported_types", NULL);
    names = vgate_sysfs_names ("", types);
    for (guint i = 0; names[i]; i++) {
        if (vgate_sysfs_type_of_name (names[i]) == type) {
            g_autofree char *type_directory = g_build_filename (types, names[i], NULL);

            return file_below (type_directory, "create");
        }
    }
    return NULL;
}

char *
vgate_sysfs_unmaker_path (const char *root, VgateHostdevKind kind, const char *source)
{
    const gboolean is_mdev = kind == VGATE_HOSTDEV_MDEV;
    g_autofree char *path =
        g_build_filename (is_mdev ? VGATE_SYSFS_MDEV_DEVICES : VGATE_SYSFS_PCI_DEVICES, source, NULL);
    gboolean leaves;
    g_autofree char *directory = vgate_sysfs_resolve (root, path, &leaves);

    /* nocheck: only the path is returned; a child writes the file */
    return directory ? file_below (directory, is_mdev ? "remove" : "nvidia/current_vgpu_type") : NULL;
}
