/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Asks on standard error and reads a line from standard input. Returns TRUE if the line is "y" or "yes".
 * Anything else, or the end of the input, is a no, and a message says so. If standard input is not a
 * terminal, nobody can answer, and the function returns TRUE without a question.
 */
gboolean vgate_confirm (const char *question);
