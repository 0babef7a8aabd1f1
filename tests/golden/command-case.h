/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One call of vgpu-gate on a fake host, and what must come of it. */
#pragma once

#include "fake-host.h"
#include "program.h"

/* Where and as whom it is run. */
typedef struct {
    const char *line;   /* words behind the configuration; "@" is hook/, $ROOT the host's directory */
    const char *answer; /* typed on a terminal that is standard input; NULL: that is an empty pipe */
    gboolean as_nobody; /* not as root */
} CommandCall;

void command_call (FakeHost *host, const CommandCall *call, ProgramRun *run);
/* The same without terminal. */
void command_run (FakeHost *host, const char *line, ProgramRun *run);

/* Starts vgpu-gate with these words on the host, its outputs into the host's files "out" and "err". The
 * caller waits. */
GSubprocess *command_start (FakeHost *host, const char *line);

/* Settings ("version set ...", "scheduler set ...", "version reset") can be made by root only, and an answer
 * needs a terminal: FALSE, and the case is skipped, when there is no way to have that here. */
gboolean command_can_run (const CommandCall *call);

/* text is what FOLDER/NAME.SUFFIX says, but for what is another each time. */
void command_compare (const FakeHost *host, const char *folder, const char *name, const char *suffix,
                      const char *text);

/* It is done: exit status 0, and nothing on standard error. */
void command_assert_done (const ProgramRun *run);

/* XML of schemas/SCHEMA. */
void command_assert_valid (const char *schema, const char *xml);
/* The outputs of one command are FOLDER/NAME.text and .json. */
void command_assert_outputs (const FakeHost *host, const char *folder, const char *name, const char *text,
                             const char *json);
/* What a command says as JSON and a document have the same fields. */
void command_assert_same_fields (const char *json, const char *xml);
/* To be run last: no golden file of the folder is left over. */
void command_assert_none_left (const char *folder);

/* A command in both outputs, by "--output FORM" behind the line: done, and as command_assert_outputs () says.
 * Run before each, or NULL: restore. */
void command_assert_report (FakeHost *host, const char *folder, const char *name, const char *line,
                            void (*restore) (FakeHost *host));
/* What it says on standard error is as refusal_compare () says. */
void command_compare_error (const FakeHost *host, const char *folder, const char *name,
                            const ProgramRun *run);
/* A call that fails: exit status, nothing on standard output, a refusal on standard error. */
void command_assert_failure (FakeHost *host, const char *folder, const char *name, const CommandCall *call,
                             int status);
