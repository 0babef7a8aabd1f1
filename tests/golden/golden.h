/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Golden files: what a program must say, to the letter. $VGATE_REGENERATE=1 writes them anew. */
#pragma once

#include <glib.h>

/* Whether golden files are being written instead of compared. */
gboolean golden_is_regenerating (void);

/* text is what tests/golden/FOLDER/FILE says. There is such a file, and text is not empty: a case that
 * expects no output says so itself. */
void golden_compare (const char *folder, const char *file, const char *text);

/* The file belongs to a case that cannot be run here. */
void golden_skip (const char *folder, const char *file);

/* Skips the case that runs, as g_test_skip () does, whatever golden files it has. */
void golden_skip_case (const char *why);
/* golden_skip_case () was called for the case that runs. */
gboolean golden_case_is_skipped (void);

/* For golden_assert_none_left () and what does the same for parts of files: FILE belongs to a case of this
 * program. Two cases of one name make the test fail. */
void golden_remember (const char *folder, const char *file);
gboolean golden_is_remembered (const char *folder, const char *file);
/* FALSE when $VGATE_CASES left cases out, or golden_skip_case () did, which then is said. */
gboolean golden_has_run_all (void);

/* To be run last: every file of the folder with this suffix was compared, or skipped, by this program, so
 * that no case's file outlives the case. Says nothing when $VGATE_CASES left cases out, or golden_skip_case
 * () did. */
void golden_assert_none_left (const char *folder, const char *suffix);
