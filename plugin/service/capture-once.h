/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gated --once: captures every running domain and checks every persistent definition once, without a
 * daemon. */
#pragma once

#include "policy/policy.h"

/*
 * Connects, removes our element from persistent definitions (leftover.h), captures every domain with a vGPU,
 * and disconnects. Blocks, and needs no running main loop. FALSE with the first error, after everything that
 * could be done was done.
 */
gboolean vgate_capture_once (const VgatePolicy *policy, const char *uri, GError **error);
