/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/jobs/down-time.h"

#include "compat/verdict.h"

static VgateVgpuSide
side_of (const VgateSnapshot *snapshot, const VgateInstance *instance)
{
    const VgatePgpu *pgpu = g_ptr_array_index (snapshot->probe->host->pgpus, instance->pgpu);

    return (VgateVgpuSide){
        .size = sizeof (VgateVgpuSide),
        .framebuffer_used = instance->framebuffer_used,
        .runtime_state = instance->runtime_state,
        .read_bandwidth = pgpu->read_bandwidth,
    };
}

static VgateCircumstances
circumstances_of (const VgateElement *element, const VgatePolicy *policy)
{
    const gboolean is_limit_of_guest = policy->down_time_limit == 0;
    const guint64 own = element ? element->max_downtime : 0;

    return (VgateCircumstances){
        .size = sizeof (VgateCircumstances),
        .link_speed = policy->link_speed,
        .down_time_limit = is_limit_of_guest ? own : policy->down_time_limit,
        .is_limit_of_guest = is_limit_of_guest,
    };
}

char *
vgate_job_down_time (const VgateJobFacts *facts, const VgateSnapshot *snapshot, const VgatePolicy *policy)
{
    const GPtrArray *instances = facts->domain ? vgate_snapshot_find (snapshot, facts->domain->uuid) : NULL;
    VgateCircumstances circumstances = VGATE_INIT (VgateCircumstances);
    VgateDownTime estimate = VGATE_INIT (VgateDownTime);
    VgateFinding finding = {.code = VGATE_CODE_DOWN_TIME};

    if (!instances || facts->kind != VGATE_JOB_MIGRATION || facts->power != VGATE_POWER_RUNNING ||
        policy->severities[VGATE_RULE_DOWN_TIME] == VGATE_SEVERITY_IGNORE)
        return NULL;
    circumstances = circumstances_of (facts->domain->element, policy);
    for (guint i = 0; i < instances->len; i++) {
        const VgateVgpuSide side = side_of (snapshot, g_ptr_array_index (instances, i));

        if (vgate_down_time_estimate (&side, NULL, &circumstances, &estimate))
            circumstances.other_down_time = estimate.time;
    }
    if (!vgate_down_time_exceeds (&estimate, &circumstances))
        return NULL;
    finding.down_time = estimate;
    finding.destination = circumstances.down_time_limit;
    finding.at_destination = !circumstances.is_limit_of_guest;
    return vgate_finding_describe (&finding);
}
