/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate/gate.h"

#include "gate/internal.h"

#include <string.h>

static const char *const operations[] = {"migrate", "restore", "started", "start", "switch-over", "release"};

G_STATIC_ASSERT (G_N_ELEMENTS (operations) == VGATE_N_OPERATIONS);

const char *
vgate_operation_name (VgateOperation operation)
{
    return (guint)operation < G_N_ELEMENTS (operations) ? operations[operation] : "unknown";
}

static void
placement_free (VgatePlacement *placement)
{
    g_array_unref (placement->candidates);
    g_clear_error (&placement->fault);
    vgate_lease_free (placement->lease);
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
    g_free (decision->xml);
    vgate_host_free (decision->host);
    g_ptr_array_unref (decision->placements);
    g_ptr_array_unref (decision->warnings);
    g_free (decision);
}

void
vgate_decision_set (VgateDecision *decision, gboolean allowed, VgateCode code, const char *text)
{
    const VgateCodeInfo *info = vgate_code_info ((int)code);

    decision->allowed = allowed;
    decision->code = code;
    g_free (decision->text);
    decision->text = g_strdup (text ? text : info->summary);
    /* whoever is refused gets nothing */
    if (!allowed)
        g_clear_pointer (&decision->xml, g_free);
}

void
vgate_decision_refuse (VgateDecision *decision, const GError *error)
{
    const VgateCode code = error->domain == VGATE_ERROR ? (VgateCode)error->code : VGATE_CODE_INTERNAL;
    const VgateCodeInfo *info = vgate_code_info ((int)code);
    g_autofree char *text = g_strdup_printf ("%s. %s", error->message, info->cure);

    vgate_decision_set (decision, FALSE, code, text);
}

VgateDecision *
vgate_decision_new_refusal (GError *error)
{
    g_autoptr (GError) owned = error;
    VgateDecision *decision = decision_new ();

    vgate_decision_refuse (decision, owned);
    return decision;
}

static void
allow_by_policy (VgateDecision *decision, const char *key, const char *what)
{
    g_autofree char *text =
        g_strdup_printf ("allowed because the configuration says %s=allow, although %s", key, what);

    vgate_decision_set (decision, TRUE, VGATE_CODE_ALLOWED_BY_POLICY, text);
}

static void
decide_missing (const VgateRequest *request, VgateDecision *decision)
{
    g_autoptr (GError) error = g_error_new_literal (
        VGATE_ERROR, VGATE_CODE_METADATA_MISSING,
        "the guest has an NVIDIA vGPU, but its XML has no metadata: nobody captured it at the "
        "source, or --xml was given without it");

    if (request->policy->allow_missing_metadata)
        allow_by_policy (decision, "missing-metadata", error->message);
    else
        vgate_decision_refuse (decision, error);
}

/* QEMU has the guest's devices open by now, so one that is not in sysfs is a riddle. It may be a vGPU. */
static void
decide_unknown (const VgateRequest *request, const VgateHostdev *hostdev, VgateDecision *decision)
{
    g_autoptr (GError) error = g_error_new (VGATE_ERROR, VGATE_CODE_MDEV_UNKNOWN,
                                            "the guest's mediated device %s does not exist in sysfs, so "
                                            "whether it is an NVIDIA vGPU cannot be told",
                                            hostdev->source);

    if (request->policy->allow_missing_metadata)
        allow_by_policy (decision, "missing-metadata", error->message);
    else
        vgate_decision_refuse (decision, error);
}

/* A live guest arrives without an element: it may have no vGPU at all, and still be asked for. */
static void
decide_arrival (const VgateRequest *request, VgateDecision *decision)
{
    const gboolean is_started = vgate_judge_has_started (request);
    const VgateHostdev *unknown = is_started ? vgate_survey_unknown_device (request->survey) : NULL;
    g_autoptr (GError) error = NULL;

    if (!vgate_switch_over_check (request, &error))
        vgate_decision_refuse (decision, error);
    else if (vgate_survey_has_vgpu (request->survey))
        decide_missing (request, decision);
    else if (unknown)
        decide_unknown (request, unknown, decision);
    else
        vgate_decision_set (decision, TRUE, VGATE_CODE_NOT_CONCERNED, NULL);
}

