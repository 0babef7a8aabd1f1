/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/*
 * Asks on standard error and reads a line of standard input: TRUE when it is "y" or "yes". Anything else, and
 * the end of the input, is a no, and is said. Where standard input is no terminal there is nobody to ask:
 * TRUE.
 */
gboolean vgate_confirm (const char *question);
