/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files whose content NVIDIA's driver serves: in sysfs, a virtual function's nvidia/current_vgpu_type and
 * creatable_vgpu_types, the name and available_instances of a mediated device's type, and what makes and
 * unmakes devices. The driver can hang in them as NVML can, for ever and in the kernel, where no flag of open
 * () helps. So only a process that can be abandoned opens them: vgpu-gate-nvml, or a child for one file.
 *
 * What a device is, and where, is told by the kernel's own links and files, which answer always
 * (host/sysfs.h).
 */
#pragma once

#include <glib.h>

/* How long a hook waits for a file. A write makes a device, which takes the driver its time. */
#define VGATE_SERVED_READ_MS  5000u
#define VGATE_SERVED_WRITE_MS 10000u

/* How the files are read, and what came of it. */
typedef struct {
    /* How long a file may take to be read, by a child; 0: it is read by this process itself, which only
     * vgpu-gate-nvml may do. */
    guint read_ms;
    gboolean hangs; /* one took longer: the driver hangs, and no further file is asked for */
} VgateServed;

#define VGATE_SERVED_DIRECTLY \
    {                         \
        .read_ms = 0          \
    }
#define VGATE_SERVED_IN_TIME            \
    {                                   \
        .read_ms = VGATE_SERVED_READ_MS \
    }

/*
 * The text of a file in the directory, without white space at either end. NULL when it cannot be read, or
 * *served hangs. The caller frees it.
 */
char *vgate_served_read (VgateServed *served, const char *directory, const char *name);

/* Writes the text to the file, by a child that has deadline_ms. 0, an errno value, or ETIMEDOUT: then the
 * child may still hang in the kernel, and what it writes may come after all; nobody waits for it. */
int vgate_served_write (VgateServed *served, const char *path, const char *text, guint deadline_ms);