static guint32
needed_state (const VgateRequest *request)
{
    if (request->operation == VGATE_OPERATION_START)
        return VGATE_STATE_COLD;
    return request->domain->element->power == VGATE_POWER_SUSPENDED ? VGATE_STATE_SLEEP : VGATE_STATE_LIVE;
}

/* The vGPUs are there already: each is where it can be, whatever room there is. FALSE: one can be nowhere. */
static gboolean
choose_first (VgateDecision *decision)
{
    gboolean all = TRUE;

    for (guint i = 0; i < decision->placements->len; i++) {
        VgatePlacement *placement = g_ptr_array_index (decision->placements, i);

        for (guint c = 0; placement->chosen < 0 && c < placement->candidates->len; c++)
            if (g_array_index (placement->candidates, VgateCandidate, c).is_possible)
                placement->chosen = (int)c;
        all = all && placement->chosen >= 0;
    }
    return all;
}

/* FALSE with an error. */
static gboolean
judge_and_place (const VgateJudgement *j, GError **error)
{
    VgateDecision *decision = j->decision;

    if (j->host->pgpus->len == 0) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_NO_PGPU,
                             "this host has no physical GPU in vGPU host mode");
        return FALSE;
    }
    if (vgate_devices_concern (j->request))
        return vgate_devices_decide (j, error);
    if (!vgate_judge_all (j, error))
        return FALSE;
    if (j->request->operation == VGATE_OPERATION_STARTED
            ? choose_first (decision)
            : vgate_place_all (decision->placements, j->host, NULL, j->request->policy)) {
        vgate_decision_set (decision, TRUE, VGATE_CODE_ALLOWED, NULL);
        vgate_collect_warnings (decision, j->host);
    } else {
        g_auto (VgateRefusal) refusal = {0};
        g_autofree char *text = NULL;

        vgate_explain_refusal (decision, j->host, &refusal);
        text = g_strdup_printf ("%s. %s", refusal.what, refusal.way_out);
        vgate_decision_set (decision, FALSE, refusal.code, text);
    }
    return TRUE;
}

static void
decide_by_verdicts (const VgateJudgement *j)
{
    g_autoptr (GError) error = NULL;

    if (judge_and_place (j, &error))
        return;
    if (vgate_error_is (error, VGATE_CODE_NVML_ERROR) && j->request->policy->allow_backend_failure)
        allow_by_policy (j->decision, "backend-failure", error->message);
    else
        vgate_decision_refuse (j->decision, error);
}

static VgateProbe *
probe_this_host (const VgateRequest *request, GError **error)
{
    const GPtrArray *vgpus = request->domain->element->vgpus;
    g_autoptr (GPtrArray) blobs = g_ptr_array_new ();
    g_auto (VgateIdentity) identity = {0};
    VgateProbing probing = {.identity = &identity, .root = request->root};

    if (!vgate_identity_read (request->root, request->policy->host_uuid, &identity, error))
        return NULL;
    for (guint i = 0; i < vgpus->len; i++)
        g_ptr_array_add (blobs, ((VgateElementVgpu *)g_ptr_array_index (vgpus, i))->metadata.bytes);
    probing.vgpus = blobs;
    if (vgate_devices_concern (request))
        probing.devices = VGATE_PROBE_DEVICES_AND_MAKEABLE;
    else if (request->domain->hostdevs->len > 0)
        probing.devices = VGATE_PROBE_DEVICES;
    probing.with_instances = vgate_judge_has_started (request) || vgate_devices_concern (request);
    return vgate_probe_ask (&request->policy->backend, &probing, error);
}

