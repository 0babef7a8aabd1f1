/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate/judge.h"

#include "gate/check.h"
#include "nvml/nvml-abi.h"

/* For the engine, the time 0 is not known. A time that was read is known. */
static gint64
known_time (gint64 time)
{
    return time != 0 ? time : -1;
}

/*
 * Only a live migration is judged by the time of the capture, and only when it begins. An image is as old as
 * it is, and the guest in it has not changed since: the same applies to a snapshot and to a definition. At
 * 'started begin' and at switch-over the age was checked before, and must not become too old in the meantime.
 * A guest that is saved was captured now.
 */
static gint64
capture_time (const VgateRequest *request)
{
    return request->operation == VGATE_OPERATION_MIGRATE ? known_time (request->domain->element->time) : 0;
}

static VgateVgpuSide
vgpu_side_of (const VgateRequest *request, const VgateElementVgpu *vgpu)
{
    const VgateElement *element = request->domain->element;

    return (VgateVgpuSide){
        .size = sizeof (VgateVgpuSide),
        .record = &vgpu->record,
        .type_id = vgpu->type,
        .type_name = vgpu->type_name,
        .scheduler = vgpu->pgpu.has_scheduler ? &vgpu->pgpu.scheduler : NULL,
        .captured = capture_time (request),
        .captured_on = element->host_uuid,
        .framebuffer_used = vgpu->framebuffer_used,
        .runtime_state = vgpu->runtime_state,
        .read_bandwidth = vgpu->pgpu.read_bandwidth,
    };
}

/* Down-time only matters to a guest that is running and continues to run. A guest that is restored from an
 * image, or is suspended, does not run during the operation anyway. */
gboolean
vgate_judge_tells_down_time (const VgateRequest *request)
{
    return request->operation == VGATE_OPERATION_MIGRATE &&
           request->domain->element->power == VGATE_POWER_RUNNING &&
           request->policy->severities[VGATE_RULE_DOWN_TIME] != VGATE_SEVERITY_IGNORE;
}

/*
 * Adds what is known about the down-time before the GPUs of the vGPUs are known: the speed of the link, the
 * limit, and the time for all of the guest's vGPUs except one (G_MAXUINT: for all). TRUE when an estimate was
 * possible for a vGPU; *estimate is then that of the last one.
 */
static gboolean
add_down_time (const VgateRequest *request, guint except, VgateCircumstances *circumstances,
               VgateDownTime *estimate)
{
    const VgateElement *element = request->domain->element;
    gboolean any = FALSE;

    circumstances->link_speed = request->policy->link_speed;
    circumstances->is_limit_of_guest = request->policy->down_time_limit == 0;
    circumstances->down_time_limit =
        circumstances->is_limit_of_guest ? element->max_downtime : request->policy->down_time_limit;
    for (guint i = 0; i < element->vgpus->len; i++) {
        const VgateVgpuSide side = vgpu_side_of (request, g_ptr_array_index (element->vgpus, i));

        if (i == except || !vgate_down_time_estimate (&side, NULL, circumstances, estimate))
            continue;
        circumstances->other_down_time = estimate->time;
        any = TRUE;
    }
    return any;
}

char *
vgate_judge_down_time (const VgateRequest *request)
{
    VgateCircumstances circumstances = VGATE_INIT (VgateCircumstances);
    VgateDownTime estimate = VGATE_INIT (VgateDownTime);
    VgateFinding finding = {.code = VGATE_CODE_DOWN_TIME};

    if (!vgate_judge_tells_down_time (request) ||
        !add_down_time (request, G_MAXUINT, &circumstances, &estimate) ||
        !vgate_down_time_exceeds (&estimate, &circumstances))
        return NULL;
    finding.down_time = estimate;
    finding.destination = circumstances.down_time_limit;
    finding.at_destination = !circumstances.is_limit_of_guest;
    return vgate_finding_describe (&finding);
}

