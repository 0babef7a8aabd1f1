/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compat/rules.h"
#include "vgpu-gate/growth.h"

#include <string.h>

/* The driver refuses structures with an older version (measured). */
#define STRUCTURE_VERSION_MIN 3u

static gboolean
is_too_old (guint32 structure_version)
{
    return structure_version < STRUCTURE_VERSION_MIN;
}

static gboolean
is_migratable (guint32 capabilities)
{
    return (capabilities & VGATE_CAPABILITY_MIGRATION) != 0;
}

/* A guest whose driver is not running has version 0, which the driver accepts (measured). */
static gboolean
is_version_accepted (guint32 version, VgateVersionRange range)
{
    return version == 0 || vgate_version_in_range (version, range);
}

static gboolean
is_same_gpu (const VgateVgpuRecord *vgpu, const VgatePgpuRecord *pgpu)
{
    return strcmp (vgpu->gpu_string, pgpu->gpu_string) == 0;
}

/* NVIDIA's rule: the first condition that applies decides. It is nvmlGetVgpuCompatibility, measured on
 * r580. */
VgateAnswer
vgate_compat_answer (const VgateVgpuRecord *vgpu, const VgatePgpuRecord *pgpu)
{
    if (is_too_old (vgpu->version) || is_too_old (pgpu->version))
        return (VgateAnswer){VGATE_STATE_NONE, VGATE_LIMIT_HOST_DRIVER};
    if (!is_migratable (vgpu->capabilities) || !is_migratable (pgpu->capabilities))
        return (VgateAnswer){VGATE_STATE_NONE, VGATE_LIMIT_HOST_DRIVER | VGATE_LIMIT_GPU};
    if (!is_version_accepted (vgpu->guest_version, pgpu->range))
        return (VgateAnswer){VGATE_STATE_NONE, VGATE_LIMIT_HOST_DRIVER};
    if (!is_same_gpu (vgpu, pgpu))
        return (VgateAnswer){VGATE_STATE_NONE, VGATE_LIMIT_GPU};
    return (VgateAnswer){VGATE_STATE_COLD | VGATE_STATE_LIVE, VGATE_LIMIT_NONE};
}

static VgateFinding *
add_finding (VgateVerdict *verdict, VgateCode code, VgateSeverity severity)
{
    VgateFinding *finding;

    g_assert (verdict->n_findings < VGATE_FINDINGS_MAX);
    finding = &verdict->findings[verdict->n_findings++];
    *finding = (VgateFinding){.code = code, .severity = severity};
    return finding;
}

/* Checks the four conditions of NVIDIA's rule again, on each side and without stopping at the first one. */
static void
find_nvidia (const VgateVgpuRecord *vgpu, const VgatePgpuRecord *pgpu, gboolean is_gpu_known,
             VgateVerdict *verdict)
{
    const guint32 versions[] = {vgpu->version, pgpu->version};
    const guint32 capabilities[] = {vgpu->capabilities, pgpu->capabilities};
    VgateFinding *finding;

    for (int side = 0; side < 2; side++) {
        if (is_too_old (versions[side])) {
            finding = add_finding (verdict, VGATE_CODE_STRUCTURE_TOO_OLD, VGATE_SEVERITY_REFUSE);
            finding->at_destination = side == 1;
            finding->source = versions[side];
        }
    }
    for (int side = 0; side < 2; side++) {
        if (!is_migratable (capabilities[side])) {
            finding = add_finding (verdict, VGATE_CODE_NOT_MIGRATABLE, VGATE_SEVERITY_REFUSE);
            finding->at_destination = side == 1;
            finding->source = capabilities[side];
        }
    }
    if (!is_version_accepted (vgpu->guest_version, pgpu->range)) {
        finding = add_finding (verdict, VGATE_CODE_VERSION_OUTSIDE_RANGE, VGATE_SEVERITY_REFUSE);
        finding->source = vgpu->guest_version;
        finding->destination = pgpu->range.min;
        finding->destination_max = pgpu->range.max;
    }
    if (is_gpu_known && !is_same_gpu (vgpu, pgpu)) {
        finding = add_finding (verdict, VGATE_CODE_GPU_DIFFERS, VGATE_SEVERITY_REFUSE);
        finding->source_text = vgpu->gpu_string;
        finding->destination_text = pgpu->gpu_string;
    }
}

/*
 * When a GPU string is not known, the conditions before the last still decide. If none of them refuses, the
 * answer is undecided. It is then a refusal with the limit "other", which is not one of NVIDIA's limits,
 * unless the configuration accepts it.
 */
