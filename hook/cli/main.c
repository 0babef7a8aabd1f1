/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-gate: the operator's command. */
#include "base/output.h"
#include "command.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>

static int run (int argc, char *argv[]);

/* "help device make" is "device make --help". */
static int
print_help (int argc, char *argv[], const char *config)
{
    g_autoptr (GPtrArray) words = g_ptr_array_new ();
    g_auto (GStrv) typed = NULL;
    g_autoptr (GError) error = NULL;

    if (!vgate_command_parse (argc, argv, "[COMMAND...]", "Print the help of a command.", NULL, &typed,
                              &error))
        return vgate_command_usage (error->message);
    if (!vgate_command_check_config (config, &error))
        return vgate_command_fail (error);
    g_ptr_array_add (words, (char *)"vgpu-gate");
    for (guint i = 0; typed && typed[i]; i++)
        g_ptr_array_add (words, typed[i]);
    g_ptr_array_add (words, (char *)"--help");
    g_ptr_array_add (words, NULL);
    return run ((int)words->len - 1, (char **)words->pdata);
}

static const VgateCommand commands[] = {
    {"host", vgate_command_host, "print the host document of this host: its physical GPUs and vGPU types"},
    {"guest", vgate_command_guest, "print the guest document of a domain: what vgpu-gate reads of its XML"},
    {"check", vgate_command_check,
     "check whether a domain can run on this host, or on the host of a host document"},
    {"matrix", vgate_command_matrix, "print which guests of a fleet can run on which hosts, and why not"},
    {"fleet", vgate_command_fleet, "fill a directory with the documents of a fleet: collect"},
    {"audit", vgate_command_audit,
     "print which save images, definitions and snapshots could not be restored or started"},
    {"drain", vgate_command_drain, "plan how the guests of a host go to other hosts, so that it is empty"},
    {"plan-upgrade", vgate_command_plan_upgrade,
     "plan the update of hosts to another driver: versions, restarts and the order of the hosts"},
    {"allow-once", vgate_command_allow_once,
     "allow one arrival of a guest on this host, whatever the gate decides"},
    {"allow-restore", vgate_command_allow_restore,
     "allow one restore of a guest whose save image contains no metadata"},
    {"version", vgate_command_version,
     "print or change the vGPU versions that this host accepts: get, set, reset"},
    {"scheduler", vgate_command_scheduler,
     "print or change the vGPU schedulers of the GPUs: capabilities, state, set, log"},
    {"device", vgate_command_device, "list, create or remove vGPU devices of this host: list, make, remove"},
    {"devices", vgate_command_devices,
     "create what devices.conf declares, or compare it with this host: apply, status"},
    {"agent", vgate_command_agent, "print what vgpu-gated on this host does: status, metrics"},
    {"switchover", vgate_command_switchover,
     "configure the gate at switch-over for domains: enable, disable, status, repair"},
    {"self-check", vgate_command_self_check,
     "check whether this host is really gated, and print the remedies"},
    {"validate", vgate_command_validate,
     "check documents and the configuration, and print all that is wrong with its line"},
    {"config", vgate_command_config, "print the configuration as the hook would read it now: show"},
    {"explain", vgate_command_explain, "print cause and way out of a message code"},
    {"help", print_help, "print the help of a command"},
};

static int
run (int argc, char *argv[])
{
    gboolean show_version = FALSE, is_quiet = FALSE;
    g_autofree char *config = NULL;
    const GOptionEntry entries[] = {
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &config, "use FILE instead of the installed configuration",
         "FILE"},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &is_quiet,
         "print nothing on standard output: the exit status is the answer", NULL},
        {"version", 'V', 0, G_OPTION_ARG_NONE, &show_version, "print the version", NULL},
        {0},
    };
    g_autoptr (GOptionContext) context = g_option_context_new ("COMMAND [ARGUMENT...]");
    g_autofree char *description = vgate_command_describe (commands, G_N_ELEMENTS (commands));
    g_autoptr (GError) error = NULL;

    g_set_prgname ("vgpu-gate");
    g_option_context_set_summary (context,
                                  "Check whether a guest with NVIDIA vGPUs can run on a host, and why not.");
    g_option_context_set_description (context, description);
    g_option_context_add_main_entries (context, entries, NULL);
    /* options after the command belong to the command */
    g_option_context_set_strict_posix (context, TRUE);
    if (!g_option_context_parse (context, &argc, &argv, &error))
        return vgate_command_usage (error->message);
    if (is_quiet && !freopen ("/dev/null", "w", stdout)) {
        fprintf (stderr, "vgpu-gate: /dev/null cannot be opened: %s\n", g_strerror (errno));
        return VGATE_EXIT_UNANSWERED;
    }
    if (show_version) {
        g_print ("%s\n", "vgpu-gate " VGATE_VERSION);
        return VGATE_EXIT_ALLOWED;
    }
    if (argc < 2)
        return vgate_command_usage ("a command is required");
    return vgate_command_dispatch (commands, G_N_ELEMENTS (commands), argc - 1, argv + 1, config);
}

int
main (int argc, char *argv[])
{
    setlocale (LC_ALL, "");
    vgate_output_check_at_exit ();
    return run (argc, argv);
}
