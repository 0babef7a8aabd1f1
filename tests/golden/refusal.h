/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a refusal, or another line with a code, must keep whatever its wording is: code, exit status, and the
 * values that it names. They are golden in FOLDER/refusals, a line a case: NAME STATUS CODE VALUE...
 * The wording is golden once a code, in codes/VGATE-NNN: a line with the FOLDER/NAME of the case whose text
 * it is, and that text. $VGATE_REGENERATE=1 writes all of it.
 */
#pragma once

/*
 * line: a refusal, with what is another each time replaced. It must be what the files say. Its values are, in
 * the order in which they are named first: words with a digit, a slash or an equals sign, what is in quotes,
 * and groups in brackets; but for the way out that every refusal with this code has.
 */
void refusal_compare (const char *folder, const char *name, int status, const char *line);

/* A report whose messages (what stands behind a code, and ways out) have become their values, so that their
 * wording is golden once a code only. The caller frees it. */
char *refusal_shorten_report (const char *report);

/* The line belongs to a case that cannot be run here. */
void refusal_skip (const char *folder, const char *name);

/* To be run last, as golden_assert_none_left (): every line of FOLDER/refusals belongs to a case of this
 * program. */
void refusal_assert_none_left (const char *folder);
