/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The operator's command: what its sub-commands share. */
#pragma once

#include "policy/policy.h"
#include "tree.h"

enum {
    VGATE_EXIT_ALLOWED = 0, /* or simply: done */
    VGATE_EXIT_REFUSED = 1, /* or: it could not be done */
    VGATE_EXIT_USAGE = 2,
};

/* Prints "vgpu-gate: VGATE-902: WHAT; see 'vgpu-gate --help'" and returns VGATE_EXIT_USAGE. */
int vgate_command_usage (const char *what);
/* Prints the error's line and returns VGATE_EXIT_REFUSED. */
int vgate_command_fail (const GError *error);

/* argv[0] is the sub-command's name. config: another configuration file, or NULL. */
int vgate_command_host (int argc, char *argv[], const char *config);
int vgate_command_check (int argc, char *argv[], const char *config);
int vgate_command_explain (int argc, char *argv[], const char *config);

/* Parses a sub-command's options; what is left is in *words (NULL-terminated, may be NULL). */
gboolean vgate_command_parse (int argc, char *argv[], const char *arguments, const char *summary,
                              const GOptionEntry *entries, char ***words, GError **error);

/* What the commands that ask the driver have in common. */
typedef struct {
    VgateOutput output; /* --output; set to the default before */
    char **words;       /* what is no option, or NULL */
    guint n_words;
    char *output_name; /* as it was typed */
} VgateCommandLine;

void vgate_command_line_clear (VgateCommandLine *line);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateCommandLine, vgate_command_line_clear)

/* vgate_command_parse () with --output, and with the entries of this command, or NULL. The caller clears
 * *line, on failure too. */
gboolean vgate_command_line_parse (VgateCommandLine *line, int argc, char *argv[], const char *arguments,
                                   const char *summary, const GOptionEntry *entries, GError **error);

VgatePolicy *vgate_command_policy (const char *config, GError **error);
