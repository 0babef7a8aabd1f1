/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xml/xml.h"

#include "base/fault.h"

#include <string.h>

/* The argument of an error handler is const since libxml2 2.12. */
#if LIBXML_VERSION >= 21200
typedef const xmlError *GivenError;
#else
typedef xmlErrorPtr GivenError;
#endif

struct VgateXmlReader {
    xmlTextReader *reader;
    const char *data;
    gsize length;
    GError *failure; /* the first error from libxml2 */
};

/* TRUE for empty input, too, and for the single line feed that a failed program left in the pipe. */
static gboolean
is_blank (const char *data, gsize length)
{
    for (gsize i = 0; i < length; i++)
        if (!g_ascii_isspace (data[i]))
            return FALSE;
    return TRUE;
}

gboolean
vgate_xml_check_input (const char *data, gsize length, GError **error)
{
    static const char *const declarations[] = {"<!DOCTYPE", "<!ENTITY"};
    const char *valid_to;

    if (length > VGATE_XML_SIZE_MAX) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_XML_TOO_LARGE,
                     "the XML is larger than %u bytes, so it was not parsed", VGATE_XML_SIZE_MAX);
        return FALSE;
    }
    if (is_blank (data, length)) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_XML_EMPTY,
                     "the input contains no XML (%" G_GSIZE_FORMAT " bytes)", length);
        return FALSE;
    }
    if (!g_utf8_validate_len (data, length, &valid_to)) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_XML_NOT_UTF8,
                     "line %u: the XML is not valid UTF-8 at byte %" G_GSIZE_FORMAT,
                     vgate_line_of_byte (data, (gsize)(valid_to - data)), (gsize)(valid_to - data));
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS (declarations); i++) {
        const char *found = memmem (data, length, declarations[i], strlen (declarations[i]));

        if (found) {
            g_set_error (error, VGATE_ERROR, VGATE_CODE_XML_DOCTYPE,
                         "line %u: the XML has a %s at byte %" G_GSIZE_FORMAT,
                         vgate_line_of_byte (data, (gsize)(found - data)), declarations[i] + 2,
                         (gsize)(found - data));
            return FALSE;
        }
    }
    return TRUE;
}

/* libxml2 2.14 and newer give the position and the depth only by deprecated functions and members. */
G_GNUC_BEGIN_IGNORE_DEPRECATIONS
/*
 * TRUE when the document was truncated in transit, rather than written wrongly. The input then ends before or
 * inside the root element, or within a construct without its '>'. An end tag with a wrong name can also be
 * the last thing in the input (<a><b></a>), but is not a truncation.
 */
static gboolean
is_cut (const VgateXmlReader *reader, const xmlError *xml_error)
{
    xmlParserCtxt *parser = xml_error->ctxt;
    const long consumed = parser ? xmlByteConsumed (parser) : -1;

    if (consumed < 0 || (gsize)consumed > reader->length || xml_error->code == XML_ERR_TAG_NAME_MISMATCH)
        return FALSE;
    /* either nothing follows the XML declaration (libxml2 2.14), or there is text where the root should
     * begin */
    if (xml_error->code == XML_ERR_DOCUMENT_EMPTY)
        return is_blank (reader->data + consumed, reader->length - (gsize)consumed);
    if (xml_error->code == XML_ERR_DOCUMENT_END) /* libxml2 reports this for <a/>text as well */
        return parser->nameNr > 0 || !parser->myDoc || !xmlDocGetRootElement (parser->myDoc);
    return !memchr (reader->data + consumed, '>', reader->length - (gsize)consumed);
}
G_GNUC_END_IGNORE_DEPRECATIONS

static void
on_error (void *user_data, GivenError xml_error)
{
    VgateXmlReader *reader = user_data;
    g_autofree char *message = g_strdup (xml_error->message ? xml_error->message : "");
    VgateCode code = VGATE_CODE_XML_MALFORMED;

    if (reader->failure || xml_error->level < XML_ERR_ERROR)
        return;
    if (xml_error->code == XML_ERR_UNDECLARED_ENTITY || xml_error->code == XML_WAR_UNDECLARED_ENTITY)
        code = VGATE_CODE_XML_ENTITY;
    /* libxml2 has a limit of 256 levels, and reports it without an error code of its own */
    else if (strstr (message, "Excessive depth"))
        code = VGATE_CODE_XML_TOO_DEEP;
    else if (is_cut (reader, xml_error))
        code = VGATE_CODE_XML_TRUNCATED;
    reader->failure = g_error_new (VGATE_ERROR, code, "line %d: %s", xml_error->line, g_strchomp (message));
}

