/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate/gate.h"

#include "base/run-directory.h"
#include "gate/assign.h"
#include "gate/booked.h"
#include "gate/check.h"
#include "gate/judge.h"
#include "gate/managed-save.h"
#include "gate/permit.h"
#include "gate/report.h"
#include "base/descriptor.h"
#include "host/identity.h"
#include "host/qemu-process.h"
#include "placement/prepare.h"
#include "placement/survey.h"
#include "xml/xml.h"

#include <fcntl.h>
#include <string.h>

static void
allow_by_policy (VgateDecision *decision, const char *key, const char *what)
{
    g_autofree char *text = g_strdup_printf ("allowed by %s=allow: %s", key, what);

    vgate_decision_set (decision, TRUE, VGATE_CODE_ALLOWED_BY_POLICY, text);
}

static void
decide_missing (const VgateRequest *request, VgateDecision *decision)
{
    const char *what = request->operation == VGATE_OPERATION_RESTORE
                           ? "the save image contains no metadata of the guest's NVIDIA vGPU"
                           : "the guest has an NVIDIA vGPU whose metadata was not captured on the source";
    g_autoptr (GError) error = NULL;

    if (request->policy->allow_missing_metadata) {
        allow_by_policy (decision, "missing-metadata", what);
        return;
    }
    if (vgate_permit_use (request, &error)) {
        vgate_decision_set (decision, TRUE, VGATE_CODE_ALLOWED_BY_POLICY,
                            "allowed by 'vgpu-gate allow-restore': the guest has an NVIDIA vGPU whose "
                            "metadata was not captured");
        return;
    }
    if (!error)
        g_set_error_literal (&error, VGATE_ERROR, VGATE_CODE_METADATA_MISSING, what);
    vgate_decision_refuse (decision, error);
}

/* The reason why it is not known whether a device is a vGPU. When QEMU already has the guest's devices open,
 * a device that is missing in sysfs has no explanation. */
static GError *
describe_unknown (const VgateRequest *request, const VgateHostdev *hostdev)
{
    const char *what = hostdev->kind == VGATE_HOSTDEV_MDEV ? "mediated device" : "PCI device";

    if (!request->is_question)
        return g_error_new (VGATE_ERROR, VGATE_CODE_MDEV_UNKNOWN,
                            "cannot tell whether %s %s is an NVIDIA vGPU: it is not in sysfs", what,
                            hostdev->source);
    return g_error_new (VGATE_ERROR, VGATE_CODE_VGPU_UNKNOWN,
                        "cannot tell whether %s %s is an NVIDIA vGPU: %s, and the XML has no metadata", what,
                        hostdev->source,
                        !request->host           ? "it is not on this host"
                        : request->host->devices ? "the host document does not list it"
                                                 : "the document lacks the host's devices");
}

static void
decide_unknown (const VgateRequest *request, const VgateHostdev *hostdev, VgateDecision *decision)
{
    g_autoptr (GError) error = describe_unknown (request, hostdev);

    if (request->policy->allow_missing_metadata)
        allow_by_policy (decision, "missing-metadata", error->message);
    else
        vgate_decision_refuse (decision, error);
}

/* A running guest arrives without an element. It can have no vGPU, and still have QEMU's object for
 * switch-over. */
static void
decide_arrival (const VgateRequest *request, VgateDecision *decision)
{
    const VgateHostdev *unknown = NULL;
    g_autoptr (GError) error = NULL;

    if (request->is_question)
        unknown = vgate_observation_absent_device (request->observation);
    else if (vgate_judge_has_started (request))
        unknown = vgate_observation_unknown_device (request->observation);

    if (!vgate_check_switch_over (request, &error))
        vgate_decision_refuse (decision, error);
    else if (vgate_observation_has_vgpu (request->observation))
        decide_missing (request, decision);
    else if (unknown)
        decide_unknown (request, unknown, decision);
    else
        vgate_decision_set (decision, TRUE, VGATE_CODE_NOT_CONCERNED, NULL);
}

