/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changes the keyfile while other processes read it or want to change it.
 *
 * Writers take turns by flock() on FILE.lock. Readers take no lock, because the file is always replaced as a
 * whole. A file that the driver could not parse is not written.
 */
#pragma once

#include "nvml-sim/model/host.h"

typedef struct {
    char *path;
    int lock;
    GKeyFile *file;    /* the caller changes it */
    VgpuSimHost *host; /* the host before the change */
    char *before;      /* the text of the file before the change */
} VgpuSimEdit;

/* Waits for the lock and reads the file. errors: VGPU_SIM_ERROR_FILE, VGPU_SIM_ERROR_DENIED */
VgpuSimEdit *vgpu_sim_edit_begin (const char *path, GError **error);
/* Begins with an empty file, and ignores an existing one. errors: as above */
VgpuSimEdit *vgpu_sim_edit_create (const char *path, GError **error);

/* Writes the file if it was changed. errors: VGPU_SIM_ERROR_IMPOSSIBLE for a host that is not possible,
 * VGPU_SIM_ERROR_FILE, VGPU_SIM_ERROR_DENIED */
gboolean vgpu_sim_edit_commit (VgpuSimEdit *edit, GError **error);

/* Releases the lock, whether the change was committed or not. */
void vgpu_sim_edit_end (VgpuSimEdit *edit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgpuSimEdit, vgpu_sim_edit_end)
