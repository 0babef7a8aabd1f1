/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a program prints on standard output must have been written when the program says that it is done. */
#pragma once

#include <glib.h>

/* The exit status of a program whose question could not be answered, or whose answer could not be written. */
#define VGATE_EXIT_UNANSWERED 3

/* Writes what was printed. FALSE with VGATE_CODE_OUTPUT_UNWRITABLE; what is printed then is a new try. */
gboolean vgate_output_flush (GError **error);

/*
 * For main (), once: when the process ends by exit (), also where --help ends it, and something that it
 * printed could not be written, it says so on standard error and ends with VGATE_EXIT_UNANSWERED. g_print ()
 * does not flush from then on.
 */
void vgate_output_check_at_exit (void);
