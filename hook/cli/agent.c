/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate agent: how vgpu-gated of this host does. */
#include "agent-client.h"
#include "command.h"
#include "status/address.h"
#include "tree-status.h"

#include <stdio.h>

static int
print_status (const char *document, const VgateStatus *status, VgateOutput output)
{
    g_autoptr (JsonObject) report = NULL;

    /* the document, as it came, and not a report about it */
    if (output == VGATE_OUTPUT_XML) {
        fputs (document, stdout);
        return VGATE_EXIT_ALLOWED;
    }
    report = vgate_status_report (status);
    return vgate_command_print (report, output);
}

static int
status (int argc, char *argv[], G_GNUC_UNUSED const char *config)
{
    g_auto (VgateCommandLine) line = {.output = VGATE_OUTPUT_TEXT, .has_xml = TRUE};
    g_autoptr (GError) error = NULL;
    g_autoptr (VgateStatus) read = NULL;
    g_autofree char *document = NULL;
    gsize length;

    if (!vgate_command_line_parse (&line, argc, argv, NULL,
                                   "Prints which guests vgpu-gated knows, and what became of their captures.",
                                   NULL, &error))
        return vgate_command_usage (error->message);
    if (line.n_words > 0)
        return vgate_command_usage ("agent status takes no arguments");
    document = vgate_agent_ask (VGATE_AGENT_SOCKET, VGATE_REQUEST_STATUS, &length, &error);
    read = document ? vgate_status_read (document, length, &error) : NULL;
    return read ? print_status (document, read, line.output) : vgate_command_fail (error);
}

static int
metrics (int argc, char *argv[], G_GNUC_UNUSED const char *config)
{
    g_auto (GStrv) words = NULL;
    g_autoptr (GError) error = NULL;
    g_autofree char *text = NULL;
    gsize length;

    if (!vgate_command_parse (argc, argv, NULL, "Prints the same as Prometheus text.", NULL, &words, &error))
        return vgate_command_usage (error->message);
    if (words)
        return vgate_command_usage ("agent metrics takes no arguments");
    text = vgate_agent_ask (VGATE_AGENT_SOCKET, VGATE_REQUEST_METRICS, &length, &error);
    if (!text)
        return vgate_command_fail (error);
    fputs (text, stdout);
    return VGATE_EXIT_ALLOWED;
}

int
vgate_command_agent (int argc, char *argv[], const char *config)
{
    static const VgateCommand commands[] = {
        {"status", status, "the guests that it knows, and what became of their captures"},
        {"metrics", metrics, "the same for Prometheus"},
    };

    return vgate_command_group (commands, G_N_ELEMENTS (commands), argc, argv, config);
}
