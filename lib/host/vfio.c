/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/vfio.h"

#include "host/sysfs-read.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NODES        "/dev/vfio/"
#define DEVICE_NODES NODES "devices/"
/* The node that every user of VFIO opens. */
#define CONTAINER NODES "vfio"
/* The suffix that the kernel appends to the target when the node was removed. */
#define GONE " (deleted)"
/* Real paths are much shorter; only a test's root can be long. */
#define PATH_SIZE PATH_MAX

/* The kernel's name of the process, which has at most 15 bytes and which the process can change. */
static char *
process_name (const char *root, const char *pid)
{
    g_autofree char *path = g_strdup_printf ("%s/proc/%s/comm", root, pid), *text = NULL;

    if (!g_file_get_contents (path, &text, NULL, NULL))
        return g_strdup ("?");
    return vgate_printable (g_strchomp (text), 32);
}

/* The link contains the path that the process sees, and any user can mount another /dev in a mount namespace.
 * So an open file only counts as the device when its device number is that of this host's node, as with the
 * node in the /dev that libvirt creates for QEMU. AT_STATX_DONT_SYNC avoids waiting for a file system. */
static gboolean
is_node (const char *root, const char *node, int directory, const char *fd)
{
    g_autofree char *path = g_strconcat (root, node, NULL);
    struct statx held, own;

    return statx (directory, fd, AT_STATX_DONT_SYNC, STATX_TYPE, &held) == 0 && S_ISCHR (held.stx_mode) &&
           statx (AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_TYPE, &own) == 0 && S_ISCHR (own.stx_mode) &&
           held.stx_rdev_major == own.stx_rdev_major && held.stx_rdev_minor == own.stx_rdev_minor;
}

static void
read_process (const char *root, const char *pid, VgateVfioHolders *holders)
{
    g_autofree char *path = g_strdup_printf ("%s/proc/%s/fd", root, pid);
    DIR *directory = opendir (path);
    const struct dirent *entry;

    while (directory && (entry = readdir (directory))) {
        char target[PATH_SIZE];
        const gssize length = readlinkat (dirfd (directory), entry->d_name, target, sizeof target - 1);
        const char *node = target + strlen (root);

        if (length < 0)
            continue;
        target[length] = '\0';
        if (!g_str_has_prefix (target, root) || !g_str_has_prefix (node, NODES))
            continue;
        if (g_str_has_suffix (target, GONE))
            target[length - (gssize)strlen (GONE)] = '\0';
        if (strcmp (node, CONTAINER) != 0 && is_node (root, node, dirfd (directory), entry->d_name)) {
            g_autofree char *name = process_name (root, pid);

            g_hash_table_replace (holders, g_strdup (node),
                                  g_strdup_printf ("the process %s (%s) has it open", pid, name));
        }
    }
    if (directory)
        closedir (directory);
}

VgateVfioHolders *
vgate_vfio_read_holders (const char *root)
{
    VgateVfioHolders *holders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    g_autofree char *directory = g_strconcat (root, "/proc", NULL);
    g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name (dir)))
        if (strspn (name, "0123456789") == strlen (name))
            read_process (root, name, holders);
    return holders;
}

/* Finds the holder by the names in "vfio-dev", which are those of the device's own nodes. */
static const char *
find_by_nodes (const VgateVfioHolders *holders, const char *directory)
{
    g_autofree char *path = g_build_filename (directory, "vfio-dev", NULL);
    g_auto (GStrv) names = vgate_sysfs_names ("", path);

    for (guint i = 0; names[i]; i++) {
        g_autofree char *node = g_strconcat (DEVICE_NODES, names[i], NULL);
        const char *holder = g_hash_table_lookup ((GHashTable *)holders, node);

        if (holder)
            return holder;
    }
    return NULL;
}

const char *
vgate_vfio_find_holder (const VgateVfioHolders *holders, const char *root, VgateHostdevKind kind,
                        const char *source)
{
    g_autofree char *path = g_build_filename (
        kind == VGATE_HOSTDEV_MDEV ? VGATE_SYSFS_MDEV_DEVICES : VGATE_SYSFS_PCI_DEVICES, source, NULL);
    gboolean leaves;
    g_autofree char *directory = vgate_sysfs_resolve (root, path, &leaves);
    g_autofree char *group = directory ? vgate_sysfs_link_name (directory, "iommu_group") : NULL;
    g_autofree char *node = group ? g_strconcat (NODES, group, NULL) : NULL;
    const char *holder = node ? g_hash_table_lookup ((GHashTable *)holders, node) : NULL;

    return holder || !directory ? holder : find_by_nodes (holders, directory);
}
