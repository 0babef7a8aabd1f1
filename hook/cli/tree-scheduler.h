/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tree.h"
#include "vgpu-gate/vgpu-gate.h"

/* An entry for the option --engine of the scheduler commands, which gets the text. */
#define VGATE_SCHEDULER_ENGINE(text)                                                   \
    {                                                                                  \
        "engine", 0, 0, G_OPTION_ARG_STRING, (text),                                   \
            "use the scheduler of engine ENGINE: graphics, nvenc0 or nvenc1", "ENGINE" \
    }
/* The engine of this text; the graphics engine for NULL. FALSE with a usage error for any other text. */
gboolean vgate_scheduler_engine_parse (const char *text, int *engine, GError **error);
/* Adds the engine, unless it is the graphics engine. */
void vgate_tree_add_engine (JsonObject *tree, int engine);
/* Adds the policy and the members that have a meaning with it: arr, average-factor, time-slice. */
void vgate_tree_add_scheduler (JsonObject *tree, const VgateScheduler *scheduler);
