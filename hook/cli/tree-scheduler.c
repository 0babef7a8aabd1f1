/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree-scheduler.h"

/* Under best effort all but the policy means nothing. */
void
vgate_tree_add_scheduler (VgateTree *tree, const VgateScheduler *scheduler)
{
    vgate_tree_add_text (tree, "policy", vgate_scheduler_policy_name (scheduler->policy));
    if (scheduler->policy == VGATE_SCHEDULER_BEST_EFFORT)
        return;
    vgate_tree_add_text (tree, "arr", vgate_arr_mode_name (scheduler->arr));
    if (scheduler->arr == VGATE_ARR_ENABLED)
        vgate_tree_add_number (tree, "average-factor", scheduler->average_factor, VGATE_UNIT_NONE);
    vgate_tree_add_number (tree, "time-slice", scheduler->time_slice, VGATE_UNIT_NS);
}
