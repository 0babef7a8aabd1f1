/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fleet/question.h"

VgateOperation
vgate_fleet_operation (const VgateFleetGuest *guest)
{
    switch (guest->document) {
    case VGATE_DOMAIN_DOCUMENT_MEMORY:
    case VGATE_DOMAIN_DOCUMENT_IMAGE:
    case VGATE_DOMAIN_DOCUMENT_MANAGED: return VGATE_OPERATION_RESTORE;
    case VGATE_DOMAIN_DOCUMENT_COLD:
    case VGATE_DOMAIN_DOCUMENT_DEFINITION: return VGATE_OPERATION_PREPARE;
    default: return VGATE_OPERATION_MIGRATE;
    }
}

/* The situation of a guest in a document of this kind; NULL: the gate finds it out by the operation. */
static const VgateSituation *
situation_of (VgateDomainDocument document)
{
    static const VgateSituation saved = VGATE_SITUATION_SAVED, managed = VGATE_SITUATION_MANAGED,
                                reverts = VGATE_SITUATION_REVERTS;

    switch (document) {
    case VGATE_DOMAIN_DOCUMENT_MEMORY: return &reverts;
    case VGATE_DOMAIN_DOCUMENT_IMAGE: return &saved;
    case VGATE_DOMAIN_DOCUMENT_MANAGED: return &managed;
    default: return NULL;
    }
}

VgateDecision *
vgate_fleet_judge (const VgateFleetQuestion *question, const VgateFleetSubject *subject,
                   const VgateHost *host, VgateOperation operation)
{
    const VgateRequest request = {
        .operation = operation,
        .domain = subject->guest->domain,
        .policy = question->policy,
        .root = question->root,
        .host = host,
        .is_dry_run = TRUE,
        .is_question = TRUE,
        .situation = situation_of (subject->guest->document),
        .now = question->now,
        .here = subject->here,
        .booked = subject->booked,
        .is_element_checked = subject->is_checked,
    };

    return vgate_gate_decide (&request);
}

VgateDecision *
vgate_fleet_decide (const VgateFleetQuestion *question, const VgateFleetGuest *guest,
                    const VgateFleetHost *host, VgateOperation operation)
{
    return vgate_fleet_judge (question, &(VgateFleetSubject){.guest = guest}, host ? host->host : NULL,
                              operation);
}