static VgateAnswer
answer_without_strings (VgateAnswer answer, VgateSeverity severity, gboolean *undecided)
{
    const VgateAnswer gpu_differs = {VGATE_STATE_NONE, VGATE_LIMIT_GPU};
    const VgateAnswer refused = {VGATE_STATE_NONE, VGATE_LIMIT_OTHER};
    const VgateAnswer passed = {VGATE_STATE_COLD | VGATE_STATE_LIVE, VGATE_LIMIT_NONE};

    *undecided = answer.states != VGATE_STATE_NONE || answer.limit == gpu_differs.limit;
    if (!*undecided)
        return answer;
    return severity == VGATE_SEVERITY_REFUSE ? refused : passed;
}

void
vgate_compat_judge (const VgateVgpuSide *vgpu, const VgatePgpuSide *pgpu,
                    const VgateCircumstances *circumstances, VgateVerdict *verdict)
{
    gboolean is_gpu_known, undecided = FALSE;
    VgateAnswer answer;

    /* removes the previous pair's result before anything can fail */
    verdict->states = VGATE_STATE_NONE;
    verdict->limit = VGATE_LIMIT_OTHER;
    verdict->undecided = FALSE;
    verdict->n_findings = 0;
    g_return_if_fail (VGATE_GROWTH_HAS_SIZE (vgpu, VGATE_SIZE_VGPU_SIDE) &&
                      VGATE_GROWTH_HAS_SIZE (pgpu, VGATE_SIZE_PGPU_SIDE) &&
                      VGATE_GROWTH_HAS_SIZE (circumstances, VGATE_SIZE_CIRCUMSTANCES));
    is_gpu_known = vgate_vgpu_record_has_known_layout (vgpu->record) &&
                   vgate_pgpu_record_has_known_layout (pgpu->record);
    answer = vgate_compat_answer (vgpu->record, pgpu->record);
    if (!is_gpu_known)
        answer =
            answer_without_strings (answer, circumstances->severities[VGATE_RULE_GPU_UNDECIDED], &undecided);
    verdict->states = answer.states;
    verdict->limit = answer.limit;
    verdict->undecided = undecided;
    find_nvidia (vgpu->record, pgpu->record, is_gpu_known, verdict);
    for (VgateRule rule = 0; rule < VGATE_N_RULES; rule++) {
        const VgateSeverity severity = circumstances->severities[rule];
        VgateFinding found = {.code = vgate_rule_info (rule)->code, .severity = severity};

        if (severity != VGATE_SEVERITY_IGNORE &&
            vgate_rule_is_broken (rule, vgpu, pgpu, circumstances, &found))
            *add_finding (verdict, found.code, severity) = found;
    }
}

static void
remove_finding (VgateVerdict *verdict, VgateCode code)
{
    guint kept = 0;

    for (guint i = 0; i < verdict->n_findings; i++)
        if (verdict->findings[i].code != (int)code)
            verdict->findings[kept++] = verdict->findings[i];
    verdict->n_findings = kept;
}

void
vgate_verdict_apply_driver (VgateVerdict *verdict, VgateAnswer driver)
{
    VgateFinding *finding;
    gboolean is_driver_stricter;

    if (verdict->undecided) {
        verdict->states = driver.states;
        verdict->limit = driver.limit;
        verdict->undecided = FALSE;
        remove_finding (verdict, VGATE_CODE_GPU_UNDECIDED);
        if (driver.limit == VGATE_LIMIT_NONE)
            return;
        /* the driver's limit is all that is known, as the data that it compared cannot be read here */
        finding = add_finding (verdict, VGATE_CODE_GPU_DIFFERS, VGATE_SEVERITY_REFUSE);
        finding->source = driver.limit;
        return;
    }
    if (driver.states == verdict->states && driver.limit == verdict->limit)
        return;
    is_driver_stricter = (verdict->states & ~driver.states) != 0 ||
                         (verdict->limit == VGATE_LIMIT_NONE && driver.limit != VGATE_LIMIT_NONE);
    finding = add_finding (verdict, VGATE_CODE_DRIVER_DISAGREES,
                           is_driver_stricter ? VGATE_SEVERITY_REFUSE : VGATE_SEVERITY_WARN);
    finding->source = (guint64)verdict->states << 32 | verdict->limit;
    finding->destination = (guint64)driver.states << 32 | driver.limit;
    verdict->states &= driver.states;
    verdict->limit |= driver.limit;
}
