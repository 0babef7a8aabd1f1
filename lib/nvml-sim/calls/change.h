/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a call of the library changes the host file: by the same edit as vgpu-sim, so under the same lock.
 *
 * Between the snapshot that the call entered with and the lock, another process may have changed anything:
 * what was checked has to be checked again on edit->host. All return an nvmlReturn_t, written as int:
 * NO_PERMISSION when this process may not write there, UNKNOWN when it is not possible otherwise.
 */
#pragma once

#include "nvml-sim/model/edit.h"

int vgpu_sim_change_begin (VgpuSimEdit **edit);
/* From then on every process, this one included, sees the change with its next call. */
int vgpu_sim_change_commit (VgpuSimEdit *edit);
