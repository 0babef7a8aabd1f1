/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate self-check: is this host really gated? */
#include "self-check/self-check.h"

#include "agent-client.h"
#include "agent-status.h"
#include "base/date-time.h"
#include "command.h"
#include "status/address.h"
#include "wrap.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FORMAT "vgpu-gate/self-check/1"

typedef struct {
    GError *error;
    JsonObject *report;
    VgateSelfCheckAgent agent;
} Answer;

static void
answer_clear (Answer *answer)
{
    g_clear_error (&answer->error);
    g_clear_pointer (&answer->report, json_object_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answer, answer_clear)

static void
ask_agent (const char *root, Answer *answer)
{
    g_autofree char *path = g_strconcat (root, VGATE_AGENT_SOCKET, NULL), *document = NULL;
    JsonObject *status, *libvirt;
    gsize length;

    /* root can use the socket of every user */
    if (access (path, W_OK) != 0 && errno == EACCES) {
        answer->agent.is_forbidden = TRUE;
        return;
    }
    document = vgate_agent_ask (path, VGATE_REQUEST_STATUS, &length, &answer->error);
    answer->report = document ? vgate_agent_status_parse (document, length, &answer->error) : NULL;
    answer->agent.error = answer->error;
    if (!answer->report)
        return;
    status = json_object_get_object_member (answer->report, "status");
    libvirt = json_object_get_object_member (status, "libvirt");
    answer->agent.version = json_object_get_string_member (status, "version");
    answer->agent.is_connected = json_object_get_boolean_member (libvirt, "connected");
}

/* GLib ignores SIGPIPE from its first socket on, but a command whose output is piped needs the signal. */
static gint64
ask_last_reload (const char *unit)
{
    struct sigaction before;
    gint64 time;

    sigaction (SIGPIPE, NULL, &before);
    time = vgate_self_check_last_reload (unit);
    sigaction (SIGPIPE, &before, NULL);
    return time;
}

static int
exit_status (VgateSelfCheckResult overall)
{
    switch (overall) {
    case VGATE_SELF_CHECK_FAIL: return VGATE_EXIT_REFUSED;
    case VGATE_SELF_CHECK_UNKNOWN: return VGATE_EXIT_UNANSWERED;
    default: return VGATE_EXIT_ALLOWED;
    }
}

/* "FAIL hook-link: TEXT", and the remedy on the next line. On a terminal the word is coloured, unless
 * $NO_COLOR is set. */
static void
print_text (const GPtrArray *items)
{
    static const char *const colours[] = {
        [VGATE_SELF_CHECK_PASS] = "\033[32m",
        [VGATE_SELF_CHECK_WARN] = "\033[33m",
        [VGATE_SELF_CHECK_FAIL] = "\033[31m",
        [VGATE_SELF_CHECK_UNKNOWN] = "\033[35m",
    };
    const guint width = vgate_terminal_width (STDOUT_FILENO);
    const char *no_colour = g_getenv ("NO_COLOR");
    const gboolean has_colour = width > 0 && !(no_colour && *no_colour != '\0');

    for (guint i = 0; i < items->len; i++) {
        const VgateSelfCheckItem *item = g_ptr_array_index (items, i);
        g_autofree char *word = g_ascii_strup (vgate_self_check_result_names[item->result], -1);
        g_autofree char *line = g_strdup_printf ("%s %s: %s", word, item->name, item->text);
        g_autofree char *wrapped = width > 0 ? vgate_wrap (line, width) : g_strdup (line);

        g_print ("%s%s%s%s\n", has_colour ? colours[item->result] : "", word, has_colour ? "\033[0m" : "",
                 wrapped + strlen (word));
        if (item->remedy) {
            g_autofree char *remedy = g_strdup_printf ("    remedy: %s\n", item->remedy);

            vgate_print_wrapped (remedy);
        }
    }
}

static void
print_json (const GPtrArray *items, gint64 now)
{
    g_autoptr (JsonObject) report = json_object_new ();
    g_autofree char *time = vgate_time_format (now / G_USEC_PER_SEC);
    JsonArray *list;

    json_object_set_string_member (report, "format", FORMAT);
    json_object_set_string_member (report, "time", time);
    json_object_set_string_member (report, "result",
                                   vgate_self_check_result_names[vgate_self_check_overall (items)]);
    list = vgate_tree_add_list (report, "check");
    for (guint i = 0; i < items->len; i++) {
        const VgateSelfCheckItem *item = g_ptr_array_index (items, i);
        JsonObject *check = vgate_tree_add_item (list);

        json_object_set_string_member (check, "name", item->name);
        json_object_set_string_member (check, "result", vgate_self_check_result_names[item->result]);
        json_object_set_string_member (check, "text", item->text);
        if (item->remedy)
            json_object_set_string_member (check, "remedy", item->remedy);
    }
    vgate_command_print (report, VGATE_OUTPUT_JSON);
}

int
vgate_command_self_check (int argc, char *argv[], const char *config)
{
    g_auto (VgateCommandLine) line = {.output = VGATE_OUTPUT_TEXT};
    g_autofree char *fleet = NULL, *root = NULL;
    const GOptionEntry entries[] = {
        {"fleet", 0, 0, G_OPTION_ARG_FILENAME, &fleet,
         "check that no other host document in DIR/hosts has the UUID of this host", "DIR"},
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &root, "look for /etc, /proc, /run and /sys below DIR", "DIR"},
        {0},
    };
    g_autoptr (GError) error = NULL;
    g_autoptr (VgatePolicy) policy = NULL;
    g_autoptr (GPtrArray) items = NULL;
    g_auto (Answer) answer = {0};
    VgateSelfCheckRequest request = {.ask_nvml = TRUE, .now = g_get_real_time ()};

    if (!vgate_command_line_parse (&line, argc, argv, NULL,
                                   "Check whether this host is really gated, and what to do if it is not.",
                                   entries, &error))
        return vgate_command_usage (error->message);
    if (line.n_words > 0)
        return vgate_command_usage ("'self-check' takes no arguments");
    request.root = root ? root : "";
    request.config_path = config ? config : vgate_policy_default_path ();
    policy = vgate_policy_load (config, &error);
    request.policy = policy;
    request.config_error = error;
    request.fleet = fleet;
    request.clock = vgate_self_check_ask_clock (request.root);
    /* systemd's bus is that of this host */
    request.last_reload = root ? NULL : ask_last_reload;
    ask_agent (request.root, &answer);
    request.agent = &answer.agent;
    items = vgate_self_check_run (&request);
    if (line.output == VGATE_OUTPUT_JSON)
        print_json (items, request.now);
    else
        print_text (items);
    return exit_status (vgate_self_check_overall (items));
}