/* The vGPUs already exist, so free instances do not matter: chooses the first possible GPU for each. FALSE
 * when a vGPU has no possible GPU. */
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

/* Judges the guest's vGPUs, and sets the decision. FALSE with an error when that is not possible. */
static gboolean
judge_and_place (const VgateJudgement *j, GError **error)
{
    VgateDecision *decision = j->decision;
    g_autoptr (GArray) booked = vgate_booked_promises (j->request->booked, j->host);

    if (j->host->pgpus->len == 0) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_NO_PGPU,
                             "this host has no physical GPU in vGPU host mode");
        return FALSE;
    }
    if (vgate_assign_devices_concerns (j->request))
        return vgate_assign_devices (j, error);
    if (!vgate_judge_all (j, error))
        return FALSE;
    if (j->request->operation == VGATE_OPERATION_STARTED
            ? choose_first (decision)
            : vgate_assign_gpus (decision->placements, j->host, booked, j->request->policy)) {
        vgate_decision_set (decision, TRUE, VGATE_CODE_ALLOWED, NULL);
        vgate_collect_warnings (decision, j->host);
    } else {
        g_auto (VgateRefusal) refusal = {0};

        vgate_explain_refusal (decision, j->host, &refusal);
        vgate_refusal_decide (&refusal, NULL, decision);
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
    if (vgate_assign_devices_concerns (request))
        probing.devices = VGATE_PROBE_DEVICES_AND_MAKEABLE;
    else if (request->domain->hostdevs->len > 0)
        probing.devices = VGATE_PROBE_DEVICES;
    probing.with_instances = vgate_judge_has_started (request) || vgate_assign_devices_concerns (request);
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

    /* take the lock before NVML is asked: NVML then lists the vGPU of an arrival whose lease has already
     * ended */
    if (vgate_assign_devices_concerns (request)) {
        leases = vgate_assign_devices_lock (request, &error);
        if (!leases) {
            vgate_decision_refuse (decision, error);
            return;
        }
        earlier = vgate_use_look (request->root);
        vgate_booked_add_leases (request->booked, leases);
    }
    probe = probe_this_host (request, &error);
    if (!probe) {
        if (request->policy->allow_backend_failure)
            allow_by_policy (decision, "backend-failure", error->message);
        else
            vgate_decision_refuse (decision, error);
        return;
    }
    vgate_observation_take_types (request->observation, probe->devices);
    decision->host = g_steal_pointer (&probe->host);
    j.host = decision->host;
    j.probe = probe;
    j.leases = leases;
    j.earlier = earlier;
    decide_by_verdicts (&j);
}

/* Judges the guest on the host of a document. Without the devices of that host, only a refusal of the GPUs is
 * certain. */
static void
decide_on_document (const VgateRequest *request, VgateDecision *decision)
{
    const VgateHostdev *hostdev = vgate_observation_absent_device (request->observation);
    g_autoptr (VgateProbe) probe = NULL;
    g_autoptr (VgateLeases) leases = NULL;
    VgateJudgement j = {.request = request, .host = request->host, .decision = decision};

    if (request->host->devices) {
        probe = vgate_survey_probe (request->host);
        leases = vgate_survey_leases (request->host, vgate_run_directory_clock ());
        vgate_booked_add_leases (request->booked, leases);
        j.probe = probe;
        j.leases = leases;
    }
    decide_by_verdicts (&j);
    if (!request->host->devices && decision->allowed && hostdev) {
        g_autoptr (GError) error = g_error_new (
            VGATE_ERROR, VGATE_CODE_PLACEMENT_UNKNOWN,
            "the GPUs of %s can run the guest, but the document lacks the devices of that host, and the "
            "guest needs device %s or another of its type",
            request->host->name, hostdev->source);

        vgate_decision_refuse (decision, error);
    }
}

