/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forms in which 'vgpu-gate drain' is printed on standard output. */
#pragma once

#include "fleet/drain.h"
#include "virsh-lines.h"

/* Text of 80 columns. */
void vgate_drain_print_text (const VgateDrainPlan *plan, const VgateVirshHosts *hosts);
/* The commands that do what the plan says, with comments. */
void vgate_drain_print_virsh (const VgateDrainPlan *plan, const VgateVirshHosts *hosts);
/* schemas/vgpu-gate-drain.schema.json */
void vgate_drain_print_json (const VgateDrainPlan *plan, const VgateVirshHosts *hosts);

/* The commands of one migration, as char *. The caller unrefs the array. */
GPtrArray *vgate_drain_commands (const VgateDrainPlan *plan, const VgateDrainMove *move,
                                 const VgateVirshHosts *hosts);
