/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The agent: keeps the element of every vGPU domain of this host true. It hears what happens to domains,
 * asks NVML when something did and at intervals, and has those domains looked at of which there is news. All
 * its state belongs to the main loop, which never blocks; workers update (update.h) and ask (prober.h).
 */
#pragma once

#include "policy/policy.h"
#include "plugin/base/tally.h"

typedef struct VgateAgent VgateAgent;

/* Takes the policy. uri: libvirt's. */
VgateAgent *vgate_agent_new (VgatePolicy *policy, const char *uri);
/* Waits for the calls that are under way. A process that must end even while calls hang does not
 * call this. */
void vgate_agent_free (VgateAgent *agent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateAgent, vgate_agent_free)

/* Connects, again and again until it works, and works from the default main context until freed. FALSE when
 * this host cannot be identified. */
gboolean vgate_agent_start (VgateAgent *agent, GError **error);

/*
 * From now on it goes by this policy, which is taken, and looks at every guest. The host's UUID stays as it
 * was at the start. Everybody to whom the agent has lent its policy sees the new one.
 */
void vgate_agent_set_policy (VgateAgent *agent, VgatePolicy *policy);
/* Borrowed; the same structure for the agent's life. */
const VgatePolicy *vgate_agent_policy (const VgateAgent *agent);

/* For those who have something to count. Borrowed. */
VgateTally *vgate_agent_tally (VgateAgent *agent);

/* What it would say of itself. The caller frees it before the main loop goes on: the guests are borrowed. */
VgateStatus *vgate_agent_describe (const VgateAgent *agent);
/* Before the process ends without freeing it: nobody is left waiting. */
void vgate_agent_stop (VgateAgent *agent);

/* What it has done since it was started. */
typedef struct {
    guint n_guests;   /* that run now */
    guint n_vgpu;     /* of them, with a vGPU */
    guint n_polls;    /* answers of NVML, failures too */
    guint n_failures; /* of NVML */
    guint n_updates;  /* that were begun, of a domain */
    guint n_writes;   /* of an element, and removals */
} VgateAgentStats;

void vgate_agent_get_stats (const VgateAgent *agent, VgateAgentStats *stats);

/* Asks NVML now and looks at those of which there is news: what an interval does. */
void vgate_agent_poll (VgateAgent *agent);
