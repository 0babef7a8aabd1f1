/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate/departure.h"

#include "domain/change.h"
#include "gate/judge.h"
#include "gate/reason.h"

static gboolean
set_stale (GError **error, const char *what)
{
    g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_JOB_STALE, what);
    return FALSE;
}

static gboolean
check_stale (const VgateDeparture *d, GError **error)
{
    VgateElement *in_xml = d->domain->element;
    g_autoptr (GError) local = NULL;
    g_autofree char *difference = NULL;

    if (!d->now)
        return !in_xml || set_stale (error, "the metadata names a vGPU, but the guest no longer has one");
    /* no host accepts the guest, unless it allows missing metadata as this one does */
    if (!in_xml)
        return d->policy->allow_missing_metadata || set_stale (error, "the guest's metadata has not been "
                                                                      "captured yet");
    if (!vgate_element_check (in_xml, d->domain->uuid, d->policy->seal_key, &local))
        return set_stale (error, local->message);
    difference = vgate_change_find_deciding (in_xml, d->now);
    return !difference || set_stale (error, difference);
}

/* The domain with the element that would be captured now, for the engine. */
static VgateDomain
guest_now (const VgateDeparture *d)
{
    VgateDomain guest = *d->domain;

    guest.element = d->now;
    return guest;
}

static void
describe_refusal (const VgateDeparture *d, guint index, const VgateVerdict *verdict, guint32 state,
                  GError **error)
{
    const VgateElementVgpu *vgpu = g_ptr_array_index (d->now->vgpus, index);
    const VgateSubject subject = {.index = index,
                                  .n_vgpus = d->now->vgpus->len,
                                  .type_name = vgpu->type_name,
                                  .address = vgpu->pgpu.address,
                                  .is_simulated = d->host->simulated};
    g_autofree char *words = vgate_reason_subject (&subject);
    const VgateFinding *finding = vgate_verdict_first_refusal (verdict);
    g_autofree char *clause = NULL, *needed = vgate_states_describe (state),
                    *given = vgate_states_describe (verdict->states);

    if (finding)
        clause = vgate_finding_describe (finding);
    else
        clause =
            g_strdup_printf ("the guest must move in state '%s'; only '%s' is possible here", needed, given);
    g_set_error (error, VGATE_ERROR, (int)(finding ? finding->code : VGATE_CODE_STATE_NOT_GIVEN),
                 "the guest could not be restored on this host: %s: %s", words, clause);
}

/* Judges each vGPU on its own pGPU. It needs no free instance, as it already has one. */
static gboolean
check_restorable (const VgateDeparture *d, GError **error)
{
    VgateDomain guest = guest_now (d);
    const VgateRequest request = {.operation = VGATE_OPERATION_SAVE, .domain = &guest, .policy = d->policy};
    const VgateProbe probe = {.answers = d->answers};
    g_autoptr (VgateDecision) decision = vgate_decision_new ();
    const VgateJudgement j = {.request = &request, .host = d->host, .probe = &probe, .decision = decision};

    decision->state = vgate_judge_needed_state (&request);
    for (guint i = 0; i < d->now->vgpus->len; i++) {
        VgateCandidate candidate;

        if (!vgate_judge_pair (&j, i, g_array_index (d->pgpus, guint, i), TRUE, &candidate, error))
            return FALSE;
        if (!candidate.is_possible) {
            describe_refusal (d, i, &candidate.verdict, decision->state, error);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
vgate_departure_check (const VgateDeparture *departure, GError **error)
{
    if (!departure->policy->ignore_stale_metadata && !check_stale (departure, error))
        return FALSE;
    return !departure->now || departure->operation != VGATE_OPERATION_SAVE ||
           departure->policy->ignore_unrestorable_save || check_restorable (departure, error);
}

char *
vgate_departure_down_time (const VgateDeparture *departure)
{
    VgateDomain guest = guest_now (departure);
    const VgateRequest request = {
        .operation = departure->operation, .domain = &guest, .policy = departure->policy};

    return departure->now ? vgate_judge_down_time (&request) : NULL;
}
