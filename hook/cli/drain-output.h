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

/* Adds a line by append for each domain (char *) and each vGPU without one (VgateHostVgpu *) that run on the
 * host and are not in the fleet, and one if the host's document does not contain what runs there. */
void vgate_append_unknown (GString *text, void (*append) (GString *text, const char *line),
                           const VgateHost *host, const GPtrArray *domains, const GPtrArray *vgpus);
