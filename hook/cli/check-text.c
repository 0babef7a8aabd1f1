/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/output.h"
#include "check-output.h"
#include "gate/report.h"
#include "virsh-lines.h"
#include "wrap.h"

/* "allowed", "refused (VGATE-303)". */
static void
append_decision (GString *text, const VgateDecision *decision)
{
    char code[VGATE_CODE_TEXT_SIZE];

    if (decision->code == VGATE_CODE_NOT_CONCERNED)
        g_string_append (text, "not concerned");
    else if (decision->allowed)
        g_string_append (text, "allowed");
    else
        g_string_append_printf (
            text, "%s (%s%s)", vgate_code_is_unanswered (decision->code) ? "could not be judged" : "refused",
            vgate_code_format (decision->code, code), decision->is_reported ? ", only reported" : "");
}

static void
append_others (GString *text, const VgateFleetAnswer *answer)
{
    const char *separator = "other operations: ";

    for (guint i = 0; i < answer->n_judged; i++) {
        if (i == answer->main)
            continue;
        g_string_append_printf (text, "%s%s ", separator, vgate_operation_name (answer->judged[i].operation));
        append_decision (text, answer->judged[i].decision);
        separator = ", ";
    }
    if (answer->n_judged > 1)
        g_string_append_c (text, '\n');
}

/* They are not wrapped, because a part of a command is another command. */
static void
print_commands (const VgateFleetAnswer *answer)
{
    g_autoptr (GPtrArray) commands = vgate_check_commands (answer);

    if (commands->len > 0)
        vgate_output_print ("commands:\n");
    for (guint i = 0; i < commands->len; i++) {
        vgate_output_print (g_ptr_array_index (commands, i));
        vgate_output_print ("\n");
    }
}

/* A line for each answer, because the decisions of several reports are far apart. */
static void
append_summary (GString *text, const GPtrArray *answers)
{
    g_string_append (text, "\nsummary:\n");
    for (guint i = 0; i < answers->len; i++) {
        const VgateFleetAnswer *answer = g_ptr_array_index (answers, i);
        const char *name = vgate_fleet_answer_name (answer);
        const VgateHost *host = vgate_fleet_answer_host (answer);
        g_autofree char *shown = vgate_printable (name ? name : answer->fault->origin, 128);

        g_string_append_printf (text, "  %s, %s: ", shown, host ? host->name : "this host");
        append_decision (text, vgate_fleet_answer_decision (answer));
        g_string_append_c (text, '\n');
    }
}

void
vgate_check_print_text (const GPtrArray *answers, gboolean with_commands)
{
    g_autoptr (GString) summary = g_string_new (NULL);

    for (guint i = 0; i < answers->len; i++) {
        const VgateFleetAnswer *answer = g_ptr_array_index (answers, i);
        g_autoptr (GString) text = g_string_new (i > 0 ? "\n" : NULL);
        g_autofree char *report = vgate_decision_report (
            vgate_fleet_answer_decision (answer), vgate_fleet_answer_name (answer),
            vgate_fleet_answer_operation (answer), answer->host ? answer->host->host : NULL);

        g_string_append (text, report);
        append_others (text, answer);
        vgate_print_wrapped (text->str);
        if (with_commands)
            print_commands (answer);
    }
    if (answers->len > 1)
        append_summary (summary, answers);
    vgate_print_wrapped (summary->str);
}

/* --- commands --- */

/* The longest of the guest's estimates on the chosen GPUs, which include its other vGPUs; 0: not known. */
static guint64
down_time_of (const VgateDecision *decision)
{
    guint64 time = 0;

    for (guint i = 0; i < decision->placements->len; i++) {
        const VgatePlacement *placement = g_ptr_array_index (decision->placements, i);
        const VgateCandidate *candidate =
            &g_array_index (placement->candidates, VgateCandidate, placement->chosen);

        time = MAX (time, candidate->has_down_time ? candidate->down_time.time : 0);
    }
    return time;
}

GPtrArray *
vgate_check_commands (const VgateFleetAnswer *answer)
{
    const VgateDecision *decision = vgate_fleet_answer_decision (answer);
    const VgateHost *host = vgate_fleet_answer_host (answer);
    const VgateElement *element = answer->guest ? answer->guest->domain->element : NULL;
    const VgateVirshHosts hosts = {0};
    g_autoptr (GPtrArray) devices = NULL;
    VgateVirshMove move = {0};

    if (!decision->allowed || !host || !element ||
        vgate_fleet_answer_operation (answer) != VGATE_OPERATION_MIGRATE)
        return g_ptr_array_new ();
    devices = vgate_virsh_devices_of (decision, host);
    move.name = answer->guest->name;
    move.uuid = answer->guest->domain->uuid;
    move.source = element->host;
    move.destination = host->name;
    move.devices = devices;
    move.down_time = down_time_of (decision);
    move.max_down_time = element->max_downtime;
    return vgate_virsh_migrate (&move, &hosts);
}
