/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/output.h"
#include "command.h"
#include "host/provider-lock.h"
#include "placement/survey.h"
#include "tree-host.h"

#include <unistd.h>

static const char without_pgpu[] =
    "No physical GPU of this host is in vGPU host mode (VGATE-506): no vGPU can run here, and there is no\n"
    "vGPU scheduler. These commands still work: 'vgpu-gate version' (the vGPU versions of the driver),\n"
    "'vgpu-gate check --host' (check a guest against the document of another host), 'vgpu-gate explain'.";

static char *
render (const VgateHost *host, VgateOutput output)
{
    g_autoptr (JsonObject) report = NULL;
    g_autofree char *text = NULL;

    /* the host document itself, which other programs read, instead of a report about it */
    if (output == VGATE_OUTPUT_XML)
        return vgate_host_write (host);
    report = vgate_host_report (host);
    text = vgate_report_render (report, output);
    if (output == VGATE_OUTPUT_TEXT && host->pgpus->len == 0)
        return g_strdup_printf ("%s\n%s\n", text, without_pgpu);
    return g_steal_pointer (&text);
}

/* Adds the gate at switch-over. Only root can tell whether vgpu-gated holds its lock; with another root, the
 * files below it are those of this user. */
static void
add_switch_over (const VgatePolicy *policy, const char *root, VgateHost *host)
{
    const char *bus = policy->switch_over_bus;

    if ((*root == '\0' && geteuid () != 0) || (bus && !vgate_xml_text_has_form (bus, VGATE_XML_NAME)))
        return;
    host->has_switch_over = TRUE;
    host->switch_over_bus = g_strdup (bus);
    host->switch_over_served = bus && vgate_provider_lock_is_held (root);
}

VgateHost *
vgate_command_read_host (const VgatePolicy *policy, const char *root, GError **unknown, GError **error)
{
    g_auto (VgateIdentity) identity = {0};
    VgateHost *host;

    if (!vgate_identity_read (root, policy->host_uuid, &identity, error))
        return NULL;
    host = vgate_survey_host (&policy->backend, &identity, root, unknown, error);
    if (host)
        add_switch_over (policy, root, host);
    else
        g_clear_error (unknown);
    return host;
}

/* Names on standard error what the document does not contain. */
static void
tell_unknown (GError *unknown)
{
    g_prefix_error (&unknown, "the host document does not contain the devices of this host: ");
    vgate_command_fail (unknown);
    g_error_free (unknown);
}

int
vgate_command_host (int argc, char *argv[], const char *config)
{
    g_auto (VgateCommandLine) line = {.output = VGATE_OUTPUT_XML};
    g_autofree char *root_name = NULL, *text = NULL;
    const GOptionEntry entries[] = {
        {"root", 0, 0, G_OPTION_ARG_FILENAME, &root_name,
         "look for /sys, /proc, /dev, /run and /etc below DIR", "DIR"},
        {0},
    };
    const char *root;
    GError *unknown = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (VgatePolicy) policy = NULL;
    g_autoptr (VgateHost) host = NULL;

    if (!vgate_command_line_parse (
            &line, argc, argv, NULL,
            "Print the host document of this host: its physical GPUs, vGPU types and devices.", entries,
            &error))
        return vgate_command_usage (error->message);
    if (line.n_words > 0)
        return vgate_command_usage ("'host' takes no arguments");
    root = root_name ? root_name : "";
    policy = vgate_command_policy (config, &error);
    host = policy ? vgate_command_read_host (policy, root, &unknown, &error) : NULL;
    if (!host)
        return vgate_command_fail (error);
    text = render (host, line.output);
    vgate_output_print (text);
    if (unknown)
        tell_unknown (unknown);
    return VGATE_EXIT_ALLOWED;
}
