/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wraps lines for people who read them on a terminal. */
#pragma once

#include <glib.h>

/*
 * Returns text (UTF-8) with each line that is longer than width columns broken at blanks. The parts of a line
 * after the first are indented by four columns more than the line. A word, a quotation and a command stay in
 * one piece, also if they are longer than width: a terminal wraps them without a line feed, so that they can
 * be copied. The caller frees it.
 */
char *vgate_wrap (const char *text, guint width);

/* Returns the columns of the terminal behind fd, 80 if the terminal does not tell; 0 if fd is no terminal. */
guint vgate_terminal_width (int fd);

/* Prints text on standard output, wrapped if that is a terminal. In a file or a pipe lines stay whole, for
 * grep (1) and scripts. */
void vgate_print_wrapped (const char *text);
