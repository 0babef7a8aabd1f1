/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The members of findings and verdicts, which are opaque in the public header. Internal code keeps verdicts
 * in arrays. */
#pragma once

#include "vgpu-gate/vgpu-gate.h"

/* The code determines which members are set; see vgate_finding_describe (). */
struct VgateFinding {
    int code; /* VGATE-NNN */
    VgateSeverity severity;
    gboolean at_destination; /* of a rule that can fail on either side: it failed on the destination */
    guint64 source;
    guint64 destination;
    guint64 destination_max;
    const char *source_text;
    const char *destination_text;
    VgateDownTime down_time;
};

/* The settings of a scheduler as source and destination of VGATE_CODE_SCHEDULER_DIFFERS: the time slice
 * in the lower 32 bits, then the mode of ARR (8 bits) and the averaging factor. */
#define VGATE_SCHEDULER_PACK(s) \
    ((guint64)(s)->average_factor << 40 | (guint64)(guint32)(s)->arr << 32 | (s)->time_slice)
#define VGATE_SCHEDULER_SLICE(packed)  ((guint32)(packed))
#define VGATE_SCHEDULER_ARR(packed)    ((int)((packed) >> 32 & 0xff))
#define VGATE_SCHEDULER_FACTOR(packed) ((guint32)((packed) >> 40))

/* A finding for each rule, NVIDIA's conditions (two for those that can fail on either side), and the driver's
 * answer. */
#define VGATE_FINDINGS_MAX (VGATE_RULES_MAX + 8)

/* states and limit are NVIDIA's answer, unless it is undecided. */
struct VgateVerdict {
    guint32 states;
    guint32 limit;
    gboolean undecided; /* the layout of a record is not known: only the driver can compare the GPUs */
    guint n_findings;
    VgateFinding findings[VGATE_FINDINGS_MAX]; /* in the order of the rules */
};

/* "about 619 ms of down-time (5312 MiB at 72000 Mbit/s of the link)": the estimate without its parts, for a
 * line. The caller frees it. */
char *vgate_down_time_summarise (const VgateDownTime *estimate);
