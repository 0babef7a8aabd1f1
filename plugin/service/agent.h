/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The agent: keeps the element of every domain with a vGPU on this host up to date. It receives the events of
 * domains, asks NVML after an event and at intervals, and lets the affected domains be updated. All its state
 * belongs to the main loop, which never blocks; workers update (update.h) and ask NVML (prober.h).
 */
#pragma once

#include "policy/policy.h"
#include "plugin/base/tally.h"

typedef struct VgateAgent VgateAgent;

/* Takes the policy. uri: libvirt's. */
VgateAgent *vgate_agent_new (VgatePolicy *policy, const char *uri);
/* Waits for the calls in progress. A process that must end even while calls hang must not call this. */
void vgate_agent_free (VgateAgent *agent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateAgent, vgate_agent_free)

/* Connects, repeatedly until it succeeds, and works from the default main context until freed. FALSE if this
 * host cannot be identified. */
gboolean vgate_agent_start (VgateAgent *agent, GError **error);

/* Takes a new policy, and makes an update of every guest due. The host's UUID remains the one from the start.
 * Every part of the agent that borrowed its policy sees the new one. */
void vgate_agent_set_policy (VgateAgent *agent, VgatePolicy *policy);
/* Borrowed; the same structure for the agent's life. */
const VgatePolicy *vgate_agent_policy (const VgateAgent *agent);

/* For parts that count something. Borrowed. */
VgateTally *vgate_agent_tally (VgateAgent *agent);

/* Returns the agent's status. The caller frees it before the main loop goes on, because the guests are
 * borrowed. */
VgateStatus *vgate_agent_describe (const VgateAgent *agent);
/* Call this before the process ends without freeing the agent: answers everyone who waits. */
void vgate_agent_stop (VgateAgent *agent);

/* What the agent has done since it was started. */
typedef struct {
    guint n_guests;   /* running now */
    guint n_vgpu;     /* of these, with a vGPU */
    guint n_polls;    /* NVML's answers, with failures */
    guint n_failures; /* NVML's failures */
    guint n_updates;  /* updates of a domain that were begun */
    guint n_writes;   /* elements written or removed */
} VgateAgentStats;

void vgate_agent_get_stats (const VgateAgent *agent, VgateAgentStats *stats);

/* Asks NVML now and updates the domains whose answer has changed, as at an interval. */
void vgate_agent_poll (VgateAgent *agent);
