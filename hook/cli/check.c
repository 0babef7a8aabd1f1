/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate check: the answers about guests on hosts, with all findings. */
#include "check-output.h"
#include "command.h"
#include "fleet-options.h"
#include "libvirt-access.h"

#include <string.h>

typedef struct {
    VgateFleetOptions fleet;
    char *operation;
    char *root;
    char *link_speed;
    char *limit;
    char *output;
    gboolean with_commands;
    char **words;
} Options;

static void
options_clear (Options *options)
{
    vgate_fleet_options_clear (&options->fleet);
    g_free (options->operation);
    g_free (options->root);
    g_free (options->link_speed);
    g_free (options->limit);
    g_free (options->output);
    g_strfreev (options->words);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
parse_operation (const char *text, VgateOperation *operation)
{
    static const VgateOperation known[] = {VGATE_OPERATION_MIGRATE, VGATE_OPERATION_RESTORE,
                                           VGATE_OPERATION_PREPARE};

    for (gsize i = 0; i < G_N_ELEMENTS (known); i++) {
        if (strcmp (text, vgate_operation_name (known[i])) == 0) {
            *operation = known[i];
            return TRUE;
        }
    }
    return FALSE;
}

/* TRUE for the host on which the guest runs, when it is one of several that are asked about. */
static gboolean
is_no_question (const VgateFleet *fleet, const VgateDecision *decision)
{
    return fleet->hosts->len > 1 && decision->code == VGATE_CODE_RUNS_THERE;
}

/* 3: something could not be judged, or nothing was; 1: something is refused. */
static int
status_of (const VgateFleet *fleet, const GPtrArray *answers)
{
    int status = answers->len > 0 ? VGATE_EXIT_ALLOWED : VGATE_EXIT_UNANSWERED;

    for (guint i = 0; i < answers->len; i++) {
        const VgateDecision *decision = vgate_fleet_answer_decision (g_ptr_array_index (answers, i));

        if (!decision->allowed && !is_no_question (fleet, decision))
            status = MAX (status, vgate_code_is_unanswered (decision->code) ? VGATE_EXIT_UNANSWERED
                                                                            : VGATE_EXIT_REFUSED);
    }
    for (guint i = 0; i < fleet->faults->len; i++) {
        const VgateFleetFault *fault = g_ptr_array_index (fleet->faults, i);

        if (fault->is_host || vgate_code_is_unanswered ((VgateCode)fault->error->code))
            status = VGATE_EXIT_UNANSWERED;
    }
    return status;
}

/* What the hook of this host would do about a refusal. How another host is configured is not known. */
static void
apply_mode (const GPtrArray *answers, const VgatePolicy *policy)
{
    for (guint i = 0; i < answers->len; i++) {
        const VgateFleetAnswer *answer = g_ptr_array_index (answers, i);

        for (guint d = 0; !answer->host && d < answer->n_judged; d++)
            vgate_decision_apply_mode (answer->judged[d].decision, policy, vgate_fleet_answer_name (answer),
                                       answer->guest ? answer->guest->domain->uuid : NULL);
    }
}

static int
check (const Options *options, const VgateOperation *operation, VgatePolicy *policy, const char *config)
{
    const VgateFleetQuestion question = {
        .policy = policy,
        .root = options->root ? options->root : "",
        .now = g_get_real_time () / G_USEC_PER_SEC,
    };
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateFleet) fleet =
        vgate_fleet_options_collect (&options->fleet, options->words, config, &error);
    g_autoptr (GPtrArray) answers = NULL;
    gboolean is_explained = FALSE;

    if (!fleet)
        return vgate_command_fail (error);
    for (guint i = 0; i < fleet->faults->len; i++) {
        const VgateFleetFault *fault = g_ptr_array_index (fleet->faults, i);

        /* the others are refusals, which are printed as such */
        if (fault->is_host || vgate_code_is_unanswered ((VgateCode)fault->error->code))
            vgate_fleet_print_fault (fault);
        is_explained = is_explained || fault->is_host;
    }
    /* the user asks about a cold start, so it is judged even if the configuration exempts it in the hook */
    policy->gate_cold_start = TRUE;
    if (fleet->hosts->len == 0 && !options->fleet.is_about_here) {
        if (is_explained)
            return VGATE_EXIT_UNANSWERED;
        g_set_error_literal (&error, VGATE_ERROR, VGATE_CODE_FLEET_EMPTY, "there is no host to check for");
        return vgate_command_fail (error);
    }
    answers = vgate_fleet_judge_together (fleet, &question, operation);
    apply_mode (answers, policy);
    if (answers->len > 0 && g_strcmp0 (options->output, "json") == 0)
        vgate_check_print_json (answers, &question, options->with_commands);
    else if (answers->len > 0)
        vgate_check_print_text (answers, options->with_commands);
    return status_of (fleet, answers);
}

