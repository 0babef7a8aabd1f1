/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changing the keyfile while others read it and others want to change it.
 *
 * Writers take turns by flock() on FILE.lock; readers take no lock, for the file is only ever replaced as a
 * whole. What would not parse is not written: no change leaves a host file behind that the driver cannot use.
 */
#pragma once

#include "nvml-sim/model/host.h"

typedef struct {
    char *path;
    int lock;
    GKeyFile *file;    /* to be changed by the caller */
    VgpuSimHost *host; /* as it was at the beginning */
    char *before;      /* the text of file then */
} VgpuSimEdit;

/* Waits for the lock, then reads. errors: VGPU_SIM_ERROR_FILE, VGPU_SIM_ERROR_DENIED */
VgpuSimEdit *vgpu_sim_edit_begin (const char *path, GError **error);
/* Begins with no file at all, or without regard to the one that is there. errors: as above */
VgpuSimEdit *vgpu_sim_edit_create (const char *path, GError **error);

/* Writes file, if it changed. errors: VGPU_SIM_ERROR_IMPOSSIBLE for a host that cannot be,
 * VGPU_SIM_ERROR_FILE, VGPU_SIM_ERROR_DENIED */
gboolean vgpu_sim_edit_commit (VgpuSimEdit *edit, GError **error);

/* Gives the lock back, committed or not. */
void vgpu_sim_edit_end (VgpuSimEdit *edit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgpuSimEdit, vgpu_sim_edit_end)
