/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "virsh-options.h"

#define CONNECTIONS_MAX 255

void
vgate_virsh_options_clear (VgateVirshOptions *options)
{
    g_free (options->uri);
    g_free (options->parallel);
    g_free (options->link_speed);
    g_free (options->output);
}

gboolean
vgate_virsh_options_read (const VgateVirshOptions *options, VgateVirshHosts *hosts, guint64 *link_speed,
                          VgateOutput *output, int *status)
{
    g_autoptr (GError) error = NULL;
    guint64 n_connections = 0;

    *output = VGATE_OUTPUT_TEXT;
    *link_speed = 0;
    *status = VGATE_EXIT_ALLOWED;
    if (options->output && (!vgate_output_parse (options->output, output) || *output == VGATE_OUTPUT_XML))
        *status = vgate_command_bad_value ("output", options->output, "text or json");
    else if (options->virsh && *output == VGATE_OUTPUT_JSON)
        *status =
            vgate_command_usage ("--virsh and --output json exclude each other: JSON contains the commands");
    else if (!vgate_command_parse_number (options->parallel, CONNECTIONS_MAX, &n_connections))
        *status = vgate_command_bad_value ("parallel", options->parallel, "1 to 255 (connections)");
    else if (!vgate_command_parse_number (options->link_speed, VGATE_LINK_SPEED_MAX, link_speed))
        *status = vgate_command_bad_value ("link-speed", options->link_speed, "1 to 10000000 (Mbit/s)");
    else if (options->uri && !vgate_virsh_check_uri (options->uri, &error))
        *status = vgate_command_usage (error->message);
    hosts->uri = options->uri;
    hosts->n_connections = (guint)n_connections;
    hosts->is_transient = options->transient;
    return *status == VGATE_EXIT_ALLOWED;
}
