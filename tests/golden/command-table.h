/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of calls of vgpu-gate: what each reports, and what each says when it fails. */
#pragma once

#include "command-case.h"
#include "hook-case.h"

typedef struct {
    const char *name;
    const char *line;
    CasePrepare prepare; /* or NULL: case_standard_host () */
    CasePrepare restore; /* run before each form, or NULL */
} CommandReport;

typedef struct {
    const char *name;
    CommandCall call;
    CasePrepare prepare; /* or NULL: case_standard_host () */
    const char *sim;     /* vgpu-sim commands, or NULL */
    const char *config;  /* configuration lines, or NULL */
    int status;
} CommandFailure;

typedef struct {
    const char *folder; /* of the golden files; the tests' paths begin with it as well */
    const CommandReport *reports;
    gsize n_reports;
    const CommandFailure *failures;
    gsize n_failures;
    /* Run behind each failure, or NULL: what it must not have changed. */
    void (*assert_unchanged) (FakeHost *host, const CommandFailure *failure);
} CommandTable;

/* Adds /FOLDER/report/NAME and /FOLDER/failure/NAME for each. The table must last until the tests have run.
 */
void command_table_add (const CommandTable *table);

/* Adds /FOLDER/KIND/NAME, whose data is this number. */
void command_add_test (const char *folder, const char *kind, const char *name, guint number,
                       GTestDataFunc function);

/* Adds /none-left/FOLDER: to be added last. */
void command_add_none_left (const char *folder);
