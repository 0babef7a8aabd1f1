/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree-scheduler.h"

gboolean
vgate_scheduler_engine_parse (const char *text, int *engine, GError **error)
{
    *engine = VGATE_ENGINE_GRAPHICS;
    if (!text || vgate_engine_parse (text, engine))
        return TRUE;
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "invalid value '%s' for --engine: expected graphics, nvenc0 or nvenc1", text);
    return FALSE;
}

void
vgate_tree_add_engine (JsonObject *tree, int engine)
{
    if (engine != VGATE_ENGINE_GRAPHICS)
        json_object_set_string_member (tree, "engine", vgate_engine_name (engine));
}

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
