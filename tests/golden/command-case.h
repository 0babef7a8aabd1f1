/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One call of vgpu-gate on a fake host, and the checks of its result. */
#pragma once

#include "fake-host.h"
#include "program.h"

/* How the command is called. */
typedef struct {
    const char *line;   /* words after the configuration; "@" is hook/, $ROOT the host's directory,
                           and $SCHEMAS that of the schemas in the source tree */
    const char *answer; /* typed on a terminal as standard input; NULL: an empty pipe */
    gboolean as_nobody; /* not as root */
} CommandCall;

void command_call (FakeHost *host, const CommandCall *call, ProgramRun *run);
/* The same without a terminal. */
void command_run (FakeHost *host, const char *line, ProgramRun *run);

/* Runs the command, which ends with this exit status, and prints words on one of its outputs. */
void command_says (FakeHost *host, const char *line, int status, const char *words);

/* Starts vgpu-gate with these words on the host, with its outputs in the host's files "out" and "err". The
 * caller waits for it. */
GSubprocess *command_start (FakeHost *host, const char *line);

/* FALSE, and the case is skipped, if the call is not possible on this machine: settings ("version set ...",
 * "scheduler set ...", "version reset") and "allow-restore ..." need root, or a user namespace in which an
 * ordinary user is root, and an answer needs a terminal. */
gboolean command_can_run (const CommandCall *call);

/* Compares text with FOLDER/NAME.SUFFIX, except for values that differ in each run. */
void command_compare (const FakeHost *host, const char *folder, const char *name, const char *suffix,
                      const char *text);

/* The call succeeded: exit status 0, and nothing on standard error. */
void command_assert_done (const ProgramRun *run);

/* The XML is valid by schemas/SCHEMA. */
void command_assert_valid (const char *schema, const char *xml);
/* Compares the outputs of one command with FOLDER/NAME.text and .json. */
void command_assert_outputs (const FakeHost *host, const char *folder, const char *name, const char *text,
                             const char *json);
/* A command's JSON has the same fields as a document. */
void command_assert_same_fields (const char *json, const char *xml);
/* Run this last: no golden file of the folder is unused. */
void command_assert_none_left (const char *folder);

/* Runs a command in both outputs, with "--output FORM" after the line, and checks them as
 * command_assert_outputs (). restore is run before each, unless it is NULL. */
void command_assert_report (FakeHost *host, const char *folder, const char *name, const char *line,
                            void (*restore) (FakeHost *host));
/* Checks standard error as refusal_compare (). */
void command_compare_error (const FakeHost *host, const char *folder, const char *name,
                            const ProgramRun *run);
/* The call fails: with this exit status, nothing on standard output, and a refusal on standard error. */
void command_assert_failure (FakeHost *host, const char *folder, const char *name, const CommandCall *call,
                             int status);
/* The call fails with exit status 3 when its standard output cannot be written, and says so. */
void command_assert_cannot_write (FakeHost *host, const char *line);
