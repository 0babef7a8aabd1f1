/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The programs under test, and how a test runs one: as libvirt runs a hook, with hardly any environment, a
 * pipe as standard input, and no terminal. */
#pragma once

#include <gio/gio.h>

/* Initialises g_test, and takes the program's arguments NAME=PATH from meson. If $VGATE_CASES is set or
 * part=PATTERN is given, only the tests whose path matches that pattern remain. */
void program_test_init (int *argc, char ***argv);
/* The PATH of a NAME. */
const char *program_path (const char *name);
/* A file of the test's own folder in the source tree. The caller frees it. */
char *program_source (const char *folder, const char *file);

/* As g_test_add_data_func (), if $VGATE_CASES selects the test. */
void program_add_test (const char *path, gconstpointer data, GTestDataFunc function);
/* The same with data that the test owns. */
void program_add_test_full (const char *path, gpointer data, GTestDataFunc function,
                            GDestroyNotify free_data);

typedef struct {
    int status; /* the exit status; -1: killed by a signal */
    char *out;
    char *err;
    gint64 duration_us;
} ProgramRun;

void program_run_clear (ProgramRun *run);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ProgramRun, program_run_clear)

/* Runs argv (NULL-terminated) with length bytes of input on a pipe, and waits for its end. */
void program_run (const char *const *argv, const char *input, gsize length, ProgramRun *run);

/* The same with this descriptor as standard input, which the caller keeps. */
void program_run_on (const char *const *argv, int stdin_fd, ProgramRun *run);

/* From now on every program is run by these words, separated by blanks, such as "env --ignore-signal=CHLD".
 * NULL: directly. */
void program_run_by (const char *words);

/* Starts argv without input and with its outputs in these files. The caller waits for it. */
GSubprocess *program_start (const char *const *argv, const char *out, const char *err);

/* For a program whose standard error nobody sees: an environment (NAME=VALUE each) that makes its sanitisers
 * write to this directory, and the check that they wrote nothing. Without sanitisers both are harmless. */
GStrv program_sanitizer_environment (const char *directory);
void program_assert_no_sanitizer_report (const char *directory);
