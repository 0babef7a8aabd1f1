/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changes the host file for a call of the library, by the same edit as vgpu-sim and therefore under the same
 * lock.
 *
 * Another process can have changed the host between the snapshot with which the call began and the lock, so
 * all checks must be repeated on edit->host. All functions return an nvmlReturn_t as int: NO_PERMISSION when
 * this process has no permission to write the file, UNKNOWN when writing fails for another reason.
 */
#pragma once

#include "nvml-sim/model/edit.h"

int vgpu_sim_change_begin (VgpuSimEdit **edit);
/* Commits the change. Every process, including this one, sees it with its next call. */
int vgpu_sim_change_commit (VgpuSimEdit *edit);
