/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A vGPU scheduler's log, laid open for our own code. */
#pragma once

#include "vgpu-gate/vgpu-gate.h"

struct VgateSchedulerLog {
    VgateScheduler scheduler; /* in force */
    guint n_entries;
    VgateSchedulerLogEntry entries[VGATE_SCHEDULER_LOG_MAX];
};

/* Empty. */
VgateSchedulerLog *vgate_scheduler_log_new (void);