static void
decide_on_this_host (const VgateRequest *request, VgateDecision *decision)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateLeases) leases = NULL;
    g_autoptr (VgateUseLook) earlier = NULL;
    g_autoptr (VgateProbe) probe = NULL;
    VgateJudgement j = {.request = request, .decision = decision};

    /* first the lock, then NVML: an arrival whose lease is not seen here has its vGPU there */
    if (vgate_devices_concern (request)) {
        leases = vgate_devices_lock (request, &error);
        if (!leases) {
            vgate_decision_refuse (decision, error);
            return;
        }
        earlier = vgate_use_look (request->root);
    }
    probe = probe_this_host (request, &error);
    if (!probe) {
        if (request->policy->allow_backend_failure)
            allow_by_policy (decision, "backend-failure", error->message);
        else
            vgate_decision_refuse (decision, error);
        return;
    }
    vgate_survey_take_types (request->survey, probe->devices);
    decision->host = g_steal_pointer (&probe->host);
    j.host = decision->host;
    j.probe = probe;
    j.leases = leases;
    j.earlier = earlier;
    decide_by_verdicts (&j);
}

/* By the metadata of its element. */
static void
judge_element (const VgateRequest *request, VgateDecision *decision)
{
    const VgateJudgement offline = {.request = request, .host = request->host, .decision = decision};
    g_autoptr (GError) error = NULL;

    decision->state = needed_state (request);
    decision->wants_down_time = vgate_judge_tells_down_time (request) &&
                                (request->policy->link_speed > 0 || request->policy->down_time_limit > 0);
    if (!vgate_element_check (request->domain->element, request->domain->uuid, request->policy->seal_key,
                              &error) ||
        !vgate_hostdevs_check (request, &error) || !vgate_switch_over_check (request, &error))
        vgate_decision_refuse (decision, error);
    else if (request->host)
        decide_by_verdicts (&offline);
    else
        decide_on_this_host (request, decision);
}

/* Whoever arrives for certain. */
static void
decide_incoming (const VgateRequest *request, VgateDecision *decision)
{
    const VgateDomain *domain = request->domain;

    if (domain->element_error)
        vgate_decision_refuse (decision, domain->element_error);
    else if (domain->element)
        judge_element (request, decision);
    else
        decide_arrival (request, decision);
}

/* FALSE as well for one that was copied from another domain's XML: vgpu-gated writes none such. */
static gboolean
has_own_element (const VgateDomain *domain)
{
    return domain->element && strcmp (domain->element->domain, domain->uuid) == 0;
}

/* Live or offline, nobody can tell. What is certainly no element of a live guest is left to 'started begin',
 * which a guest that is migrated offline never meets. */
static void
decide_migrate (const VgateRequest *request, VgateDecision *decision)
{
    const VgateDomain *domain = request->domain;

    if (request->is_live || domain->element_error || has_own_element (domain))
        decide_incoming (request, decision);
    else
        vgate_decision_set (decision, TRUE, VGATE_CODE_LEFT_TO_STARTED, NULL);
}

/*
 * QEMU was started to receive a live guest, or nobody can tell. Its memory has not moved yet. One that was
 * judged at 'migrate begin' or 'restore begin' is judged again, by the vGPUs that it has by now; one that
 * comes out of a snapshot has not been judged before, as libvirt runs no hook of its own for that.
 */
static void
decide_started (const VgateRequest *request, VgateDecision *decision)
{
    const VgateDomain *domain = request->domain;
    g_autoptr (GError) error = NULL;

    if (!domain->element && !domain->element_error && !domain->vmstate &&
        request->policy->allow_missing_metadata && vgate_survey_has_vgpu (request->survey))
        decide_missing (request, decision);
    else if (vgate_survey_is_incoming (request->survey, &error))
        decide_incoming (request, decision);
    else if (error)
        vgate_decision_refuse (decision, error);
    else
        vgate_decision_set (decision, TRUE, VGATE_CODE_NOT_CONCERNED, NULL);
}

