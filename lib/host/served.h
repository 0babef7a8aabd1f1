/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files whose content NVIDIA's driver serves: in sysfs, a virtual function's nvidia/current_vgpu_type and
 * creatable_vgpu_types, the name and available_instances of a mediated device's type, and the files that
 * create and remove devices. The driver can hang in them as in NVML, for ever and in the kernel, where no
 * flag of open () helps. So only a process that can be abandoned opens them: vgpu-gate-nvml, or a child for
 * one file.
 *
 * The kernel's links and files, which never block, tell what a device is and where (host/sysfs.h).
 */
#pragma once

#include <glib.h>

/* How long a hook waits for a file, in ms. A write creates a device, for which the driver needs longer. */
#define VGATE_SERVED_READ_MS  5000u
#define VGATE_SERVED_WRITE_MS 10000u

/* How files are read, and whether the driver hangs. */
typedef struct {
    /* How long a child may take to read a file, in ms. 0: this process reads it, which only vgpu-gate-nvml
     * may do. */
    guint read_ms;
    gboolean hangs; /* a file took longer: the driver hangs, and no further file is opened */
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
 * The text of a file in the directory, without white space at its ends. NULL when it cannot be read, or when
 * the driver hangs (*served). The caller frees it.
 */
char *vgate_served_read (VgateServed *served, const char *directory, const char *name);

/* Writes the text to the file in a child, which has deadline_ms for it. Returns 0, an errno value, or
 * ETIMEDOUT. After ETIMEDOUT the child can still hang in the kernel and its write can still succeed later;
 * nothing waits for it. */
int vgate_served_write (VgateServed *served, const char *path, const char *text, guint deadline_ms);
