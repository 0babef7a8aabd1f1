/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xml/xml.h"

#include <stdarg.h>
#include <string.h>

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

static gboolean
is_blank (const xmlNode *node)
{
    return node->type == XML_COMMENT_NODE || node->type == XML_PI_NODE || xmlIsBlankNode (node);
}

static xmlNode *
skip_blank (xmlNode *node)
{
    while (node && is_blank (node))
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

    if (doc && !is_element (dialect, xmlDocGetRootElement (doc), element)) {
        vgate_xml_set_error (error, dialect->structure, xmlDocGetRootElement (doc),
                             "this is not a %s document (<%s xmlns='%s'>)", element, element,
                             dialect->namespace_uri);
        return NULL;
    }
    return g_steal_pointer (&doc);
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
                             "text where only elements can stand");
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
            vgate_xml_set_error (error, dialect->structure, *cursor,
                                 "not expected here: <%s> must come first", name);
        else
            vgate_xml_set_error (error, dialect->structure, parent, "<%s> is missing in it", name);
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
        if (!read (node, items, error) || !vgate_xml_take (dialect, cursor, name, &node, error))
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
                             "text where only elements can stand");
    else
        vgate_xml_set_error (error, dialect->structure, *cursor, "not expected here");
    return FALSE;
}

gboolean
vgate_xml_no_children (const VgateXmlDialect *dialect, xmlNode *node, GError **error)
{
    xmlNode *cursor = vgate_xml_children (node);

    return vgate_xml_end (dialect, &cursor, error);
}

/* The text of an element that has nothing but text (comments and processing instructions apart). */
static char *
text_only (const VgateXmlDialect *dialect, xmlNode *node, GError **error)
{
    g_autoptr (GString) text = g_string_new (NULL);

    for (xmlNode *child = node->children; child; child = child->next) {
        if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) {
            if (child->content)
                g_string_append (text, (const char *)child->content);
        } else if (child->type != XML_COMMENT_NODE && child->type != XML_PI_NODE) {
            vgate_xml_set_error (error, dialect->structure, node, "only text can stand in it");
            return NULL;
        }
    }
    return g_string_free (g_steal_pointer (&text), FALSE);
}

/* The last letter before padding holds bits that no byte gets: they are zero, or the bytes have two texts. */
static gboolean
is_padding_canonical (char last, gsize padding)
{
    return padding == 0 || strchr (padding == 1 ? "AEIMQUYcgkosw048" : "AQgw", last);
}

/* Strict base64 with white space between: g_base64_decode () passes over whatever it does not know. */
static gboolean
is_base64 (const char *text)
{
    gsize letters = 0, padding = 0;
    char last = '\0';

    for (; *text != '\0'; text++) {
        if (*text == ' ' || *text == '\t' || *text == '\n' || *text == '\r')
            continue;
        if (*text == '=') {
            padding++;
            continue;
        }
        if (padding > 0 || !(g_ascii_isalnum (*text) || *text == '+' || *text == '/'))
            return FALSE;
        last = *text;
        letters++;
    }
    return letters > 0 && padding <= 2 && (letters + padding) % 4 == 0 &&
           is_padding_canonical (last, padding);
}

static const VgateXmlAttribute bytes_attributes[] = {
    VGATE_XML_ATTRIBUTE (VgateXmlBytes, "length", UINT, length),
    {.name = NULL},
};

gboolean
vgate_xml_read_bytes (const VgateXmlDialect *dialect, xmlNode *node, VgateXmlBytes *read, GError **error)
{
    g_autofree char *text = NULL;
    guchar *bytes;
    gsize length;

    if (!vgate_xml_read_attributes (dialect, node, bytes_attributes, read, error))
        return FALSE;
    text = text_only (dialect, node, error);
    if (!text)
        return FALSE;
    if (!is_base64 (text)) {
        vgate_xml_set_error (error, dialect->base64, node, "this is not base64");
        return FALSE;
    }
    bytes = g_base64_decode (text, &length);
    read->bytes = g_bytes_new_take (bytes, length);
    return TRUE;
}

gboolean
vgate_xml_bytes_check (const VgateXmlBytes *read, VgateCode code, GError **error)
{
    if (g_bytes_get_size (read->bytes) == read->length)
        return TRUE;
    g_set_error (error, VGATE_ERROR, code,
                 "<metadata>: length says %u bytes, but the base64 holds %" G_GSIZE_FORMAT, read->length,
                 g_bytes_get_size (read->bytes));
    return FALSE;
}

void
vgate_xml_bytes_clear (VgateXmlBytes *read)
{
    g_clear_pointer (&read->bytes, g_bytes_unref);
    read->length = 0;
}

void
vgate_xml_write_bytes (GString *xml, const char *element, GBytes *bytes)
{
    gsize length;
    const guchar *data = g_bytes_get_data (bytes, &length);
    g_autofree char *text = g_base64_encode (data, length);

    g_string_append_printf (xml, "<%s length='%" G_GSIZE_FORMAT "'>%s</%s>", element, length, text, element);
}
