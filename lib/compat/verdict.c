/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public functions for verdicts and findings, which are opaque in vgpu-gate.h. */
#include "compat/verdict.h"

#include "base/codes.h"
#include "vgpu-gate/growth.h"

VgateVerdict *
vgate_verdict_new (void)
{
    VgateVerdict *verdict = g_new0 (VgateVerdict, 1);

    verdict->limit = VGATE_LIMIT_OTHER;
    return verdict;
}

void
vgate_verdict_free (VgateVerdict *verdict)
{
    g_free (verdict);
}

VgateAnswer
vgate_verdict_get_answer (const VgateVerdict *verdict)
{
    return (VgateAnswer){verdict->states, verdict->limit};
}

gboolean
vgate_verdict_is_undecided (const VgateVerdict *verdict)
{
    return verdict->undecided;
}

guint
vgate_verdict_get_n_findings (const VgateVerdict *verdict)
{
    return verdict->n_findings;
}

const VgateFinding *
vgate_verdict_get_finding (const VgateVerdict *verdict, guint index)
{
    g_return_val_if_fail (index < verdict->n_findings, NULL);
    return &verdict->findings[index];
}

const VgateFinding *
vgate_verdict_first_refusal (const VgateVerdict *verdict)
{
    for (guint i = 0; i < verdict->n_findings; i++)
        if (verdict->findings[i].severity == VGATE_SEVERITY_REFUSE)
            return &verdict->findings[i];
    return NULL;
}

gboolean
vgate_verdict_allows (const VgateVerdict *verdict, guint32 state)
{
    return (verdict->states & state) != 0 && verdict->limit == VGATE_LIMIT_NONE &&
           !vgate_verdict_first_refusal (verdict);
}

int
vgate_finding_get_code (const VgateFinding *finding)
{
    return finding->code;
}

VgateSeverity
vgate_finding_get_severity (const VgateFinding *finding)
{
    return finding->severity;
}

gboolean
vgate_finding_is_at_destination (const VgateFinding *finding)
{
    return finding->at_destination;
}

gboolean
vgate_finding_get_down_time (const VgateFinding *finding, VgateDownTime *estimate)
{
    if (finding->code != VGATE_CODE_DOWN_TIME)
        return FALSE;
    g_return_val_if_fail (VGATE_GROWTH_HAS_SIZE (estimate, VGATE_SIZE_DOWN_TIME), FALSE);
    VGATE_GROWTH_WRITE (estimate, &finding->down_time);
    return TRUE;
}
