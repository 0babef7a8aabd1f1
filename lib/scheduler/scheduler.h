/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The vGPU scheduler's state (nvmlDeviceGetVgpuSchedulerState), as it travels with a capture and a host
 * document. */
#pragma once

#include "xml/xml.h"

typedef enum {
    VGATE_SCHEDULER_UNKNOWN, /* NVML's numbers */
    VGATE_SCHEDULER_BEST_EFFORT,
    VGATE_SCHEDULER_EQUAL_SHARE,
    VGATE_SCHEDULER_FIXED_SHARE,
} VgateSchedulerPolicy;

typedef struct {
    int policy;             /* VgateSchedulerPolicy */
    int arr;                /* adaptive round robin: 0 default, 1 disabled, 2 enabled; NVML's numbers */
    guint32 average_factor; /* with ARR; else 0 */
    guint32 time_slice;     /* ns */
} VgateScheduler;

/* "best-effort" and so on; "unknown" for any other number. Static. */
const char *vgate_scheduler_policy_name (int policy);

/* TRUE when both give a guest its time by the same policy and, where that has a meaning, the same time slice.
 */
gboolean vgate_scheduler_equal (const VgateScheduler *a, const VgateScheduler *b);

/* <scheduler policy= arr= average-factor= time-slice=/> */
gboolean vgate_scheduler_read (const VgateXmlDialect *dialect, xmlNode *node, VgateScheduler *scheduler,
                               GError **error);
void vgate_scheduler_write (GString *xml, const char *element, const VgateScheduler *scheduler);
