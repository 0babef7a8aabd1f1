/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading and writing small XML vocabularies strictly: autoptr for libxml2, the checks that untrusted input
 * passes before anything is interpreted, and attribute tables that serve parser and formatter alike.
 *
 * Strict means: what is not in the table is an error, and each value has exactly one way to be written. So a
 * document that parses can be written again without loss, and the schemas (schemas/) can say the same thing.
 */
#pragma once

#include "message/codes.h"

#include <glib.h>
#include <libxml/tree.h>
#include <libxml/xmlreader.h>
#include <stddef.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlDoc, xmlFreeDoc)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlTextReader, xmlFreeTextReader)

#define VGATE_XML_SIZE_MAX  (16u * 1024u * 1024u)
#define VGATE_XML_DEPTH_MAX 64

/* Which codes the errors of a vocabulary have, and which namespace its elements are in. */
typedef struct {
    const char *namespace_uri;
    VgateCode structure; /* element or attribute missing, unknown, repeated, out of place */
    VgateCode value;     /* a value not of its form */
    VgateCode base64;
} VgateXmlDialect;

/*
 * The first look at untrusted bytes: not empty, at most VGATE_XML_SIZE_MAX, UTF-8 without NUL, no DOCTYPE and
 * no ENTITY declaration (anywhere, comments included: libvirt writes none). Errors are VGATE_ERROR with
 * VGATE_CODE_XML_*.
 */
gboolean vgate_xml_check_input (const char *data, gsize length, GError **error);

/*
 * A reader over checked input; it borrows data. Nothing is loaded from outside and no entity is replaced.
 * vgate_xml_next () moves to the next node: FALSE without error at the end, FALSE with an error where the
 * document is cut, nested deeper than VGATE_XML_DEPTH_MAX, refers to an entity, or is not well-formed.
 */
typedef struct VgateXmlReader VgateXmlReader;
VgateXmlReader *vgate_xml_reader_new (const char *data, gsize length, GError **error);
void vgate_xml_reader_free (VgateXmlReader *reader);
gboolean vgate_xml_next (VgateXmlReader *reader, GError **error);
/* libxml2's reader, for looking at the present node. */
xmlTextReader *vgate_xml_reader_get (VgateXmlReader *reader);
/* The line where the present node begins. */
long vgate_xml_line (VgateXmlReader *reader);
/* A copy of the present element with all that is in it, in a document of its own; NULL with an error. */
xmlDoc *vgate_xml_copy_element (VgateXmlReader *reader, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VgateXmlReader, vgate_xml_reader_free)

/* A whole document of ours as a tree, for one that is small; with all the checks above. */
xmlDoc *vgate_xml_read_tree (const char *xml, gsize length, GError **error);

/* The forms a value can have, and the C type of the struct member that holds it. */
typedef enum {
    VGATE_XML_ASCII,   /* char *: printable ASCII, any length */
    VGATE_XML_NAME,    /* char *: 1 to 255 characters, none a control character */
    VGATE_XML_UUID,    /* char *: 8-4-4-4-12 lower-case hexadecimal */
    VGATE_XML_PCI,     /* char *: dddd:bb:dd.f lower-case hexadecimal */
    VGATE_XML_SHA256,  /* char *: 64 lower-case hexadecimal digits */
    VGATE_XML_TIME,    /* gint64: seconds since 1970, UTC; written 2026-11-23T22:00:00Z */
    VGATE_XML_UINT,    /* guint32: decimal without leading zeros */
    VGATE_XML_UINT64,  /* guint64: likewise */
    VGATE_XML_COUNT,   /* guint64: likewise, but not 0 */
    VGATE_XML_HEX,     /* guint32: 0x and lower-case hexadecimal without leading zeros */
    VGATE_XML_VERSION, /* guint32: a vGPU version, 26.1 */
    VGATE_XML_RANGE,   /* VgateVersionRange: 18.1-26.1; whether it is inverted is a matter of sense */
    VGATE_XML_YES_NO,  /* gboolean */
    VGATE_XML_CHOICE,  /* int: index into choices */
} VgateXmlForm;

typedef struct {
    const char *name;
    VgateXmlForm form;
    gsize offset; /* of the member */
    /* only for forms held as char *: absent is NULL; COUNT: absent is 0; and CHOICE: absent is 0, the choice
     * with that index is not written and cannot be read */
    gboolean optional;
    const char *const *choices; /* NULL-terminated, VGATE_XML_CHOICE only */
} VgateXmlAttribute;

