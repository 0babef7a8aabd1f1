/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the engine says, laid open for our own code: verdicts stand in arrays here. */
#pragma once

#include "vgpu-gate/vgpu-gate.h"

/* Which members are set depends on the code; vgate_finding_describe () knows. */
struct VgateFinding {
    int code; /* VGATE-NNN */
    VgateSeverity severity;
    gboolean at_destination; /* the side that is to blame, where a rule can fail on either */
    guint64 source;
    guint64 destination;
    guint64 destination_max;
    const char *source_text;
    const char *destination_text;
    VgateDownTime down_time;
};

/* Each rule, those of NVIDIA's that can fail on either side twice, and the driver's own answer. */
#define VGATE_FINDINGS_MAX (VGATE_RULES_MAX + 8)

/* states and limit are NVIDIA's answer, as long as it is not undecided. */
struct VgateVerdict {
    guint32 states;
    guint32 limit;
    gboolean undecided; /* the layout is not known here: only the driver can tell */
    guint n_findings;
    VgateFinding findings[VGATE_FINDINGS_MAX]; /* in the order of the rules */
};
