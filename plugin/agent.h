/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The agent: keeps the element of every vGPU domain of this host true. A pass asks NVML once, and looks at
 * the domains that have vGPUs; it writes only what changed. Passes are made when something happened and at an
 * interval.
 */
#pragma once

#include "policy/policy.h"

typedef struct VgateAgent VgateAgent;

/* Takes the policy. uri: libvirt's, NULL for its default. */
VgateAgent *vgate_agent_new (VgatePolicy *policy, const char *uri);
void vgate_agent_free (VgateAgent *agent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateAgent, vgate_agent_free)

/* Connects, again and again until it works, and works from the default main context until freed. FALSE when
 * this host cannot be identified. */
gboolean vgate_agent_start (VgateAgent *agent, GError **error);

/* Connects, captures every vGPU domain and leaves. FALSE with the first error; what could be captured is. */
gboolean vgate_agent_run_once (VgateAgent *agent, GError **error);