/* Judges the guest by the metadata of its element. */
static void
judge_element (const VgateRequest *request, VgateDecision *decision)
{
    g_autoptr (GError) error = NULL;

    decision->state = vgate_judge_needed_state (request);
    decision->wants_down_time = vgate_judge_tells_down_time (request) &&
                                (request->policy->link_speed > 0 || request->policy->down_time_limit > 0);
    if ((!request->is_element_checked &&
         !vgate_element_check (request->domain->element, request->domain->uuid, request->policy->seal_key,
                               &error)) ||
        !vgate_check_hostdevs (request, &error) || !vgate_check_switch_over (request, &error))
        vgate_decision_refuse (decision, error);
    else if (request->host)
        decide_on_document (request, decision);
    else
        decide_on_this_host (request, decision);
}

/* Decides about a guest that certainly arrives, with or without an element. */
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

/* FALSE also for an element that was copied from another domain's XML, as vgpu-gated does not write such an
 * element. */
static gboolean
has_own_element (const VgateDomain *domain)
{
    return domain->element && strcmp (domain->element->domain, domain->uuid) == 0;
}

/* At 'migrate begin' it is not known whether the migration is live or offline. When the element is certainly
 * not that of a running guest, the decision is left to 'started begin', which libvirt does not run for an
 * offline migration. */
static void
decide_migrate (const VgateRequest *request, VgateDecision *decision)
{
    const VgateDomain *domain = request->domain;

    if (request->is_question || domain->element_error || has_own_element (domain))
        decide_incoming (request, decision);
    else
        vgate_decision_set (decision, TRUE, VGATE_CODE_LEFT_TO_STARTED, NULL);
}

/*
 * Decides about a guest whose QEMU was started for an incoming migration, or for which that is not known. Its
 * memory has not been transferred yet. A guest that was judged at 'migrate begin' or 'restore begin' is
 * judged again, by the vGPUs that it now has. A guest that is reverted to a snapshot has not been judged
 * before, because libvirt runs no hook for that.
 */
static void
decide_started (const VgateRequest *request, VgateDecision *decision)
{
    const VgateDomain *domain = request->domain;
    g_autoptr (GError) error = NULL;

    if (!domain->element && !domain->element_error && !domain->vmstate &&
        request->policy->allow_missing_metadata && vgate_observation_has_vgpu (request->observation))
        decide_missing (request, decision);
    else if (vgate_observation_is_incoming (request->observation, &error))
        decide_incoming (request, decision);
    else if (error)
        vgate_decision_refuse (decision, error);
    else
        vgate_decision_set (decision, TRUE, VGATE_CODE_NOT_CONCERNED, NULL);
}

/* FALSE when the guest has no lease, so that the decision is not set. */
static gboolean
prepare_devices (const VgateRequest *request, VgateDecision *decision)
{
    const VgatePreparation preparation = {
        .root = request->root,
        .domain = request->domain,
        .lease_time = request->policy->lease_time,
        .may_make_again = request->policy->placement_mode == VGATE_PLACEMENT_APPLY,
        .is_dry_run = request->is_dry_run,
    };
    g_autoptr (GError) error = NULL;
    gboolean made_any;
    const gboolean is_prepared = vgate_prepare_devices (&preparation, &made_any, &error);

    if (error)
        vgate_decision_refuse (decision, error);
    else if (is_prepared)
        vgate_decision_set (decision, TRUE, made_any ? VGATE_CODE_DEVICES_MADE : VGATE_CODE_NOT_CONCERNED,
                            made_any && request->is_dry_run
                                ? "the guest's vGPU devices do not exist, and are created when it is started"
                                : NULL);
    return error || is_prepared;
}

/* Answers a user about the cold start of a guest without metadata, which the hook leaves to libvirt. */
static void
decide_cold_start (const VgateRequest *request, VgateDecision *decision)
{
    const VgateHostdev *unknown = vgate_observation_absent_device (request->observation);

    if (unknown)
        decide_unknown (request, unknown, decision);
    else if (vgate_observation_has_vgpu (request->observation))
        vgate_decision_set (decision, TRUE, VGATE_CODE_ALLOWED,
                            "allowed: the guest's devices exist, and a cold start needs no metadata");
    else
        vgate_decision_set (decision, TRUE, VGATE_CODE_NOT_CONCERNED, NULL);
}

