/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate: the operator's command. */
#include "command.h"
#include "message/output.h"

#include <locale.h>
#include <stdio.h>

static const VgateCommand commands[] = {
    {"host", vgate_command_host, "print this host's pGPUs as a host document"},
    {"check", vgate_command_check,
     "dry run: would this domain be let in here, or on the host of a document?"},
    {"version", vgate_command_version, "the vGPU versions that this host accepts: get, set, reset"},
    {"scheduler", vgate_command_scheduler, "the vGPU schedulers of the GPUs: capabilities, state, set, log"},
    {"agent", vgate_command_agent, "how vgpu-gated of this host does: status, metrics"},
    {"switchover", vgate_command_switchover, "once more ask at switch-over: enable, disable, status"},
    {"explain", vgate_command_explain, "cause and cure of a message code"},
};

int
main (int argc, char *argv[])
{
    gboolean show_version = FALSE;
    g_autofree char *config = NULL;
    const GOptionEntry entries[] = {
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &config, "another configuration than the installed one",
         "FILE"},
        {"version", 0, 0, G_OPTION_ARG_NONE, &show_version, "print the version", NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr (GOptionContext) context = g_option_context_new ("COMMAND [ARGUMENT...]");
    g_autofree char *description = vgate_command_describe (commands, G_N_ELEMENTS (commands));
    g_autoptr (GError) error = NULL;

    setlocale (LC_ALL, "");
    vgate_output_check_at_exit ();
    g_set_prgname ("vgpu-gate");
    g_option_context_set_summary (context,
                                  "Can a guest with NVIDIA vGPUs run here, or there, and if not, why not?");
    g_option_context_set_description (context, description);
    g_option_context_add_main_entries (context, entries, NULL);
    /* options after the command belong to the command */
    g_option_context_set_strict_posix (context, TRUE);
    if (!g_option_context_parse (context, &argc, &argv, &error))
        return vgate_command_usage (error->message);
    if (show_version) {
        puts ("vgpu-gate " VGATE_VERSION);
        return VGATE_EXIT_ALLOWED;
    }
    if (argc < 2)
        return vgate_command_usage ("a command is needed");
    return vgate_command_dispatch (commands, G_N_ELEMENTS (commands), argc - 1, argv + 1, config);
}
