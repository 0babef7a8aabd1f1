/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate/report.h"

#include "gate/reason.h"
#include "host/mdevctl.h"
#include "placement/plan.h"

#include <string.h>

/* The most characters of a text behind the names of host and guest if these are not unusually long. */
#define TEXT_CHARACTERS_MAX (VGATE_LINE_CHARACTERS_MAX - 62)

/* has_gpu_name: with the name of the GPU, which only helps a reader. */
static char *
describe_subject (const VgateDecision *decision, const VgateHost *host, guint index, guint pgpu,
                  gboolean has_gpu_name)
{
    const VgatePlacement *placement = g_ptr_array_index (decision->placements, index);
    const VgatePgpu *on = g_ptr_array_index (host->pgpus, pgpu);
    const VgateSubject subject = {.index = index,
                                  .n_vgpus = decision->placements->len,
                                  .type_name = placement->vgpu->type_name,
                                  .address = on->address,
                                  .gpu_name = has_gpu_name ? on->name : NULL,
                                  .is_simulated = host->simulated};

    return vgate_reason_subject (&subject);
}

/* Appends "; also VGATE-304, VGATE-402": the other findings that refuse. */
static void
append_others (GString *text, const VgateVerdict *verdict, const VgateFinding *first)
{
    char code[VGATE_CODE_TEXT_SIZE];
    const char *separator = "; also ";

    for (guint i = 0; i < verdict->n_findings; i++) {
        const VgateFinding *finding = &verdict->findings[i];

        if (finding == first || finding->severity != VGATE_SEVERITY_REFUSE)
            continue;
        g_string_append_printf (text, "%s%s", separator, vgate_code_format (finding->code, code));
        separator = ", ";
    }
}

/* Appends why the verdict about this GPU does not allow the vGPU, and sets code, limit and way_out of
 * *refusal. */
static void
append_reason (GString *text, const VgateVerdict *verdict, const VgatePgpu *pgpu,
               const VgateDecision *decision, VgateRefusal *refusal)
{
    const VgateFinding *finding = vgate_verdict_first_refusal (verdict);
    const guint32 state = decision->state;
    g_autofree char *clause = NULL;

    if (finding) {
        clause = vgate_reason_describe (finding, pgpu);
        g_string_append_printf (text, ": %s", clause);
        append_others (text, verdict, finding);
        refusal->code = (VgateCode)finding->code;
        refusal->limit = verdict->limit;
        refusal->way_out = vgate_reason_way_out (finding, pgpu, decision->situation);
        return;
    }
    refusal->code = VGATE_CODE_NOT_ALL_PLACED;
    if (verdict->limit == VGATE_LIMIT_NONE && (verdict->states & state) == 0) {
        g_autofree char *needed = vgate_states_describe (state),
                        *given = vgate_states_describe (verdict->states);

        g_string_append_printf (text, ": the guest must move in state '%s'; only '%s' is possible here",
                                needed, given);
        refusal->code = VGATE_CODE_STATE_NOT_GIVEN;
    } else {
        g_string_append (text, decision->is_after_others
                                   ? ": the vGPU fits alone, but the guests before this one get the last "
                                     "free instances"
                                   : ": each vGPU fits alone, but there are not enough free instances for "
                                     "all vGPUs of the guest");
    }
    refusal->way_out = vgate_way_out (refusal->code, decision->situation, NULL);
}

void
vgate_explain_vgpu (const VgateDecision *decision, const VgateHost *host, guint vgpu, guint n_more,
                    VgateRefusal *refusal)
{
    const VgateCandidate *nearest =
        vgate_reason_nearest (g_ptr_array_index (decision->placements, vgpu), host);
    g_autofree char *subject = describe_subject (decision, host, vgpu, nearest->pgpu, TRUE),
                    *brief = describe_subject (decision, host, vgpu, nearest->pgpu, FALSE);
    g_autoptr (GString) text = g_string_new (NULL);

    append_reason (text, &nearest->verdict, g_ptr_array_index (host->pgpus, nearest->pgpu), decision,
                   refusal);
    if (n_more > 0)
        g_string_append_printf (text, "; %u more vGPU%s cannot run here", n_more, n_more > 1 ? "s" : "");
    refusal->what = g_strconcat (subject, text->str, NULL);
    refusal->brief = g_strconcat (brief, text->str, NULL);
}

