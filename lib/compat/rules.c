/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compat/rules.h"

#include "compat/releases.h"
#include "vgpu-gate/growth.h"

#include <string.h>

/* The input of a rule. */
typedef struct {
    const VgateVgpuSide *vgpu;
    const VgatePgpuSide *pgpu;
    const VgateCircumstances *circumstances;
} Case;

typedef gboolean (*IsBroken) (const Case *c, VgateFinding *finding);

static gboolean
is_gpu_undecided (const Case *c, VgateFinding *finding)
{
    finding->source = c->vgpu->record->opaque_size;
    finding->destination = c->pgpu->record->opaque_size;
    return !vgate_vgpu_record_has_known_layout (c->vgpu->record) ||
           !vgate_pgpu_record_has_known_layout (c->pgpu->record);
}

static gboolean
is_type_missing (const Case *c, VgateFinding *finding)
{
    finding->source = c->vgpu->type_id;
    finding->source_text = c->vgpu->type_name;
    return c->pgpu->offer == VGATE_OFFER_NO;
}

static gboolean
is_no_instance_free (const Case *c, VgateFinding *finding)
{
    finding->source = c->vgpu->type_id;
    finding->source_text = c->vgpu->type_name;
    return c->pgpu->offer == VGATE_OFFER_YES && c->pgpu->free_instances == 0;
}

static gboolean
is_guest_driver_down (const Case *c, VgateFinding *finding)
{
    finding->source = c->vgpu->record->guest_info_state;
    return c->vgpu->record->guest_version == 0;
}

/* Negative when the destination's branch is older, positive when it is newer; 0 also when a branch is not
 * known. */
static int
compare_host_branches (const Case *c, VgateFinding *finding)
{
    const guint source = vgate_driver_branch (c->vgpu->record->host_driver);
    const guint destination = vgate_driver_branch (c->pgpu->record->host_driver);

    finding->source_text = c->vgpu->record->host_driver;
    finding->destination_text = c->pgpu->record->host_driver;
    if (source == 0 || destination == 0)
        return 0;
    return (destination > source) - (destination < source);
}

static gboolean
is_host_driver_older (const Case *c, VgateFinding *finding)
{
    return compare_host_branches (c, finding) < 0;
}

static gboolean
is_host_driver_newer (const Case *c, VgateFinding *finding)
{
    return compare_host_branches (c, finding) > 0;
}

static gboolean
is_host_driver_not_same (const Case *c, VgateFinding *finding)
{
    finding->source_text = c->vgpu->record->host_driver;
    finding->destination_text = c->pgpu->record->host_driver;
    return strcmp (finding->source_text, finding->destination_text) != 0;
}

static VgateSupport
judge_releases (const Case *c, VgateFinding *finding)
{
    guint guest, host;
    const VgateSupport support =
        vgate_releases_judge (vgate_releases_built_in (), c->vgpu->record->guest_driver,
                              c->pgpu->record->host_driver, &guest, &host);

    finding->source_text = c->vgpu->record->guest_driver;
    finding->destination_text = c->pgpu->record->host_driver;
    finding->source = guest;
    finding->destination = host;
    return support;
}

static gboolean
is_guest_branch_unsupported (const Case *c, VgateFinding *finding)
{
    return judge_releases (c, finding) == VGATE_SUPPORT_NO;
}

/* A guest driver that is not running has no version; that is a finding of another rule. */
static gboolean
is_guest_branch_unknown (const Case *c, VgateFinding *finding)
{
    return c->vgpu->record->guest_version != 0 && judge_releases (c, finding) == VGATE_SUPPORT_UNKNOWN;
}

static gboolean
is_scheduler_different (const Case *c, VgateFinding *finding)
{
    const VgateScheduler *source = c->vgpu->scheduler, *destination = c->pgpu->scheduler;

    if (!source || !destination)
        return FALSE;
    finding->source_text = vgate_scheduler_policy_name (source->policy);
    finding->destination_text = vgate_scheduler_policy_name (destination->policy);
    finding->source = VGATE_SCHEDULER_PACK (source);
    finding->destination = VGATE_SCHEDULER_PACK (destination);
    return !vgate_scheduler_equal (source, destination);
}

/* A time that was read and is older than the limit. *finding gets the time, this host's time and the
 * limit. */
static gboolean
is_old (const Case *c, gint64 time, gint64 limit, VgateFinding *finding)
{
    const gint64 now = c->circumstances->now;

    finding->source = (guint64)time;
    finding->destination = (guint64)now;
    finding->destination_max = (guint64)limit;
    return limit > 0 && now > 0 && time != 0 && time < now - limit;
}

static gboolean
is_metadata_old (const Case *c, VgateFinding *finding)
{
    return is_old (c, c->vgpu->captured, c->circumstances->max_age, finding);
}

static gboolean
is_host_document_old (const Case *c, VgateFinding *finding)
{
    return is_old (c, c->pgpu->described, c->circumstances->host_max_age, finding);
}

