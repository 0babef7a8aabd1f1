/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Golden files: the exact texts that a program must write. $VGATE_REGENERATE=1 writes the files again. */
#pragma once

#include <glib.h>

/* TRUE if golden files are being written instead of compared. */
gboolean golden_is_regenerating (void);

/* Compares text with tests/golden/FOLDER/FILE. The file must exist, and text must not be empty: a case that
 * expects no output has a flag for that. */
void golden_compare (const char *folder, const char *file, const char *text);

/* The file belongs to a case that cannot be run on this machine. */
void golden_skip (const char *folder, const char *file);

/* Skips the running case like g_test_skip (), whatever golden files it has. */
void golden_skip_case (const char *why);
/* TRUE if golden_skip_case () was called for the running case. */
gboolean golden_case_is_skipped (void);

/* For golden_assert_none_left () and its like for parts of files: FILE belongs to a case of this program. Two
 * cases with the same name make the test fail. */
void golden_remember (const char *folder, const char *file);
gboolean golden_is_remembered (const char *folder, const char *file);
/* FALSE if $VGATE_CASES or golden_skip_case () left cases out; a message then says so. */
gboolean golden_has_run_all (void);

/* Run this last: every file of the folder with this suffix was compared or skipped by this program, so that
 * no file outlives its case. Does nothing if $VGATE_CASES or golden_skip_case () left cases out. */
void golden_assert_none_left (const char *folder, const char *suffix);
