/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate audit: which save images, definitions and snapshots could not be restored or started. */
#include "fleet/audit.h"

#include "base/date-time.h"
#include "command.h"
#include "fleet-options.h"
#include "host/identity.h"
#include "tree-fleet.h"
#include "wrap.h"

#include <string.h>

#define FORMAT   "vgpu-gate/audit/1"
#define TEXT_MAX 4000

static const char assumption[] =
    "it accepts all vGPU versions of the driver and offers the vGPU types that it offers now, no guest runs "
    "on it, and the devices that the guests need exist";

typedef struct {
    VgateFleetOptions fleet;
    char *root, *driver, *branches;
    gboolean show_all;
} Options;

static void
options_clear (Options *options)
{
    vgate_fleet_options_clear (&options->fleet);
    g_free (options->root);
    g_free (options->driver);
    g_free (options->branches);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* A host on which everything is judged. */
typedef struct {
    char *name, *uuid;
    VgateFleetHost *now;     /* NULL: this host, which the gate reads itself */
    VgateFleetHost *planned; /* NULL: no driver is planned, or nothing needs it */
} Host;

typedef struct {
    VgateAuditAnswer answer;
    VgateCode code;
    char *text;
    GPtrArray *warnings; /* of VgateWarning * */
} Answer;

static void
host_clear (Host *host)
{
    g_free (host->name);
    g_free (host->uuid);
    vgate_fleet_host_free (host->planned);
}

static void
answer_clear (Answer *answer)
{
    g_free (answer->text);
    g_ptr_array_unref (answer->warnings);
}

typedef struct {
    const VgateAudit *audit;
    const VgatePolicy *policy;
    const char *root;
    VgateFleet *fleet;         /* the hosts that were named; NULL: this host is judged */
    GArray *hosts;             /* of Host */
    GArray *answers;           /* of Answer: the index is guest * number of hosts + host */
    const char *driver;        /* that is planned, or NULL */
    VgateBranches *branches;   /* NULL without a planned driver */
    const VgateBranch *branch; /* that of the driver */
    gint64 now;
} Report;

static void
report_clear (Report *report)
{
    g_clear_pointer (&report->answers, g_array_unref);
    g_clear_pointer (&report->hosts, g_array_unref);
    vgate_fleet_free (report->fleet);
    vgate_branches_free (report->branches);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Report, report_clear)

static const VgateFleetGuest *
guest_at (const Report *report, guint index)
{
    return g_ptr_array_index (report->audit->files->guests, index);
}

static const Answer *
answer_at (const Report *report, guint guest, guint host)
{
    return &g_array_index (report->answers, Answer, guest * report->hosts->len + host);
}

/* --- the hosts --- */

static void
add_host (Report *report, const char *name, const char *uuid, VgateFleetHost *now)
{
    Host host = {.name = g_strdup (name), .uuid = g_strdup (uuid), .now = now};

    if (report->branch && now)
        host.planned = vgate_audit_plan_host (now, report->driver, report->branch);
    g_array_append_val (report->hosts, host);
}

/* A planned driver matters only to guests whose metadata is known. */
static gboolean
needs_planned (const VgateAudit *audit)
{
    for (guint i = 0; i < audit->files->guests->len; i++)
        if (((const VgateFleetGuest *)g_ptr_array_index (audit->files->guests, i))->domain->element)
            return TRUE;
    return FALSE;
}

/* Without a planned driver the gate reads this host for each question, as the hook does. */
static gboolean
add_this_host (Report *report, GError **error)
{
    g_auto (VgateIdentity) identity = {0};
    VgateFleetHost this_host = {.origin = (char *)"this host"};
    g_autoptr (VgateHost) host = NULL;
    g_autoptr (GError) unknown = NULL;

    if (!vgate_identity_read (report->root, report->policy->host_uuid, &identity, error))
        return FALSE;
    add_host (report, identity.name, identity.uuid, NULL);
    if (!report->branch || !needs_planned (report->audit))
        return TRUE;
    host = vgate_command_read_host (report->policy, report->root, &unknown, error);
    if (!host)
        return FALSE;
    this_host.host = host;
    g_array_index (report->hosts, Host, 0).planned =
        vgate_audit_plan_host (&this_host, report->driver, report->branch);
    return TRUE;
}

static gboolean
read_hosts (Report *report, const Options *options, const char *config, GError **error)
{
    report->hosts = g_array_new (FALSE, TRUE, sizeof (Host));
    g_array_set_clear_func (report->hosts, (GDestroyNotify)host_clear);
    if (options->driver) {
        report->branches = vgate_branches_read (options->branches, error);
        report->branch =
            report->branches ? vgate_branches_find (report->branches, options->driver, error) : NULL;
        if (!report->branch)
            return FALSE;
    }
    if (!vgate_fleet_options_have_fleet (&options->fleet) && !options->fleet.hosts)
        return add_this_host (report, error);
    report->fleet = vgate_fleet_options_read_hosts (&options->fleet, config, error);
    for (guint i = 0; report->fleet && i < report->fleet->hosts->len; i++) {
        VgateFleetHost *host = g_ptr_array_index (report->fleet->hosts, i);

        add_host (report, host->host->name, host->host->uuid, host);
    }
    return report->fleet != NULL;
}

static void
judge (Report *report)
{
    const VgateFleetQuestion question = {.policy = report->policy, .root = report->root, .now = report->now};

    report->answers = g_array_new (FALSE, TRUE, sizeof (Answer));
    g_array_set_clear_func (report->answers, (GDestroyNotify)answer_clear);
    for (guint g = 0; g < report->audit->files->guests->len; g++) {
        for (guint h = 0; h < report->hosts->len; h++) {
            const Host *host = &g_array_index (report->hosts, Host, h);
            g_autoptr (VgateDecision) decision =
                vgate_audit_decide (&question, guest_at (report, g), host->now, host->planned);
            Answer answer = {
                .answer = vgate_audit_answer (decision),
                .code = decision->code,
                .text = g_strdup (decision->text),
                .warnings = g_ptr_array_ref (decision->warnings),
            };

            g_array_append_val (report->answers, answer);
        }
    }
}

/* The answer of a guest for all hosts together: what one host can do is sufficient. */
static VgateAuditAnswer
overall (const Report *report, guint guest)
{
    VgateAuditAnswer best = VGATE_AUDIT_NO;

    for (guint h = 0; h < report->hosts->len; h++)
        best = MAX (best, answer_at (report, guest, h)->answer);
    return best;
}

static int
status_of (const Report *report)
{
    int status = report->audit->files->faults->len > 0 || (report->fleet && report->fleet->faults->len > 0)
                     ? VGATE_EXIT_UNANSWERED
                     : VGATE_EXIT_ALLOWED;

    for (guint g = 0; g < report->audit->files->guests->len; g++) {
        const VgateAuditAnswer answer = overall (report, g);

        if (answer == VGATE_AUDIT_UNKNOWN)
            status = VGATE_EXIT_UNANSWERED;
        else if (answer == VGATE_AUDIT_NO && status == VGATE_EXIT_ALLOWED)
            status = VGATE_EXIT_REFUSED;
    }
    return status;
}

/* --- text --- */

static void
print_plan (const Report *report)
{
    char range[VGATE_VERSION_RANGE_TEXT_SIZE];
    g_autofree char *text = NULL;

    if (!report->branch)
        return;
    text = g_strdup_printf (
        "Each host is judged as it will be with driver %s, which supports the vGPU versions %s. "
        "Assumed: %s.\n\n",
        report->driver, vgate_version_range_format (report->branch->range, range), assumption);
    vgate_print_wrapped (text);
}

static void
print_line (const char *head, VgateCode code, const char *text)
{
    g_autofree char *shown = vgate_printable (text, TEXT_MAX), *line = NULL;
    char name[VGATE_CODE_TEXT_SIZE];

    line = g_strdup_printf ("    %s%s: %s\n", head, vgate_code_format ((int)code, name), shown);
    vgate_print_wrapped (line);
}

/* The answer of one host. What is allowed needs no reason. */
static void
print_answer (const Host *host, const Answer *answer, gboolean is_only_host)
{
    const char *name = vgate_audit_answer_name (answer->answer);
    const gboolean has_reason = answer->answer < VGATE_AUDIT_YES;
    g_autofree char *shown = vgate_printable (host->name, 255), *head = NULL;

    head = is_only_host ? g_strdup ("") : g_strdup_printf ("%s: %s%s", shown, name, has_reason ? ": " : "\n");
    if (has_reason)
        print_line (head, answer->code, answer->text);
    else if (!is_only_host)
        g_print ("    %s", head);
    for (guint i = 0; i < answer->warnings->len; i++) {
        const VgateWarning *warning = g_ptr_array_index (answer->warnings, i);

        g_autofree char *mark =
            is_only_host ? g_strdup ("warning: ") : g_strdup_printf ("%s: warning: ", shown);

        print_line (mark, warning->code, warning->text);
    }
}

static void
print_guest (const Report *report, guint index)
{
    const VgateFleetGuest *guest = guest_at (report, index);
    g_autofree char *name = vgate_printable (guest->name, 255),
                    *origin = vgate_printable (guest->origin, 4096);
    g_autofree char *kind = g_strdelimit (g_strdup (vgate_audit_kind (guest)), "-", ' ');
    g_autofree char *head =
        g_strdup_printf ("%-8s%s: %s %s\n", vgate_audit_answer_name (overall (report, index)), name, kind,
                         strcmp (origin, "-") == 0 ? "of standard input" : origin);

    vgate_print_wrapped (head);
    for (guint h = 0; h < report->hosts->len; h++)
        print_answer (&g_array_index (report->hosts, Host, h), answer_at (report, index, h),
                      report->hosts->len == 1);
}

static const char *
plural (guint n)
{
    return n == 1 ? "" : "s";
}

static void
count (const Report *report, guint by_answer[VGATE_N_AUDIT_ANSWERS], guint by_operation[VGATE_N_OPERATIONS],
       guint *n_snapshots)
{
    *n_snapshots = 0;
    for (guint g = 0; g < report->audit->files->guests->len; g++) {
        const VgateFleetGuest *guest = guest_at (report, g);
        const gboolean is_snapshot = strcmp (vgate_audit_kind (guest), "snapshot") == 0;

        by_answer[overall (report, g)]++;
        *n_snapshots += is_snapshot ? 1 : 0;
        by_operation[vgate_fleet_operation (guest)] += is_snapshot ? 0 : 1;
    }
}

static void
print_summary (const Report *report)
{
    guint answers[VGATE_N_AUDIT_ANSWERS] = {0}, operations[VGATE_N_OPERATIONS] = {0}, n_snapshots;
    g_autofree char *line = NULL;

    count (report, answers, operations, &n_snapshots);
    answers[VGATE_AUDIT_UNKNOWN] += report->audit->files->faults->len;
    line = g_strdup_printf (
        "%u save image%s, %u definition%s, %u snapshot%s: %u can be restored or started, %u cannot, %u could "
        "not be judged, %u without a vGPU. Left out: %u definition%s of running guests, %u other file%s.\n",
        operations[VGATE_OPERATION_RESTORE], plural (operations[VGATE_OPERATION_RESTORE]),
        operations[VGATE_OPERATION_PREPARE], plural (operations[VGATE_OPERATION_PREPARE]), n_snapshots,
        plural (n_snapshots), answers[VGATE_AUDIT_YES], answers[VGATE_AUDIT_NO], answers[VGATE_AUDIT_UNKNOWN],
        answers[VGATE_AUDIT_NOT_CONCERNED], report->audit->n_running, plural (report->audit->n_running),
        report->audit->ignored->len, plural (report->audit->ignored->len));
    vgate_print_wrapped (line);
    if (report->branch && answers[VGATE_AUDIT_NO] > 0)
        vgate_print_wrapped (
            "Restore what is listed with 'no' before the driver is updated, and shut it down; or "
            "keep a host with the present driver for it.\n");
}

static void
print_text (const Report *report, gboolean show_all)
{
    static const VgateAuditAnswer order[] = {VGATE_AUDIT_NO, VGATE_AUDIT_UNKNOWN, VGATE_AUDIT_YES,
                                             VGATE_AUDIT_NOT_CONCERNED};

    print_plan (report);
    for (gsize i = 0; i < (show_all ? G_N_ELEMENTS (order) : 2); i++)
        for (guint g = 0; g < report->audit->files->guests->len; g++)
            if (overall (report, g) == order[i])
                print_guest (report, g);
    for (guint i = 0; show_all && i < report->audit->ignored->len; i++) {
        g_autofree char *path = vgate_printable (g_ptr_array_index (report->audit->ignored, i), 4096);

        g_print ("ignored %s\n", path);
    }
    print_summary (report);
}

/* --- JSON --- */

static void
set_code (JsonObject *item, VgateCode code, const char *text)
{
    vgate_tree_set_code (item, (int)code);
    vgate_tree_set_path (item, "text", text);
}

static void
add_hosts (const Report *report, JsonObject *tree)
{
    JsonArray *list = vgate_tree_add_list (tree, "host");

    for (guint h = 0; h < report->hosts->len; h++) {
        const Host *host = &g_array_index (report->hosts, Host, h);
        JsonObject *item = vgate_tree_add_item (list);

        json_object_set_string_member (item, "name", host->name);
        json_object_set_string_member (item, "uuid", host->uuid);
        if (host->now)
            vgate_tree_set_path (item, "origin", host->now->origin);
    }
}

static void
add_guests (const Report *report, JsonObject *tree)
{
    JsonArray *list = vgate_tree_add_list (tree, "guest");

    for (guint g = 0; g < report->audit->files->guests->len; g++) {
        const VgateFleetGuest *guest = guest_at (report, g);
        JsonObject *item = vgate_tree_add_item (list);
        JsonArray *answers;

        vgate_tree_set_guest (item, guest);
        json_object_set_string_member (item, "kind", vgate_audit_kind (guest));
        json_object_set_string_member (item, "operation",
                                       vgate_operation_name (vgate_fleet_operation (guest)));
        if (guest->memory_format)
            json_object_set_string_member (item, "memory-format", guest->memory_format);
        json_object_set_string_member (item, "answer", vgate_audit_answer_name (overall (report, g)));
        answers = vgate_tree_add_list (item, "host");
        for (guint h = 0; h < report->hosts->len; h++) {
            const Answer *answer = answer_at (report, g, h);
            JsonObject *entry = vgate_tree_add_item (answers);
            JsonArray *warnings;

            json_object_set_string_member (entry, "answer", vgate_audit_answer_name (answer->answer));
            set_code (entry, answer->code, answer->text ? answer->text : "");
            warnings = vgate_tree_add_list (entry, "warning");
            for (guint i = 0; i < answer->warnings->len; i++) {
                const VgateWarning *warning = g_ptr_array_index (answer->warnings, i);

                set_code (vgate_tree_add_item (warnings), warning->code, warning->text);
            }
        }
    }
}

static void
print_json (const Report *report)
{
    g_autoptr (JsonObject) tree = json_object_new ();
    g_autofree char *time = vgate_time_format (report->now);
    JsonArray *list;

    json_object_set_string_member (tree, "format", FORMAT);
    json_object_set_string_member (tree, "time", time);
    vgate_tree_set_number (tree, "running-definitions", report->audit->n_running);
    if (report->branch) {
        JsonObject *plan = vgate_tree_add_child (tree, "planned");
        char range[VGATE_VERSION_RANGE_TEXT_SIZE];

        json_object_set_string_member (plan, "driver", report->driver);
        json_object_set_string_member (plan, "supported-versions",
                                       vgate_version_range_format (report->branch->range, range));
        json_object_set_string_member (plan, "assumption", assumption);
    }
    add_hosts (report, tree);
    add_guests (report, tree);
    list = vgate_tree_add_list (tree, "ignored");
    for (guint i = 0; i < report->audit->ignored->len; i++) {
        g_autofree char *valid = g_utf8_make_valid (g_ptr_array_index (report->audit->ignored, i), -1);

        json_array_add_string_element (list, valid);
    }
    vgate_tree_add_faults (tree, report->audit->files);
    vgate_tree_add_faults (tree, report->fleet);
    vgate_command_print (tree, VGATE_OUTPUT_JSON);
}

int
vgate_command_audit (int argc, char *argv[], const char *config)
{
    g_auto (VgateCommandLine) line = {.output = VGATE_OUTPUT_TEXT};
    g_auto (Options) options = {0};
    const GOptionEntry entries[] = {
        VGATE_FLEET_ENTRIES (&options.fleet),
        {"driver", 0, 0, G_OPTION_ARG_STRING, &options.driver,
         "judge each host as it will be with driver DRIVER: a branch (595) or a version (595.58.03)",
         "DRIVER"},
        {"branches", 0, 0, G_OPTION_ARG_FILENAME, &options.branches,
         "use FILE instead of the installed table of driver branches", "FILE"},
        {"all", 'a', 0, G_OPTION_ARG_NONE, &options.show_all, "list also what can be restored or started",
         NULL},
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &options.root,
         "look for /etc, /proc, /run, /sys and /var below DIR", "DIR"},
        {0},
    };
    g_autoptr (GError) error = NULL;
    g_autoptr (VgatePolicy) policy = NULL;
    g_autoptr (VgateAudit) audit = NULL;
    g_auto (Report) report = {.now = g_get_real_time () / G_USEC_PER_SEC};

    if (!vgate_command_line_parse (
            &line, argc, argv, "[FILE|DIRECTORY...]",
            "Print which save images, definitions and snapshots could not be restored or\n"
            "started, on this host or on others, now or with another driver. Without FILE,\n"
            "what libvirt has on this host is judged.",
            entries, &error))
        return vgate_command_usage (error->message);
    if (options.branches && !options.driver)
        return vgate_command_usage ("--branches requires --driver");
    if (!vgate_fleet_options_check (&options.fleet, NULL, &error))
        return vgate_command_usage (error->message);
    policy = vgate_command_policy (config, &error);
    if (!policy)
        return vgate_command_fail (error);
    report.root = options.root ? options.root : "";
    report.policy = policy;
    report.driver = options.driver;
    audit = vgate_audit_new (report.root, policy->gate_cold_start);
    /* the user asks about starts, even if the hook leaves them alone */
    policy->gate_cold_start = TRUE;
    report.audit = audit;
    for (guint i = 0; i < line.n_words; i++)
        vgate_audit_add (audit, line.words[i]);
    if (line.n_words == 0)
        vgate_audit_add_host (audit);
    vgate_fleet_print_faults (audit->files);
    if (!read_hosts (&report, &options, config, &error))
        return vgate_command_fail (error);
    judge (&report);
    if (line.output == VGATE_OUTPUT_JSON)
        print_json (&report);
    else
        print_text (&report, options.show_all);
    return status_of (&report);
}