/* Names are those of guests of this host's libvirt unless a fleet is given. */
static gboolean
complete (Options *options, GError **error)
{
    gboolean has_name = FALSE;

    for (gsize i = 0; options->words && options->words[i]; i++)
        has_name = has_name || !vgate_fleet_word_is_path (options->words[i]);
    if (has_name && !vgate_fleet_options_have_fleet (&options->fleet)) {
        options->fleet.uris = g_new0 (char *, 2);
        options->fleet.uris[0] = g_strdup (VGATE_LIBVIRT_URI);
    }
    options->fleet.is_about_here = !options->fleet.hosts && !options->fleet.directories;
    return vgate_fleet_options_check (&options->fleet, options->words, error);
}

int
vgate_command_check (int argc, char *argv[], const char *config)
{
    g_auto (Options) options = {0};
    const GOptionEntry entries[] = {
        VGATE_FLEET_ENTRIES (&options.fleet),
        {"operation", 0, 0, G_OPTION_ARG_STRING, &options.operation,
         "check for operation OP: migrate (live; the default for a guest that runs), restore (the default "
         "for a snapshot with memory) or start (the default for other guests)",
         "OP"},
        {"link-speed", 0, 0, G_OPTION_ARG_STRING, &options.link_speed,
         "speed of the link between the hosts, in Mbit/s", "N"},
        {"down-time-limit", 0, 0, G_OPTION_ARG_STRING, &options.limit,
         "longest down-time that the guest may have, in ms", "N"},
        {"virsh", 0, 0, G_OPTION_ARG_NONE, &options.with_commands,
         "print the shell commands that migrate the guests that are allowed", NULL},
        {"output", 0, 0, G_OPTION_ARG_STRING, &options.output,
         "print in format FORM: text (the default) or json", "FORM"},
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &options.root, "look for /sys and /etc below DIR", "DIR"},
        {0},
    };
    g_autoptr (GError) error = NULL;
    g_autoptr (VgatePolicy) policy = NULL;
    VgateOperation operation = VGATE_OPERATION_MIGRATE;
    guint64 link_speed = 0, limit = 0;

    if (!vgate_command_parse (
            argc, argv, "GUEST...",
            "Check whether guests can run on this host, or on others. GUEST is a domain's XML, a\n"
            "snapshot (virsh snapshot-dumpxml), '-' for standard input, or the name or UUID of a\n"
            "guest of libvirt or of the fleet. Guests are judged together, in this order.",
            entries, &options.words, &error))
        return vgate_command_usage (error->message);
    if (!options.words)
        return vgate_command_usage ("'check' requires a GUEST");
    if (options.operation && !parse_operation (options.operation, &operation))
        return vgate_command_bad_value ("operation", options.operation, "migrate, restore or start");
    if (options.output && strcmp (options.output, "text") != 0 && strcmp (options.output, "json") != 0)
        return vgate_command_bad_value ("output", options.output, "text or json");
    if (!vgate_command_parse_number (options.link_speed, VGATE_LINK_SPEED_MAX, &link_speed))
        return vgate_command_bad_value ("link-speed", options.link_speed, "1 to 10000000 (Mbit/s)");
    if (!vgate_command_parse_number (options.limit, VGATE_DOWN_TIME_LIMIT_MAX, &limit))
        return vgate_command_bad_value ("down-time-limit", options.limit, "1 to 2000000 (ms)");
    if (!complete (&options, &error))
        return vgate_command_usage (error->message);
    policy = vgate_command_policy (config, &error);
    if (!policy)
        return vgate_command_fail (error);
    /* options have priority over the configuration */
    if (link_speed > 0)
        policy->link_speed = link_speed;
    if (limit > 0)
        policy->down_time_limit = limit;
    return check (&options, options.operation ? &operation : NULL, policy, config);
}
