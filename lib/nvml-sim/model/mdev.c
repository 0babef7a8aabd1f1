/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml-sim/model/mdev.h"

#include <stdlib.h>
#include <string.h>

#include "nvml-sim/model/error.h"
#include "nvml-sim/model/number.h"

/* The resolved target of a link of the device. It is copied, as realpath () allocates with malloc (). */
static char *
resolve (const char *root, const char *uuid, const char *link)
{
    g_autofree char *path = g_build_filename (root, "sys/bus/mdev/devices", uuid, link, NULL);
    char *resolved = realpath (path, NULL);
    char *copy = g_strdup (resolved);

    free (resolved);
    return copy;
}

/* The name of the device's parent directory. NULL when there is no such device. */
static char *
name_of_parent (const char *root, const char *uuid)
{
    g_autofree char *directory = resolve (root, uuid, NULL);
    g_autofree char *parent = directory ? g_path_get_dirname (directory) : NULL;

    return parent ? g_path_get_basename (parent) : NULL;
}

static gboolean
read_type (const char *root, const char *uuid, guint32 *type)
{
    g_autofree char *directory = resolve (root, uuid, "mdev_type");
    const char *number = directory ? strrchr (directory, '-') : NULL;
    guint64 id;

    if (!number || !vgpu_sim_number_parse (number + 1, 1, G_MAXUINT32, &id))
        return FALSE;
    *type = (guint32)id;
    return TRUE;
}

gboolean
vgpu_sim_mdev_find (const char *root, const VgpuSimHost *host, const char *uuid, VgpuSimMdev *mdev,
                    GError **error)
{
    /* the kernel uses lower case */
    g_autofree char *name = g_ascii_strdown (uuid, -1);
    g_autofree char *parent = name_of_parent (root, name);

    if (!parent) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_IMPOSSIBLE, "there is no mediated device %s",
                     uuid);
        return FALSE;
    }
    mdev->gpu = vgpu_sim_host_gpu_of_parent (host, parent);
    if (!mdev->gpu) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_IMPOSSIBLE,
                     "mediated device %s: its parent, %s, is not the mdev-parent of any GPU", uuid, parent);
        return FALSE;
    }
    if (!read_type (root, name, &mdev->type)) {
        g_set_error (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_IMPOSSIBLE,
                     "mediated device %s: its type has no number", uuid);
        return FALSE;
    }
    return TRUE;
}
