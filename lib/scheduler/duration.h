/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times in a form for people. */
#pragma once

#include <glib.h>

/* The exact time in the largest unit that is not greater than it: "2 ms", "2.083333 ms", "500 us", "0 ns".
 * The caller frees it. */
char *vgate_duration_describe (guint64 ns);

/* Reads decimal digits without sign, blank or leading zero, followed by "ms", "us", "ns" or nothing (ns):
 * "2ms" is 2000000. FALSE for any other text, and when the time in ns exceeds 32 bits. */
gboolean vgate_duration_parse (const char *text, guint32 *ns);
