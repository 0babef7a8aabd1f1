/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of the policies and of the ARR modes, indexed by NVML's numbers and terminated by NULL. The
 * public functions for them are in vgpu-gate.h. */
#pragma once

#include "vgpu-gate/vgpu-gate.h"

extern const char *const vgate_scheduler_policies[];
extern const char *const vgate_arr_modes[];
