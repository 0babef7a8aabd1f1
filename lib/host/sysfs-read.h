/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions for the files that read sysfs. A "directory" is an absolute path below ROOT/sys with all links
 * resolved. */
#pragma once

#include "host/sysfs.h"

#define VGATE_SYSFS_MDEV_DEVICES "/sys/bus/mdev/devices"
#define VGATE_SYSFS_PCI_DEVICES  "/sys/bus/pci/devices"

/*
 * The directory to which path (below root) leads. NULL when it does not exist, or when a link leads out of
 * ROOT/sys, for which *leaves is TRUE. The caller frees it.
 */
char *vgate_sysfs_resolve (const char *root, const char *path, gboolean *leaves);

/* The text of a file in the directory, without white space at its ends; NULL when it cannot be read. Only for
 * the kernel's files ("vendor"): a file that NVIDIA's driver serves can block its reader for ever, see
 * host/served.h. */
char *vgate_sysfs_read (const char *directory, const char *name);

/* The last component of the resolved target of a link in the directory; NULL when it is not a link or has no
 * target. */
char *vgate_sysfs_link_name (const char *directory, const char *name);

gboolean vgate_sysfs_is_nvidia (const char *pci_directory);

/* The PCI address of a virtual function's physical function, or of the device if it is not a virtual
 * function. NULL when the physical function no longer exists or is not a PCI device. */
char *vgate_sysfs_physical_function (const char *pci_directory);

/* The type's ID in the name of its directory: 1180 for "nvidia-1180". 0 when the name does not end with a
 * number. */
guint32 vgate_sysfs_type_of_name (const char *type_directory_name);

/* TRUE when the text can be a type's name. Such names are only compared and shown. A text that could be a
 * path, or that vgpu-gate's files cannot contain, is rejected. */
gboolean vgate_sysfs_is_type_name (const char *name);

/* The names in a directory below root, sorted. The caller frees them. */
GStrv vgate_sysfs_names (const char *root, const char *path);
