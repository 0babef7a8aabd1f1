/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate allow-once: the next arrival of one guest that the gate refuses passes, once. */
#include "command.h"

#include "base/run-directory.h"
#include "base/date-time.h"
#include "base/journal.h"
#include "policy/exception.h"

#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define FOR_FORM  "a number of s, min or h, up to 24h, such as 30min"
#define NOT_KNOWN "4294967295" /* the kernel's login uid of a process that nobody has logged in for */

typedef struct {
    const char *root, *domain, *reason;
    guint seconds;
    VgateOutput output;
} Allowing;

/* "90s", "30min", "2h"; a number alone is seconds. */
static gboolean
parse_seconds (const char *typed, guint *seconds)
{
    static const struct {
        const char *name;
        guint seconds;
    } units[] = {{"", 1}, {"s", 1}, {"min", 60}, {"m", 60}, {"h", 3600}};
    const gsize n_digits = strspn (typed, "0123456789");
    g_autofree char *digits = g_strndup (typed, n_digits);
    guint64 number;

    if (!g_ascii_string_to_unsigned (digits, 10, 1, VGATE_EXCEPTION_SECONDS_MAX, &number, NULL))
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS (units); i++) {
        if (strcmp (typed + n_digits, units[i].name) != 0)
            continue;
        *seconds = (guint)number * units[i].seconds;
        return number <= VGATE_EXCEPTION_SECONDS_MAX / units[i].seconds;
    }
    return FALSE;
}

/* --- who --- */

static gint64
read_login (void)
{
    g_autofree char *text = NULL;
    guint64 uid;

    if (!g_file_get_contents ("/proc/self/loginuid", &text, NULL, NULL))
        return -1;
    g_strstrip (text);
    return strcmp (text, NOT_KNOWN) != 0 && g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &uid, NULL)
               ? (gint64)uid
               : -1;
}

/* As the environment says, which root can set: the login uid is the kernel's. */
static char *
read_sudo_user (void)
{
    const char *name = g_getenv ("SUDO_USER");

    return name && *name != '\0' ? vgate_printable (name, 64) : NULL;
}

/* --- the record --- */

static void
record (VgateCode code, int priority, const VgateException *exception, const char *text)
{
    const VgateJournalSubject subject = {
        .program = "vgpu-gate", .priority = priority, .code = code, .domain = exception->domain};
    g_autofree char *line = vgate_message_line (code, exception->domain, text);
    g_autofree char *uid = g_strdup_printf ("%u", exception->uid);
    g_autofree char *login = g_strdup_printf ("%" G_GINT64_FORMAT, exception->login);
    g_autoptr (GArray) fields = g_array_new (FALSE, FALSE, sizeof (GLogField));
    const struct {
        const char *key, *value;
    } known[] = {
        {"VGPU_GATE_REASON", exception->reason},
        {"VGPU_GATE_UID", uid},
        {"VGPU_GATE_LOGIN_UID", exception->login >= 0 ? login : NULL},
        {"VGPU_GATE_SUDO_USER", exception->sudo_user},
    };

    for (gsize i = 0; i < G_N_ELEMENTS (known); i++) {
        const GLogField field = vgate_journal_field (known[i].key, known[i].value);

        if (known[i].value)
            g_array_append_val (fields, field);
    }
    if (vgate_journal_send (&subject, line, (const GLogField *)fields->data, fields->len))
        return;
    openlog ("vgpu-gate", LOG_PID, LOG_DAEMON);
    syslog (priority, "%s", line);
    closelog ();
}

static void
set_exception (JsonObject *tree, const VgateException *exception)
{
    const guint64 now = vgate_run_directory_clock ();
    g_autofree char *by = vgate_exception_by (exception), *given = vgate_time_format (exception->given);

    json_object_set_string_member (tree, "domain", exception->domain);
    json_object_set_string_member (tree, "state", vgate_exception_state (exception));
    vgate_tree_set_number (tree, "expires-in", exception->expires > now ? exception->expires - now : 0);
    json_object_set_string_member (tree, "given", given);
    json_object_set_string_member (tree, "by", by);
    json_object_set_string_member (tree, "reason", exception->reason);
}

static VgateException *
exception_of_caller (const Allowing *allowing)
{
    VgateException *exception = g_new0 (VgateException, 1);

    exception->domain = vgate_exception_domain (allowing->domain);
    exception->reason = g_strdup (allowing->reason);
    exception->uid = getuid ();
    exception->login = read_login ();
    exception->sudo_user = read_sudo_user ();
    exception->given = g_get_real_time () / G_USEC_PER_SEC;
    exception->expires = vgate_run_directory_clock () + allowing->seconds;
    return exception;
}

/* --- the actions --- */

static int
give (const Allowing *allowing)
{
    g_autoptr (VgateException) exception = exception_of_caller (allowing);
    g_autoptr (JsonObject) report = json_object_new ();
    g_autofree char *by = vgate_exception_by (exception), *text = NULL;
    g_autoptr (GError) error = NULL;

    if (!vgate_exception_give (allowing->root, exception, &error))
        return vgate_command_fail (error);
    text =
        g_strdup_printf ("one arrival is allowed within %u s, whatever the gate decides, by %s, because: %s",
                         allowing->seconds, by, exception->reason);
    record (VGATE_CODE_EXCEPTION_GIVEN, LOG_WARNING, exception, text);
    set_exception (vgate_tree_add_child (report, "allowed-once"), exception);
    return vgate_command_print (report, allowing->output);
}

