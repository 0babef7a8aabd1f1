/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times as people say them. */
#pragma once

#include <glib.h>

/* Exact, with the largest unit of which there is at least one: "2 ms", "2.083333 ms", "500 us", "0 ns". The
 * caller frees it. */
char *vgate_duration_describe (guint64 ns);

/* Strict: decimal digits without sign, blank or leading zero, and "ns" (or nothing), "us" or "ms" behind
 * them: "2ms" is 2000000. FALSE when it is none, or beyond 32 bits of ns. */
gboolean vgate_duration_parse (const char *text, guint32 *ns);
