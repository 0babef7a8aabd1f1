/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate/gate.h"

#include "gate/internal.h"
#include "nvml/nvml-abi.h"

static const char *const operations[] = {"migrate", "restore", "started", "start", "switch-over"};

G_STATIC_ASSERT (G_N_ELEMENTS (operations) == VGATE_N_OPERATIONS);

const char *
vgate_operation_name (VgateOperation operation)
{
    return operations[operation];
}

static void
placement_free (VgatePlacement *placement)
{
    g_array_unref (placement->candidates);
    g_free (placement);
}

static void
warning_free (VgateWarning *warning)
{
    g_free (warning->text);
    g_free (warning);
}

static VgateDecision *
decision_new (void)
{
    VgateDecision *decision = g_new0 (VgateDecision, 1);

    decision->placements = g_ptr_array_new_with_free_func ((GDestroyNotify)placement_free);
    decision->warnings = g_ptr_array_new_with_free_func ((GDestroyNotify)warning_free);
    return decision;
}

void
vgate_decision_free (VgateDecision *decision)
{
    if (!decision)
        return;
    g_free (decision->text);
    vgate_host_free (decision->host);
    g_ptr_array_unref (decision->placements);
    g_ptr_array_unref (decision->warnings);
    g_free (decision);
}

static void
set_outcome (VgateDecision *decision, gboolean allowed, VgateCode code, const char *text)
{
    const VgateCodeInfo *info = vgate_code_info ((int)code);

    decision->allowed = allowed;
    decision->code = code;
    g_free (decision->text);
    decision->text = g_strdup (text ? text : info->summary);
}

/* The way out is the code's; the text is the case's. */
static void
refuse (VgateDecision *decision, const GError *error)
{
    const VgateCode code = error->domain == VGATE_ERROR ? (VgateCode)error->code : VGATE_CODE_INTERNAL;
    const VgateCodeInfo *info = vgate_code_info ((int)code);
    g_autofree char *text = g_strdup_printf ("%s. %s", error->message, info->cure);

    set_outcome (decision, FALSE, code, text);
}

VgateDecision *
vgate_decision_new_refusal (GError *error)
{
    g_autoptr (GError) owned = error;
    VgateDecision *decision = decision_new ();

    refuse (decision, owned);
    return decision;
}

static void
allow_by_policy (VgateDecision *decision, const char *key, const char *what)
{
    g_autofree char *text =
        g_strdup_printf ("allowed because the configuration says %s=allow, although %s", key, what);

    set_outcome (decision, TRUE, VGATE_CODE_ALLOWED_BY_POLICY, text);
}

static void
decide_missing (const VgateRequest *request, VgateDecision *decision)
{
    g_autoptr (GError) error =
        g_error_new_literal (VGATE_ERROR, VGATE_CODE_METADATA_MISSING,
                             "the guest has an NVIDIA vGPU, but nobody captured its metadata at the source");

    if (request->policy->allow_missing_metadata)
        allow_by_policy (decision, "missing-metadata", error->message);
    else
        refuse (decision, error);
}

/* A live guest arrives without an element: it may have no vGPU at all, and still be asked for. */
static void
decide_arrival (const VgateRequest *request, VgateDecision *decision)
{
    g_autoptr (GError) error = NULL;

    if (!vgate_switch_over_check (request, &error))
        refuse (decision, error);
    else if (vgate_gate_has_vgpu (request->domain, request->root))
        decide_missing (request, decision);
    else
        set_outcome (decision, TRUE, VGATE_CODE_NOT_CONCERNED, NULL);
}

/* QEMU was started to receive a live guest whose memory has not moved yet, or nobody can tell. */
static void
decide_started (const VgateRequest *request, VgateDecision *decision)
{
    g_autoptr (GError) error = NULL;

    if (!request->domain->vmstate && request->policy->allow_missing_metadata)
        decide_missing (request, decision);
    else if (vgate_qemu_is_incoming (request->root, request->domain->name, &error))
        decide_arrival (request, decision);
    else if (error)
        refuse (decision, error);
    else
        set_outcome (decision, TRUE, VGATE_CODE_NOT_CONCERNED, NULL);
}

static void
decide_without_element (const VgateRequest *request, VgateDecision *decision)
{
    switch (request->operation) {
    case VGATE_OPERATION_MIGRATE:
        if (request->is_live)
            decide_arrival (request, decision);
        else
            set_outcome (decision, TRUE, VGATE_CODE_LEFT_TO_STARTED, NULL);
        break;
    case VGATE_OPERATION_RESTORE:
    case VGATE_OPERATION_SWITCH_OVER: decide_arrival (request, decision); break;
    case VGATE_OPERATION_STARTED: decide_started (request, decision); break;
    default: set_outcome (decision, TRUE, VGATE_CODE_NOT_CONCERNED, NULL); break;
    }
}

