/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nvml/scheduler-log.h"

#include "vgpu-gate/growth.h"

VgateSchedulerLog *
vgate_scheduler_log_new (void)
{
    VgateSchedulerLog *log = g_new0 (VgateSchedulerLog, 1);

    log->scheduler.size = sizeof log->scheduler;
    return log;
}

void
vgate_scheduler_log_free (VgateSchedulerLog *log)
{
    g_free (log);
}

void
vgate_scheduler_log_get_scheduler (const VgateSchedulerLog *log, VgateScheduler *scheduler)
{
    g_return_if_fail (VGATE_GROWTH_HAS_SIZE (scheduler, VGATE_SIZE_SCHEDULER));
    VGATE_GROWTH_WRITE (scheduler, &log->scheduler);
}

guint
vgate_scheduler_log_get_n_entries (const VgateSchedulerLog *log)
{
    return log->n_entries;
}

const VgateSchedulerLogEntry *
vgate_scheduler_log_get_entry (const VgateSchedulerLog *log, guint index)
{
    g_return_val_if_fail (index < log->n_entries, NULL);
    return &log->entries[index];
}
