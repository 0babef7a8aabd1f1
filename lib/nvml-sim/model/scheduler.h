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

/* Which scheduler calls the host's driver has: [driver] scheduler-calls. */
typedef enum {
    VGPU_SIM_SCHEDULER_V1,            /* those before r595 */
    VGPU_SIM_SCHEDULER_V1_DEPRECATED, /* both; the older ones answer DEPRECATED */
    VGPU_SIM_SCHEDULER_V2,            /* only the _v2 ones */
} VgpuSimSchedulerCalls;

/* The engines that have a scheduler, as indices. Those of the encoders need the _v2 calls. */
typedef enum {
    VGPU_SIM_GRAPHICS,
    VGPU_SIM_NVENC1,
    VGPU_SIM_NVENC0,
    VGPU_SIM_N_ENGINES,
} VgpuSimEngine;

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

/* "graphics", "nvenc1", "nvenc0". Static. */
const char *vgpu_sim_engine_name (VgpuSimEngine engine);
/* The keyfile's name of a generation of calls: "v1", "v1-deprecated", "v2"; FALSE for any other name. */
gboolean vgpu_sim_scheduler_calls_parse (const char *name, VgpuSimSchedulerCalls *calls);

/* Parses the engine's keys, "scheduler..." or "nvenc0-scheduler...". Without them, the scheduler is best
 * effort. With the _v2 calls, ARR is always on. */
gboolean vgpu_sim_scheduler_parse (VgpuSimGroup group, VgpuSimEngine engine, VgpuSimSchedulerCalls calls,
                                   VgpuSimScheduler *scheduler, GError **error);
/* Writes the keys that the policy needs, and removes the others except the epoch. */
void vgpu_sim_scheduler_write (VgpuSimGroup group, VgpuSimEngine engine, const VgpuSimScheduler *scheduler);
void vgpu_sim_scheduler_write_epoch (VgpuSimGroup group, VgpuSimEngine engine, guint64 epoch);
