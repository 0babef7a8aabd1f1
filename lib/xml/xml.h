/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Strict reading and writing of small XML vocabularies: autoptr for libxml2, the checks of untrusted input
 * before it is interpreted, and attribute tables for both parser and formatter.
 *
 * Strict means that everything that is not in the table is an error, and that each value has exactly one
 * written form. So a document that was parsed can be written again without loss, and the schemas (schemas/)
 * can express the same rules.
 */
#pragma once

#include "base/codes.h"

#include <glib.h>
#include <libxml/tree.h>
#include <libxml/xmlreader.h>
#include <stddef.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlDoc, xmlFreeDoc)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlTextReader, xmlFreeTextReader)

#define VGATE_XML_SIZE_MAX  (16u * 1024u * 1024u)
#define VGATE_XML_DEPTH_MAX 64

/* The message codes for errors in a vocabulary, and the namespace of its elements. */
typedef struct {
    const char *namespace_uri;
    VgateCode structure; /* an element or attribute is missing, unknown, repeated or out of place */
    VgateCode value;     /* a value does not have its form */
    VgateCode base64;
} VgateXmlDialect;

/*
 * Checks untrusted bytes before they are parsed: they must not be empty, must have at most VGATE_XML_SIZE_MAX
 * bytes, be UTF-8 without NUL, and contain no "<!DOCTYPE" and no "<!ENTITY", not even in a comment (libvirt
 * writes none). Errors are VGATE_ERROR with VGATE_CODE_XML_*.
 */
gboolean vgate_xml_check_input (const char *data, gsize length, GError **error);

/*
 * A reader for input, which it checks with vgate_xml_check_input () and borrows. It loads nothing from
 * outside and replaces no entity. vgate_xml_next () moves to the next node. It returns FALSE without an error
 * at the end, and FALSE with an error when the document is truncated, nested deeper than VGATE_XML_DEPTH_MAX,
 * refers to an entity, or is not well-formed.
 */
typedef struct VgateXmlReader VgateXmlReader;
VgateXmlReader *vgate_xml_reader_new (const char *data, gsize length, GError **error);
void vgate_xml_reader_free (VgateXmlReader *reader);
gboolean vgate_xml_next (VgateXmlReader *reader, GError **error);
/* libxml2's reader, positioned at the current node. */
xmlTextReader *vgate_xml_reader_get (VgateXmlReader *reader);
/* The line where the current node begins. */
long vgate_xml_line (VgateXmlReader *reader);
/* The current element with its content, as long as the reader is at the element; NULL with an error. */
xmlNode *vgate_xml_expand_element (VgateXmlReader *reader, GError **error);
/* The same as long as the reader exists. */
xmlNode *vgate_xml_keep_element (VgateXmlReader *reader, GError **error);
/* A copy of the element and its content as a new document. */
xmlDoc *vgate_xml_copy_node (xmlNode *node);
/* A copy of the current element; NULL with an error. */
xmlDoc *vgate_xml_copy_element (VgateXmlReader *reader, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateXmlReader, vgate_xml_reader_free)

/* Reads a whole document as a tree, with all the checks above. For small documents. */
xmlDoc *vgate_xml_read_tree (const char *xml, gsize length, GError **error);

/* The forms of a value, and the C type of the struct member that holds it. */
typedef enum {
    VGATE_XML_ASCII,   /* char *: printable ASCII, any length */
    VGATE_XML_NAME,    /* char *: 1 to 255 characters without control characters */
    VGATE_XML_UUID,    /* char *: 8-4-4-4-12 lower-case hexadecimal */
    VGATE_XML_PCI,     /* char *: dddd:bb:dd.f lower-case hexadecimal */
    VGATE_XML_SHA256,  /* char *: 64 lower-case hexadecimal digits */
    VGATE_XML_TIME,    /* gint64: seconds since 1970, UTC; written 2026-11-23T22:00:00Z */
    VGATE_XML_UINT,    /* guint32: decimal without leading zeros */
    VGATE_XML_UINT64,  /* guint64: decimal without leading zeros */
    VGATE_XML_COUNT,   /* guint64: decimal without leading zeros, not 0 */
    VGATE_XML_HEX,     /* guint32: 0x and lower-case hexadecimal without leading zeros */
    VGATE_XML_VERSION, /* guint32: a vGPU version, 26.1 */
    VGATE_XML_RANGE,   /* VgateVersionRange: 18.1-26.1, possibly inverted */
    VGATE_XML_YES_NO,  /* gboolean */
    VGATE_XML_CHOICE,  /* int: index into choices */
} VgateXmlForm;

