/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a GPU's scheduler does over time: which vGPU has which slot.
 *
 * Nothing runs for it. The log is a pure function of the host file and the time, so every process sees the
 * same one: slots of one length follow each other since the scheduler's epoch, and a table of eight rounds,
 * repeated for ever, says whose they are. Whenever the table or the slots change, the log begins anew.
 *
 * A guest whose driver is down has no work. One whose driver is up has some in seven rounds of eight, each
 * vGPU with its own pause. The policies differ in what becomes of a slot whose vGPU has no work:
 *   best effort   a round has a slot for each vGPU with work: who has none cedes it
 *   equal share   a round has a slot for each vGPU; without work it goes by unused
 *   fixed share   a round has as many slots as there may be vGPUs of the smallest type; a vGPU has its
 *                 type's share of them, whether others run or not; the rest goes by unused
 */
#pragma once

#include "nvml-sim/model/host.h"

/* What a slot costs beyond its slice, ns: taking the GPU from one vGPU and giving it to the next. */
#define VGPU_SIM_PREEMPTION 20000u

typedef struct {
    guint64 slot;  /* within the table */
    guint32 vgpu;  /* its instance number */
    guint32 count; /* how many slots it had in this table, this one included */
    guint32 total; /* and how many in the whole table */
} VgpuSimSlot;

typedef struct {
    guint32 slice;  /* ns that a vGPU runs in a slot */
    guint64 length; /* slots in the table, used or not */
    GArray *used;   /* VgpuSimSlot, in the order of time */
} VgpuSimSchedule;

VgpuSimSchedule *vgpu_sim_schedule_new (const VgpuSimHost *host, const VgpuSimGpu *gpu);
void vgpu_sim_schedule_free (VgpuSimSchedule *schedule);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgpuSimSchedule, vgpu_sim_schedule_free)

/* Both give the same log from the same epoch. */
gboolean vgpu_sim_schedule_equal (const VgpuSimSchedule *a, const VgpuSimSchedule *b);

/* One slot that is over. */
typedef struct {
    guint64 end;  /* ns since the epoch */
    guint64 runs; /* the vGPU's slots since then, this one included */
    guint32 vgpu;
} VgpuSimRun;

/* The last runs that were over elapsed ns after the epoch, at most max of them, the oldest first; returns how
 * many. */
guint vgpu_sim_schedule_last (const VgpuSimSchedule *schedule, guint64 elapsed, VgpuSimRun *runs, guint max);

/* The clock of epochs and logs: ns, the same in every process since the machine was started. */
guint64 vgpu_sim_schedule_now (void);
