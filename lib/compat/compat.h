/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The engine: can this vGPU run on that pGPU, and if not, why not?
 *
 * Pure: no I/O, no clock, no globals, nothing allocated. The first part is NVIDIA's own rule, exact to the
 * bit (nvmlGetVgpuCompatibility, measured on r580: 210,000 random pairs). The second part are rules that the
 * call leaves out; each has a severity that the caller sets. Unlike the call, the engine goes on past the
 * first failing rule, so that every finding is reported.
 */
#pragma once

#include "message/codes.h"
#include "metadata/record.h"
#include "scheduler/scheduler.h"

typedef enum {
    VGATE_SEVERITY_IGNORE,
    VGATE_SEVERITY_WARN,
    VGATE_SEVERITY_REFUSE,
} VgateSeverity;

/* The rules whose severity the configuration sets. Names and defaults: vgate_rule_info (). */
typedef enum {
    VGATE_RULE_GPU_UNDECIDED,
    VGATE_RULE_TYPE_NOT_OFFERED,
    VGATE_RULE_NO_FREE_INSTANCE,
    VGATE_RULE_GUEST_DRIVER_DOWN,
    VGATE_RULE_HOST_DRIVER_OLDER,
    VGATE_RULE_HOST_DRIVER_NEWER,
    VGATE_RULE_HOST_DRIVER_NOT_SAME,
    VGATE_RULE_GUEST_BRANCH,
    VGATE_RULE_SCHEDULER_DIFFERS,
    VGATE_RULE_METADATA_OLD,
    VGATE_RULE_CAPTURED_ELSEWHERE,
    VGATE_N_RULES,
} VgateRule;

typedef struct {
    const char *name; /* the key in the configuration */
    VgateCode code;
    VgateSeverity severity; /* the default */
} VgateRuleInfo;

/* Static; rule is below VGATE_N_RULES. */
const VgateRuleInfo *vgate_rule_info (VgateRule rule);

/* What nvmlGetVgpuCompatibility answers: bit masks NVML_VM_COMPATIBILITY_* and NVML_LIMIT_*. */
typedef struct {
    guint32 states;
    guint32 limit;
} VgateAnswer;

/* NVIDIA's rule. Both records must have a known layout, or it answers of strings that it does not know. */
VgateAnswer vgate_compat_answer (const VgateVgpuRecord *vgpu, const VgatePgpuRecord *pgpu);

/* What is known of the vGPU beside its record. Everything is borrowed. */
typedef struct {
    const VgateVgpuRecord *record;
    guint32 type_id;
    const char *type_name;
    const VgateScheduler *scheduler; /* of its pGPU; NULL: not known */
    gint64 captured;                 /* seconds since 1970 */
    const char *captured_on;         /* host UUID */
} VgateVgpuSide;

/* How a pGPU stands to the vGPU's type. */
typedef enum {
    VGATE_OFFER_UNKNOWN, /* nothing is known: the rules about types and instances are silent */
    VGATE_OFFER_NO,
    VGATE_OFFER_YES,
    VGATE_OFFER_HELD, /* the device exists on this pGPU already: it needs no free instance */
} VgateOffer;

typedef struct {
    const VgatePgpuRecord *record;
    VgateOffer offer;
    guint free_instances;
    const VgateScheduler *scheduler;
} VgatePgpuSide;

/* The question's circumstances, from configuration and caller. */
typedef struct {
    VgateSeverity severities[VGATE_N_RULES];
    gint64 now;                     /* seconds since 1970; 0: the age is not looked at */
    gint64 max_age;                 /* seconds; 0: no limit */
    const char *sent_by;            /* UUID of the host that sends the guest; NULL: not known */
    const char *certainly_not_from; /* UUID of a host that cannot be the sender: the receiving one; or NULL */
} VgateCircumstances;

/*
 * One rule's answer. Which members are set depends on the code; vgate_finding_describe () knows. Texts are
 * borrowed from the records that were judged.
 */
typedef struct {
    VgateCode code;
    VgateSeverity severity;
    gboolean at_destination; /* the side that is to blame, where a rule can fail on either */
    guint64 source;
    guint64 destination;
    guint64 destination_max;
    const char *source_text;
    const char *destination_text;
} VgateFinding;

/* Two rules can fail on either side; the driver's own answer may add one. */
#define VGATE_FINDINGS_MAX (VGATE_N_RULES + 8)

typedef struct {
    guint32 states; /* the answer, NVML_VM_COMPATIBILITY_* */
    guint32 limit;  /* NVML_LIMIT_* */
    gboolean undecided;
    guint n_findings;
    VgateFinding findings[VGATE_FINDINGS_MAX]; /* in the order of the rules */
} VgateVerdict;

/* Judges; *verdict needs no initialisation. Findings whose rule is to be ignored are left out. */
void vgate_compat_judge (const VgateVgpuSide *vgpu, const VgatePgpuSide *pgpu,
                         const VgateCircumstances *circumstances, VgateVerdict *verdict);

/*
 * The host's own driver was asked too: the stricter answer holds, a disagreement becomes a finding, and what
 * was undecided is the driver's to decide.
 */
void vgate_verdict_apply_driver (VgateVerdict *verdict, VgateAnswer driver);

/* TRUE when the state (one NVML_VM_COMPATIBILITY_* bit) is given: its bit is set, the limit is none and no
 * finding refuses. */
gboolean vgate_verdict_allows (const VgateVerdict *verdict, guint32 state);

/* The first finding that refuses; NULL when none does. */
const VgateFinding *vgate_verdict_first_refusal (const VgateVerdict *verdict);

/* The two values compared, as one clause. The caller frees it. */
char *vgate_finding_describe (const VgateFinding *finding);

/* The way out of this very case, where it is narrower than that of the code. Static. */
const char *vgate_finding_way_out (const VgateFinding *finding);

/* "live", "cold|live", "none"; "host driver|GPU", "none". The caller frees it. */
char *vgate_states_describe (guint32 states);
char *vgate_limit_describe (guint32 limit);

/* "ignore", "warn", "refuse". */
const char *vgate_severity_name (VgateSeverity severity);
gboolean vgate_severity_parse (const char *text, VgateSeverity *severity);