static int
withdraw (const Allowing *allowing)
{
    g_autoptr (VgateException) caller = exception_of_caller (allowing);
    g_autoptr (JsonObject) report = json_object_new ();
    g_autofree char *by = vgate_exception_by (caller), *text = NULL;
    g_autoptr (GError) error = NULL;

    if (!vgate_exception_withdraw (allowing->root, allowing->domain, &error))
        return vgate_command_fail (error);
    text = g_strdup_printf ("the arrival that had been allowed is not allowed any more, by %s", by);
    record (VGATE_CODE_EXCEPTION_WITHDRAWN, LOG_NOTICE, caller, text);
    json_object_set_string_member (vgate_tree_add_child (report, "withdrawn"), "domain", caller->domain);
    return vgate_command_print (report, allowing->output);
}

static int
list (const Allowing *allowing)
{
    g_autoptr (JsonObject) report = json_object_new ();
    JsonArray *items = vgate_tree_add_list (vgate_tree_add_child (report, "allow-once-list"), "allowed");
    g_autoptr (GError) error = NULL;
    g_autoptr (GPtrArray) all = vgate_exceptions_read (allowing->root, &error);

    if (!all)
        return vgate_command_fail (error);
    if (all->len == 0 && allowing->output == VGATE_OUTPUT_TEXT) {
        vgate_output_print ("no arrival is allowed\n");
        return VGATE_EXIT_ALLOWED;
    }
    for (guint i = 0; i < all->len; i++)
        set_exception (vgate_tree_add_item (items), g_ptr_array_index (all, i));
    return vgate_command_print (report, allowing->output);
}

int
vgate_command_allow_once (int argc, char *argv[], const char *config)
{
    g_auto (VgateCommandLine) line = {.output = VGATE_OUTPUT_TEXT};
    g_autofree char *as_root = vgate_command_as_root (argc, argv, config);
    g_autofree char *reason = NULL, *time = NULL, *root = NULL;
    gboolean is_list = FALSE, is_withdrawal = FALSE;
    Allowing allowing = {.seconds = VGATE_EXCEPTION_SECONDS};
    const GOptionEntry entries[] = {
        /* as a file name it is taken as it is, also in a locale that is not UTF-8 */
        {"reason", 0, 0, G_OPTION_ARG_FILENAME, &reason, "the reason, for the journal", "TEXT"},
        {"for", 0, 0, G_OPTION_ARG_STRING, &time,
         "how long the arrival can begin: " FOR_FORM " (default: 10min)", "DURATION"},
        {"list", 0, 0, G_OPTION_ARG_NONE, &is_list, "list the arrivals that are allowed", NULL},
        {"withdraw", 0, 0, G_OPTION_ARG_NONE, &is_withdrawal, "do not allow the arrival of DOMAIN any more",
         NULL},
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &root, "look for /run below DIR", "DIR"},
        {0},
    };
    g_autoptr (GError) error = NULL;

    if (!vgate_command_line_parse (
            &line, argc, argv, "DOMAIN",
            "Allow one arrival of a guest on this host, whatever the gate decides: its next migration to "
            "this host,\nrestore or start that the gate would refuse passes, once. DOMAIN is the name or the "
            "UUID of the guest.",
            entries, &error))
        return vgate_command_usage (error->message);
    if (is_list && (is_withdrawal || line.n_words > 0))
        return vgate_command_usage ("'allow-once --list' takes no DOMAIN and no --withdraw");
    if (!is_list && line.n_words != 1)
        return vgate_command_usage ("'allow-once' requires one DOMAIN");
    if ((is_list || is_withdrawal) && (reason || time))
        return vgate_command_usage ("--reason and --for belong to an arrival that is to be allowed");
    if (!is_list && !vgate_exception_is_domain (line.words[0]))
        return vgate_command_usage ("invalid DOMAIN: expected the name or the UUID of a domain");
    if (!is_list && !is_withdrawal && !reason)
        return vgate_command_usage ("'allow-once' requires --reason TEXT, which is recorded in the journal");
    if (reason && !vgate_exception_is_reason (reason))
        return vgate_command_usage ("invalid value for --reason: expected 1 to 200 printable characters");
    if (time && !parse_seconds (time, &allowing.seconds))
        return vgate_command_bad_value ("for", time, FOR_FORM);
    if (!root && !vgate_command_need_root ("allow an arrival, or see which are allowed", as_root, &error))
        return vgate_command_fail (error);
    if (!vgate_command_check_config (config, &error))
        return vgate_command_fail (error);
    allowing.root = root ? root : "";
    allowing.domain = line.words ? line.words[0] : NULL;
    allowing.reason = reason;
    allowing.output = line.output;
    return is_list ? list (&allowing) : is_withdrawal ? withdraw (&allowing) : give (&allowing);
}
