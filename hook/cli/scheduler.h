/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the commands about schedulers share. */
#pragma once

#include "command.h"
#include "host/host.h"

/* The words as at most one GPU's address; *address is NULL when there is none. The caller frees it. */
gboolean vgate_command_take_gpu (const VgateCommandLine *line, char **address, GError **error);

/* policy, and what has a meaning with it: arr, average-factor, time-slice. */
void vgate_tree_add_scheduler (VgateTree *tree, const VgateScheduler *scheduler);

/* Says on standard error which GPUs (of VgateUnusableGpu *) were left out; empties the list. Returns
 * VGATE_EXIT_UNANSWERED when there were any, as what was asked is not known of them; else status. */
int vgate_command_tell_unusable (GPtrArray *unusable, int status);

int vgate_command_scheduler_set (int argc, char *argv[], const char *config);
int vgate_command_scheduler_log (int argc, char *argv[], const char *config);
