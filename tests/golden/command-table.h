/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of calls of vgpu-gate: their reports, and their errors. */
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
    const char *folder; /* of the golden files, and the beginning of the tests' paths */
    const CommandReport *reports;
    gsize n_reports;
    const CommandFailure *failures;
    gsize n_failures;
    /* Run after each failure, or NULL: checks that nothing was changed. */
    void (*assert_unchanged) (FakeHost *host, const CommandFailure *failure);
} CommandTable;

/* Adds /FOLDER/report/NAME and /FOLDER/failure/NAME for each entry. The table must live until the tests have
 * run. */
void command_table_add (const CommandTable *table);

/* Adds /FOLDER/KIND/NAME with this number as its data. */
void command_add_test (const char *folder, const char *kind, const char *name, guint number,
                       GTestDataFunc function);

/* Adds /none-left/FOLDER, which must be the last test. */
void command_add_none_left (const char *folder);
