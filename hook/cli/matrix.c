/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate matrix: the answers for all pairs of a guest and a host. */
#include "command.h"
#include "fleet-options.h"
#include "matrix-output.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    const char *name;
    void (*print) (const VgateMatrixTotals *totals);
} Form;

/* The first one is the default. */
static const Form forms[] = {
    {"text", vgate_matrix_print_text},
    {"csv", vgate_matrix_print_csv},
    {"json", vgate_matrix_print_json},
    {"html", vgate_matrix_print_html},
};

static const Form *
find_form (const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS (forms); i++)
        if (!name || strcmp (forms[i].name, name) == 0)
            return &forms[i];
    return NULL;
}

/* --- a long wait on a terminal --- */

#define QUIET_US    G_USEC_PER_SEC
#define INTERVAL_US (G_USEC_PER_SEC / 10)
#define BAR_COLUMNS 30u

typedef struct {
    gint64
        begin;   /* of the command, by the monotonic clock, because reading the fleet is a part of the wait */
    gint64 last; /* when the bar was printed */
} Progress;

static void
tell_progress (guint done, guint total, gpointer user_data)
{
    Progress *progress = user_data;
    const gint64 now = g_get_monotonic_time ();
    char bar[BAR_COLUMNS];

    if (now - progress->begin < QUIET_US || (now - progress->last < INTERVAL_US && done < total))
        return;
    progress->last = now;
    for (guint i = 0; i < BAR_COLUMNS; i++)
        bar[i] = (guint64)i * total < (guint64)done * BAR_COLUMNS ? '#' : '.';
    fprintf (stderr, "\r[%.*s] %u of %u guests judged\033[K", (int)BAR_COLUMNS, bar, done, total);
    if (done == total)
        fputs ("\r\033[K", stderr);
}

/* 3: something could not be judged; 1: a guest can go nowhere. */
static int
status_of (const VgateMatrixTotals *totals)
{
    const VgateFleet *fleet = totals->matrix->fleet;
    int status = fleet->faults->len > 0 ? VGATE_EXIT_UNANSWERED : VGATE_EXIT_ALLOWED;

    for (guint g = 0; g < fleet->guests->len; g++) {
        if (vgate_matrix_guest_total (totals, g, VGATE_CELL_UNKNOWN) > 0)
            status = VGATE_EXIT_UNANSWERED;
        else if (status == VGATE_EXIT_ALLOWED && vgate_matrix_is_stuck (totals, g))
            status = VGATE_EXIT_REFUSED;
    }
    return status;
}

int
vgate_command_matrix (int argc, char *argv[], const char *config)
{
    g_auto (VgateFleetOptions) fleet_options = {0};
    g_autofree char *root = NULL, *output = NULL;
    g_auto (GStrv) guests = NULL;
    const GOptionEntry entries[] = {
        VGATE_FLEET_ENTRIES (&fleet_options),
        {"output", 0, 0, G_OPTION_ARG_STRING, &output,
         "print in format FORM: text (the default), csv, json or html", "FORM"},
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &root, "look for /sys and /run below DIR", "DIR"},
        {0},
    };
    g_autoptr (GError) error = NULL;
    g_autoptr (VgatePolicy) policy = NULL;
    g_autoptr (VgateFleet) fleet = NULL;
    g_autoptr (VgateMatrix) matrix = NULL;
    g_autoptr (VgateMatrixTotals) totals = NULL;
    VgateFleetQuestion question = {.now = g_get_real_time () / G_USEC_PER_SEC};
    Progress progress = {.begin = g_get_monotonic_time ()};
    const Form *form;

    if (!vgate_command_parse (
            argc, argv, "[GUEST...]",
            "Print for each guest and each host whether the guest can run there. GUEST is\n"
            "a domain's XML, or the name or UUID of a guest in the fleet; without GUEST, all\n"
            "are judged.",
            entries, &guests, &error))
        return vgate_command_usage (error->message);
    form = find_form (output);
    if (!form)
        return vgate_command_bad_value ("output", output, "text, csv, json or html");
    if (!vgate_fleet_options_have_fleet (&fleet_options) && (!guests || !fleet_options.hosts))
        return vgate_command_usage (
            "'matrix' requires --fleet DIR, --connect URI, or documents of guests and --host HOST");
    if (!vgate_fleet_options_check (&fleet_options, guests, &error))
        return vgate_command_usage (error->message);
    policy = vgate_command_policy (config, &error);
    fleet = policy ? vgate_fleet_options_read (&fleet_options, guests, config, &error) : NULL;
    if (!fleet)
        return vgate_command_fail (error);
    /* the user asks about cold starts, too, so they are judged even if the configuration exempts them */
    policy->gate_cold_start = TRUE;
    question.policy = policy;
    question.root = root ? root : "";
    matrix = vgate_matrix_new (fleet, &question, isatty (STDERR_FILENO) ? tell_progress : NULL, &progress);
    totals = vgate_matrix_totals_new (matrix);
    form->print (totals);
    return status_of (totals);
}