/*
 * At 'prepare begin', creates the devices of an arrival, or creates those of a cold start again. A guest that
 * is started cold carries no metadata except what an old element left in its definition. It is only judged by
 * that element if the configuration asks for it, and never by an element that was copied from another domain.
 */
static void
decide_prepare (const VgateRequest *request, VgateDecision *decision)
{
    const VgateDomain *domain = request->domain;
    const gboolean is_due = request->is_question
                                ? !request->host && vgate_prepare_is_due (domain, request->root)
                                : !request->is_session && !request->is_dry_run;

    if (is_due && prepare_devices (request, decision))
        return;
    if (!request->policy->gate_cold_start)
        vgate_decision_set (decision, TRUE, VGATE_CODE_NOT_CONCERNED, NULL);
    else if (domain->element_error)
        vgate_decision_refuse (decision, domain->element_error);
    else if (has_own_element (domain))
        judge_element (request, decision);
    else if (request->is_question)
        decide_cold_start (request, decision);
    else
        vgate_decision_set (decision, TRUE, VGATE_CODE_NOT_CONCERNED, NULL);
}

static gboolean
is_certainly_no_arrival (const VgateRequest *request)
{
    g_autoptr (GError) error = NULL;

    return !vgate_observation_is_incoming (request->observation, &error) && !error;
}

/*
 * TRUE when a user asks about the host where the guest runs. The gate never has to decide that: no host
 * migrates a guest to itself, and in the document of a host the guest's own vGPUs are in the way of a restore
 * there.
 */
static gboolean
is_about_its_own_host (const VgateRequest *request)
{
    return request->is_question && (request->host || request->operation == VGATE_OPERATION_MIGRATE) &&
           vgate_observation_runs_there (request->observation);
}

static void
decide_own_host (const VgateRequest *request, VgateDecision *decision)
{
    g_autoptr (GError) error =
        request->host
            ? g_error_new (VGATE_ERROR, VGATE_CODE_RUNS_THERE,
                           "this guest runs on %s, the host of the document", request->host->name)
            : g_error_new_literal (VGATE_ERROR, VGATE_CODE_RUNS_THERE, "this guest runs on this host");

    vgate_decision_refuse (decision, error);
}

/* TRUE when there is something to decide that needs the policy. */
static gboolean
needs_decision (const VgateRequest *request)
{
    const VgateDomain *domain = request->domain;
    const gboolean has_element = domain->element || domain->element_error;
    const gboolean has_vgpu =
        has_element || domain->vmstate || vgate_observation_has_vgpu (request->observation);

    if (request->is_question)
        return has_vgpu || vgate_observation_absent_device (request->observation);
    switch (request->operation) {
    case VGATE_OPERATION_PREPARE:
        return has_element || (!request->is_session && vgate_prepare_is_due (domain, request->root));
    case VGATE_OPERATION_STARTED:
        return (has_vgpu || vgate_observation_unknown_device (request->observation)) &&
               !is_certainly_no_arrival (request);
    case VGATE_OPERATION_SWITCH_OVER: return TRUE;
    default: return has_vgpu;
    }
}

gboolean
vgate_gate_has_vgpu (const VgateDomain *domain, const char *root)
{
    g_autoptr (VgateObservation) observation = vgate_observation_new (domain, root, FALSE);

    return vgate_observation_has_vgpu (observation);
}

/* A session's managed saves are not searched. */
static gboolean
has_managed_save (const VgateRequest *request)
{
    return !request->is_session && vgate_managed_save_exists (request->root, request->domain->name);
}

/*
 * TRUE when the metadata in the XML is not in the guest's definition. At 'prepare begin' it then comes from a
 * snapshot, because libvirt starts a guest from its definition.
 */