typedef struct {
    const char *name;
    VgateXmlForm form;
    gsize offset; /* of the member */
    /* Possible for forms held as char * (NULL when absent), for COUNT (0 when absent) and for CHOICE (0 when
     * absent: the choice with index 0 is then neither written nor accepted). */
    gboolean optional;
    const char *const *choices; /* NULL-terminated, VGATE_XML_CHOICE only */
} VgateXmlAttribute;

/* Entries of a table: the attribute's name, its form VGATE_XML_<kind>, and the member of the type that holds
 * it. */
#define VGATE_XML_ATTRIBUTE(type, attribute, kind, member)                             \
    {                                                                                  \
        .name = attribute, .form = VGATE_XML_##kind, .offset = offsetof (type, member) \
    }
#define VGATE_XML_OPTIONAL(type, attribute, kind, member)                                                \
    {                                                                                                    \
        .name = attribute, .form = VGATE_XML_##kind, .offset = offsetof (type, member), .optional = TRUE \
    }
#define VGATE_XML_ONE_OF(type, attribute, names, member)                                                 \
    {                                                                                                    \
        .name = attribute, .form = VGATE_XML_CHOICE, .offset = offsetof (type, member), .choices = names \
    }
#define VGATE_XML_OPTIONAL_ONE_OF(type, attribute, names, member)                                         \
    {                                                                                                     \
        .name = attribute, .form = VGATE_XML_CHOICE, .offset = offsetof (type, member), .optional = TRUE, \
        .choices = names                                                                                  \
    }

/*
 * Reads the attributes of node into *object by the table, which ends with an entry without a name. All
 * members that the table names must be zero before. On failure, members that were already read stay for the
 * owner to free.
 */
gboolean vgate_xml_read_attributes (const VgateXmlDialect *dialect, xmlNode *node,
                                    const VgateXmlAttribute *table, gpointer object, GError **error);
/* Appends " name='value'" for each attribute, in the order of the table. */
void vgate_xml_write_attributes (GString *xml, const VgateXmlAttribute *table, gconstpointer object);
/* Reads an element that has only attributes, or appends it as <NAME .../>. */
gboolean vgate_xml_read_leaf (const VgateXmlDialect *dialect, xmlNode *node, const VgateXmlAttribute *table,
                              gpointer object, GError **error);
void vgate_xml_write_leaf (GString *xml, const char *element, const VgateXmlAttribute *table,
                           gconstpointer object);
/* Appends such an element on a line of its own. */
void vgate_xml_write_line (GString *xml, const char *indent, const char *element,
                           const VgateXmlAttribute *table, gconstpointer object);
/* Frees and zeroes the char * members that the table names. */
void vgate_xml_clear_attributes (const VgateXmlAttribute *table, gpointer object);

/* As vgate_xml_read_tree (). When the root is not this element of the dialect, the error has
 * dialect->structure. */
xmlDoc *vgate_xml_read_document (const VgateXmlDialect *dialect, const char *element, const char *xml,
                                 gsize length, GError **error);

/*
 * One value of a table, for formats other than XML. _read_value puts the text into the member of *object, or
 * returns FALSE when the text does not have the form of the attribute. _write_value returns it as it is
 * written, which the caller frees; NULL when the attribute is absent.
 */
