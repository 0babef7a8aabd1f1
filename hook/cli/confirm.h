/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Asks on standard error and reads a line from standard input. Returns VGATE_EXIT_ALLOWED if the line is "y"
 * or "yes". Anything else, or the end of the input, is a no: a message says so, and the function returns
 * VGATE_EXIT_REFUSED. If standard input is not a terminal, nobody can answer, and what a script writes there
 * is not an answer: the function reads nothing, reports --yes, and returns VGATE_EXIT_USAGE.
 */
int vgate_confirm (const char *question);
