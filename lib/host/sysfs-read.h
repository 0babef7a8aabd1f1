/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files that read sysfs share. A directory is an absolute path, resolved, below ROOT/sys. */
#pragma once

#include "host/sysfs.h"

#define VGATE_SYSFS_MDEV_DEVICES "/sys/bus/mdev/devices"
#define VGATE_SYSFS_PCI_DEVICES  "/sys/bus/pci/devices"

/*
 * The directory that path (below root) leads to. NULL when there is none; then *leaves says whether that is
 * because a link leads out of ROOT/sys. The caller frees it.
 */
char *vgate_sysfs_resolve (const char *root, const char *path, gboolean *leaves);

/* The text of a file in it, without white space at either end. NULL when it cannot be read. For the
 * kernel's own files ("vendor"): those that NVIDIA's driver serves can keep their reader for ever, see
 * host/served.h. */
char *vgate_sysfs_read (const char *directory, const char *name);

/* The last component of what a link in it points to, resolved. NULL when it is no link or points nowhere. */
char *vgate_sysfs_link_name (const char *directory, const char *name);

gboolean vgate_sysfs_is_nvidia (const char *pci_directory);

/* A PCI address of a virtual function's physical function, else of the device itself. NULL: a physical
 * function that is gone, or none that is a PCI device. */
char *vgate_sysfs_physical_function (const char *pci_directory);

/* "nvidia-1180" is type 1180; 0 when it ends in no number. */
guint32 vgate_sysfs_type_of_name (const char *type_directory_name);

/* A type's name is only ever compared and shown; one that could be a path, or that no file of ours could
 * hold, is none. */
gboolean vgate_sysfs_is_type_name (const char *name);

/* The names in a directory below root, sorted. The caller frees them. */
GStrv vgate_sysfs_names (const char *root, const char *path);
