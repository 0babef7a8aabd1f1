/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>

void
vgate_log (VgateCode code, const char *domain, const char *format, ...)
{
    g_autofree char *text = NULL, *line = NULL;
    va_list arguments;

    va_start (arguments, format);
    text = g_strdup_vprintf (format, arguments);
    va_end (arguments);
    line = vgate_message_line (code, domain, text);
    fprintf (stderr, "%s\n", line);
}
