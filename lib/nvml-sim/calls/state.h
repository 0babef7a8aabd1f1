/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state of the simulated driver in this process: how often it was initialised, and the host as last read.
 *
 * Every call enters through one function here, which settles, in this order: initialised in this process,
 * host file readable, fault. All return an nvmlReturn_t, written as int.
 */
#pragma once

#include "nvml-sim/model/host.h"

/* DRIVER_NOT_LOADED when the host file cannot be used. Counts, as NVML does. */
int vgpu_sim_state_initialise (const char *call);
int vgpu_sim_state_shutdown (const char *call);

/* The next call reads the host file again: this process has just changed it itself. */
void vgpu_sim_state_forget_file (void);

/* Blocks while the host file says that the call hangs. On success *host is a new reference. */
int vgpu_sim_state_enter (const char *call, VgpuSimHost **host);
