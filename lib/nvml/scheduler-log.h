/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The members of a vGPU scheduler's log, which is opaque in the public header. */
#pragma once

#include "vgpu-gate/vgpu-gate.h"

struct VgateSchedulerLog {
    VgateScheduler scheduler; /* set when the log was read */
    guint n_entries;
    VgateSchedulerLogEntry entries[VGATE_SCHEDULER_LOG_MAX];
};

/* A log without entries. */
VgateSchedulerLog *vgate_scheduler_log_new (void);
