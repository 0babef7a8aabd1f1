/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs another program and reads what it writes. */
#pragma once

#include "base/codes.h"

typedef struct {
    GByteArray *output; /* of its standard output; a byte that is 0 follows and does not count */
    char *complaint;    /* the last line of its standard error, printable; "" if it wrote nothing */
    int status;         /* its exit status; -1: it was not started, or a signal ended it */
} VgateProgramRun;

void vgate_program_run_clear (VgateProgramRun *run);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VgateProgramRun, vgate_program_run_clear)

/*
 * Runs argv (which ends with NULL; searched in PATH) without standard input, and waits until it has exited.
 * FALSE with VGATE_CODE_FLEET_PROGRAM when it cannot be started, writes more than max bytes, or takes longer
 * than deadline_ms; it is then killed. The caller clears *run, also after a failure.
 */
gboolean vgate_program_run (const char *const *argv, gsize max, guint deadline_ms, VgateProgramRun *run,
                            GError **error);
