/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walks over the children of an element, whose order is fixed. */
#include "xml/xml.h"

#include <string.h>

static xmlNode *
skip_blank (xmlNode *node)
{
    while (node && (node->type == XML_COMMENT_NODE || node->type == XML_PI_NODE || xmlIsBlankNode (node)))
        node = node->next;
    return node;
}

xmlNode *
vgate_xml_children (xmlNode *node)
{
    return skip_blank (node->children);
}

static gboolean
is_element (const VgateXmlDialect *dialect, const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && node->ns && node->ns->href &&
           strcmp ((const char *)node->ns->href, dialect->namespace_uri) == 0 &&
           strcmp ((const char *)node->name, name) == 0;
}

xmlDoc *
vgate_xml_read_document (const VgateXmlDialect *dialect, const char *element, const char *xml, gsize length,
                         GError **error)
{
    g_autoptr (xmlDoc) doc = vgate_xml_read_tree (xml, length, error);
    const xmlNode *root = doc ? xmlDocGetRootElement (doc) : NULL;
    const char *uri = root && root->ns ? (const char *)root->ns->href : NULL;

    if (!root || is_element (dialect, root, element))
        return g_steal_pointer (&doc);
    if (uri && strcmp ((const char *)root->name, element) == 0) {
        g_autofree char *shown = vgate_printable (uri, 64);

        vgate_xml_set_error (error, dialect->structure, root, "unsupported namespace '%s': expected '%s'",
                             shown, dialect->namespace_uri);
    } else {
        vgate_xml_set_error (error, dialect->structure, root, "not a %s document: expected <%s xmlns='%s'>",
                             element, element, dialect->namespace_uri);
    }
    return NULL;
}

gboolean
vgate_xml_take (const VgateXmlDialect *dialect, xmlNode **cursor, const char *name, xmlNode **taken,
                GError **error)
{
    *taken = NULL;
    if (!*cursor)
        return TRUE;
    if ((*cursor)->type != XML_ELEMENT_NODE) {
        vgate_xml_set_error (error, dialect->structure, (*cursor)->parent,
                             "unexpected text: only elements are allowed here");
        return FALSE;
    }
    if (is_element (dialect, *cursor, name)) {
        *taken = *cursor;
        *cursor = skip_blank ((*cursor)->next);
    }
    return TRUE;
}

gboolean
vgate_xml_need (const VgateXmlDialect *dialect, xmlNode *parent, xmlNode **cursor, const char *name,
                xmlNode **taken, GError **error)
{
    if (!vgate_xml_take (dialect, cursor, name, taken, error))
        return FALSE;
    if (!*taken) {
        if (*cursor)
            vgate_xml_set_error (error, dialect->structure, *cursor, "unexpected element: expected <%s>",
                                 name);
        else
            vgate_xml_set_error (error, dialect->structure, parent, "element <%s> is missing", name);
        return FALSE;
    }
    return TRUE;
}

gboolean
vgate_xml_take_all (const VgateXmlDialect *dialect, xmlNode **cursor, const char *name, VgateXmlReadItem read,
                    GPtrArray *items, GError **error)
{
    xmlNode *node;

    if (!vgate_xml_take (dialect, cursor, name, &node, error))
        return FALSE;
    while (node) {
        GError *fault = NULL;

        if (!read (node, items, &fault) && !vgate_xml_go_on (node, fault, error))
            return FALSE;
        if (!vgate_xml_take (dialect, cursor, name, &node, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
vgate_xml_end (const VgateXmlDialect *dialect, xmlNode **cursor, GError **error)
{
    if (!*cursor)
        return TRUE;
    if ((*cursor)->type != XML_ELEMENT_NODE)
        vgate_xml_set_error (error, dialect->structure, (*cursor)->parent,
                             "unexpected text: only elements are allowed here");
    else
        vgate_xml_set_error (error, dialect->structure, *cursor, "unexpected element");
    return FALSE;
}

gboolean
vgate_xml_no_children (const VgateXmlDialect *dialect, xmlNode *node, GError **error)
{
    xmlNode *cursor = vgate_xml_children (node);

    return vgate_xml_end (dialect, &cursor, error);
}

xmlNode *
vgate_xml_find_element (xmlNode *from, const char *name)
{
    for (xmlNode *node = from; node; node = node->next)
        if (node->type == XML_ELEMENT_NODE && (!name || strcmp ((const char *)node->name, name) == 0))
            return node;
    return NULL;
}