void
vgate_explain_refusal (const VgateDecision *decision, const VgateHost *host, VgateRefusal *refusal)
{
    guint first = 0, n = 0;

    for (guint i = decision->placements->len; i-- > 0;) {
        if (((VgatePlacement *)g_ptr_array_index (decision->placements, i))->chosen >= 0)
            continue;
        first = i;
        n++;
    }
    vgate_explain_vgpu (decision, host, first, n - 1, refusal);
}

void
vgate_refusal_decide (const VgateRefusal *refusal, const char *way_out, VgateDecision *decision)
{
    const char *what = refusal->what;

    if (!way_out)
        way_out = refusal->way_out;
    if (refusal->brief && g_utf8_strlen (what, -1) + 2 + g_utf8_strlen (way_out, -1) > TEXT_CHARACTERS_MAX)
        what = refusal->brief;
    vgate_decision_refuse_because (decision, refusal->code, what, way_out);
    decision->limit = refusal->limit;
}

void
vgate_refusal_clear (VgateRefusal *refusal)
{
    g_clear_pointer (&refusal->what, g_free);
    g_clear_pointer (&refusal->brief, g_free);
    g_clear_pointer (&refusal->way_out, g_free);
}

static VgateWarning *
warning_of (const VgateDecision *decision, const VgateHost *host, guint index,
            const VgateCandidate *candidate, const VgateFinding *finding)
{
    VgateWarning *warning = g_new0 (VgateWarning, 1);
    g_autofree char *clause = vgate_finding_describe (finding);
    g_autofree char *subject = describe_subject (decision, host, index, candidate->pgpu, TRUE);

    warning->code = finding->code;
    warning->text = g_strdup_printf ("%s: %s", subject, clause);
    return warning;
}

void
vgate_collect_warnings (VgateDecision *decision, const VgateHost *host)
{
    for (guint i = 0; i < decision->placements->len; i++) {
        const VgatePlacement *placement = g_ptr_array_index (decision->placements, i);
        const VgateCandidate *candidate =
            &g_array_index (placement->candidates, VgateCandidate, placement->chosen);

        for (guint f = 0; f < candidate->verdict.n_findings; f++)
            g_ptr_array_add (decision->warnings,
                             warning_of (decision, host, i, candidate, &candidate->verdict.findings[f]));
    }
}

/* --- devices: those that were chosen, and the commands for an operator --- */

static gboolean
is_as_named (const VgatePlacement *placement)
{
    return strcmp (placement->lease->device, placement->hostdev->source) == 0;
}

static gboolean
is_to_change (const VgatePlacement *placement)
{
    return placement->lease && (!is_as_named (placement) || placement->lease->state == VGATE_LEASE_PLANNED);
}

char *
vgate_describe_device (const VgatePlacement *placement)
{
    const VgateLease *lease = placement->lease;
    const gboolean is_mdev = lease->kind == VGATE_HOSTDEV_MDEV;
    const char *fate = "";

    if (lease->state == VGATE_LEASE_PLANNED)
        fate = is_mdev ? ", to be created," : ", to be configured with the type,";
    if (!is_mdev || strcmp (lease->parent, lease->pgpu) == 0)
        return g_strdup_printf ("%s %s%s on GPU %s", is_mdev ? "mediated device" : "virtual function",
                                lease->device, fate, lease->pgpu);
    return g_strdup_printf ("mediated device %s%s on virtual function %s of GPU %s", lease->device, fate,
                            lease->parent, lease->pgpu);
}

