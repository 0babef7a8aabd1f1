/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/sysfs-read.h"

#include "base/descriptor.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define NVIDIA_VENDOR 0x10deu
/* A sysfs file has at most one page. */
#define ATTRIBUTE_SIZE_MAX 65536

/* A copy for g_free (), as realpath () allocates with malloc (). */
static char *
real_path (const char *path)
{
    char *resolved = realpath (path, NULL);
    char *copy = g_strdup (resolved);

    free (resolved);
    return copy;
}

char *
vgate_sysfs_resolve (const char *root, const char *path, gboolean *leaves)
{
    g_autofree char *full = g_strconcat (root, path, NULL);
    g_autofree char *sys = g_strconcat (root, "/sys", NULL);
    g_autofree char *resolved = real_path (full);
    g_autofree char *sys_resolved = real_path (sys);
    gsize length;

    *leaves = FALSE;
    if (!resolved || !sys_resolved)
        return NULL;
    length = strlen (sys_resolved);
    *leaves = strncmp (resolved, sys_resolved, length) != 0 || resolved[length] != '/';
    if (*leaves || !g_file_test (resolved, G_FILE_TEST_IS_DIR))
        return NULL;
    return g_steal_pointer (&resolved);
}

char *
vgate_sysfs_read (const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename (directory, name, NULL), *text = NULL;
    g_autoptr (GByteArray) bytes = g_byte_array_new ();

    if (!vgate_read_file (AT_FDCWD, path, ATTRIBUTE_SIZE_MAX, bytes) ||
        (bytes->len > 0 && memchr (bytes->data, '\0', bytes->len)))
        return NULL;
    /* bytes->data is NULL for an empty file */
    text = bytes->len > 0 ? g_strndup ((const char *)bytes->data, bytes->len) : g_strdup ("");
    return g_strdup (g_strstrip (text));
}

char *
vgate_sysfs_link_name (const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename (directory, name, NULL);
    g_autofree char *resolved = real_path (path);

    return resolved ? g_path_get_basename (resolved) : NULL;
}

gboolean
vgate_sysfs_is_nvidia (const char *pci_directory)
{
    g_autofree char *vendor = vgate_sysfs_read (pci_directory, "vendor");

    return vendor && g_ascii_strtoull (vendor, NULL, 16) == NVIDIA_VENDOR;
}

char *
vgate_sysfs_physical_function (const char *pci_directory)
{
    g_autofree char *link = g_build_filename (pci_directory, "physfn", NULL);
    g_autofree char *name = g_file_test (link, G_FILE_TEST_IS_SYMLINK)
                                ? vgate_sysfs_link_name (pci_directory, "physfn")
                                : g_path_get_basename (pci_directory);

    return name && vgate_xml_text_has_form (name, VGATE_XML_PCI) ? g_steal_pointer (&name) : NULL;
}

guint32
vgate_sysfs_type_of_name (const char *type_directory_name)
{
    const char *number = strrchr (type_directory_name, '-');
    guint64 id;

    if (!number || !g_ascii_string_to_unsigned (number + 1, 10, 1, G_MAXUINT32, &id, NULL))
        return 0;
    return (guint32)id;
}

gboolean
vgate_sysfs_is_type_name (const char *name)
{
    return !strchr (name, '/') && vgate_xml_text_has_form (name, VGATE_XML_NAME);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
    return strcmp (*(const char *const *)a, *(const char *const *)b);
}

GStrv
vgate_sysfs_names (const char *root, const char *path)
{
    g_autofree char *full = g_strconcat (root, path, NULL);
    g_autoptr (GDir) dir = g_dir_open (full, 0, NULL);
    GPtrArray *names = g_ptr_array_new ();
    const char *name;

    while (dir && (name = g_dir_read_name (dir)))
        g_ptr_array_add (names, g_strdup (name));
    g_ptr_array_sort (names, compare_names);
    g_ptr_array_add (names, NULL);
    return (GStrv)g_ptr_array_free (names, FALSE);
}
