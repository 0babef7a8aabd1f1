/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xml/xml.h"

#include "base/fault.h"

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

/* libxml2 leaves the member of a document to its user. */
void
vgate_xml_collect_faults (xmlDoc *doc, GPtrArray *faults)
{
    doc->_private = faults;
}

gboolean
vgate_xml_go_on (const xmlNode *node, GError *fault, GError **error)
{
    GPtrArray *faults = node->doc ? node->doc->_private : NULL;

    if (!faults) {
        g_propagate_error (error, fault);
        return FALSE;
    }
    vgate_faults_take (faults, fault, vgate_xml_node_line (node));
    return TRUE;
}

guint
vgate_xml_node_line (const xmlNode *node)
{
    return (guint)MAX (xmlGetLineNo (node), 0);
}