static guint32
needed_state (const VgateRequest *request)
{
    if (request->operation == VGATE_OPERATION_START)
        return VGATE_STATE_COLD;
    return request->domain->element->power == VGATE_POWER_SUSPENDED ? VGATE_STATE_SLEEP : VGATE_STATE_LIVE;
}

static VgateCircumstances
circumstances_of (const VgateRequest *request, const VgateHost *host)
{
    VgateCircumstances circumstances = {.now = request->now, .max_age = request->policy->max_age};

    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++)
        circumstances.severities[rule] = request->policy->severities[rule];
    /* Who sends is not said to a hook. But nobody migrates to himself: what was captured here was not sent
     * from here. A save image comes back to where it was captured. */
    if (request->operation == VGATE_OPERATION_MIGRATE)
        circumstances.certainly_not_from = host->uuid;
    return circumstances;
}

static VgateVgpuSide
vgpu_side_of (const VgateElement *element, const VgateElementVgpu *vgpu)
{
    return (VgateVgpuSide){
        .record = &vgpu->record,
        .type_id = vgpu->type,
        .type_name = vgpu->type_name,
        .scheduler = vgpu->pgpu.has_scheduler ? &vgpu->pgpu.scheduler : NULL,
        .captured = element->time,
        .captured_on = element->host_uuid,
    };
}

static VgatePgpuSide
pgpu_side_of (const VgatePgpu *pgpu, const VgateElementVgpu *vgpu, gboolean is_held)
{
    const VgateHostType *type = vgate_pgpu_find_type (pgpu, vgpu->type, vgpu->type_name);
    VgatePgpuSide side = {.record = &pgpu->record, .offer = VGATE_OFFER_NO};

    side.scheduler = pgpu->has_scheduler ? &pgpu->scheduler : NULL;
    if (is_held)
        side.offer = VGATE_OFFER_HELD;
    else if (type)
        side.offer = VGATE_OFFER_YES;
    side.free_instances = type ? type->free_instances : 0;
    return side;
}

/* The driver was asked for every pair, where it has the call. */
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

typedef struct {
    const VgateRequest *request;
    const VgateHost *host;
    const GArray *answers;      /* NULL with a host document: no driver was asked */
    const GPtrArray *instances; /* of VgateInstance *; NULL but at switch-over */
    VgateDecision *decision;
} Judgement;

/* A hostdev says where a vGPU goes; without one, at switch-over, where the guest's vGPUs are says it. */
static gboolean
is_out_of_question (const Judgement *j, const VgatePlacement *placement, int tied, guint pgpu)
{
    if (tied >= 0)
        return (guint)tied != pgpu;
    return placement->is_tied && !vgate_switch_over_holds (j->instances, j->request->domain->uuid,
                                                           placement->vgpu->type, (int)pgpu);
}

static gboolean
judge_vgpu (const Judgement *j, guint index, VgatePlacement *placement, GError **error)
{
    const VgateElement *element = j->request->domain->element;
    const VgateVgpuSide vgpu = vgpu_side_of (element, placement->vgpu);
    const VgateCircumstances circumstances = circumstances_of (j->request, j->host);
    g_autoptr (GError) local = NULL;
    const int tied = vgate_hostdevs_find_pgpu (j->request, j->host, placement->vgpu, &local);

    if (local) {
        g_propagate_prefixed_error (error, g_steal_pointer (&local), "vGPU %s: ", placement->vgpu->uuid);
        return FALSE;
    }
    placement->is_tied =
        tied >= 0 ||
        (j->instances && vgate_switch_over_holds (j->instances, j->request->domain->uuid, vgpu.type_id, -1));
    for (guint i = 0; i < j->host->pgpus->len; i++) {
        VgateCandidate candidate = {.pgpu = i};
        const VgatePgpuSide pgpu =
            pgpu_side_of (g_ptr_array_index (j->host->pgpus, i), placement->vgpu, placement->is_tied);

        if (is_out_of_question (j, placement, tied, i))
            continue;
        vgate_compat_judge (&vgpu, &pgpu, &circumstances, &candidate.verdict);
        if (j->answers && !apply_driver (j->answers, index, &candidate, error))
            return FALSE;
        candidate.is_possible = vgate_verdict_allows (&candidate.verdict, j->decision->state);
        g_array_append_val (placement->candidates, candidate);
    }
    return TRUE;
}

/* FALSE with an error: the driver failed in the middle of it, or a hostdev's device is not what it must be.
 */
static gboolean
judge_all (const Judgement *j, GError **error)
{
    const GPtrArray *vgpus = j->request->domain->element->vgpus;

    for (guint i = 0; i < vgpus->len; i++) {
        VgatePlacement *placement = g_new0 (VgatePlacement, 1);

        placement->vgpu = g_ptr_array_index (vgpus, i);
        placement->candidates = g_array_new (FALSE, TRUE, sizeof (VgateCandidate));
        placement->chosen = -1;
        g_ptr_array_add (j->decision->placements, placement);
        if (!judge_vgpu (j, i, placement, error))
            return FALSE;
    }
    return TRUE;
}

