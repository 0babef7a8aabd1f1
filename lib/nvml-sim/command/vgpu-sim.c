/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vgpu-sim: changes the host file of the simulated driver. */
#include "nvml-sim/command/command.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "nvml-sim/model/error.h"
#include "nvml-sim/model/host-file.h"
#include "nvml-sim/command/option.h"

#define EXIT_USAGE 2

static const struct {
    const char *name;
    VgpuSimCommand run;
} commands[] = {
    {"init", vgpu_sim_command_init},
    {"show", vgpu_sim_command_show},
    {"plug", vgpu_sim_command_plug},
    {"unplug", vgpu_sim_command_unplug},
    {"guest-driver", vgpu_sim_command_guest_driver},
    {"guest-memory", vgpu_sim_command_guest_memory},
    {"guest-work", vgpu_sim_command_guest_work},
    {"update", vgpu_sim_command_update},
    {"reload", vgpu_sim_command_reload},
    {"fail", vgpu_sim_command_fail},
    {"hang", vgpu_sim_command_hang},
    {"heal", vgpu_sim_command_heal},
};

static const char summary[] =
    "Changes the host that the simulated driver describes.\n\nCommands: init, "
    "show, plug, unplug, guest-driver, guest-memory, guest-work,\nupdate, reload, "
    "fail, hang, heal;\nRun 'vgpu-sim COMMAND --help' for the options of a command.";

static gboolean
parse_globals (int *argc, char ***argv, char **path, GError **error)
{
    gboolean version = FALSE;
    const GOptionEntry entries[] = {
        {"file", 0, 0, G_OPTION_ARG_FILENAME, path,
         "use FILE as the host file (default: $VGPU_SIM_HOST, else " VGPU_SIM_HOST_DEFAULT ")", "FILE"},
        {"version", 0, 0, G_OPTION_ARG_NONE, &version, "print the version", NULL},
        {0},
    };
    g_autoptr (GOptionContext) context = g_option_context_new ("COMMAND [ARGUMENT...]");
    g_autoptr (GError) cause = NULL;

    g_option_context_add_main_entries (context, entries, NULL);
    g_option_context_set_summary (context, summary);
    /* the words after the command belong to the command */
    g_option_context_set_strict_posix (context, TRUE);
    if (!g_option_context_parse (context, argc, argv, &cause))
        return vgpu_sim_option_bad (error, "%s", cause->message);
    if (version) {
        g_print ("vgpu-sim %s\n", VGATE_VERSION);
        exit (EXIT_SUCCESS);
    }
    if (*argc < 2)
        return vgpu_sim_option_bad (error, "no command given: run 'vgpu-sim --help' for a list");
    return TRUE;
}

static gboolean
run (int argc, char **argv, GError **error)
{
    g_autofree char *path = NULL;

    if (!parse_globals (&argc, &argv, &path, error))
        return FALSE;
    if (!path)
        path = g_strdup (vgpu_sim_host_path ());
    for (gsize i = 0; i < G_N_ELEMENTS (commands); i++) {
        if (g_str_equal (commands[i].name, argv[1]))
            return commands[i].run (path, argc - 1, argv + 1, error);
    }
    return vgpu_sim_option_bad (error, "unknown command '%s': run 'vgpu-sim --help' for a list", argv[1]);
}

/* Prints the message as one line, whatever it quotes. */
static void
complain (const char *message)
{
    g_autofree char *line = g_strdup (message);

    for (char *at = line; *at; at++) {
        if (g_ascii_iscntrl (*at))
            *at = '?';
    }
    g_printerr ("vgpu-sim: %s\n", line);
}

/* Called at exit, also by --help and --version: reports output that could not be written. */
static void
check_output (void)
{
    errno = 0;
    if (fflush (stdout) == 0 && !ferror (stdout))
        return;
    g_printerr ("vgpu-sim: cannot write to standard output: %s\n", g_strerror (errno != 0 ? errno : EIO));
    _exit (EXIT_FAILURE);
}

/* Replaces GLib's print handler, which flushes and loses the error. */
static void
print_unflushed (const char *text)
{
    fputs (text, stdout);
}

int
main (int argc, char **argv)
{
    g_autoptr (GError) error = NULL;

    g_set_print_handler (print_unflushed);
    setlocale (LC_ALL, "");
    atexit (check_output);
    if (run (argc, argv, &error))
        return EXIT_SUCCESS;
    complain (error->message);
    return g_error_matches (error, VGPU_SIM_ERROR, VGPU_SIM_ERROR_USAGE) ? EXIT_USAGE : EXIT_FAILURE;
}
