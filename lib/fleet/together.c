/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/together.h"

#include "gate/booked.h"

#include <string.h>

static void
answer_free (VgateFleetAnswer *answer)
{
    for (guint i = 0; i < answer->n_judged; i++)
        vgate_decision_free (answer->judged[i].decision);
    g_free (answer);
}

const VgateDecision *
vgate_fleet_answer_decision (const VgateFleetAnswer *answer)
{
    return answer->judged[answer->main].decision;
}

VgateOperation
vgate_fleet_answer_operation (const VgateFleetAnswer *answer)
{
    return answer->judged[answer->main].operation;
}

const VgateHost *
vgate_fleet_answer_host (const VgateFleetAnswer *answer)
{
    return answer->host ? answer->host->host : vgate_fleet_answer_decision (answer)->host;
}

const char *
vgate_fleet_answer_name (const VgateFleetAnswer *answer)
{
    return answer->guest ? answer->guest->name : answer->fault->name;
}

static void
judge (VgateFleetAnswer *answer, const VgateFleetQuestion *question, const VgateFleetSubject *subject,
       VgateOperation operation)
{
    VgateFleetJudged *judged = &answer->judged[answer->n_judged++];

    judged->operation = operation;
    judged->decision =
        vgate_fleet_judge (question, subject, answer->host ? answer->host->host : NULL, operation);
}

/* booked: what the guests before this one get on the host; what this one gets is added. */
static VgateFleetAnswer *
judge_guest (const VgateFleetQuestion *question, const VgateFleetSubject *known, const VgateFleetHost *host,
             const VgateOperation *operation, GPtrArray *booked)
{
    const VgateFleetGuest *guest = known->guest;
    const VgateFleetSubject subject = {
        .guest = guest, .here = known->here, .is_checked = known->is_checked, .booked = booked};
    static const VgateOperation all[VGATE_FLEET_JUDGED_MAX] = {
        VGATE_OPERATION_MIGRATE, VGATE_OPERATION_RESTORE, VGATE_OPERATION_PREPARE};
    VgateFleetAnswer *answer = g_new0 (VgateFleetAnswer, 1);
    /* a revert to a snapshot, and the start of a guest that does not run, leave no choice */
    gboolean is_one = operation || vgate_fleet_operation (guest) != VGATE_OPERATION_MIGRATE;
    const VgateDecision *decision;

    answer->guest = guest;
    answer->host = host;
    judge (answer, question, &subject, operation ? *operation : vgate_fleet_operation (guest));
    decision = answer->judged[0].decision;
    /* the answer about the others is the same, and a driver that hangs would be waited for again */
    is_one =
        is_one || decision->code == VGATE_CODE_NOT_CONCERNED || vgate_code_is_unanswered (decision->code);
    for (guint i = 0; !is_one && i < G_N_ELEMENTS (all); i++)
        if (all[i] != answer->judged[0].operation)
            judge (answer, question, &subject, all[i]);
    vgate_booked_take (booked, decision, guest->domain, vgate_fleet_answer_host (answer));
    return answer;
}

static VgateFleetAnswer *
refuse (const VgateFleetFault *fault, const VgateFleetHost *host, const VgateOperation *operation)
{
    VgateFleetAnswer *answer = g_new0 (VgateFleetAnswer, 1);
    GError *error = g_error_copy (fault->error);

    g_prefix_error (&error, "%s: ", strcmp (fault->origin, "-") == 0 ? "standard input" : fault->origin);
    answer->fault = fault;
    answer->host = host;
    answer->n_judged = 1;
    answer->judged[0].operation = operation ? *operation : VGATE_OPERATION_MIGRATE;
    answer->judged[0].decision = vgate_decision_new_refusal (error);
    return answer;
}

GPtrArray *
vgate_fleet_judge_together (const VgateFleet *fleet, const VgateFleetQuestion *question,
                            const VgateOperation *operation)
{
    GPtrArray *answers = g_ptr_array_new_with_free_func ((GDestroyNotify)answer_free);
    g_autoptr (GPtrArray) booked = g_ptr_array_new_with_free_func ((GDestroyNotify)g_ptr_array_unref);
    const guint n_hosts = MAX (fleet->hosts->len, 1);

    for (guint h = 0; h < n_hosts; h++)
        g_ptr_array_add (booked, g_ptr_array_new_with_free_func ((GDestroyNotify)vgate_lease_free));
    for (guint g = 0; g < fleet->guests->len; g++) {
        const VgateFleetGuest *guest = g_ptr_array_index (fleet->guests, g);
        const VgateDomain *domain = guest->domain;
        VgateObservation *here =
            fleet->hosts->len > 0 ? vgate_observation_new_here (domain, question->root, TRUE) : NULL;
        const VgateFleetSubject subject = {
            .guest = guest,
            .here = here,
            .is_checked = domain->element && vgate_element_check (domain->element, domain->uuid,
                                                                  question->policy->seal_key, NULL),
        };

        for (guint h = 0; h < n_hosts; h++)
            g_ptr_array_add (answers,
                             judge_guest (question, &subject,
                                          fleet->hosts->len > 0 ? g_ptr_array_index (fleet->hosts, h) : NULL,
                                          operation, g_ptr_array_index (booked, h)));
        vgate_observation_free (here);
    }
    for (guint f = 0; f < fleet->faults->len; f++) {
        const VgateFleetFault *fault = g_ptr_array_index (fleet->faults, f);

        for (guint h = 0;
             !fault->is_host && !vgate_code_is_unanswered ((VgateCode)fault->error->code) && h < n_hosts; h++)
            g_ptr_array_add (
                answers, refuse (fault, fleet->hosts->len > 0 ? g_ptr_array_index (fleet->hosts, h) : NULL,
                                 operation));
    }
    return answers;
}
