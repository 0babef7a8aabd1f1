/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/jobs/job.h"

#include "plugin/element/capture.h"
#include "plugin/element/difference.h"
#include "compat/verdict.h"
#include "nvml/nvml-abi.h"

#include <string.h>

void
vgate_job_read (virConnectPtr libvirt, const char *uuid, gboolean is_leaving, VgateJobFacts *facts)
{
    g_autoptr (virDomain) domain = vgate_libvirt_find_domain (libvirt, uuid, &facts->failure);
    VgateJob job;

    if (!domain || !vgate_libvirt_job (domain, is_leaving, &job, &facts->failure))
        return;
    facts->kind = job.kind;
    if (facts->kind != VGATE_JOB_MIGRATION && facts->kind != VGATE_JOB_SAVE)
        return;
    facts->name = g_strdup (virDomainGetName (domain));
    if (vgate_libvirt_power (domain, &facts->power, &facts->failure))
        facts->domain = vgate_libvirt_read_domain (domain, &facts->failure);
}

void
vgate_job_facts_clear (VgateJobFacts *facts)
{
    g_free (facts->name);
    vgate_domain_free (facts->domain);
    g_clear_error (&facts->failure);
    *facts = (VgateJobFacts){0};
}

static VgateJobVerdict
stale (GError **error, const char *what)
{
    g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_JOB_STALE, what);
    return VGATE_JOB_MUST_STOP;
}

static VgateJobVerdict
check_stale (const VgateJobFacts *facts, const VgateElement *now, const VgatePolicy *policy, GError **error)
{
    VgateElement *in_xml = facts->domain->element;
    g_autoptr (GError) local = NULL;
    g_autofree char *difference = NULL;

    /* it arrives nowhere, unless missing metadata is allowed there as it is here */
    if (!in_xml)
        return policy->allow_missing_metadata ? VGATE_JOB_MAY_GO_ON
                                              : stale (error, "the guest was not captured yet");
    if (!vgate_element_check (in_xml, facts->domain->uuid, policy->seal_key, &local))
        return stale (error, local->message);
    difference = vgate_difference_find (in_xml, now);
    return difference ? stale (error, difference) : VGATE_JOB_MAY_GO_ON;
}

/* --- a save: could it be restored here? --- */

static void
judge (const VgateSnapshot *snapshot, const VgateElement *now, const VgateElementVgpu *vgpu, guint pgpu_index,
       const VgatePolicy *policy, VgateVerdict *verdict)
{
    const VgatePgpu *pgpu = g_ptr_array_index (snapshot->probe->host->pgpus, pgpu_index);
    const VgateDriverAnswer *answer = vgate_snapshot_find_answer (snapshot, vgpu->metadata.bytes, pgpu_index);
    const VgateVgpuSide vgpu_side = {
        .size = sizeof (VgateVgpuSide),
        .record = &vgpu->record,
        .type_id = vgpu->type,
        .type_name = vgpu->type_name,
        .scheduler = vgpu->pgpu.has_scheduler ? &vgpu->pgpu.scheduler : NULL,
        .captured = now->time,
        .captured_on = now->host_uuid,
    };
    /* it sits there: it needs no free instance but its own */
    const VgatePgpuSide pgpu_side = {
        .size = sizeof (VgatePgpuSide),
        .record = &pgpu->record,
        .offer = VGATE_OFFER_HELD,
        .scheduler = pgpu->has_scheduler ? &pgpu->scheduler : NULL,
    };
    VgateCircumstances circumstances = {.size = sizeof (VgateCircumstances), .now = 0};

    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++)
        circumstances.severities[rule] = policy->severities[rule];
    vgate_compat_judge (&vgpu_side, &pgpu_side, &circumstances, verdict);
    if (answer && answer->rc == NVML_SUCCESS)
        vgate_verdict_apply_driver (verdict, (VgateAnswer){answer->states, answer->limit});
}

static void
describe_refusal (const VgateVerdict *verdict, const VgateElementVgpu *vgpu, guint32 state, GError **error)
{
    const VgateFinding *finding = vgate_verdict_first_refusal (verdict);
    g_autofree char *clause = NULL, *needed = vgate_states_describe (state),
                    *given = vgate_states_describe (verdict->states);

    if (finding)
        clause = vgate_finding_describe (finding);
    else
        clause = g_strdup_printf ("the guest needs the state %s, possible is %s", needed, given);
    g_set_error (error, VGATE_ERROR, (int)(finding ? finding->code : VGATE_CODE_STATE_NOT_GIVEN),
                 "it could not be restored on this host: vGPU %s (%s) on GPU %s (%s): %s", vgpu->uuid,
                 vgpu->type_name, vgpu->pgpu.address, vgpu->pgpu.name, clause);
}

static VgateJobVerdict
check_restorable (const VgateSnapshot *snapshot, const GPtrArray *instances, const VgateElement *now,
                  const VgatePolicy *policy, GError **error)
{
    const guint32 state = now->power == VGATE_POWER_SUSPENDED ? VGATE_STATE_SLEEP : VGATE_STATE_LIVE;

    for (guint i = 0; i < now->vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (now->vgpus, i);
        const VgateInstance *instance = g_ptr_array_index (instances, i);
        VgateVerdict verdict;

        judge (snapshot, now, vgpu, instance->pgpu, policy, &verdict);
        if (!vgate_verdict_allows (&verdict, state)) {
            describe_refusal (&verdict, vgpu, state, error);
            return VGATE_JOB_MUST_STOP;
        }
    }
    return VGATE_JOB_MAY_GO_ON;
}

/* Where the XML cannot be read: an element that is none is refused wherever it arrives. */
static VgateJobVerdict
judge_unreadable (const VgateJobFacts *facts, GError **error)
{
    if (vgate_libvirt_is_element_error (facts->failure))
        return stale (error, facts->failure->message);
    g_propagate_error (error, g_error_copy (facts->failure));
    return VGATE_JOB_UNKNOWN;
}

VgateJobVerdict
vgate_job_judge (const VgateJobFacts *facts, const VgateSnapshot *snapshot, const VgatePolicy *policy,
                 GError **error)
{
    const GPtrArray *instances;
    g_autoptr (VgateElement) now = NULL;
    VgateCaptureInput input = {
        .host = snapshot->probe->host, .devices = snapshot->probe->devices, .power = facts->power};
    VgateJobVerdict verdict = VGATE_JOB_MAY_GO_ON;

    if (!facts->domain)
        return judge_unreadable (facts, error);
    instances = vgate_snapshot_find (snapshot, facts->domain->uuid);
    if (!instances && facts->domain->element &&
        !vgate_capture_check_gone (snapshot->probe->host, facts->domain->element, NULL, error))
        return VGATE_JOB_UNKNOWN;
    if (!instances)
        return facts->domain->element && !policy->ignore_stale_metadata
                   ? stale (error, "the metadata names a vGPU, but the guest has none any more")
                   : VGATE_JOB_MAY_GO_ON;
    input.instances = instances;
    input.domain = facts->domain;
    now = vgate_capture_describe (&input, error);
    if (!now)
        return VGATE_JOB_UNKNOWN;
    if (!policy->ignore_stale_metadata)
        verdict = check_stale (facts, now, policy, error);
    if (verdict == VGATE_JOB_MAY_GO_ON && facts->kind == VGATE_JOB_SAVE && !policy->ignore_unrestorable_save)
        verdict = check_restorable (snapshot, instances, now, policy, error);
    return verdict;
}
