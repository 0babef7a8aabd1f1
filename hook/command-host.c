/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"

#include <stdio.h>

int
vgate_command_host (int argc, char *argv[], const char *config)
{
    g_auto (GStrv) words = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (VgatePolicy) policy = NULL;
    g_autoptr (VgateProbe) probe = NULL;
    g_auto (VgateIdentity) identity = {0};
    g_autofree char *document = NULL;

    if (!vgate_command_parse (argc, argv, NULL, "Prints this host's pGPUs as an XML document.", NULL, &words,
                              &error))
        return vgate_command_usage (error->message);
    if (words)
        return vgate_command_usage ("host takes no arguments");
    policy = vgate_command_policy (config, &error);
    if (!policy || !vgate_identity_read ("", policy->host_uuid, &identity, &error))
        return vgate_command_fail (error);
    probe = vgate_probe_ask (&policy->backend, &identity, NULL, FALSE, &error);
    if (!probe)
        return vgate_command_fail (error);
    document = vgate_host_write (probe->host);
    fputs (document, stdout);
    return VGATE_EXIT_ALLOWED;
}
