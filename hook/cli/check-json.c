/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/date-time.h"
#include "base/output.h"
#include "check-output.h"
#include "compat/verdict.h"
#include "gate/reason.h"
#include "gate/report.h"
#include "tree-fleet.h"

#define FORMAT "vgpu-gate/check/1"

static void
add_words (JsonObject *object, const char *name, const char *words)
{
    g_auto (GStrv) list = g_strsplit (words, "|", -1);
    JsonArray *array = vgate_tree_add_list (object, name);

    for (gsize i = 0; list[i]; i++)
        if (strcmp (list[i], "none") != 0)
            json_array_add_string_element (array, list[i]);
}

static void
add_finding (JsonArray *findings, const VgateFinding *finding, const VgatePgpu *pgpu,
             VgateSituation situation)
{
    JsonObject *entry = vgate_tree_add_item (findings);
    g_autofree char *text = vgate_reason_describe (finding, pgpu);
    g_autofree char *way_out = finding->severity == VGATE_SEVERITY_REFUSE
                                   ? vgate_reason_way_out (finding, pgpu, situation)
                                   : g_strdup (vgate_finding_way_out (finding));

    json_object_set_string_member (entry, "severity", vgate_severity_name (finding->severity));
    vgate_tree_set_code (entry, finding->code);
    json_object_set_string_member (entry, "text", text);
    json_object_set_string_member (entry, "way-out", way_out);
}

static void
add_candidate (JsonArray *candidates, const VgateFleetJudged *judged, const VgateHost *host,
               const VgatePlacement *placement, guint index)
{
    const VgateCandidate *candidate = &g_array_index (placement->candidates, VgateCandidate, index);
    const VgatePgpu *pgpu = g_ptr_array_index (host->pgpus, candidate->pgpu);
    JsonObject *entry = vgate_tree_add_item (candidates);
    g_autofree char *states = vgate_states_describe (candidate->verdict.states);
    g_autofree char *limit = vgate_limit_describe (candidate->verdict.limit);
    JsonArray *findings;

    json_object_set_string_member (entry, "address", pgpu->address);
    json_object_set_string_member (entry, "name", pgpu->name);
    json_object_set_boolean_member (entry, "chosen", (guint)placement->chosen == index);
    json_object_set_boolean_member (entry, "possible", candidate->is_possible);
    add_words (entry, "state", states);
    add_words (entry, "limit", limit);
    if (candidate->has_down_time) {
        g_autofree char *text = vgate_down_time_describe (&candidate->down_time);
        JsonObject *down_time = vgate_tree_add_child (entry, "down-time");

        vgate_tree_set_number (down_time, "microseconds", candidate->down_time.time);
        vgate_tree_set_number (down_time, "bytes", candidate->down_time.bytes);
        json_object_set_string_member (down_time, "text", text);
    }
    findings = vgate_tree_add_list (entry, "finding");
    for (guint i = 0; i < candidate->verdict.n_findings; i++)
        add_finding (findings, &candidate->verdict.findings[i], pgpu, judged->decision->situation);
}

static void
set_device (JsonObject *vgpu, const VgateLease *lease)
{
    JsonObject *device = vgate_tree_add_child (vgpu, "device");

    json_object_set_string_member (device, "kind", lease->kind == VGATE_HOSTDEV_MDEV ? "mdev" : "pci");
    json_object_set_string_member (device, "name", lease->device);
    json_object_set_string_member (device, "parent", lease->parent);
    json_object_set_string_member (device, "gpu", lease->pgpu);
    json_object_set_boolean_member (device, "exists", lease->state != VGATE_LEASE_PLANNED);
    if (lease->instead_of)
        json_object_set_string_member (device, "instead-of", lease->instead_of);
}

static void
add_vgpu (JsonArray *vgpus, const VgateFleetJudged *judged, const VgateHost *host,
          const VgatePlacement *placement)
{
    const VgateElementVgpu *vgpu = placement->vgpu;
    JsonObject *entry = vgate_tree_add_item (vgpus);
    char version[VGATE_VERSION_TEXT_SIZE];
    JsonObject *source;
    JsonArray *candidates;

    json_object_set_string_member (entry, "uuid", vgpu->uuid);
    json_object_set_string_member (entry, "type", vgpu->type_name);
    if (vgpu->record.guest_driver[0] != '\0')
        json_object_set_string_member (entry, "guest-driver", vgpu->record.guest_driver);
    if (vgpu->record.guest_version != 0)
        json_object_set_string_member (entry, "vgpu-version",
                                       vgate_version_format (vgpu->record.guest_version, version));
    source = vgate_tree_add_child (entry, "source");
    json_object_set_string_member (source, "address", vgpu->pgpu.address);
    json_object_set_string_member (source, "name", vgpu->pgpu.name);
    json_object_set_boolean_member (entry, "tied", placement->is_tied);
    if (placement->fault)
        json_object_set_string_member (entry, "fault", placement->fault->message);
    if (placement->lease)
        set_device (entry, placement->lease);
    candidates = vgate_tree_add_list (entry, "gpu");
    for (guint i = 0; i < placement->candidates->len; i++)
        add_candidate (candidates, judged, host, placement, i);
}

