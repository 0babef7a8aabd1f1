/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The scheduler's words, by NVML's numbers, ended by NULL. The interface is in vgpu-gate.h. */
#pragma once

#include "vgpu-gate/vgpu-gate.h"

extern const char *const vgate_scheduler_policies[];
extern const char *const vgate_arr_modes[];
