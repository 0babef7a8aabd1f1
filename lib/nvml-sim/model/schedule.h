/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The work of a scheduler of a GPU over time: which vGPU has which slot. All engines have the same work.
 *
 * No process runs for it. The log is a pure function of the host file and the time, so that every process
 * sees the same log. Slots of equal length follow each other since the scheduler's epoch, and a table of
 * eight rounds, which is repeated for ever, contains their owners. When the table or the slots change, the
 * log starts again.
 *
 * A guest without a running driver has no work. A guest with a running driver has work in seven of eight
 * rounds; the instance number of its vGPU determines the eighth. The policies differ in the use of a slot
 * whose vGPU has no work:
 *   best effort   a round has a slot for each vGPU with work; a vGPU without work cedes its slot
 *   equal share   a round has a slot for each vGPU; the slot of a vGPU without work is unused
 *   fixed share   a round has as many slots as there can be vGPUs of the smallest type; a vGPU has its type's
 *                 share of them, whether others run or not; the rest is unused
 */
#pragma once

#include "nvml-sim/model/host.h"

/* The time in ns that a slot needs beyond its slice, for switching from one vGPU to the next. */
#define VGPU_SIM_PREEMPTION 20000u

typedef struct {
    guint64 slot;  /* within the table */
    guint32 vgpu;  /* its instance number */
    guint32 count; /* its slots in the table up to and including this one */
    guint32 total; /* its slots in the whole table */
    guint32 share; /* its slots in a round */
} VgpuSimSlot;

typedef struct {
    guint32 slice;  /* ns that a vGPU runs in a slot */
    guint64 length; /* slots in the table, used or not */
    GArray *used;   /* VgpuSimSlot, in the order of time */
} VgpuSimSchedule;

VgpuSimSchedule *vgpu_sim_schedule_new (const VgpuSimHost *host, const VgpuSimGpu *gpu, VgpuSimEngine engine);
void vgpu_sim_schedule_free (VgpuSimSchedule *schedule);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgpuSimSchedule, vgpu_sim_schedule_free)

/* TRUE when both result in the same log from the same epoch. */
gboolean vgpu_sim_schedule_equal (const VgpuSimSchedule *a, const VgpuSimSchedule *b);

/* A slot that has ended. */
typedef struct {
    guint64 end;  /* ns since the epoch */
    guint64 runs; /* the vGPU's slots since the epoch, including this one */
    guint32 vgpu;
    guint32 share; /* its slots in a round */
} VgpuSimRun;

/* Writes the last runs that had ended elapsed ns after the epoch, at most max, the oldest first. Returns
 * their number. */
guint vgpu_sim_schedule_last (const VgpuSimSchedule *schedule, guint64 elapsed, VgpuSimRun *runs, guint max);

/* The clock of epochs and logs in ns, which is the same in every process until the machine is restarted. */
guint64 vgpu_sim_schedule_now (void);
