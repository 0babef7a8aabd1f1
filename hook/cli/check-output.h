/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forms in which the answers of vgpu-gate check are printed. */
#pragma once

#include "fleet/together.h"

/* answers: of VgateFleetAnswer *. with_commands: also the shell commands of what is allowed (--virsh). */
void vgate_check_print_text (const GPtrArray *answers, gboolean with_commands);
void vgate_check_print_json (const GPtrArray *answers, const VgateFleetQuestion *question,
                             gboolean with_commands);

/* The shell commands by which the guest is migrated or started, of char *; empty unless it is allowed there.
 * The caller unrefs the array. */
GPtrArray *vgate_check_commands (const VgateFleetAnswer *answer);
