/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/jobs/job.h"

#include "plugin/element/capture.h"
#include "gate/departure.h"
#include "nvml/nvml-abi.h"

#include <string.h>

gboolean
vgate_job_is_judged (VgateJobKind kind)
{
    return kind == VGATE_JOB_MIGRATION || kind == VGATE_JOB_SAVE || kind == VGATE_JOB_SNAPSHOT;
}

void
vgate_job_read (virConnectPtr libvirt, const char *uuid, gboolean is_leaving, VgateJobFacts *facts)
{
    g_autoptr (virDomain) domain = vgate_libvirt_find_domain (libvirt, uuid, &facts->failure);
    VgateJob job;

    if (!domain || !vgate_libvirt_job (domain, is_leaving, &job, &facts->failure))
        return;
    facts->kind = job.kind;
    if (!vgate_job_is_judged (facts->kind))
        return;
    facts->name = g_strdup (virDomainGetName (domain));
    if (vgate_libvirt_power (domain, &facts->power, &facts->failure))
        facts->domain = vgate_libvirt_read_domain (domain, &facts->failure);
}

void
vgate_job_read_snapshot (virConnectPtr libvirt, const char *uuid, gint64 since, VgateJobFacts *facts)
{
    g_autoptr (virDomain) domain = vgate_libvirt_find_domain (libvirt, uuid, &facts->failure);
    g_autofree char *xml = NULL, *name = NULL;
    VgateDomainDocument document;

    if (!domain || !vgate_libvirt_read_snapshot (domain, since, &name, &xml, &facts->failure) || !xml)
        return;
    facts->domain = vgate_domain_read_document (xml, strlen (xml), &document, NULL, &facts->failure);
    if (!facts->domain || document != VGATE_DOMAIN_DOCUMENT_MEMORY)
        return;
    facts->kind = VGATE_JOB_SNAPSHOT;
    facts->name = g_strdup (virDomainGetName (domain));
    facts->snapshot = g_steal_pointer (&name);
}

void
vgate_job_facts_clear (VgateJobFacts *facts)
{
    g_free (facts->name);
    g_free (facts->snapshot);
    vgate_domain_free (facts->domain);
    g_clear_error (&facts->failure);
    *facts = (VgateJobFacts){0};
}

/* NVML's answer about the guest, as input for the gate. The caller clears it. */
typedef struct {
    VgateDeparture departure;
    VgateElement *now;
    GArray *pgpus, *answers;
} Described;

static void
described_clear (Described *described)
{
    vgate_element_free (described->now);
    g_clear_pointer (&described->pgpus, g_array_unref);
    g_clear_pointer (&described->answers, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Described, described_clear)

/* Adds the driver's answers for this vGPU. The driver was asked about the metadata that was known before; it
 * has no answer for other metadata. */
static void
add_vgpu (Described *described, const VgateSnapshot *snapshot, guint vgpu, guint pgpu)
{
    const VgateElementVgpu *subject = g_ptr_array_index (described->now->vgpus, vgpu);
    const VgateDriverAnswer *answer = vgate_snapshot_find_answer (snapshot, subject->metadata.bytes, pgpu);

    g_array_append_val (described->pgpus, pgpu);
    if (answer && answer->rc == NVML_SUCCESS) {
        VgateDriverAnswer of_vgpu = *answer;

        of_vgpu.vgpu = vgpu;
        g_array_append_val (described->answers, of_vgpu);
    }
}

/* The domain must have been read. FALSE with an error if NVML's answer does not make an element. */
static gboolean
describe (const VgateJobFacts *facts, const VgateSnapshot *snapshot, const VgatePolicy *policy,
          Described *described, GError **error)
{
    const GPtrArray *instances = vgate_snapshot_find (snapshot, facts->domain->uuid);
    const VgateCaptureInput input = {
        .host = snapshot->probe->host,
        .devices = snapshot->probe->devices,
        .instances = instances,
        .domain = facts->domain,
        .power = facts->power,
        .has_exact_sizes = TRUE,
    };

    described->pgpus = g_array_new (FALSE, FALSE, sizeof (guint));
    described->answers = g_array_new (FALSE, FALSE, sizeof (VgateDriverAnswer));
    if (instances)
        described->now = vgate_capture_describe (&input, error);
    if (instances && !described->now)
        return FALSE;
    if (!instances && facts->domain->element &&
        !vgate_capture_check_gone (snapshot->probe->host, facts->domain->element, NULL, error))
        return FALSE;
    for (guint i = 0; instances && i < instances->len; i++)
        add_vgpu (described, snapshot, i, ((const VgateInstance *)g_ptr_array_index (instances, i))->pgpu);
    described->departure = (VgateDeparture){
        .operation = facts->kind == VGATE_JOB_MIGRATION ? VGATE_OPERATION_MIGRATE : VGATE_OPERATION_SAVE,
        .domain = facts->domain,
        .now = described->now,
        .host = snapshot->probe->host,
        .pgpus = described->pgpus,
        .answers = described->answers,
        .policy = policy,
    };
    return TRUE;
}

VgateJobVerdict
vgate_job_judge (const VgateJobFacts *facts, const VgateSnapshot *snapshot, const VgatePolicy *policy,
                 GError **error)
{
    g_auto (Described) described = {0};

    /* an element that cannot be read is refused at every destination */
    if (!facts->domain && vgate_libvirt_is_element_error (facts->failure)) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_JOB_STALE, facts->failure->message);
        return VGATE_JOB_MUST_STOP;
    }
    if (!facts->domain) {
        g_propagate_error (error, g_error_copy (facts->failure));
        return VGATE_JOB_UNKNOWN;
    }
    if (!describe (facts, snapshot, policy, &described, error))
        return VGATE_JOB_UNKNOWN;
    return vgate_departure_check (&described.departure, error) ? VGATE_JOB_MAY_GO_ON : VGATE_JOB_MUST_STOP;
}

char *
vgate_job_down_time (const VgateJobFacts *facts, const VgateSnapshot *snapshot, const VgatePolicy *policy)
{
    g_auto (Described) described = {0};

    return facts->domain && describe (facts, snapshot, policy, &described, NULL)
               ? vgate_departure_down_time (&described.departure)
               : NULL;
}
