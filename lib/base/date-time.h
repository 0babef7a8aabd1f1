/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a time is written: in XML, in JSON and in messages. */
#pragma once

#include <glib.h>

/* "2026-11-23T22:00:00Z" for seconds since 1970; NULL for a time that no calendar has. The caller frees
 * it. */
char *vgate_time_format (gint64 seconds);