static VgateCircumstances
circumstances_of (const VgateRequest *request, const VgateHost *host, guint vgpu)
{
    VgateCircumstances circumstances = {.size = sizeof (VgateCircumstances),
                                        .now = request->now,
                                        .max_age = request->policy->max_age,
                                        .host_max_age = request->policy->host_max_age};
    VgateDownTime others = VGATE_INIT (VgateDownTime);

    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++)
        circumstances.severities[rule] = request->policy->severities[rule];
    /* libvirt does not tell a hook which host sends the guest. But a host does not migrate guests to itself,
     * so metadata that was captured here does not belong to a guest that is sent here. A save image is
     * restored where it was captured. */
    if (request->operation == VGATE_OPERATION_MIGRATE)
        circumstances.certainly_not_from = host->uuid;
    if (vgate_judge_tells_down_time (request))
        add_down_time (request, vgpu, &circumstances, &others);
    return circumstances;
}

static VgatePgpuSide
pgpu_side_of (const VgateJudgement *j, guint index, const VgateElementVgpu *vgpu, gboolean is_held)
{
    const VgatePgpu *pgpu = g_ptr_array_index (j->host->pgpus, index);
    const VgateHostType *type = vgate_pgpu_find_type (pgpu, vgpu->type, vgpu->type_name);
    VgatePgpuSide side = {.size = sizeof (VgatePgpuSide), .record = &pgpu->record, .offer = VGATE_OFFER_NO};

    side.write_bandwidth = pgpu->write_bandwidth;
    side.described = j->request->host ? known_time (j->request->host->time) : 0;
    side.scheduler = pgpu->has_scheduler ? &pgpu->scheduler : NULL;
    if (is_held)
        side.offer = VGATE_OFFER_HELD;
    else if (type)
        side.offer = VGATE_OFFER_YES;
    side.free_instances = type ? type->free_instances : 0;
    return side;
}

/* Applies the driver's answer for this pair. A driver without the call gave no answers. */
static gboolean
apply_driver (const GArray *answers, guint vgpu, VgateCandidate *candidate, GError **error)
{
    for (guint i = 0; i < answers->len; i++) {
        const VgateDriverAnswer *answer = &g_array_index (answers, VgateDriverAnswer, i);

        if (answer->vgpu != vgpu || answer->pgpu != candidate->pgpu)
            continue;
        if (answer->rc != NVML_SUCCESS) {
            g_set_error (error, VGATE_ERROR, VGATE_CODE_NVML_ERROR, "nvmlGetVgpuCompatibility: NVML error %d",
                         answer->rc);
            return FALSE;
        }
        vgate_verdict_apply_driver (&candidate->verdict, (VgateAnswer){answer->states, answer->limit});
    }
    return TRUE;
}

gboolean
vgate_judge_pair (const VgateJudgement *j, guint vgpu, guint pgpu, gboolean is_held,
                  VgateCandidate *candidate, GError **error)
{
    const VgateElement *element = j->request->domain->element;
    const VgateElementVgpu *subject = g_ptr_array_index (element->vgpus, vgpu);
    const VgateVgpuSide vgpu_side = vgpu_side_of (j->request, subject);
    const VgatePgpuSide pgpu_side = pgpu_side_of (j, pgpu, subject, is_held);
    const VgateCircumstances circumstances = circumstances_of (j->request, j->host, vgpu);

    *candidate = (VgateCandidate){.pgpu = pgpu, .down_time = VGATE_INIT (VgateDownTime)};
    vgate_compat_judge (&vgpu_side, &pgpu_side, &circumstances, &candidate->verdict);
    if (vgate_judge_tells_down_time (j->request))
        candidate->has_down_time =
            vgate_down_time_estimate (&vgpu_side, &pgpu_side, &circumstances, &candidate->down_time);
    if (j->probe && !apply_driver (j->probe->answers, vgpu, candidate, error))
        return FALSE;
    candidate->is_possible = vgate_verdict_allows (&candidate->verdict, j->decision->state);
    return TRUE;
}

guint32
vgate_judge_needed_state (const VgateRequest *request)
{
    if (request->operation == VGATE_OPERATION_PREPARE)
        return VGATE_STATE_COLD;
    return request->domain->element->power == VGATE_POWER_SUSPENDED ? VGATE_STATE_SLEEP : VGATE_STATE_LIVE;
}