static const char *
decision_name (const VgateDecision *decision)
{
    if (decision->code == VGATE_CODE_NOT_CONCERNED)
        return "not-concerned";
    if (decision->allowed)
        return "allowed";
    return vgate_code_is_unanswered (decision->code) ? "unknown" : "refused";
}

static void
add_decision (JsonArray *list_of_judged, const VgateFleetJudged *judged, const VgateHost *host)
{
    const VgateDecision *decision = judged->decision;
    JsonObject *entry = vgate_tree_add_item (list_of_judged);
    g_autofree char *state = decision->state != 0 ? vgate_states_describe (decision->state) : NULL;
    JsonArray *list;

    json_object_set_string_member (entry, "operation", vgate_operation_name (judged->operation));
    json_object_set_string_member (entry, "decision", decision_name (decision));
    vgate_tree_set_code (entry, (int)decision->code);
    vgate_tree_set_path (entry, "text", decision->text);
    if (decision->is_reported)
        json_object_set_boolean_member (entry, "only-reported", TRUE);
    if (state)
        json_object_set_string_member (entry, "needs-state", state);
    list = vgate_tree_add_list (entry, "warning");
    for (guint i = 0; i < decision->warnings->len; i++) {
        const VgateWarning *warning = g_ptr_array_index (decision->warnings, i);
        JsonObject *item = vgate_tree_add_item (list);

        vgate_tree_set_code (item, (int)warning->code);
        json_object_set_string_member (item, "text", warning->text);
    }
    list = vgate_tree_add_list (entry, "vgpu");
    for (guint i = 0; host && i < decision->placements->len; i++)
        add_vgpu (list, judged, host, g_ptr_array_index (decision->placements, i));
}

static void
set_guest (JsonObject *answer, const VgateFleetAnswer *of)
{
    JsonObject *guest = vgate_tree_add_child (answer, "guest");

    if (vgate_fleet_answer_name (of))
        json_object_set_string_member (guest, "name", vgate_fleet_answer_name (of));
    if (of->guest)
        json_object_set_string_member (guest, "uuid", of->guest->domain->uuid);
    vgate_tree_set_path (guest, "origin", of->guest ? of->guest->origin : of->fault->origin);
}

/* Without a member, this host was meant and could not be read. */
static void
set_host (JsonObject *answer, const VgateFleetAnswer *of)
{
    const VgateHost *host = vgate_fleet_answer_host (of);
    JsonObject *object;

    if (!host)
        return;
    object = vgate_tree_add_host (answer, "host", host);
    if (of->host)
        vgate_tree_set_path (object, "origin", of->host->origin);
}

void
vgate_check_print_json (const GPtrArray *answers, const VgateFleetQuestion *question, gboolean with_commands)
{
    JsonObject *report = json_object_new ();
    g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), report);
    g_autofree char *time = vgate_time_format (question->now), *json = NULL;
    JsonArray *list;

    json_object_unref (report);
    json_object_set_string_member (report, "format", FORMAT);
    json_object_set_string_member (report, "time", time);
    list = vgate_tree_add_list (report, "answer");
    for (guint i = 0; i < answers->len; i++) {
        const VgateFleetAnswer *answer = g_ptr_array_index (answers, i);
        JsonObject *entry = vgate_tree_add_item (list);
        JsonArray *judged;

        set_guest (entry, answer);
        set_host (entry, answer);
        json_object_set_string_member (entry, "operation",
                                       vgate_operation_name (vgate_fleet_answer_operation (answer)));
        json_object_set_string_member (entry, "decision",
                                       decision_name (vgate_fleet_answer_decision (answer)));
        judged = vgate_tree_add_list (entry, "judged");
        for (guint d = 0; d < answer->n_judged; d++)
            add_decision (judged, &answer->judged[d],
                          answer->host ? answer->host->host : answer->judged[d].decision->host);
        if (with_commands) {
            g_autoptr (GPtrArray) commands = vgate_check_commands (answer);
            JsonArray *lines = vgate_tree_add_list (entry, "command");

            for (guint c = 0; c < commands->len; c++)
                json_array_add_string_element (lines, g_ptr_array_index (commands, c));
        }
    }
    json = json_to_string (root, TRUE);
    vgate_output_print (json);
    vgate_output_print ("\n");
}