/* The rules about ages never find old what is in the future, although it may be. */
static gboolean
is_time_in_future (const Case *c, VgateFinding *finding)
{
    const gint64 now = c->circumstances->now;
    const gint64 times[] = {c->vgpu->captured, c->pgpu->described};

    finding->destination = (guint64)now;
    for (guint side = 0; side < G_N_ELEMENTS (times); side++) {
        finding->source = (guint64)times[side];
        finding->at_destination = side == 1;
        if (now > 0 && times[side] > now && times[side] - now > VGATE_CLOCK_TOLERANCE)
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_captured_elsewhere (const Case *c, VgateFinding *finding)
{
    const VgateCircumstances *circumstances = c->circumstances;
    const char *captured_on = c->vgpu->captured_on;

    finding->source_text = captured_on;
    finding->destination_text = circumstances->sent_by;
    if (!captured_on)
        return FALSE;
    if (circumstances->sent_by)
        return strcmp (captured_on, circumstances->sent_by) != 0;
    return circumstances->certainly_not_from && strcmp (captured_on, circumstances->certainly_not_from) == 0;
}

static gboolean
is_down_time_too_long (const Case *c, VgateFinding *finding)
{
    finding->down_time.size = sizeof finding->down_time;
    finding->destination = c->circumstances->down_time_limit;
    finding->at_destination = !c->circumstances->is_limit_of_guest;
    return vgate_down_time_estimate (c->vgpu, c->pgpu, c->circumstances, &finding->down_time) &&
           vgate_down_time_exceeds (&finding->down_time, c->circumstances);
}

/* clang-format off */
#define RULE(symbol, name, severity, is_broken) \
    [VGATE_RULE_##symbol] = {{name, VGATE_CODE_##symbol, VGATE_SEVERITY_##severity}, is_broken}

static const struct {
    VgateRuleInfo info; /* severity: the default */
    IsBroken is_broken;
} rules[] = {
    RULE (GPU_UNDECIDED,        "gpu-undecided",        REFUSE, is_gpu_undecided),
    RULE (TYPE_NOT_OFFERED,     "type-not-offered",     REFUSE, is_type_missing),
    RULE (NO_FREE_INSTANCE,     "no-free-instance",     REFUSE, is_no_instance_free),
    /* A capture from before the guest driver was loaded has version 0, which every host accepts, although the
     * guest has a version by the time it migrates. So it is refused. */
    RULE (GUEST_DRIVER_DOWN,    "guest-driver-down",    REFUSE, is_guest_driver_down),
    RULE (HOST_DRIVER_OLDER,    "host-driver-older",    WARN,   is_host_driver_older),
    RULE (HOST_DRIVER_NEWER,    "host-driver-newer",    WARN,   is_host_driver_newer),
    RULE (HOST_DRIVER_NOT_SAME, "host-driver-not-same", IGNORE, is_host_driver_not_same),
    RULE (GUEST_BRANCH,         "guest-branch",         WARN,   is_guest_branch_unsupported),
    RULE (SCHEDULER_DIFFERS,    "scheduler-differs",    WARN,   is_scheduler_different),
    /* It only warns by default: a healthy guest of a host whose driver fails is not captured again either. */
    RULE (METADATA_OLD,         "metadata-old",         WARN,   is_metadata_old),
    RULE (CAPTURED_ELSEWHERE,   "captured-elsewhere",   REFUSE, is_captured_elsewhere),
    /* Has no effect without a limit. It only warns by default, because the time is an estimate. */
    RULE (DOWN_TIME,            "down-time",            WARN,   is_down_time_too_long),
    RULE (TIME_IN_FUTURE,       "time-in-future",       WARN,   is_time_in_future),
    RULE (HOST_DOCUMENT_OLD,    "host-document-old",    WARN,   is_host_document_old),
    RULE (GUEST_BRANCH_UNKNOWN, "guest-branch-unknown", WARN,   is_guest_branch_unknown),
};
/* clang-format on */

G_STATIC_ASSERT (G_N_ELEMENTS (rules) == VGATE_N_RULES);

G_STATIC_ASSERT (VGATE_N_RULES <= VGATE_RULES_MAX);

const VgateRuleInfo *
vgate_rule_info (VgateRule rule)
{
    return (guint)rule < VGATE_N_RULES ? &rules[rule].info : NULL;
}

void
vgate_circumstances_init (VgateCircumstances *circumstances)
{
    VgateCircumstances own = VGATE_INIT (VgateCircumstances);

    g_return_if_fail (VGATE_GROWTH_HAS_SIZE (circumstances, VGATE_SIZE_CIRCUMSTANCES));
    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++)
        own.severities[rule] = rules[rule].info.severity;
    VGATE_GROWTH_WRITE (circumstances, &own);
}

gboolean
vgate_rule_is_broken (VgateRule rule, const VgateVgpuSide *vgpu, const VgatePgpuSide *pgpu,
                      const VgateCircumstances *circumstances, VgateFinding *finding)
{
    const Case c = {vgpu, pgpu, circumstances};

    return rules[rule].is_broken (&c, finding);
}