char *
vgate_describe_devices (const VgateDecision *decision)
{
    g_autoptr (GString) text = g_string_new ("allowed, on other devices than the XML names:");
    const char *separator = " ";

    for (guint i = 0; i < decision->placements->len; i++) {
        const VgatePlacement *placement = g_ptr_array_index (decision->placements, i);
        g_autofree char *device = NULL;

        if (!is_to_change (placement))
            continue;
        device = vgate_describe_device (placement);
        g_string_append_printf (text, "%svGPU %s (%s): %s%s%s", separator, placement->vgpu->uuid,
                                placement->vgpu->type_name, device,
                                is_as_named (placement) ? "" : " instead of ",
                                is_as_named (placement) ? "" : placement->hostdev->source);
        separator = "; ";
    }
    return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Appends the command that creates the device of the lease on the host; as "new" if it cannot have the name
 * in the XML. */
static void
append_making (GString *text, const VgateRequest *request, const VgateHost *host,
               const VgatePlacement *placement)
{
    const VgateLease *lease = placement->lease;
    const gboolean is_mdev = lease->kind == VGATE_HOSTDEV_MDEV, is_named = is_as_named (placement);
    g_autofree char *type = vgate_plan_write_type (lease->type, lease->type_name);

    if (is_mdev && is_named && !request->host && vgate_mdevctl_defines (request->root, lease->device)) {
        g_string_append_printf (text, "Run 'mdevctl start --uuid %s'", lease->device);
    } else {
        g_string_append_printf (text, "Run 'vgpu-gate device make %s --type %s",
                                is_mdev && !is_named ? "new" : lease->device, type);
        /* a virtual function is on only one GPU */
        if (is_mdev && host->pgpus->len > 1)
            g_string_append_printf (text, " --gpu %s", lease->pgpu);
        g_string_append_c (text, '\'');
    }
    g_string_append (text, request->host ? " there" : " here");
}

/*
 * The message must fit into a line that virsh prints, so only the first vGPU that needs another device is
 * mentioned. When the operator tries again, it is the turn of the next.
 */
char *
vgate_suggest_devices (const VgateRequest *request, const VgateDecision *decision)
{
    const char *place = vgate_place_of_device (decision->situation);
    g_autoptr (GString) text = g_string_new (NULL);
    const VgatePlacement *placement = NULL;

    for (guint i = 0; i < decision->placements->len && !placement; i++)
        if (is_to_change (g_ptr_array_index (decision->placements, i)))
            placement = g_ptr_array_index (decision->placements, i);
    if (!placement)
        return NULL;
    if (placement->lease->state == VGATE_LEASE_PLANNED)
        append_making (text, request, request->host ? request->host : decision->host, placement);
    if (is_as_named (placement))
        g_string_append (text, ", then try again.");
    else if (placement->lease->state == VGATE_LEASE_PLANNED)
        g_string_append_printf (text, ", and name that device %s", place);
    else
        g_string_append_printf (text, "Name device %s %s", placement->lease->device, place);
    return g_string_free (g_steal_pointer (&text), FALSE);
}

/* --- the full report --- */

static void
report_time (GString *report, gint64 seconds)
{
    g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (seconds);
    g_autofree char *text = time ? g_date_time_format (time, "%Y-%m-%d %H:%M:%S UTC") : g_strdup ("?");

    g_string_append (report, text);
}

static void
report_host (GString *report, const VgateHost *host)
{
    char preset[VGATE_VERSION_RANGE_TEXT_SIZE], current[VGATE_VERSION_RANGE_TEXT_SIZE];

    g_string_append_printf (report, "host: %s (%s)\n  driver %s%s, vGPU versions %s of %s, read ", host->name,
                            host->uuid, host->driver, host->simulated ? " (simulated driver)" : "",
                            vgate_version_range_format (host->current, current),
                            vgate_version_range_format (host->preset, preset));
    report_time (report, host->time);
    g_string_append_c (report, '\n');
    for (guint i = 0; i < host->unusable->len; i++) {
        g_autofree char *gpu = vgate_unusable_gpu_describe (g_ptr_array_index (host->unusable, i));

        g_string_append_printf (report, "  cannot be used: %s\n", gpu);
    }
}

static void
report_finding (GString *report, const VgateFinding *finding, const VgatePgpu *pgpu, VgateSituation situation)
{
    char code[VGATE_CODE_TEXT_SIZE];
    g_autofree char *clause = vgate_reason_describe (finding, pgpu);
    g_autofree char *way_out = finding->severity == VGATE_SEVERITY_REFUSE
                                   ? vgate_reason_way_out (finding, pgpu, situation)
                                   : g_strdup (vgate_finding_way_out (finding));

    g_string_append_printf (report, "      %s %s: %s\n        way out: %s\n",
                            vgate_severity_name (finding->severity), vgate_code_format (finding->code, code),
                            clause, way_out);
}

static void
report_down_time (GString *report, const VgateCandidate *candidate, gboolean is_wanted)
{
    g_autofree char *estimate =
        candidate->has_down_time ? vgate_down_time_describe (&candidate->down_time) : NULL;

    if (estimate)
        g_string_append_printf (report, "      down-time: %s\n", estimate);
    else if (is_wanted)
        g_string_append (report,
                         "      down-time: not known: the source's driver does not report the used frame "
                         "buffer, or no speed is known\n");
}

static void
report_candidate (GString *report, const VgateDecision *decision, const VgateHost *host,
                  const VgatePlacement *placement, guint index)
{
    const VgateCandidate *candidate = &g_array_index (placement->candidates, VgateCandidate, index);
    const VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, candidate->pgpu);
    g_autofree char *states = vgate_states_describe (candidate->verdict.states);
    g_autofree char *limit = vgate_limit_describe (candidate->verdict.limit);
    const char *outcome = candidate->is_possible ? "possible" : "not possible";

    g_string_append_printf (report, "    GPU %s %s: %s%s (states %s, limit %s)\n", pgpu->address, pgpu->name,
                            (guint)placement->chosen == index ? "chosen, " : "", outcome, states, limit);
    report_down_time (report, candidate, decision->wants_down_time);
    for (guint i = 0; i < candidate->verdict.n_findings; i++)
        report_finding (report, &candidate->verdict.findings[i], pgpu, decision->situation);
}

