/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions that the sub-commands of the operator's command share. */
#pragma once

#include "base/output.h"
#include "host/host.h"
#include "policy/policy.h"
#include "tree.h"

/* VGATE_EXIT_UNANSWERED (base/output.h) is the fourth. */
enum {
    VGATE_EXIT_ALLOWED = 0, /* yes, or done */
    VGATE_EXIT_REFUSED =
        1, /* no: a guest is refused, a setting is not possible, entries of a log are missed */
    VGATE_EXIT_USAGE = 2,
};

/* Prints "vgpu-gate: VGATE-902: WHAT; see 'vgpu-gate version set --help'", with the sub-command that runs,
 * and returns VGATE_EXIT_USAGE. */
int vgate_command_usage (const char *what);
/* Prints the error's line and returns VGATE_EXIT_REFUSED, or VGATE_EXIT_UNANSWERED if by its code the
 * question could not be answered. */
int vgate_command_fail (const GError *error);
/* The error's message with its way out, as these lines contain it. The caller frees it. */
char *vgate_command_describe_error (const GError *error);
/* The same as vgate_command_fail () about the domain of this name. */
int vgate_command_fail_domain (const GError *error, const char *name);

/* A sub-command. argv[0] is its name; config: another configuration file, or NULL. */
typedef struct {
    const char *name;
    int (*run) (int argc, char *argv[], const char *config);
    const char *summary;
} VgateCommand;

int vgate_command_host (int argc, char *argv[], const char *config);
int vgate_command_fleet (int argc, char *argv[], const char *config);
int vgate_command_fleet_collect (int argc, char *argv[], const char *config);
int vgate_command_guest (int argc, char *argv[], const char *config);
int vgate_command_check (int argc, char *argv[], const char *config);
int vgate_command_matrix (int argc, char *argv[], const char *config);
int vgate_command_audit (int argc, char *argv[], const char *config);
int vgate_command_drain (int argc, char *argv[], const char *config);
int vgate_command_plan_upgrade (int argc, char *argv[], const char *config);
int vgate_command_validate (int argc, char *argv[], const char *config);
int vgate_command_config (int argc, char *argv[], const char *config);
int vgate_command_explain (int argc, char *argv[], const char *config);
int vgate_command_allow_once (int argc, char *argv[], const char *config);
int vgate_command_allow_restore (int argc, char *argv[], const char *config);
int vgate_command_self_check (int argc, char *argv[], const char *config);
int vgate_command_agent (int argc, char *argv[], const char *config);
int vgate_command_version (int argc, char *argv[], const char *config);
int vgate_command_scheduler (int argc, char *argv[], const char *config);
int vgate_command_scheduler_set (int argc, char *argv[], const char *config);
int vgate_command_scheduler_log (int argc, char *argv[], const char *config);
int vgate_command_switchover (int argc, char *argv[], const char *config);
int vgate_command_device (int argc, char *argv[], const char *config);
int vgate_command_device_list (int argc, char *argv[], const char *config);
int vgate_command_device_make (int argc, char *argv[], const char *config);
int vgate_command_device_remove (int argc, char *argv[], const char *config);
int vgate_command_devices (int argc, char *argv[], const char *config);

/* Returns the end of --help: the commands and the exit statuses. The caller frees it. */
char *vgate_command_describe (const VgateCommand *commands, gsize n_commands);
/* Runs the command that argv[0] names. */
int vgate_command_dispatch (const VgateCommand *commands, gsize n_commands, int argc, char *argv[],
                            const char *config);
/* Runs a command that has sub-commands itself: argv[1] names one, or is --help. */
int vgate_command_group (const VgateCommand *commands, gsize n_commands, int argc, char *argv[],
                         const char *config);

/* Parses a sub-command's options; the remaining arguments go into *words (NULL-terminated, may be NULL). */
gboolean vgate_command_parse (int argc, char *argv[], const char *arguments, const char *summary,
                              const GOptionEntry *entries, char ***words, GError **error);

/* The command line of the commands that ask the driver. */
typedef struct {
    VgateOutput output; /* --output; set the default before parsing. XML only if the default is XML. */
    char **words;       /* the arguments that are not options, or NULL */
    guint n_words;
    char *output_name; /* as it was typed */
} VgateCommandLine;

void vgate_command_line_clear (VgateCommandLine *line);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateCommandLine, vgate_command_line_clear)

/* As vgate_command_parse (), with --output and the entries of this command, or NULL. The caller clears *line,
 * also after a failure. */
gboolean vgate_command_line_parse (VgateCommandLine *line, int argc, char *argv[], const char *arguments,
                                   const char *summary, const GOptionEntry *entries, GError **error);

/* As vgate_gpu_name_read (), with G_OPTION_ERROR. */
char *vgate_command_parse_gpu (const char *typed, GError **error);
/* Takes the words as at most one GPU; *gpu is NULL without words. The caller frees it. */
gboolean vgate_command_take_gpu (const VgateCommandLine *line, char **gpu, GError **error);

/* Reads this host for its document, as vgate_survey_host () does, and adds the gate at switch-over. */
VgateHost *vgate_command_read_host (const VgatePolicy *policy, const char *root, GError **unknown,
                                    GError **error);

/* As vgate_command_usage () for "invalid value 'TYPED' for --OPTION: expected FORM". */
int vgate_command_bad_value (const char *option, const char *typed, const char *form);
/* Sets *number to a number from 1 to max; typed: NULL if the option was not given, and *number is then
 * unchanged. FALSE for anything else. */
gboolean vgate_command_parse_number (const char *typed, guint64 max, guint64 *number);

VgatePolicy *vgate_command_policy (const char *config, GError **error);
/* For a command that uses no configuration: the file that --config names must be good all the same. */
gboolean vgate_command_check_config (const char *config, GError **error);

/* The entry of --yes for the commands that change something. */
/* clang-format off */
#define VGATE_COMMAND_YES(flag) {"yes", 'y', 0, G_OPTION_ARG_NONE, flag, "do not ask for confirmation", NULL}
/* clang-format on */

/* Prints the report, and returns VGATE_EXIT_ALLOWED. (Whether it could be written is checked at exit.) */
int vgate_command_print (JsonObject *report, VgateOutput output);

/* Lists on standard error the GPUs (VgateUnusableGpu *) that were left out, and empties the list. Returns
 * VGATE_EXIT_UNANSWERED if there were any, because the answer for them is not known; otherwise status. */
int vgate_command_tell_unusable (GPtrArray *unusable, int status);

/* Returns the command "vgpu-gate WORD..." for a shell, with --config if config is not NULL. words ends with
 * NULL. The caller frees it. */
char *vgate_command_write (const char *const *words, const char *config);
/* Returns the arguments as a command that root can run: "sudo vgpu-gate version set 24.1-25.1". Call this
 * before the options are parsed, because the parser changes argv. The caller frees it. */
char *vgate_command_as_root (int argc, char *argv[], const char *config);
/* FALSE with VGATE_CODE_NOT_ROOT, which names that command, if the process does not run as root. what:
 * "set the range ..." */
gboolean vgate_command_need_root (const char *what, const char *as_root, GError **error);
/* As vgate_command_fail () for the error of a setting. If the error came too late to know whether the setting
 * has taken effect, the line contains the command that shows it. */
int vgate_command_fail_setting (const GError *error, const char *as_root, const char *look);
