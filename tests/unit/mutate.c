/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mutate.h"

#include <string.h>

#define X(text) ((const xmlChar *)(text))

static xmlDoc *
parse (const char *xml)
{
    xmlDoc *doc = xmlReadMemory (xml, (int)strlen (xml), NULL, "UTF-8", XML_PARSE_NONET);

    g_assert_nonnull (doc);
    return doc;
}

static void
hand_out (xmlDoc *doc, const char *what, MutateEach each, gpointer data)
{
    xmlChar *text;
    int length;

    xmlDocDumpMemory (doc, &text, &length);
    each (what, (const char *)text, data);
    xmlFree (text);
}

/* Returns the elements in document order; the caller unrefs the list, the document owns the nodes. */
static GPtrArray *
elements_of (xmlNode *node, GPtrArray *list)
{
    if (!list)
        list = g_ptr_array_new ();
    for (; node; node = node->next) {
        if (node->type == XML_ELEMENT_NODE)
            g_ptr_array_add (list, node);
        if (node->children)
            elements_of (node->children, list);
    }
    return list;
}

/* FALSE if the mutation is not possible for this element. */
typedef gboolean (*Mutation) (xmlNode *node);

static gboolean
do_nothing (G_GNUC_UNUSED xmlNode *node)
{
    return TRUE;
}

static gboolean
is_root (const xmlNode *node)
{
    return node->parent->type != XML_ELEMENT_NODE;
}

static gboolean
drop (xmlNode *node)
{
    if (is_root (node))
        return FALSE;
    xmlUnlinkNode (node);
    xmlFreeNode (node);
    return TRUE;
}

static gboolean
duplicate (xmlNode *node)
{
    return !is_root (node) && xmlAddNextSibling (node, xmlDocCopyNode (node, node->doc, 1));
}

static gboolean
swap (xmlNode *node)
{
    xmlNode *next = xmlNextElementSibling (node);

    return !is_root (node) && next && xmlAddNextSibling (next, node);
}

static gboolean
move_first (xmlNode *node)
{
    return !is_root (node) && xmlPreviousElementSibling (node) &&
           xmlAddPrevSibling (xmlFirstElementChild (node->parent), node);
}

/* Moves it into the element that follows. */
static gboolean
move_down (xmlNode *node)
{
    xmlNode *next = xmlNextElementSibling (node);

    if (is_root (node) || !next)
        return FALSE;
    xmlUnlinkNode (node);
    return xmlAddChild (next, node) != NULL;
}

static gboolean
move_up (xmlNode *node)
{
    return !is_root (node) && !is_root (node->parent) && xmlAddNextSibling (node->parent, node);
}

static gboolean
rename_element (xmlNode *node)
{
    xmlNodeSetName (node, X ("renamed"));
    return TRUE;
}

static gboolean
rename_case (xmlNode *node)
{
    g_autofree char *upper = g_ascii_strup ((const char *)node->name, -1);

    xmlNodeSetName (node, X (upper));
    return TRUE;
}

static gboolean
no_namespace (xmlNode *node)
{
    xmlSetNs (node, NULL);
    return TRUE;
}

static gboolean
foreign_namespace (xmlNode *node)
{
    xmlSetNs (node, xmlNewNs (node, X ("urn:foreign"), X ("f")));
    return TRUE;
}

/* Writes its namespace with a prefix, which is the same element. */
static gboolean
with_prefix (xmlNode *node)
{
    xmlSetNs (node, xmlNewNs (node, node->ns->href, X ("p")));
    return TRUE;
}

static gboolean
drop_children (xmlNode *node)
{
    xmlNode *child = xmlFirstElementChild (node);

    for (xmlNode *next; child; child = next) {
        next = xmlNextElementSibling (child);
        drop (child);
    }
    return node->children == NULL;
}

static gboolean
add (xmlNode *parent, xmlNode *child, gboolean first)
{
    return first && parent->children ? xmlAddPrevSibling (parent->children, child) != NULL
                                     : xmlAddChild (parent, child) != NULL;
}

static gboolean
child_first (xmlNode *node)
{
    return add (node, xmlNewDocNode (node->doc, node->ns, X ("unknown"), NULL), TRUE);
}

static gboolean
child_last (xmlNode *node)
{
    return add (node, xmlNewDocNode (node->doc, node->ns, X ("unknown"), NULL), FALSE);
}

static gboolean
child_foreign (xmlNode *node)
{
    xmlNode *child = xmlNewDocNode (node->doc, NULL, X ("unknown"), NULL);

    foreign_namespace (child);
    return add (node, child, FALSE);
}

