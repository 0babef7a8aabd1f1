/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decides whether a migration or a save that has begun may go on. The guest takes along what its XML
 * contained when the job began, because libvirt allows no change during the job. */
#pragma once

#include "plugin/libvirt/domain-calls.h"
#include "policy/policy.h"
#include "plugin/capture/snapshot.h"

/* What libvirt reports about the job. */
typedef struct {
    VgateJobKind kind;
    char *name;          /* the domain's */
    VgateDomain *domain; /* NULL: failure has the reason */
    VgatePower power;
    GError *failure; /* with kind NONE: libvirt could not answer whether there is a job */
    char *snapshot;  /* the name of a snapshot that is complete; NULL: the job goes on */
} VgateJobFacts;

/* TRUE for a migration, a save and a snapshot with memory. */
gboolean vgate_job_is_judged (VgateJobKind kind);

/* Blocks. For a job that is not judged only the kind is read. is_leaving: as for
 * vgate_libvirt_job (). The caller clears *facts. */
void vgate_job_read (virConnectPtr libvirt, const char *uuid, gboolean is_leaving, VgateJobFacts *facts);
/*
 * Blocks. Reads the domain's current snapshot, if the guest's memory is in it and it was begun at that time
 * (seconds since 1970) or later; then the kind is SNAPSHOT and the domain is the one in the snapshot.
 * Otherwise the kind is NONE. The caller clears *facts.
 */
void vgate_job_read_snapshot (virConnectPtr libvirt, const char *uuid, gint64 since, VgateJobFacts *facts);
void vgate_job_facts_clear (VgateJobFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateJobFacts, vgate_job_facts_clear)

typedef enum {
    VGATE_JOB_MAY_GO_ON,
    VGATE_JOB_MUST_STOP, /* error: VGATE_CODE_JOB_STALE, or the rule that forbids a restore of the save */
    VGATE_JOB_UNKNOWN,   /* error: why this cannot be decided */
} VgateJobVerdict;

/*
 * A job must stop if a deciding field has changed since the XML was written; and a save or a snapshot also
 * if a rule forbids its restore on this host. Makes no call that blocks. The guest must have a vGPU or an
 * element, and the job must be one that is judged.
 */
VgateJobVerdict vgate_job_judge (const VgateJobFacts *facts, const VgateSnapshot *snapshot,
                                 const VgatePolicy *policy, GError **error);

/*
 * Returns a text about the guest's down-time if it exceeds the limit of the configuration or, without one,
 * the guest's own limit. It is reported at the source, where the limit can be raised while the migration
 * runs. NULL as for vgate_departure_down_time (). The caller frees it.
 */
char *vgate_job_down_time (const VgateJobFacts *facts, const VgateSnapshot *snapshot,
                           const VgatePolicy *policy);