static void
report_device (GString *report, const VgatePlacement *placement)
{
    g_autofree char *device = vgate_describe_device (placement);

    g_string_append_printf (report, "  device: %s\n", device);
}

static void
report_placement (GString *report, const VgateDecision *decision, const VgateHost *host, guint index)
{
    const VgatePlacement *placement = g_ptr_array_index (decision->placements, index);
    const VgateElementVgpu *vgpu = placement->vgpu;
    char version[VGATE_VERSION_TEXT_SIZE];

    g_string_append_printf (
        report,
        "vGPU %u of %u: %s\n  type %s (%u), guest driver %s, vGPU version %s, from GPU %s (%s, "
        "driver %s)\n",
        index + 1, decision->placements->len, vgpu->uuid, vgpu->type_name, vgpu->type,
        vgpu->record.guest_driver[0] != '\0' ? vgpu->record.guest_driver : "not loaded",
        vgate_version_format (vgpu->record.guest_version, version), vgpu->pgpu.address, vgpu->pgpu.name,
        vgpu->pgpu.host_driver);
    if (placement->is_tied)
        g_string_append_printf (report, "  must use the GPU %s\n",
                                placement->is_listed ? "where NVML lists the vGPU"
                                                     : "of its hostdev's "
                                                       "device");
    if (placement->fault)
        g_string_append_printf (report, "  the device of its hostdev cannot be used: %s\n",
                                placement->fault->message);
    if (placement->lease)
        report_device (report, placement);
    for (guint i = 0; i < placement->candidates->len; i++)
        report_candidate (report, decision, host, placement, i);
}

char *
vgate_decision_report (const VgateDecision *decision, const char *domain, VgateOperation operation,
                       const VgateHost *host)
{
    g_autoptr (GString) report = g_string_new (NULL);
    g_autofree char *line = vgate_decision_line (decision, host, domain);
    g_autofree char *name = domain ? vgate_printable (domain, 128) : NULL;
    g_autofree char *state = decision->state != 0 ? vgate_states_describe (decision->state) : NULL;
    const char *answer = "refused";

    if (!host)
        host = decision->host;
    g_string_append_printf (report, "domain: %s\noperation: %s%s%s%s\n", name ? name : "(not read)",
                            vgate_operation_name (operation), state ? " (needs state " : "",
                            state ? state : "", state ? ")" : "");
    if (host)
        report_host (report, host);
    for (guint i = 0; host && i < decision->placements->len; i++)
        report_placement (report, decision, host, i);
    if (decision->allowed)
        answer = "allowed";
    else if (vgate_code_is_unanswered (decision->code))
        answer = "could not be judged";
    g_string_append_printf (
        report, "decision: %s%s\n%s\n", answer,
        decision->is_reported ? ", but this host only reports it and lets the guest pass" : "", line);
    return g_string_free (g_steal_pointer (&report), FALSE);
}