static gboolean
child_same (xmlNode *node)
{
    return add (node, xmlDocCopyNode (node, node->doc, 1), TRUE);
}

static gboolean
text_first (xmlNode *node)
{
    return add (node, xmlNewDocText (node->doc, X ("text")), TRUE);
}

static gboolean
text_last (xmlNode *node)
{
    return add (node, xmlNewDocText (node->doc, X ("text")), FALSE);
}

static gboolean
blank_first (xmlNode *node)
{
    return add (node, xmlNewDocText (node->doc, X (" \t\n ")), TRUE);
}

static gboolean
blank_last (xmlNode *node)
{
    return add (node, xmlNewDocText (node->doc, X ("\n")), FALSE);
}

/* Characters that look blank, but are not white space in XML. */
static gboolean
no_break_space (xmlNode *node)
{
    return add (node, xmlNewDocText (node->doc, X ("\xc2\xa0")), FALSE);
}

static gboolean
cdata (xmlNode *node)
{
    return add (node, xmlNewCDataBlock (node->doc, X ("text"), 4), FALSE);
}

static gboolean
cdata_blank (xmlNode *node)
{
    return add (node, xmlNewCDataBlock (node->doc, X ("  "), 2), FALSE);
}

static gboolean
cdata_empty (xmlNode *node)
{
    return add (node, xmlNewCDataBlock (node->doc, X (""), 0), FALSE);
}

static gboolean
comment_first (xmlNode *node)
{
    return add (node, xmlNewDocComment (node->doc, X ("comment")), TRUE);
}

static gboolean
comment_last (xmlNode *node)
{
    return add (node, xmlNewDocComment (node->doc, X ("comment")), FALSE);
}

static gboolean
instruction (xmlNode *node)
{
    return add (node, xmlNewDocPI (node->doc, X ("target"), X ("text")), TRUE);
}

static gboolean
attribute_unknown (xmlNode *node)
{
    return xmlNewProp (node, X ("unknown"), X ("1")) != NULL;
}

static gboolean
attribute_foreign (xmlNode *node)
{
    return xmlNewNsProp (node, xmlNewNs (node, X ("urn:foreign"), X ("f")), X ("a"), X ("1")) != NULL;
}

static gboolean
attribute_own_namespace (xmlNode *node)
{
    return xmlNewNsProp (node, xmlNewNs (node, node->ns->href, X ("p")), X ("a"), X ("1")) != NULL;
}

static gboolean
attribute_xml (xmlNode *node)
{
    return xmlNewProp (node, X ("xml:space"), X ("preserve")) != NULL;
}

/* A namespace declaration is not an attribute. */
static gboolean
namespace_declaration (xmlNode *node)
{
    return xmlNewNs (node, X ("urn:foreign"), X ("f")) != NULL;
}

static const struct {
    const char *name;
    Mutation apply;
} element_mutations[] = {
    {"leave", do_nothing},
    {"drop", drop},
    {"duplicate", duplicate},
    {"swap", swap},
    {"move to the front", move_first},
    {"move into the next", move_down},
    {"move behind the parent", move_up},
    {"rename", rename_element},
    {"upper case", rename_case},
    {"no namespace", no_namespace},
    {"foreign namespace", foreign_namespace},
    {"prefix", with_prefix},
    {"drop the children of", drop_children},
    {"child first in", child_first},
    {"child last in", child_last},
    {"foreign child in", child_foreign},
    {"itself in", child_same},
    {"text first in", text_first},
    {"text last in", text_last},
    {"blank first in", blank_first},
    {"blank last in", blank_last},
    {"no-break space in", no_break_space},
    {"CDATA in", cdata},
    {"blank CDATA in", cdata_blank},
    {"empty CDATA in", cdata_empty},
    {"comment first in", comment_first},
    {"comment last in", comment_last},
    {"instruction in", instruction},
    {"unknown attribute of", attribute_unknown},
    {"foreign attribute of", attribute_foreign},
    {"attribute in the own namespace of", attribute_own_namespace},
    {"xml:space of", attribute_xml},
    {"namespace declaration on", namespace_declaration},
};

static void
mutate_element (const char *xml, guint place, gsize mutation, MutateEach each, gpointer data)
{
    g_autoptr (xmlDoc) doc = parse (xml);
    g_autoptr (GPtrArray) elements = elements_of (doc->children, NULL);
    xmlNode *node = g_ptr_array_index (elements, place);
    g_autofree char *what =
        g_strdup_printf ("%s <%s> (%u)", element_mutations[mutation].name, (const char *)node->name, place);

    if (element_mutations[mutation].apply (node))
        hand_out (doc, what, each, data);
}

