/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vgpu-gate-judge: judges the events that vgpu-gate-hook does not allow by itself. It reads the domain XML,
 * asks the gate, and answers as libvirt expects: exit status 0 with nothing or the changed XML on stdout, or
 * exit status 1 with one line on stderr. It is also the hook's dry run.
 */
#include "base/output.h"
#include "gate/gate.h"
#include "gate/managed-save.h"
#include "gate/report.h"
#include "host/input.h"
#include "journal.h"
#include "placement/release.h"
#include "status/reported.h"
#include "wrap.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EXIT_ALLOWED 0
#define EXIT_REFUSED 1
#define EXIT_USAGE   2

/* Nobody who holds the lock of the exceptions waits for anything. */
#define EXCEPTION_WAIT_MS 5000u

typedef struct {
    gboolean dry_run;
    gboolean show_version;
    char *config;
    char *root;
    char *host_file;
    char **words;
} Options;

static void
options_clear (Options *options)
{
    g_free (options->config);
    g_free (options->root);
    g_free (options->host_file);
    g_strfreev (options->words);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static const char *
root_of (const Options *options)
{
    return options->root ? options->root : "";
}

static int
usage (const char *what)
{
    /* the text quotes an argument, which can contain any bytes */
    g_autofree char *shown = vgate_printable (what, 1000);

    fprintf (stderr, "vgpu-gate: VGATE-902: %s; see 'vgpu-gate-hook --help'\n", shown);
    return EXIT_USAGE;
}

static gboolean
parse_options (int argc, char *argv[], Options *options, GError **error)
{
    const GOptionEntry entries[] = {
        {"dry-run", 'n', 0, G_OPTION_ARG_NONE, &options->dry_run, "print the full report and log nothing",
         NULL},
        {"host", 0, 0, G_OPTION_ARG_FILENAME, &options->host_file,
         "use host document FILE instead of this host (with --dry-run)", "FILE"},
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &options->config,
         "use FILE instead of the installed configuration", "FILE"},
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &options->root, "look for /sys, /proc, /run and /etc below DIR",
         "DIR"},
        {"version", 0, 0, G_OPTION_ARG_NONE, &options->show_version, "print the version", NULL},
        /* plain bytes: libvirt sets the locale to C, in which a name need not be valid text */
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->words, NULL,
         "OBJECT OPERATION SUBOPERATION EXTRA"},
        {0},
    };
    g_autoptr (GOptionContext) context = g_option_context_new ("<DOMAIN.xml");

    g_option_context_set_summary (
        context,
        "libvirt's qemu hook: allow or refuse the arrival and the start of a guest with NVIDIA vGPUs.");
    g_option_context_add_main_entries (context, entries, NULL);
    /* a domain may have the name of an option */
    g_option_context_set_strict_posix (context, TRUE);
    return g_option_context_parse (context, &argc, &argv, error);
}