gboolean
vgate_judge_has_started (const VgateRequest *request)
{
    return request->operation == VGATE_OPERATION_STARTED || request->operation == VGATE_OPERATION_SWITCH_OVER;
}

/* TRUE when QEMU has been started for the guest, and NVML lists a vGPU of this type for it on this pGPU (an
 * index; -1: on any). */
static gboolean
has_vgpu_on (const VgateJudgement *j, const VgateElementVgpu *vgpu, int pgpu)
{
    if (!vgate_judge_has_started (j->request) || !j->probe)
        return FALSE;
    for (guint i = 0; i < j->probe->instances->len; i++) {
        const VgateInstance *instance = g_ptr_array_index (j->probe->instances, i);

        if (g_strcmp0 (instance->vm, j->request->domain->uuid) == 0 &&
            (pgpu < 0 || instance->pgpu == (guint)pgpu) &&
            vgate_pgpu_is_same_type (g_ptr_array_index (j->host->pgpus, instance->pgpu), instance->type,
                                     instance->type_name, vgpu->type, vgpu->type_name))
            return TRUE;
    }
    return FALSE;
}

/* TRUE when the vGPU cannot be on this pGPU: a hostdev determines the pGPU of its vGPU; without one, the
 * pGPUs where NVML lists the guest's vGPUs do. */
static gboolean
cannot_be_on (const VgateJudgement *j, const VgatePlacement *placement, int tied, guint pgpu)
{
    if (tied >= 0)
        return (guint)tied != pgpu;
    return placement->is_tied && !has_vgpu_on (j, placement->vgpu, (int)pgpu);
}

/*
 * TRUE when the vGPU's device exists, so that it needs no free instance. At 'started begin' each vGPU has its
 * device. If it has no hostdev and NVML does not list it yet (the driver needs a moment), it is on one of the
 * GPUs that have its type.
 */
static gboolean
is_held (const VgateJudgement *j, const VgatePlacement *placement, guint pgpu)
{
    if (j->request->operation != VGATE_OPERATION_STARTED || placement->is_tied)
        return placement->is_tied;
    return vgate_pgpu_find_type (g_ptr_array_index (j->host->pgpus, pgpu), placement->vgpu->type,
                                 placement->vgpu->type_name) != NULL;
}

VgatePlacement *
vgate_judge_vgpu (const VgateJudgement *j, guint vgpu, int tied, GError **error)
{
    VgatePlacement *placement = g_new0 (VgatePlacement, 1);

    placement->vgpu = g_ptr_array_index (j->request->domain->element->vgpus, vgpu);
    placement->candidates = g_array_new (FALSE, TRUE, sizeof (VgateCandidate));
    placement->chosen = -1;
    placement->is_listed = tied < 0 && has_vgpu_on (j, placement->vgpu, -1);
    placement->is_tied = tied >= 0 || placement->is_listed;
    g_ptr_array_add (j->decision->placements, placement);
    for (guint pgpu = 0; pgpu < j->host->pgpus->len; pgpu++) {
        VgateCandidate candidate;

        if (cannot_be_on (j, placement, tied, pgpu))
            continue;
        if (!vgate_judge_pair (j, vgpu, pgpu, is_held (j, placement, pgpu), &candidate, error))
            return NULL;
        g_array_append_val (placement->candidates, candidate);
    }
    return placement;
}

gboolean
vgate_judge_all (const VgateJudgement *j, GError **error)
{
    const GPtrArray *vgpus = j->request->domain->element->vgpus;

    for (guint i = 0; i < vgpus->len; i++) {
        const VgateElementVgpu *vgpu = g_ptr_array_index (vgpus, i);
        g_autoptr (GError) local = NULL;
        const int tied = vgate_check_find_pgpu (j->request, j->host, vgpu, &local);

        if (local) {
            /* it names the device, which identifies the vGPU */
            g_propagate_error (error, g_steal_pointer (&local));
            return FALSE;
        }
        if (!vgate_judge_vgpu (j, i, tied, error))
            return FALSE;
    }
    return TRUE;
}
