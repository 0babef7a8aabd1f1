/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a refusal, or another line with a code, must keep even if its wording changes: the code, the exit
 * status, and the values that it names. They are golden in FOLDER/refusals, one line for each case: NAME
 * STATUS CODE VALUE... The wording is golden once for each code, in codes/VGATE-NNN: a line with the
 * FOLDER/NAME of the case that has the text, and the text. $VGATE_REGENERATE=1 writes all of these files.
 */
#pragma once

/*
 * line: a refusal in which values that differ in each run are replaced. It must match the files. Its values,
 * in the order of their first use, are words with a digit, a slash or an equals sign, texts in quotes, and
 * groups in brackets, without the way out that every refusal with this code has.
 */
void refusal_compare (const char *folder, const char *name, int status, const char *line);

/* Returns the report with its messages (the text after a code, and ways out) replaced by their values, so
 * that wording is golden only once for each code. The caller frees it. */
char *refusal_shorten_report (const char *report);

/* The line belongs to a case that cannot be run on this machine. */
void refusal_skip (const char *folder, const char *name);

/* Run this last, like golden_assert_none_left (): every line of FOLDER/refusals belongs to a case of this
 * program. */
void refusal_assert_none_left (const char *folder);