/* FALSE if the event is not gated. */
static gboolean
operation_of (char **words, VgateOperation *operation)
{
    static const struct {
        const char *word, *sub_word;
        VgateOperation operation;
    } gated[] = {
        {"migrate", "begin", VGATE_OPERATION_MIGRATE},
        {"restore", "begin", VGATE_OPERATION_RESTORE},
        {"started", "begin", VGATE_OPERATION_STARTED},
        {"prepare", "begin", VGATE_OPERATION_PREPARE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (gated); i++) {
        if (strcmp (words[1], gated[i].word) == 0 && strcmp (words[2], gated[i].sub_word) == 0) {
            *operation = gated[i].operation;
            return TRUE;
        }
    }
    return FALSE;
}

typedef struct {
    char *xml;
    gsize xml_length;
    VgateDomain *domain;
    VgatePolicy *policy;
    VgateHost *host;
} Inputs;

static void
inputs_clear (Inputs *inputs)
{
    g_clear_pointer (&inputs->xml, g_free);
    g_clear_pointer (&inputs->domain, vgate_domain_free);
    g_clear_pointer (&inputs->policy, vgate_policy_free);
    g_clear_pointer (&inputs->host, vgate_host_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Inputs, inputs_clear)

static gboolean
read_domain (Inputs *inputs, GError **error)
{
    inputs->xml = vgate_input_read_fd (STDIN_FILENO, &inputs->xml_length, error);
    inputs->domain =
        inputs->xml ? vgate_domain_read_leniently (inputs->xml, inputs->xml_length, NULL, error) : NULL;
    return inputs->domain != NULL;
}

static gboolean
read_host (const char *path, Inputs *inputs, GError **error)
{
    if (!path)
        return TRUE;
    inputs->host = vgate_input_read_host (path, error);
    return inputs->host != NULL;
}

/* libvirt runs a hook as its own user, so a user other than root means the libvirtd of a session. A dry run
 * is different: a user runs it to ask about this host. */
static gboolean
is_session (const Options *options)
{
    return geteuid () != 0 && !options->root && !options->dry_run;
}

typedef struct {
    const Options *options;
    Inputs *inputs;
} LoadData;

static gboolean
load (VgateRequest *request, gpointer data, GError **error)
{
    const LoadData *from = data;

    from->inputs->policy = vgate_policy_load (from->options->config, error);
    if (!from->inputs->policy || !read_host (from->options->host_file, from->inputs, error))
        return FALSE;
    request->policy = from->inputs->policy;
    request->host = from->inputs->host;
    return TRUE;
}

static VgateDecision *
decide (const Options *options, VgateOperation operation, Inputs *inputs)
{
    LoadData from = {.options = options, .inputs = inputs};
    GError *error = NULL;
    VgateRequest request = {
        .operation = operation,
        .root = root_of (options),
        .is_dry_run = options->dry_run,
        .is_session = is_session (options),
        .now = g_get_real_time () / G_USEC_PER_SEC,
        .load = load,
        .load_data = &from,
    };

    if (!read_domain (inputs, &error))
        return vgate_decision_new_refusal (error);
    request.domain = inputs->domain;
    request.xml = inputs->xml;
    request.xml_length = inputs->xml_length;
    return vgate_gate_decide (&request);
}

/*
 * Marks a refusal on a host that only reports. If nothing has read the configuration, because the
 * XML could not be read, it is read now; with an error in it the mode is not known, and the guest is refused.
 */
static void
apply_mode (const Options *options, Inputs *inputs, VgateDecision *decision)
{
    const char *uuid = inputs->domain ? inputs->domain->uuid : NULL;

    /* a document is of another host */
    if (decision->allowed || options->host_file)
        return;
    if (!inputs->policy)
        inputs->policy = vgate_policy_load (options->config, NULL);
    if (inputs->policy)
        vgate_decision_apply_mode (decision, inputs->policy, options->words[0], uuid);
}

/* Lets a guest that is refused pass if root has allowed this arrival. A dry run and a session's guest use no
 * permission. */
static void
apply_exception (const Options *options, VgateOperation operation, const Inputs *inputs,
                 VgateDecision *decision)
{
    const VgateDecisionStage stage = {
        .root = root_of (options),
        .operation = operation,
        .domain = options->words[0],
        .uuid = inputs->domain ? inputs->domain->uuid : NULL,
        .asks_again = inputs->domain && inputs->domain->vmstate,
        .wait_ms = EXCEPTION_WAIT_MS,
    };

    if (!options->dry_run && !is_session (options))
        vgate_decision_apply_exception (decision, &stage);
}

static void
count_reported (const Options *options, VgateOperation operation, VgateDecision *decision)
{
    g_autoptr (GError) error = NULL;

    if (!decision->is_reported || options->dry_run || is_session (options))
        return;
    if (!vgate_reported_count (root_of (options), vgate_operation_name (operation), decision->code, &error))
        vgate_decision_warn (decision, error);
}

/* Returns FALSE with an error if libvirt would get an incomplete domain. */
static gboolean
hand_over_xml (const VgateDecision *decision, GError **error)
{
    if (!decision->xml || (fwrite (decision->xml, 1, decision->xml_length, stdout) == decision->xml_length &&
                           fflush (stdout) == 0))
        return TRUE;
    g_set_error (error, VGATE_ERROR, VGATE_CODE_INTERNAL, "cannot write the changed domain XML: %s",
                 g_strerror (errno));
    return FALSE;
}

static void
log_decision (const VgateDecision *decision, const char *line, const char *domain_name, const char *operation,
              const Inputs *inputs)
{
    if (decision->code != VGATE_CODE_NOT_CONCERNED)
        vgate_journal_decision (decision, line, domain_name, inputs->domain ? inputs->domain->uuid : NULL,
                                operation);
}

static int
refuse (const char *line)
{
    fprintf (stderr, "%s\n", line);
    return EXIT_REFUSED;
}

/*
 * 'release end': removes the devices that were created for the guest. Nothing is gated, because libvirt does
 * not ask whether a guest may end. Only guests of the system's libvirtd have leases, those of a session do
 * not.
 */
static int
release (const Options *options, Inputs *inputs)
{
    const char *root = root_of (options);
    g_autoptr (VgateDecision) decision = NULL;
    g_autofree char *line = NULL;
    GError *error = NULL;
    guint n = 0;

    if (is_session (options) || !vgate_leases_exist (root))
        return EXIT_ALLOWED;
    if (read_domain (inputs, &error))
        n = vgate_release_devices (root, inputs->domain, &error);
    if (error) {
        decision = vgate_decision_new_refusal (error);
    } else {
        decision = vgate_decision_new ();
        vgate_decision_set (decision, TRUE, n > 0 ? VGATE_CODE_DEVICES_UNMADE : VGATE_CODE_NOT_CONCERNED,
                            NULL);
    }
    /* an error refuses nothing here */
    line = vgate_message_line (decision->code, options->words[0], decision->text);
    log_decision (decision, line, options->words[0], "release", inputs);
    return decision->allowed ? EXIT_ALLOWED : refuse (line);
}

/* The line of the refusal that 'restore begin' has kept for this start, or NULL. What an earlier operation
 * has left ends with any event. */
static char *
take_refusal (const Options *options)
{
    if (options->dry_run || is_session (options))
        return NULL;
    return vgate_managed_save_take_refusal (root_of (options), options->words[0]);
}

/*
 * TRUE when the guest is refused, and libvirt restores it from its managed save, which it could delete if
 * the hook failed at this event (gate/managed-save.h). The refusal is given at the next event, 'prepare
 * begin'. If it cannot be kept until then, the guest is judged again at 'started begin'. A session's
 * managed saves are not searched.
 */
static gboolean
is_postponed (const Options *options, VgateOperation operation, VgateDecision *decision, const char *line)
{
    const char *root = root_of (options);
    g_autoptr (GError) error = NULL;

    if (vgate_decision_lets_pass (decision) || operation != VGATE_OPERATION_RESTORE || is_session (options) ||
        !vgate_managed_save_exists (root, options->words[0]))
        return FALSE;
    if (!vgate_managed_save_keep_refusal (root, options->words[0], line, &error))
        vgate_decision_warn (decision, error);
    return TRUE;
}

/* Must be called before the options are parsed, because --help exits there. libvirt's arguments come after
 * "--", and libvirt must get one of the two answers that it understands. */
static gboolean
is_for_people (int argc, char *argv[])
{
    static const char *const options[] = {"--dry-run", "--help", "--version", NULL};

    for (int i = 1; i < argc && strcmp (argv[i], "--") != 0; i++)
        /* short options can be combined, as in -nh; "-" is libvirt's empty last argument */
        if (g_strv_contains (options, argv[i]) ||
            (argv[i][0] == '-' && argv[i][1] != '-' && argv[i][1] != '\0'))
            return TRUE;
    return FALSE;
}

static int
exit_status_of_dry_run (const VgateDecision *decision)
{
    if (decision->allowed)
        return EXIT_ALLOWED;
    return vgate_code_is_unanswered (decision->code) ? VGATE_EXIT_UNANSWERED : EXIT_REFUSED;
}

int
main (int argc, char *argv[])
{
    g_auto (Options) options = {0};
    g_auto (Inputs) inputs = {0};
    g_autoptr (VgateDecision) decision = NULL;
    g_autofree char *line = NULL, *kept = NULL;
    g_autoptr (GError) error = NULL;
    VgateOperation operation;
    gboolean postponed;

    setlocale (LC_ALL, "");
    if (is_for_people (argc, argv))
        vgate_output_check_at_exit ();
    /* an ignored SIGCHLD is inherited from the parent, and then waitpid () cannot return a child's status */
    signal (SIGCHLD, SIG_DFL);
    g_set_prgname ("vgpu-gate-hook");
    if (!parse_options (argc, argv, &options, &error))
        return usage (error->message);
    if (options.show_version) {
        g_print ("%s\n", "vgpu-gate-hook " VGATE_VERSION);
        return 0;
    }
    if (!options.words || g_strv_length (options.words) != 4)
        return usage ("expected four arguments: OBJECT OPERATION SUBOPERATION EXTRA");
    if (options.host_file && !options.dry_run)
        return usage ("--host requires --dry-run");
    if (strcmp (options.words[1], "release") == 0 && strcmp (options.words[2], "end") == 0 &&
        !options.dry_run)
        return release (&options, &inputs);
    if (!operation_of (options.words, &operation)) {
        if (options.dry_run)
            g_print ("%s %s is not gated\n", options.words[1], options.words[2]);
        return EXIT_ALLOWED;
    }
    kept = take_refusal (&options);
    if (kept && operation == VGATE_OPERATION_PREPARE)
        /* it was logged at 'restore begin' */
        return refuse (kept);
    decision = decide (&options, operation, &inputs);
    apply_mode (&options, &inputs, decision);
    apply_exception (&options, operation, &inputs, decision);
    count_reported (&options, operation, decision);
    if (options.dry_run) {
        g_autofree char *report = vgate_decision_report (decision, options.words[0], operation, inputs.host);

        vgate_print_wrapped (report);
        return exit_status_of_dry_run (decision);
    }
    if (!hand_over_xml (decision, &error)) {
        /* the guest does not arrive; leases that cannot be ended now expire */
        vgate_release_leases (root_of (&options), inputs.domain, NULL);
        vgate_decision_free (decision);
        decision = vgate_decision_new_refusal (g_steal_pointer (&error));
    }
    /* the name that libvirt passed, because the XML may have been unreadable */
    line = vgate_decision_line (decision, NULL, options.words[0]);
    postponed = is_postponed (&options, operation, decision, line);
    log_decision (decision, line, options.words[0], vgate_operation_name (operation), &inputs);
    return vgate_decision_lets_pass (decision) || postponed ? EXIT_ALLOWED : refuse (line);
}
