/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gated --once: one look at every domain that runs and at every persistent definition, and no daemon. */
#pragma once

#include "policy/policy.h"

/*
 * Connects, takes our element out of persistent definitions (leftover.h), captures every vGPU domain, and
 * leaves. Blocks, and needs no running main loop. FALSE with the first error; what could be done is.
 */
gboolean vgate_capture_once (const VgatePolicy *policy, const char *uri, GError **error);