/* Entries of a table: attribute "name", VGATE_XML_<kind>, in this member of the type. */
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
 * The attributes of node into *object by the table (ended by an entry without name). Everything in *object
 * that the table names must be zero before; on failure what was read so far is left there for the owner to
 * free.
 */
gboolean vgate_xml_read_attributes (const VgateXmlDialect *dialect, xmlNode *node,
                                    const VgateXmlAttribute *table, gpointer object, GError **error);
/* " name='value'" for each, in the table's order. */
void vgate_xml_write_attributes (GString *xml, const VgateXmlAttribute *table, gconstpointer object);
/* An element that has attributes and nothing else: its form, and <NAME .../> appended. */
gboolean vgate_xml_read_leaf (const VgateXmlDialect *dialect, xmlNode *node, const VgateXmlAttribute *table,
                              gpointer object, GError **error);
void vgate_xml_write_leaf (GString *xml, const char *element, const VgateXmlAttribute *table,
                           gconstpointer object);
/* The same on a line of its own. */
void vgate_xml_write_line (GString *xml, const char *indent, const char *element,
                           const VgateXmlAttribute *table, gconstpointer object);
/* Frees and zeroes the char * members that the table names. */
void vgate_xml_clear_attributes (const VgateXmlAttribute *table, gpointer object);

/* As vgate_xml_read_tree (); the root must be this element of the dialect, or it has an error of structure.
 */
xmlDoc *vgate_xml_read_document (const VgateXmlDialect *dialect, const char *element, const char *xml,
                                 gsize length, GError **error);

/* TRUE when text has the form; used for values that come from a driver before they are written. */
gboolean vgate_xml_text_has_form (const char *text, VgateXmlForm form);

/*
 * Walking children in their one order. *cursor starts as vgate_xml_children (node). White space, comments and
 * processing instructions are passed over; other text is an error. _take gives the next element when it has
 * the name, else *taken is NULL; _end fails when anything is left.
 */
xmlNode *vgate_xml_children (xmlNode *node);
gboolean vgate_xml_take (const VgateXmlDialect *dialect, xmlNode **cursor, const char *name, xmlNode **taken,
                         GError **error);
gboolean vgate_xml_need (const VgateXmlDialect *dialect, xmlNode *parent, xmlNode **cursor, const char *name,
                         xmlNode **taken, GError **error);
gboolean vgate_xml_end (const VgateXmlDialect *dialect, xmlNode **cursor, GError **error);
/* All that follow with this name: read () puts what each is into items. */
typedef gboolean (*VgateXmlReadItem) (xmlNode *node, GPtrArray *items, GError **error);
gboolean vgate_xml_take_all (const VgateXmlDialect *dialect, xmlNode **cursor, const char *name,
                             VgateXmlReadItem read, GPtrArray *items, GError **error);
/* The element has attributes only. */
gboolean vgate_xml_no_children (const VgateXmlDialect *dialect, xmlNode *node, GError **error);

/* Bytes with the length that was given with them, as <NAME length='468'>BASE64</NAME>. */
typedef struct {
    guint32 length;
    GBytes *bytes;
} VgateXmlBytes;

/*
 * The base64 is strict, as base64Binary of XSD: white space is allowed in it, and the bits that no byte gets
 * are zero. Reading is about the form only; whether the length is that of the bytes is asked by _check, so
 * that all of a document's form can be judged before its sense. The caller clears *read.
 */
gboolean vgate_xml_read_bytes (const VgateXmlDialect *dialect, xmlNode *node, VgateXmlBytes *read,
                               GError **error);
gboolean vgate_xml_bytes_check (const VgateXmlBytes *read, VgateCode code, GError **error);
void vgate_xml_bytes_clear (VgateXmlBytes *read);
void vgate_xml_write_bytes (GString *xml, const char *element, GBytes *bytes);

/*
 * The first attribute of the table in which two objects differ, as it would be written: its name, and both
 * texts in *a_text and *b_text (the caller frees them). NULL when they agree in all.
 */
const char *vgate_xml_first_difference (const VgateXmlAttribute *table, gconstpointer a, gconstpointer b,
                                        char **a_text, char **b_text);

/* An error of the vocabulary that names the place: "line 12: <vgpu>: ...". */
void vgate_xml_set_error (GError **error, VgateCode code, const xmlNode *node, const char *format, ...)
    G_GNUC_PRINTF (4, 5);