gboolean vgate_xml_read_value (const VgateXmlAttribute *attribute, const char *text, gpointer object);
char *vgate_xml_write_value (const VgateXmlAttribute *attribute, gconstpointer object);

/* TRUE when the text has the form, which is one of those held as char *. Used to check a driver's values
 * before they are written. */
gboolean vgate_xml_text_has_form (const char *text, VgateXmlForm form);

/*
 * Functions to walk over children, whose order is fixed. *cursor starts as vgate_xml_children (node). White
 * space, comments and processing instructions are skipped; other text is an error. _take sets *taken to the
 * next element if it has the name, otherwise to NULL. _need reports an error if the next element does not
 * have the name. _end fails when anything is left.
 */
xmlNode *vgate_xml_children (xmlNode *node);
gboolean vgate_xml_take (const VgateXmlDialect *dialect, xmlNode **cursor, const char *name, xmlNode **taken,
                         GError **error);
gboolean vgate_xml_need (const VgateXmlDialect *dialect, xmlNode *parent, xmlNode **cursor, const char *name,
                         xmlNode **taken, GError **error);
gboolean vgate_xml_end (const VgateXmlDialect *dialect, xmlNode **cursor, GError **error);
/* Takes all following elements with this name, and calls read () for each, which adds to items. */
typedef gboolean (*VgateXmlReadItem) (xmlNode *node, GPtrArray *items, GError **error);
gboolean vgate_xml_take_all (const VgateXmlDialect *dialect, xmlNode **cursor, const char *name,
                             VgateXmlReadItem read, GPtrArray *items, GError **error);
/* FALSE with an error when the element has children. */
gboolean vgate_xml_no_children (const VgateXmlDialect *dialect, xmlNode *node, GError **error);

/* Bytes and their stated length, as <NAME length='468'>BASE64</NAME>. */
typedef struct {
    guint32 length;
    GBytes *bytes;
} VgateXmlBytes;

/*
 * The base64 is as strict as base64Binary of XSD: it can contain white space, and bits that belong to no byte
 * must be zero. _read checks only the form, and _check compares the length with the number of bytes, so that
 * the form of a whole document can be checked before its content. The caller clears *read.
 */
gboolean vgate_xml_read_bytes (const VgateXmlDialect *dialect, xmlNode *node, VgateXmlBytes *read,
                               GError **error);
gboolean vgate_xml_bytes_check (const VgateXmlBytes *read, VgateCode code, GError **error);
void vgate_xml_bytes_clear (VgateXmlBytes *read);
void vgate_xml_write_bytes (GString *xml, const char *element, GBytes *bytes);

/*
 * The name of the first attribute of the table in which two objects differ, and both written attributes in
 * *a_text and *b_text, which the caller frees. NULL when there is no difference.
 */
const char *vgate_xml_first_difference (const VgateXmlAttribute *table, gconstpointer a, gconstpointer b,
                                        char **a_text, char **b_text);

/* Sets an error that names the line and the element: "line 12: <vgpu>: ...". */
void vgate_xml_set_error (GError **error, VgateCode code, const xmlNode *node, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

/*
 * For a report of all that is wrong in a document (base/fault.h). From now on the functions above add a fault
 * to faults and go on: with the next attribute of an element, and with the next element of a list. A reader
 * that succeeds has thus found no fault only if none was added; a member that a fault concerns stays zero.
 * Borrows faults, which must live as long as the document is read.
 */
void vgate_xml_collect_faults (xmlDoc *doc, GPtrArray *faults);
/*
 * What a reader does with a fault at a node, which it takes: TRUE when faults are collected, and reading goes
 * on; otherwise FALSE, and the fault is the error.
 */
gboolean vgate_xml_go_on (const xmlNode *node, GError *fault, GError **error);
/* The element's line in the document that was read. */
guint vgate_xml_node_line (const xmlNode *node);
/* The first element of this name among a node and its siblings after it, for the line of what was read from
 * it. name: NULL for any. NULL when no element matches. */
xmlNode *vgate_xml_find_element (xmlNode *from, const char *name);