VgateXmlReader *
vgate_xml_reader_new (const char *data, gsize length, GError **error)
{
    g_autoptr (VgateXmlReader) reader = NULL;

    if (!vgate_xml_check_input (data, length, error))
        return NULL;
    reader = g_new0 (VgateXmlReader, 1);
    reader->data = data;
    reader->length = length;
    /* Ignore the encoding that the document declares: it could turn the checked bytes into other characters
     * (UTF-7 can encode '<'). */
    reader->reader = xmlReaderForMemory (data, (int)length, NULL, "UTF-8",
                                         XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_IGNORE_ENC);
    if (!reader->reader) {
        g_set_error_literal (error, VGATE_ERROR, VGATE_CODE_INTERNAL, "libxml2 cannot create a reader");
        return NULL;
    }
    xmlTextReaderSetStructuredErrorHandler (reader->reader, on_error, reader);
    return g_steal_pointer (&reader);
}

void
vgate_xml_reader_free (VgateXmlReader *reader)
{
    if (!reader)
        return;
    g_clear_pointer (&reader->reader, xmlFreeTextReader);
    g_clear_error (&reader->failure);
    g_free (reader);
}

xmlTextReader *
vgate_xml_reader_get (VgateXmlReader *reader)
{
    return reader->reader;
}

static gboolean
take_failure (VgateXmlReader *reader, GError **error)
{
    if (!reader->failure)
        reader->failure =
            g_error_new_literal (VGATE_ERROR, VGATE_CODE_XML_MALFORMED, "the XML cannot be parsed");
    g_propagate_error (error, g_steal_pointer (&reader->failure));
    return FALSE;
}

long
vgate_xml_line (VgateXmlReader *reader)
{
    /* the parser's line would be wrong, as the parser is ahead of the reader */
    return xmlGetLineNo (xmlTextReaderCurrentNode (reader->reader));
}

gboolean
vgate_xml_next (VgateXmlReader *reader, GError **error)
{
    const int rc = xmlTextReaderRead (reader->reader);

    if (rc < 0 || reader->failure)
        return take_failure (reader, error);
    if (rc == 0)
        return FALSE;
    /* the root has depth 0; only elements count, although text inside an element is one level deeper */
    if (xmlTextReaderNodeType (reader->reader) == XML_READER_TYPE_ELEMENT &&
        xmlTextReaderDepth (reader->reader) >= VGATE_XML_DEPTH_MAX) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_XML_TOO_DEEP,
                     "line %ld: elements are nested more than %d levels deep", vgate_xml_line (reader),
                     VGATE_XML_DEPTH_MAX);
        return FALSE;
    }
    if (xmlTextReaderNodeType (reader->reader) == XML_READER_TYPE_ENTITY_REFERENCE) {
        g_set_error (error, VGATE_ERROR, VGATE_CODE_XML_ENTITY, "line %ld: reference to an entity",
                     vgate_xml_line (reader));
        return FALSE;
    }
    return TRUE;
}

xmlNode *
vgate_xml_expand_element (VgateXmlReader *reader, GError **error)
{
    xmlNode *node = xmlTextReaderExpand (reader->reader);

    if (node && !reader->failure)
        return node;
    take_failure (reader, error);
    return NULL;
}

xmlNode *
vgate_xml_keep_element (VgateXmlReader *reader, GError **error)
{
    xmlTextReaderPreserve (reader->reader);
    return vgate_xml_expand_element (reader, error);
}

xmlDoc *
vgate_xml_copy_node (xmlNode *node)
{
    g_autoptr (xmlDoc) doc = xmlNewDoc ((const xmlChar *)"1.0");
    xmlNode *copy = doc ? xmlDocCopyNode (node, doc, 1) : NULL;

    if (!copy)
        g_error ("out of memory");
    xmlDocSetRootElement (doc, copy);
    return g_steal_pointer (&doc);
}

xmlDoc *
vgate_xml_copy_element (VgateXmlReader *reader, GError **error)
{
    xmlNode *node = vgate_xml_expand_element (reader, error);

    return node ? vgate_xml_copy_node (node) : NULL;
}

xmlDoc *
vgate_xml_read_tree (const char *xml, gsize length, GError **error)
{
    g_autoptr (VgateXmlReader) reader = vgate_xml_reader_new (xml, length, error);
    g_autoptr (GError) local = NULL;
    g_autoptr (xmlDoc) doc = NULL;
    xmlNode *root = NULL;

    if (!reader)
        return NULL;
    while (vgate_xml_next (reader, &local))
        /* libxml2 keeps what it has read from here on, so that nothing must be copied */
        if (!root && xmlTextReaderNodeType (vgate_xml_reader_get (reader)) == XML_READER_TYPE_ELEMENT)
            root = xmlTextReaderPreserve (vgate_xml_reader_get (reader));
    /* the document is the caller's from now on */
    doc = xmlTextReaderCurrentDoc (vgate_xml_reader_get (reader));
    if (local) {
        g_propagate_error (error, g_steal_pointer (&local));
        return NULL;
    }
    return g_steal_pointer (&doc);
}
