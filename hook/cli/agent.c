/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate agent: reports the state of vgpu-gated on this host. */
#include "agent-client.h"
#include "agent-status.h"
#include "base/output.h"
#include "command.h"
#include "status/address.h"
#include "tree.h"

static int
status (int argc, char *argv[], const char *config)
{
    g_auto (VgateCommandLine) line = {.output = VGATE_OUTPUT_TEXT};
    g_autoptr (GError) error = NULL;
    g_autoptr (JsonObject) report = NULL;
    g_autofree char *document = NULL;
    gsize length;

    if (!vgate_command_line_parse (
            &line, argc, argv, NULL,
            "Print the guests of vgpu-gated on this host and the state of their captures.", NULL, &error))
        return vgate_command_usage (error->message);
    if (line.n_words > 0)
        return vgate_command_usage ("'agent status' takes no arguments");
    if (!vgate_command_check_config (config, &error))
        return vgate_command_fail (error);
    document = vgate_agent_ask (VGATE_AGENT_SOCKET, VGATE_REQUEST_STATUS, &length, &error);
    report = document ? vgate_agent_status_parse (document, length, &error) : NULL;
    return report ? vgate_command_print (report, line.output) : vgate_command_fail (error);
}

static int
metrics (int argc, char *argv[], const char *config)
{
    g_auto (GStrv) words = NULL;
    g_autoptr (GError) error = NULL;
    g_autofree char *text = NULL;
    gsize length;

    if (!vgate_command_parse (argc, argv, NULL,
                              "Print the status of vgpu-gated on this host as Prometheus metrics.", NULL,
                              &words, &error))
        return vgate_command_usage (error->message);
    if (words)
        return vgate_command_usage ("'agent metrics' takes no arguments");
    if (!vgate_command_check_config (config, &error))
        return vgate_command_fail (error);
    text = vgate_agent_ask (VGATE_AGENT_SOCKET, VGATE_REQUEST_METRICS, &length, &error);
    if (!text)
        return vgate_command_fail (error);
    vgate_output_print (text);
    return VGATE_EXIT_ALLOWED;
}

int
vgate_command_agent (int argc, char *argv[], const char *config)
{
    static const VgateCommand commands[] = {
        {"status", status, "print the guests of vgpu-gated and the state of their captures"},
        {"metrics", metrics, "print the status as Prometheus metrics"},
    };

    return vgate_command_group (commands, G_N_ELEMENTS (commands), argc, argv, config);
}
