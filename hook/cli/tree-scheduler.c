/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree-scheduler.h"

/* Under best effort only the policy has a meaning. */
void
vgate_tree_add_scheduler (JsonObject *tree, const VgateScheduler *scheduler)
{
    json_object_set_string_member (tree, "policy", vgate_scheduler_policy_name (scheduler->policy));
    if (scheduler->policy == VGATE_SCHEDULER_BEST_EFFORT)
        return;
    json_object_set_string_member (tree, "arr", vgate_arr_mode_name (scheduler->arr));
    if (scheduler->arr == VGATE_ARR_ENABLED)
        vgate_tree_set_number (tree, "average-factor", scheduler->average_factor);
    vgate_tree_set_number (tree, "time-slice", scheduler->time_slice);
}
