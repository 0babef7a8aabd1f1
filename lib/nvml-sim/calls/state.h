/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state of the simulated driver in this process: the number of its initialisations, and the host as it
 * was last read.
 *
 * Every call begins with one of these functions, which check in this order: the process has initialised NVML,
 * the host file is readable, there is no fault. All return an nvmlReturn_t as int.
 */
#pragma once

#include "nvml-sim/model/host.h"

/* DRIVER_NOT_LOADED when the host file cannot be used. Initialisations are counted, as in NVML. */
int vgpu_sim_state_initialise (const char *call);
int vgpu_sim_state_shutdown (const char *call);

/* Makes the next call read the host file again, because this process has just changed it. */
void vgpu_sim_state_forget_file (void);

/* Blocks while the host file makes the call hang. On success *host is a new reference. */
int vgpu_sim_state_enter (const char *call, VgpuSimHost **host);
