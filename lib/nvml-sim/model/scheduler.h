/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The settings of a GPU's vGPU scheduler: NVML's scheduler state, and the keys of [gpu ...] that keep it.
 *
 * The limits and the default averaging factor are those that NVIDIA documents; the default time slice and
 * frequency were chosen within them. None was measured.
 */
#pragma once

#include "nvml-sim/model/value.h"

#define VGPU_SIM_TIME_SLICE_MIN         1000000u /* ns */
#define VGPU_SIM_TIME_SLICE_MAX         30000000u
#define VGPU_SIM_TIME_SLICE_DEFAULT     2000000u
#define VGPU_SIM_FREQUENCY_MIN          63u /* Hz */
#define VGPU_SIM_FREQUENCY_MAX          960u
#define VGPU_SIM_FREQUENCY_DEFAULT      480u
#define VGPU_SIM_AVERAGE_FACTOR_MIN     1u
#define VGPU_SIM_AVERAGE_FACTOR_MAX     60u
#define VGPU_SIM_AVERAGE_FACTOR_DEFAULT 33u

typedef struct {
    guint policy;           /* NVML_SCHEDULER_*, never UNKNOWN */
    guint arr;              /* NVML_ARR_*; DEFAULT with best effort */
    guint32 time_slice;     /* ns; with ARR 0 */
    guint32 frequency;      /* Hz, with ARR; 0 without */
    guint32 average_factor; /* with ARR; 0 without */
    guint64 epoch;          /* when the log began, in ns of the monotonic clock */
} VgpuSimScheduler;

/* The keyfile's name for a policy, such as "best-effort". Static. */
const char *vgpu_sim_scheduler_policy_name (guint policy);
/* The time in ns for which a vGPU runs at once; with ARR one period of the frequency. */
guint32 vgpu_sim_scheduler_slice (const VgpuSimScheduler *scheduler);

/* Parses the keys that begin with "scheduler". Without them, the scheduler is best effort. */
gboolean vgpu_sim_scheduler_parse (VgpuSimGroup group, VgpuSimScheduler *scheduler, GError **error);
/* Writes the keys that the policy needs, and removes the others except the epoch. */
void vgpu_sim_scheduler_write (VgpuSimGroup group, const VgpuSimScheduler *scheduler);
void vgpu_sim_scheduler_write_epoch (VgpuSimGroup group, guint64 epoch);
