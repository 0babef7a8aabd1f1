/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes sure that a program which reports success has really written its standard output. */
#pragma once

#include <glib.h>

/* The exit status of a program whose question could not be answered, or whose answer could not be written. */
#define VGATE_EXIT_UNANSWERED 3

/* Flushes standard output. FALSE with VGATE_CODE_OUTPUT_UNWRITABLE; the error does not affect what is printed
 * later. */
gboolean vgate_output_flush (GError **error);

/*
 * Prints on standard output, without flushing. If a part of the output cannot be written, it prints an error
 * on standard error and ends the process with VGATE_EXIT_UNANSWERED.
 */
void vgate_output_print (const char *text);

/*
 * main () calls this once. From then on, when the process ends by exit (), including the exit of --help, and
 * a part of its output could not be written, it prints an error on standard error and ends with
 * VGATE_EXIT_UNANSWERED. g_print () is then
 * vgate_output_print ().
 */
void vgate_output_check_at_exit (void);
