/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/date-time.h"

char *
vgate_time_format (gint64 seconds)
{
    g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (seconds);

    return time ? g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ") : NULL;
}
