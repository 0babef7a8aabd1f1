/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tree.h"
#include "vgpu-gate/vgpu-gate.h"

/* Adds the policy and the members that have a meaning with it: arr, average-factor, time-slice. */
void vgate_tree_add_scheduler (JsonObject *tree, const VgateScheduler *scheduler);