/* Returns the nth attribute in document order, or NULL. */
static xmlAttr *
nth_attribute (const GPtrArray *elements, guint n)
{
    for (guint i = 0; i < elements->len; i++) {
        const xmlNode *node = g_ptr_array_index (elements, i);

        for (xmlAttr *attribute = node->properties; attribute; attribute = attribute->next)
            if (n-- == 0)
                return attribute;
    }
    return NULL;
}

typedef void (*AttributeMutation) (xmlAttr *attribute, const char *value);

static void
drop_attribute (xmlAttr *attribute, G_GNUC_UNUSED const char *value)
{
    xmlRemoveProp (attribute);
}

static void
rename_attribute (xmlAttr *attribute, G_GNUC_UNUSED const char *value)
{
    xmlNodeSetName ((xmlNode *)attribute, X ("renamed"));
}

static void
foreign_attribute (xmlAttr *attribute, G_GNUC_UNUSED const char *value)
{
    attribute->ns = xmlNewNs (attribute->parent, X ("urn:foreign"), X ("f"));
}

/* The same name again, in a namespace, is not a repetition. */
static void
repeat_attribute (xmlAttr *attribute, G_GNUC_UNUSED const char *value)
{
    xmlNewNsProp (attribute->parent, xmlNewNs (attribute->parent, X ("urn:foreign"), X ("f")),
                  attribute->name, X ("1"));
}

static void
set_attribute (xmlAttr *attribute, const char *value)
{
    xmlSetProp (attribute->parent, attribute->name, X (value));
}

/* FALSE if there is no attribute at this place. */
static gboolean
mutate_attribute (const char *xml, guint place, const char *how, AttributeMutation apply, const char *value,
                  MutateEach each, gpointer data)
{
    g_autoptr (xmlDoc) doc = parse (xml);
    g_autoptr (GPtrArray) elements = elements_of (doc->children, NULL);
    xmlAttr *attribute = nth_attribute (elements, place);
    g_autofree char *what = NULL;

    if (!attribute)
        return FALSE;
    what = g_strdup_printf ("%s <%s %s='%.60s'> (%u)", how, (const char *)attribute->parent->name,
                            (const char *)attribute->name, value, place);
    apply (attribute, value);
    hand_out (doc, what, each, data);
    return TRUE;
}

void
mutate_structure (const char *xml, MutateEach each, gpointer data)
{
    g_autoptr (xmlDoc) doc = parse (xml);
    g_autoptr (GPtrArray) elements = elements_of (doc->children, NULL);

    for (guint place = 0; place < elements->len; place++)
        for (gsize i = 0; i < G_N_ELEMENTS (element_mutations); i++)
            mutate_element (xml, place, i, each, data);
    for (guint place = 0; mutate_attribute (xml, place, "drop", drop_attribute, "", each, data); place++) {
        mutate_attribute (xml, place, "rename", rename_attribute, "", each, data);
        mutate_attribute (xml, place, "into a namespace:", foreign_attribute, "", each, data);
        mutate_attribute (xml, place, "again in a namespace:", repeat_attribute, "", each, data);
    }
}

void
mutate_values (const char *xml, const char *const *values, MutateEach each, gpointer data)
{
    for (gsize i = 0; values[i]; i++) {
        guint place = 0;

        while (mutate_attribute (xml, place, "set", set_attribute, values[i], each, data))
            place++;
    }
}

static gboolean
has_text (const xmlNode *node)
{
    return node->children && !node->children->next && node->children->type == XML_TEXT_NODE;
}

/* The values are markup, so they are inserted into the text of the document and not into its tree. */
void
mutate_texts (const char *xml, const char *const *values, MutateEach each, gpointer data)
{
    g_autoptr (xmlDoc) doc = parse (xml);
    g_autoptr (GPtrArray) elements = elements_of (doc->children, NULL);
    const char *from = xml;

    for (guint i = 0; i < elements->len; i++) {
        const xmlNode *node = g_ptr_array_index (elements, i);
        const char *old, *at;

        if (!has_text (node) || xmlIsBlankNode (node->children))
            continue;
        old = (const char *)node->children->content;
        at = strstr (from, old);
        g_assert_nonnull (at);
        from = at + strlen (old);
        for (gsize j = 0; values[j]; j++) {
            g_autofree char *what = g_strdup_printf ("<%s>%s (%u)", (const char *)node->name, values[j], i);
            g_autofree char *mutated = g_strdup_printf ("%.*s%s%s", (int)(at - xml), xml, values[j], from);

            each (what, mutated, data);
        }
    }
}