static void
decide_by_verdicts (const Judgement *j)
{
    g_autoptr (GError) error = NULL;

    if (j->host->pgpus->len == 0) {
        error = g_error_new_literal (VGATE_ERROR, VGATE_CODE_NO_PGPU,
                                     "this host has no physical GPU in vGPU host mode");
    } else if (judge_all (j, &error)) {
        if (vgate_place_all (j->decision->placements, j->host, j->request->policy)) {
            set_outcome (j->decision, TRUE, VGATE_CODE_ALLOWED, NULL);
            vgate_collect_warnings (j->decision, j->host);
        } else {
            vgate_explain_refusal (j->decision, j->host);
        }
        return;
    }
    if (vgate_error_is (error, VGATE_CODE_NVML_ERROR) && j->request->policy->allow_backend_failure)
        allow_by_policy (j->decision, "backend-failure", error->message);
    else
        refuse (j->decision, error);
}

static VgateProbe *
probe_this_host (const VgateRequest *request, GError **error)
{
    const GPtrArray *vgpus = request->domain->element->vgpus;
    g_autoptr (GPtrArray) blobs = g_ptr_array_new ();
    g_auto (VgateIdentity) identity = {0};

    if (!vgate_identity_read (request->root, request->policy->host_uuid, &identity, error))
        return NULL;
    for (guint i = 0; i < vgpus->len; i++)
        g_ptr_array_add (blobs, ((VgateElementVgpu *)g_ptr_array_index (vgpus, i))->metadata.bytes);
    return vgate_probe_ask (&request->policy->backend, &identity, blobs,
                            request->operation == VGATE_OPERATION_SWITCH_OVER, error);
}

static void
decide_on_this_host (const VgateRequest *request, VgateDecision *decision)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateProbe) probe = probe_this_host (request, &error);
    Judgement j = {.request = request, .decision = decision};

    if (!probe) {
        if (request->policy->allow_backend_failure)
            allow_by_policy (decision, "backend-failure", error->message);
        else
            refuse (decision, error);
        return;
    }
    decision->host = g_steal_pointer (&probe->host);
    j.host = decision->host;
    j.answers = probe->answers;
    j.instances = request->operation == VGATE_OPERATION_SWITCH_OVER ? probe->instances : NULL;
    decide_by_verdicts (&j);
}

static void
decide_with_element (const VgateRequest *request, VgateDecision *decision)
{
    const Judgement offline = {.request = request, .host = request->host, .decision = decision};
    g_autoptr (GError) error = NULL;

    if (request->operation == VGATE_OPERATION_START && !request->policy->gate_cold_start) {
        set_outcome (decision, TRUE, VGATE_CODE_NOT_CONCERNED, NULL);
        return;
    }
    decision->state = needed_state (request);
    if (!vgate_element_check (request->domain->element, request->domain->uuid, request->policy->seal_key,
                              &error) ||
        !vgate_hostdevs_check (request, &error) || !vgate_switch_over_check (request, &error))
        refuse (decision, error);
    else if (request->host)
        decide_by_verdicts (&offline);
    else
        decide_on_this_host (request, decision);
}

static gboolean
is_certainly_no_arrival (const VgateDomain *domain, const char *root)
{
    g_autoptr (GError) error = NULL;

    return !vgate_qemu_is_incoming (root, domain->name, &error) && !error;
}

gboolean
vgate_gate_concerns (const VgateDomain *domain, VgateOperation operation, const char *root)
{
    switch (operation) {
    case VGATE_OPERATION_START: return domain->element != NULL;
    /* an element has been judged at 'migrate begin' or 'restore begin', before QEMU was started */
    case VGATE_OPERATION_STARTED:
        return !domain->element && (domain->vmstate || vgate_gate_has_vgpu (domain, root)) &&
               !is_certainly_no_arrival (domain, root);
    default: return domain->element || domain->vmstate || vgate_gate_has_vgpu (domain, root);
    }
}

VgateDecision *
vgate_gate_decide (const VgateRequest *request)
{
    VgateDecision *decision = decision_new ();

    if (!vgate_gate_concerns (request->domain, request->operation, request->root))
        set_outcome (decision, TRUE, VGATE_CODE_NOT_CONCERNED, NULL);
    else if (!request->domain->element)
        decide_without_element (request, decision);
    else
        decide_with_element (request, decision);
    return decision;
}

char *
vgate_decision_line (const VgateDecision *decision, const char *domain)
{
    return vgate_message_line (decision->code, domain, decision->text);
}
