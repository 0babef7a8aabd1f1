/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forms in which 'vgpu-gate drain' is printed on standard output. */
#pragma once

#include "fleet/drain.h"
#include "virsh-lines.h"

#include <json-glib/json-glib.h>

/* Text of 80 columns. */
void vgate_drain_print_text (const VgateDrainPlan *plan, const VgateVirshHosts *hosts);
/* The commands that do what the plan says, with comments. */
void vgate_drain_print_virsh (const VgateDrainPlan *plan, const VgateVirshHosts *hosts);
/* schemas/vgpu-gate-drain.schema.json */
void vgate_drain_print_json (const VgateDrainPlan *plan, const VgateVirshHosts *hosts);

/* The commands of one migration, as char *. The caller unrefs the array. */
GPtrArray *vgate_drain_commands (const VgateMoving *moving, const VgateDrainMove *move,
                                 const VgateVirshHosts *hosts);

/* Adds the migration, with the devices of the guest and the down-time. first and next begin the first line
 * and the others. */
void vgate_drain_append_move (GString *text, const VgateMoving *moving, const VgateDrainMove *move,
                              const char *first, const char *next);
/* Adds the commands of the migration, after a comment that begins with first. */
void vgate_drain_append_commands (GString *text, const VgateMoving *moving, const VgateDrainMove *move,
                                  const VgateVirshHosts *hosts, const char *first);
/* Adds a line that a shell ignores. */
void vgate_drain_append_comment (GString *text, const char *line);
/* Adds the list "move" of VgateDrainMove *. */
void vgate_drain_add_moves (JsonObject *report, const VgateMoving *moving, const GPtrArray *moves,
                            const VgateVirshHosts *hosts);

/* Adds a line by append for each domain (char *) and each vGPU without one (VgateHostVgpu *) that run on the
 * host and are not in the fleet, and one if the host's document does not contain what runs there. */
void vgate_append_unknown (GString *text, void (*append) (GString *text, const char *line),
                           const VgateHost *host, const GPtrArray *domains, const GPtrArray *vgpus);
