/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"
#include "gate/gate.h"
#include "gate/report.h"
#include "host/input.h"
#include "wrap.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    char *host_file;
    char *operation;
    char *root;
    char *link_speed;
    char *limit;
    char **words;
} Options;

static void
options_clear (Options *options)
{
    g_free (options->host_file);
    g_free (options->operation);
    g_free (options->root);
    g_free (options->link_speed);
    g_free (options->limit);
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

/* *number is 0 if the option was not given. */
static gboolean
parse_number (const char *typed, guint64 max, guint64 *number)
{
    *number = 0;
    return !typed || g_ascii_string_to_unsigned (typed, 10, 1, max, number, NULL);
}

static int
bad_value (const char *option, const char *typed, const char *form)
{
    g_autofree char *what = g_strdup_printf ("invalid value '%s' for --%s: %s", typed, option, form);

    return vgate_command_usage (what);
}

static VgateDomain *
read_domain (const char *path, VgateDomainDocument *document, char **name, GError **error)
{
    gsize length;
    g_autofree char *xml = vgate_input_read (path, &length, error);
    VgateDomain *domain = xml ? vgate_domain_read_document (xml, length, document, name, error) : NULL;

    if (xml && !domain)
        g_prefix_error (error, "%s: ", strcmp (path, "-") == 0 ? "standard input" : path);
    return domain;
}

static int
check (const Options *options, VgateOperation operation, VgatePolicy *policy)
{
    g_autoptr (VgateDomain) domain = NULL;
    g_autoptr (VgateHost) host = NULL;
    g_autoptr (VgateDecision) decision = NULL;
    VgateDomainDocument document = VGATE_DOMAIN_DOCUMENT_DOMAIN;
    g_autofree char *name = NULL, *report = NULL;
    GError *error = NULL;
    VgateRequest request = {
        .operation = operation,
        .policy = policy,
        .root = options->root ? options->root : "",
        .is_dry_run = TRUE,
        .is_question = TRUE,
        .now = g_get_real_time () / G_USEC_PER_SEC,
    };

    host = options->host_file ? vgate_input_read_host (options->host_file, &error) : NULL;
    domain = error ? NULL : read_domain (options->words[0], &document, &name, &error);
    if (error && vgate_code_is_unanswered ((VgateCode)error->code)) {
        g_autoptr (GError) owned = error;

        return vgate_command_fail (owned);
    }
    /* the operation that a revert to the snapshot is */
    if (!options->operation && document != VGATE_DOMAIN_DOCUMENT_DOMAIN)
        request.operation =
            document == VGATE_DOMAIN_DOCUMENT_MEMORY ? VGATE_OPERATION_RESTORE : VGATE_OPERATION_PREPARE;
    request.domain = domain;
    request.host = host;
    /* the user asks about a cold start, so it is judged even if the configuration exempts it in the hook */
    policy->gate_cold_start = TRUE;
    decision = error ? vgate_decision_new_refusal (error) : vgate_gate_decide (&request);
    report = vgate_decision_report (decision, name, request.operation, host);
    vgate_print_wrapped (report);
    if (decision->allowed)
        return VGATE_EXIT_ALLOWED;
    return vgate_code_is_unanswered (decision->code) ? VGATE_EXIT_UNANSWERED : VGATE_EXIT_REFUSED;
}

int
vgate_command_check (int argc, char *argv[], const char *config)
{
    g_auto (Options) options = {0};
    const GOptionEntry entries[] = {
        {"host", 0, 0, G_OPTION_ARG_FILENAME, &options.host_file,
         "use host document FILE instead of this host", "FILE"},
        {"operation", 0, 0, G_OPTION_ARG_STRING, &options.operation,
         "check for operation OP: migrate (live; the default), restore (the default for a snapshot with "
         "memory) or start (the default for one without)",
         "OP"},
        {"link-speed", 0, 0, G_OPTION_ARG_STRING, &options.link_speed,
         "speed of the link between the hosts, in Mbit/s", "N"},
        {"down-time-limit", 0, 0, G_OPTION_ARG_STRING, &options.limit,
         "longest down-time that the guest may have, in ms", "N"},
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &options.root, "look for /sys and /etc below DIR", "DIR"},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr (GError) error = NULL;
    g_autoptr (VgatePolicy) policy = NULL;
    VgateOperation operation = VGATE_OPERATION_MIGRATE;
    guint64 link_speed, limit;

    if (!vgate_command_parse (
            argc, argv, "DOMAIN.xml",
            "Check whether a domain can run on this host, or a snapshot (virsh snapshot-dumpxml) be\n"
            "reverted to. '-' reads standard input.",
            entries, &options.words, &error))
        return vgate_command_usage (error->message);
    if (!options.words || g_strv_length (options.words) != 1)
        return vgate_command_usage ("'check' requires one DOMAIN.xml");
    if (options.operation && !parse_operation (options.operation, &operation))
        return bad_value ("operation", options.operation, "expected migrate, restore or start");
    if (!parse_number (options.link_speed, VGATE_LINK_SPEED_MAX, &link_speed))
        return bad_value ("link-speed", options.link_speed, "expected 1 to 10000000 (Mbit/s)");
    if (!parse_number (options.limit, VGATE_DOWN_TIME_LIMIT_MAX, &limit))
        return bad_value ("down-time-limit", options.limit, "expected 1 to 2000000 (ms)");
    policy = vgate_command_policy (config, &error);
    if (!policy)
        return vgate_command_fail (error);
    /* options have priority over the configuration */
    if (link_speed > 0)
        policy->link_speed = link_speed;
    if (limit > 0)
        policy->down_time_limit = limit;
    return check (&options, operation, policy);
}
