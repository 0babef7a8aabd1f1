/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The agent: keeps the element of every vGPU domain of this host true. It hears what happens to domains,
 * asks NVML when something did and at intervals, and has those domains looked at of which there is news. All
 * its state belongs to the main loop, which never blocks; workers look (look.h) and ask (prober.h).
 */
#pragma once

#include "policy/policy.h"

typedef struct VgateAgent VgateAgent;

/* Takes the policy. uri: libvirt's. */
VgateAgent *vgate_agent_new (VgatePolicy *policy, const char *uri);
/* Waits for the calls that are under way. A process that shall end whatever hangs must not call this. */
void vgate_agent_free (VgateAgent *agent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateAgent, vgate_agent_free)

/* Connects, again and again until it works, and works from the default main context until freed. FALSE when
 * this host cannot be identified. */
gboolean vgate_agent_start (VgateAgent *agent, GError **error);

/* How often it has written or taken away an element since it was started. */
guint vgate_agent_count_writes (const VgateAgent *agent);
