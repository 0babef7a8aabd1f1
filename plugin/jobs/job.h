/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A migration or a save has begun: may it go on? What goes with the guest is what stood in its XML when the
 * job began, as libvirt lets nobody change it meanwhile.
 */
#pragma once

#include "plugin/libvirt/domain-calls.h"
#include "policy/policy.h"
#include "plugin/capture/snapshot.h"

/* What libvirt says of the job. */
typedef struct {
    VgateJobKind kind;
    char *name;          /* the domain's */
    VgateDomain *domain; /* NULL: failure says why it cannot be read */
    VgatePower power;
    GError *failure; /* with kind NONE: libvirt does not say whether there is a job */
} VgateJobFacts;

/* Blocks. Of a job that is neither a migration nor a save only the kind is found. is_leaving: as for
 * vgate_libvirt_job (). The caller clears *facts. */
void vgate_job_read (virConnectPtr libvirt, const char *uuid, gboolean is_leaving, VgateJobFacts *facts);
void vgate_job_facts_clear (VgateJobFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateJobFacts, vgate_job_facts_clear)

typedef enum {
    VGATE_JOB_MAY_GO_ON,
    VGATE_JOB_MUST_STOP, /* error: VGATE_CODE_JOB_STALE, or the rule by which a save could not be restored */
    VGATE_JOB_UNKNOWN,   /* error: why we cannot tell */
} VgateJobVerdict;

/*
 * A deciding field that has changed since the XML was written stops a job; so does, for a save, a rule by
 * which the guest could not be restored on this host. Calls nothing that blocks. The guest must have a vGPU
 * or an element, and the kind must be ours.
 */
VgateJobVerdict vgate_job_judge (const VgateJobFacts *facts, const VgateSnapshot *snapshot,
                                 const VgatePolicy *policy, GError **error);

/*
 * The guest's down-time when it exceeds the limit of the configuration, or else the guest's own: said at the
 * source, where somebody can give it more time while the migration runs. NULL, and what it is, as
 * vgate_departure_down_time (). The caller frees it.
 */
char *vgate_job_down_time (const VgateJobFacts *facts, const VgateSnapshot *snapshot,
                           const VgatePolicy *policy);
