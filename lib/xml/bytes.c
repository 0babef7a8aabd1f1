/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads and writes bytes as base64 with their length. */
#include "xml/xml.h"

#include <string.h>

/* The text of an element that contains only text, comments and processing instructions. */
static char *
text_only (const VgateXmlDialect *dialect, xmlNode *node, GError **error)
{
    g_autoptr (GString) text = g_string_new (NULL);

    for (xmlNode *child = node->children; child; child = child->next) {
        if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) {
            if (child->content)
                g_string_append (text, (const char *)child->content);
        } else if (child->type != XML_COMMENT_NODE && child->type != XML_PI_NODE) {
            vgate_xml_set_error (error, dialect->structure, node, "only text is allowed in this element");
            return NULL;
        }
    }
    return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Accepts strict base64 and white space. g_base64_decode () alone would skip every character that it does not
 * know. */
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
    if (letters == 0 || padding > 2 || (letters + padding) % 4 != 0)
        return FALSE;
    /* The last letter before the padding has bits that belong to no byte. They must be zero, so that the same
     * bytes have only one text. */
    return padding == 0 || strchr (padding == 1 ? "AEIMQUYcgkosw048" : "AQgw", last);
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
        GError *fault = NULL;

        vgate_xml_set_error (&fault, dialect->base64, node, "the text is not valid base64");
        return vgate_xml_go_on (node, fault, error);
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
    g_set_error (
        error, VGATE_ERROR, code,
        "<metadata>: the attribute 'length' gives %u bytes, but the base64 text contains %" G_GSIZE_FORMAT,
        read->length, g_bytes_get_size (read->bytes));
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
