/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xml/xml.h"

#include <stdarg.h>

void
vgate_xml_set_error (GError **error, VgateCode code, const xmlNode *node, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start (arguments, format);
    text = g_strdup_vprintf (format, arguments);
    va_end (arguments);
    g_set_error (error, VGATE_ERROR, code, "line %ld: <%s>: %s", xmlGetLineNo (node),
                 (const char *)node->name, text);
}