/*
 * 'prepare begin': the devices of an arrival are made, or those of a cold start made again. A cold guest
 * carries no metadata but what an old element left in its definition. It is judged by that only where the
 * configuration asks for it, and never by what was copied from another domain.
 */
static void
decide_start (const VgateRequest *request, VgateDecision *decision)
{
    const VgateDomain *domain = request->domain;

    if (!request->is_session && vgate_devices_prepare (request, decision))
        return;
    if (!request->policy->gate_cold_start)
        vgate_decision_set (decision, TRUE, VGATE_CODE_NOT_CONCERNED, NULL);
    else if (domain->element_error)
        vgate_decision_refuse (decision, domain->element_error);
    else if (has_own_element (domain))
        judge_element (request, decision);
    else
        vgate_decision_set (decision, TRUE, VGATE_CODE_NOT_CONCERNED, NULL);
}

static gboolean
is_certainly_no_arrival (const VgateRequest *request)
{
    g_autoptr (GError) error = NULL;

    return !vgate_survey_is_incoming (request->survey, &error) && !error;
}

/* TRUE when there is something to decide, for which the policy is needed. */
static gboolean
concerns (const VgateRequest *request)
{
    const VgateDomain *domain = request->domain;
    const gboolean has_element = domain->element || domain->element_error;
    const gboolean has_vgpu = has_element || domain->vmstate || vgate_survey_has_vgpu (request->survey);

    switch (request->operation) {
    case VGATE_OPERATION_START:
        return has_element || (!request->is_session && vgate_again_concerns (domain, request->root));
    case VGATE_OPERATION_STARTED:
        return (has_vgpu || vgate_survey_unknown_device (request->survey)) &&
               !is_certainly_no_arrival (request);
    case VGATE_OPERATION_SWITCH_OVER: return TRUE;
    default: return has_vgpu;
    }
}

/* The policy cannot be loaded. That refuses an arrival, and never a cold start: it needs a policy for what
 * the guest has leased. */
static void
decide_without_policy (const VgateRequest *request, const GError *error, VgateDecision *decision)
{
    if (request->operation == VGATE_OPERATION_START &&
        (request->is_session || !vgate_again_has_lease (request->domain, request->root)))
        vgate_decision_set (decision, TRUE, VGATE_CODE_NOT_CONCERNED, NULL);
    else
        vgate_decision_refuse (decision, error);
}

VgateDecision *
vgate_gate_decide (const VgateRequest *request)
{
    VgateDecision *decision = decision_new ();
    g_autoptr (VgateSurvey) survey = NULL;
    g_autoptr (GError) error = NULL;
    VgateRequest seen = *request;

    if (request->operation == VGATE_OPERATION_RELEASE) {
        if (request->is_session)
            vgate_decision_set (decision, TRUE, VGATE_CODE_NOT_CONCERNED, NULL);
        else
            vgate_devices_release (request, decision);
        return decision;
    }
    survey = vgate_survey_new (request->domain, request->root, request->is_session);
    seen.survey = survey;
    if (!concerns (&seen)) {
        vgate_decision_set (decision, TRUE, VGATE_CODE_NOT_CONCERNED, NULL);
        return decision;
    }
    if (!seen.policy && !seen.load (&seen, seen.load_data, &error)) {
        decide_without_policy (&seen, error, decision);
        return decision;
    }
    switch (request->operation) {
    case VGATE_OPERATION_MIGRATE: decide_migrate (&seen, decision); break;
    case VGATE_OPERATION_STARTED: decide_started (&seen, decision); break;
    case VGATE_OPERATION_START: decide_start (&seen, decision); break;
    default: decide_incoming (&seen, decision); break;
    }
    return decision;
}

char *
vgate_decision_line (const VgateDecision *decision, const char *domain)
{
    return vgate_message_line (decision->code, domain, decision->text);
}