static gboolean
is_from_snapshot (const VgateRequest *request)
{
    g_autofree char *file = g_strconcat (request->domain->name, ".xml", NULL);
    g_autofree char *path = g_build_filename (request->root, "/etc/libvirt/qemu", file, NULL);
    g_autoptr (GByteArray) text = g_byte_array_new ();

    if (request->is_question || request->is_session || strchr (request->domain->name, '/') ||
        !(request->domain->element || request->domain->element_error) ||
        !vgate_read_file (AT_FDCWD, path, VGATE_XML_SIZE_MAX, text))
        return FALSE;
    return !g_strstr_len ((const char *)text->data, (gssize)text->len, VGATE_ELEMENT_NAMESPACE);
}

/*
 * What the guest does at the moment of the operation. libvirt runs the same event for a restore from a file
 * and from the managed save, which 'virsh start' uses as long as there is one. At 'started begin', QEMU's
 * command line is the same for an arrival, an image and a snapshot (measured; libvirt 9.0 and 11.3), but
 * libvirt's status file names the job for which it has started QEMU. Without a job that is known, an arrival
 * is assumed.
 */
static VgateSituation
situation_of (const VgateRequest *request)
{
    g_autofree char *job = NULL;

    if (request->situation)
        return *request->situation;
    switch (request->operation) {
    case VGATE_OPERATION_STARTED:
        job = request->is_session ? NULL : vgate_qemu_read_job (request->root, request->domain->name);
        if (g_strcmp0 (job, "snapshot") == 0)
            return VGATE_SITUATION_REVERTS;
        if (g_strcmp0 (job, "start") != 0)
            return VGATE_SITUATION_ARRIVES;
        return has_managed_save (request) ? VGATE_SITUATION_MANAGED : VGATE_SITUATION_SAVED;
    case VGATE_OPERATION_RESTORE:
        return !request->host && has_managed_save (request) ? VGATE_SITUATION_MANAGED : VGATE_SITUATION_SAVED;
    case VGATE_OPERATION_PREPARE:
        return is_from_snapshot (request) ? VGATE_SITUATION_REVERTS : VGATE_SITUATION_STARTS;
    case VGATE_OPERATION_SAVE: return VGATE_SITUATION_RUNS;
    default: return VGATE_SITUATION_ARRIVES;
    }
}

VgateDecision *
vgate_gate_decide (const VgateRequest *request)
{
    VgateDecision *decision = vgate_decision_new ();
    g_autoptr (VgateObservation) observation = NULL;
    g_autoptr (GError) error = NULL;
    VgateRequest seen = *request;

    if (request->host && request->here)
        observation = vgate_observation_copy_for_document (request->here, request->host);
    else if (request->host)
        observation = vgate_observation_new_for_document (request->domain, request->root, request->host);
    else
        observation = vgate_observation_new (request->domain, request->root, request->is_session);
    seen.observation = observation;
    if (!needs_decision (&seen)) {
        vgate_decision_set (decision, TRUE, VGATE_CODE_NOT_CONCERNED, NULL);
        return decision;
    }
    decision->situation = situation_of (&seen);
    decision->is_after_others = request->booked && request->booked->len > 0;
    if (!seen.policy && !seen.load (&seen, seen.load_data, &error)) {
        /* an arrival is refused; a cold start only when the guest has a lease, which needs the policy */
        if (seen.operation == VGATE_OPERATION_PREPARE &&
            (seen.is_session || !vgate_prepare_has_lease (seen.domain, seen.root)))
            vgate_decision_set (decision, TRUE, VGATE_CODE_NOT_CONCERNED, NULL);
        else
            vgate_decision_refuse (decision, error);
        return decision;
    }
    if (seen.host && !request->host) {
        vgate_observation_free (observation);
        observation = vgate_observation_new_for_document (seen.domain, seen.root, seen.host);
        seen.observation = observation;
    }
    if (is_about_its_own_host (&seen)) {
        decide_own_host (&seen, decision);
        return decision;
    }
    switch (request->operation) {
    case VGATE_OPERATION_MIGRATE: decide_migrate (&seen, decision); break;
    case VGATE_OPERATION_STARTED: decide_started (&seen, decision); break;
    case VGATE_OPERATION_PREPARE: decide_prepare (&seen, decision); break;
    default: decide_incoming (&seen, decision); break;
    }
    return decision;
}
