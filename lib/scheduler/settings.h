/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The settings of a vGPU scheduler as people write them, on the command line and in a file. */
#pragma once

#include "vgpu-gate/vgpu-gate.h"

/* One setting: its name, and how its value is read. */
typedef struct {
    const char *name;     /* "policy", "time-slice" */
    const char *expected; /* for messages */
    gboolean (*read) (const char *text, VgateSchedulerSettings *settings);
} VgateSchedulerSetting;

/* All settings. Static. */
const VgateSchedulerSetting *vgate_scheduler_settings_list (gsize *n);
/* The setting of this name. Static; NULL when the name is unknown. */
const VgateSchedulerSetting *vgate_scheduler_setting_find (const char *name);

/*
 * TRUE when a scheduler with these settings looks like this one. What the settings leave to the driver (0) is
 * not compared. NVML does not return a frequency, so the time slice is compared that belongs to it.
 */
gboolean vgate_scheduler_has_settings (const VgateScheduler *scheduler,
                                       const VgateSchedulerSettings *settings);

/* "equal-share with 2 ms, adaptive round robin disabled"; "best-effort". The caller frees it. */
char *vgate_scheduler_describe (const VgateScheduler *scheduler);
char *vgate_scheduler_settings_describe (const VgateSchedulerSettings *settings);
